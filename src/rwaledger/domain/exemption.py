"""An exemption: two people have signed that some findings of one check on one instrument are let pass until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rwaledger.domain.break_events import length_prefixed, text_hash
from rwaledger.domain.break_life import Signer
from rwaledger.domain.errors import UsageError
from rwaledger.domain.reconciliation import Break

VERSION = "rwaledger-exemption-1"
NEVER_EXEMPT = "C01"
"""Totals that differ are let pass by nobody."""

_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Exemption:
    """What two keys sign, each for itself: both sign the same text.

    It covers the check's findings on the instrument, or with `break_id` that one alone; `instrument_id` is empty for
    findings on no instrument. Days are local to the policy's zone, and both count.
    """

    chain_id: int
    check: str
    instrument_id: str
    break_id: str
    reason: str
    evidence_hash: str
    valid_from: date
    expires_on: date
    recorded_at: datetime
    first_signer: str
    first_signature: str = ""
    second_signer: str | None = None
    second_signature: str | None = None

    @property
    def preimage(self) -> str:
        """The text that is signed."""
        fields = {
            "chain": str(self.chain_id),
            "check": self.check,
            "instrument": self.instrument_id,
            "break": self.break_id,
            "reason": self.reason,
            "evidence": self.evidence_hash,
            "valid from": self.valid_from.isoformat(),
            "expires on": self.expires_on.isoformat(),
            "first signer": self.first_signer,
        }
        return length_prefixed(VERSION, fields.items())

    @property
    def exemption_id(self) -> str:
        """Twelve hex digits of the hash of the text."""
        return text_hash(self.preimage)[2 : 2 + _ID_DIGITS]

    @property
    def scope(self) -> str:
        """What it covers, in words."""
        on = self.instrument_id or "no instrument"
        return f"{self.check} on {on}" + (f", break {self.break_id}" if self.break_id else "")

    def is_in_force(self, day: date) -> bool:
        """Whether it is signed twice and counts on a local day."""
        return self.second_signer is not None and self.valid_from <= day <= self.expires_on

    def covers(self, found: Break) -> bool:
        """Whether a finding is in its scope: named, or what follows from the named one within the same check."""
        if (found.check, found.instrument_id) != (self.check, self.instrument_id):
            return False
        return not self.break_id or self.break_id in (found.break_id, found.follows_from)


def require_possible(exemption: Exemption) -> None:
    """Raises unless somebody may sign this.

    Raises:
        UsageError: C01, no reason, or days that leave it nothing.
    """
    if exemption.check == NEVER_EXEMPT:
        raise UsageError(f"{NEVER_EXEMPT} cannot be exempt", "Totals have to agree: find out why they do not.")
    if not exemption.reason.strip():
        raise UsageError("an exemption needs a reason", "Say why, with --reason, for whoever reads page one.")
    if exemption.expires_on < exemption.valid_from:
        raise UsageError(
            f"an exemption from {exemption.valid_from} cannot end on {exemption.expires_on}", "Correct --until."
        )


def fault_of(key: str, exemption: Exemption, preimage: str, signer: Signer) -> str:
    """What is wrong with an exemption's row, as it is kept under a key with the text that was signed; else empty."""
    if preimage != exemption.preimage or key != exemption.exemption_id:
        return "the row is not what was signed"
    if signer(preimage, exemption.first_signature) != exemption.first_signer:
        return f"the signature is not that of {exemption.first_signer}"
    if exemption.second_signer is None:
        return ""
    if exemption.second_signer == exemption.first_signer:
        return "one key has signed twice"
    if signer(preimage, exemption.second_signature or "") != exemption.second_signer:
        return f"the signature is not that of {exemption.second_signer}"
    return ""
