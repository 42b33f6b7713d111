"""How a check writes down what it looked at and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from rwaledger.verifier.case import Case
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import Place
from rwaledger.verifier.values import CheckResult, Event, Finding, Log

STATE = "state"
EVENTS = "events"
REGISTER = "register"
CONTROL_BOOK = "control book"
CHAIN = "chain"

FOREIGN_CODE = "foreign code"
"""The cause of findings on an instrument whose state means nothing."""


def break_id(check: str, instrument_id: str, account: str, cause: str) -> str:
    """Twelve hex digits over what a break is, each part length-prefixed: the same from run to run."""
    parts = (part.encode() for part in (check, instrument_id, account, cause))
    preimage = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return sha256(b"rwaledger-break-1" + preimage).hexdigest()[:12]


def cause_of(place: Place) -> str:
    """How a cause names a place on the chain."""
    return f"{place[0]}/{place[1]}"


def where(log: Log) -> str:
    """The place of a log in words."""
    return f"block {log.block_number}, log {log.log_index}, transaction {log.tx_hash}"


def at(event: Event) -> str:
    """The cause that an event is."""
    return cause_of(event.log.place)


@dataclass(slots=True)
class Findings:
    """What one check looked at (`coverage`) and found.

    `first` is the first finding of a cause on an account, and of one on a holder, by break_id.
    """

    check: str
    title: str
    case: Case
    coverage: dict[str, int] = field(default_factory=dict)
    found: dict[str, Finding] = field(default_factory=dict)
    first: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def count(self, **looked_at: int) -> None:
        """Adds to what was looked at."""
        for name, number in looked_at.items():
            self.coverage[name] = self.coverage.get(name, 0) + number

    def note(self, text: str) -> None:
        """Something a reader has to know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def add(  # noqa: PLR0913 - one for each part of a finding
        self,
        break_class: str,
        instrument_id: str,
        account: str,
        summary: str,
        left: tuple[str, str],
        right: tuple[str, str],
        cause: str = "",
        follows_from: str = "",
        *,
        holder_id: str = "",
    ) -> Finding:
        """Writes a finding down; a second one of the same cause is numbered."""
        number, numbered = 1, cause
        while (id_ := break_id(self.check, instrument_id, account, numbered)) in self.found:
            number += 1
            numbered = f"{cause} ({number})"
        holder = holder_id or self.case.holder_of(account)
        parts = (self.check, break_class, instrument_id, account, holder, summary, left, right)
        finding = Finding(*parts, numbered, follows_from, id_)
        self.found[id_] = finding
        self.first.setdefault((account, cause), id_)
        self.first.setdefault((f"holder {holder}", cause), id_)
        return finding

    def differ(
        self, ledger: Ledger, account: str, summary: str, left: tuple[str, int], right: tuple[str, int], cause: str
    ) -> None:
        """Writes down two records that have not the same units."""
        if left[1] != right[1]:
            shown = [(name, ledger.amount(units)) for name, units in (left, right)]
            self.add("AMOUNT", ledger.instrument_id, account, summary, shown[0], shown[1], cause)

    def can_read_state(self, ledger: Ledger) -> bool:
        """Whether the state of an instrument can be compared; where not, that is a finding."""
        if ledger.state is not None:
            return True
        summary = "state not compared: the code at the instrument's address is neither released nor the deployed one"
        left, right = (STATE, "answers of foreign code"), ("required", "answers of the deployed code")
        self.add("COVERAGE", ledger.instrument_id, "", summary, left, right, FOREIGN_CODE)
        return False

    def result(self) -> CheckResult:
        """PASS without any finding, FAIL with one. A pack has what every check needs, or it is refused as a whole."""
        outcome = "FAIL" if self.found else "PASS"
        return CheckResult(
            self.check, self.title, outcome, self.coverage, tuple(self.found.values()), " ".join(self.notes)
        )
