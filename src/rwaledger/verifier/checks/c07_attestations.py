"""C07, what attestors signed: in the register as it was published, and the sum of the count that it attests."""

from __future__ import annotations

from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c07_backing import Count, counts_of
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, at, where
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.secp256k1 import recover_bytes
from rwaledger.verifier.signed import ATTESTATION
from rwaledger.verifier.values import Event

ATTESTED = f"{REGISTER}: attestation"
_COLUMNS = {"attestor": "attestor", "expiresAt": "expires_at", "documentHash": "document_hash", "digest": "digest"}


Miscounted = dict[int, tuple[int, str]]
"""Of counts that are not what was attested: the units that were, and the finding, by the time of the count."""


def compare_attestations(found: Findings, ledger: Ledger) -> Miscounted:
    """A full outer join by contract and time of the count, and each attestation with its count."""
    miscounted: Miscounted = {}
    published = {(each.log.address, each.args["asOf"]): each for each in published_for(found.case, ledger.address)}
    signed = _signed(found.case, ledger)
    counts = {each.as_of: each for each in counts_of(found.case, ledger.instrument_id)}
    found.count(attestations=len(published.keys() | signed.keys()))
    for key in sorted(published.keys() | signed.keys()):
        event, row, root = published.get(key), signed.get(key), ""
        if event is None:
            _only_signed(found, ledger, row)
        elif row is None:
            units = ledger.amount(event.args["amount"])
            summary = f"an attested reserve is not in the register: {where(event.log)}"
            values = (EVENTS, units), (ATTESTED, "nothing")
            found.add("MISSING_IN_REGISTER", ledger.instrument_id, "", summary, *values, at(event))
        else:
            root = _compare(found, ledger, event, row)
        if row is not None:
            counted = _compare_count(found, ledger, row, counts.get(row.as_of), root)
            if counted:
                miscounted[row.as_of] = row.amount_units, counted
    lapsed = [each.args["expiresAt"] for each in published.values()][-1:]
    if lapsed and lapsed[0] < found.case.pin.block_time:
        found.note(f"The attestation of {ledger.instrument_id} lapsed at {lapsed[0]} seconds since 1970.")
    return miscounted


def published_for(case: Case, token: str) -> list[Event]:
    """What attestors published for an instrument, in the order of the chain."""
    return [each for each in case.pack.events if each.name == "ReserveAttested" and each.args["instrument"] == token]


def _signed(case: Case, ledger: Ledger) -> dict[tuple[str, int], Any]:
    """The register's, up to the pinned block's time, but for those that were published beyond it."""
    return {
        (row.contract, row.as_of): row
        for row in case.pack.table("attestations")
        if row.instrument_id == ledger.instrument_id
        and row.as_of <= case.pin.block_time
        and not case.is_sent_later(row.signature)
    }


def _only_signed(found: Findings, ledger: Ledger, row: Any) -> None:
    summary = f"the register has an attestation as of {row.as_of} that was never published"
    values = (EVENTS, "nothing"), (ATTESTED, ledger.amount(row.amount_units))
    found.add("MISSING_ON_CHAIN", ledger.instrument_id, "", summary, *values, f"attestation as of {row.as_of}")


def _compare(found: Findings, ledger: Ledger, event: Event, row: Any) -> str:
    """The amount first; else the terms, all of which the digest covers. The finding of a wrong amount."""
    ids = ledger.instrument_id, ""
    if event.args["amount"] != row.amount_units:
        values = (EVENTS, ledger.amount(event.args["amount"])), (ATTESTED, ledger.amount(row.amount_units))
        summary = f"another reserve was attested than the register says: {where(event.log)}"
        return found.add("AMOUNT", *ids, summary, *values, at(event)).break_id
    wrong = [
        (name, getattr(row, column)) for name, column in _COLUMNS.items() if getattr(row, column) != event.args[name]
    ]
    due = _digest(ledger, row)
    if not wrong and due != row.digest:
        wrong = [("digest", due)]
    if wrong:
        name, value = wrong[0]
        values = (EVENTS, str(event.args[name])), (ATTESTED, str(value))
        summary = f"the register's attestation is not the one that was published, in its {name}: {where(event.log)}"
        found.add("TAMPER", *ids, summary, *values, at(event))
    elif not _is_signed(found.case, event, row, due):
        summary = f"the register's signature is not the one under what was attested: {where(event.log)}"
        values = ("required", f"the signature of {row.attestor}"), (ATTESTED, row.signature)
        found.add("TAMPER", *ids, summary, *values, f"{at(event)} signature")
    return ""


def _is_signed(case: Case, event: Event, row: Any, digest: str) -> bool:
    """By the attestor's key, or with bytes that its contract has accepted (ERC-1271): the attestor took them in."""
    try:
        raw = bytes.fromhex(row.signature.removeprefix("0x"))
    except ValueError:
        return False
    sent = case.pack.transactions.get(event.log.tx_hash)
    if sent is not None and len(raw).to_bytes(32, "big") + raw in sent.data:
        return True
    try:
        return bool(recover_bytes(bytes.fromhex(digest[2:]), raw) == row.attestor)
    except ValueError:
        return False


def _digest(ledger: Ledger, row: Any) -> str:
    """What the attestor had to sign, hashed here."""
    members = ledger.address, row.amount_units, row.as_of, row.expires_at, row.document_hash
    try:
        return ATTESTATION.digest(ledger.case.pin.chain_id, row.contract, members)
    except (ValueError, OverflowError):
        return "impossible"


def _compare_count(found: Findings, ledger: Ledger, row: Any, counted: Count | None, root: str) -> str:
    """What is attested is the sum of the count of the same time; the finding, if it is not."""
    if counted is not None and counted.total == row.amount_units:
        return ""
    shown = ledger.amount(counted.total) if counted else "no count"
    values = (ATTESTED, ledger.amount(row.amount_units)), (f"{REGISTER}: reserve", shown)
    summary = f"what was attested as of {row.as_of} is not the sum of a count in the register"
    kind = "AMOUNT" if counted else "COVERAGE"
    cause = f"reserve as of {row.as_of} attested"
    return found.add(kind, ledger.instrument_id, "", summary, *values, cause, root).break_id
