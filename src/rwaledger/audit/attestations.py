"""Attestations of reserves: what is in the register, what attestors published, and the counts that they attest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, cause_of, moment_words, where
from rwaledger.audit.office import ATTESTED
from rwaledger.audit.records import InstrumentRecords, Records, place_of
from rwaledger.chain import reserve
from rwaledger.chain.signatures import recovered
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.reconciliation import BreakClass, Value
from rwaledger.domain.reserve import SignedAttestation

ATTESTATION = f"{REGISTER}: attestation"
_TERMS: dict[str, Callable[[SignedAttestation], object]] = {
    "attestor": lambda each: each.attestor,
    "expiresAt": lambda each: each.attestation.expires_at,
    "documentHash": lambda each: each.attestation.document_hash,
    "digest": lambda each: each.digest,
}


def compare_attestations(findings: Findings, each: InstrumentRecords) -> dict[int, tuple[int, str]]:
    """A full outer join by contract and time of the count, and each attestation with its count.

    Of counts that are not what was attested: the units that were, and the break, by the time of the count.
    """
    events = _published(findings.records, each.instrument.address)
    published = {(event.log.address, event.args["asOf"]): event for event in events}
    signed = {(found.contract, found.attestation.as_of): found for found in _signed(findings.records, each)}
    findings.count(attestations=len(published.keys() | signed.keys()))
    miscounted: dict[int, tuple[int, str]] = {}
    for key in sorted(published.keys() | signed.keys(), key=str):
        if key not in signed:
            _only_published(findings, each, published[key])
            continue
        root = _compare(findings, each, published[key], signed[key]) if key in published else ""
        if key not in published:
            _only_signed(findings, each, signed[key])
        found = _compare_count(findings, each, signed[key], root)
        if found:
            miscounted[signed[key].attestation.as_of] = signed[key].attestation.amount_units, found
    _note_lapse(findings, each, events)
    return miscounted


def _published(records: Records, token: str) -> list[ChainEvent]:
    events = (event for book in records.books for event in book.events if event.name == ATTESTED)
    return [event for event in events if event.args["instrument"] == token]


def _signed(records: Records, each: InstrumentRecords) -> list[SignedAttestation]:
    """Those up to the pinned block's time; one that is published later is not missed yet."""
    office, name = records.office, each.instrument.instrument_id
    known = (found for found in office.register.attestations if found.instrument_id == name)
    return [
        found
        for found in known
        if found.attestation.as_of <= records.pin.timestamp and found.digest not in office.attested_later
    ]


def _only_published(findings: Findings, each: InstrumentRecords, event: ChainEvent) -> None:
    units = event.args["amount"]
    assert isinstance(units, int)
    findings.add(
        BreakClass.MISSING_IN_REGISTER,
        each.instrument.instrument_id,
        "",
        f"an attested reserve is not in the register: {where(event.log)}",
        (Value(EVENTS, amount(each, units)), Value(ATTESTATION, "nothing")),
        cause=cause_of(place_of(event.log)),
    )


def _only_signed(findings: Findings, each: InstrumentRecords, signed: SignedAttestation) -> None:
    findings.add(
        BreakClass.MISSING_ON_CHAIN,
        each.instrument.instrument_id,
        "",
        f"the register has an attestation as of {moment_words(signed.attestation.as_of)} that was never published",
        (Value(EVENTS, "nothing"), Value(ATTESTATION, amount(each, signed.attestation.amount_units))),
        cause=f"attestation as of {signed.attestation.as_of}",
    )


def _compare(findings: Findings, each: InstrumentRecords, event: ChainEvent, signed: SignedAttestation) -> str:
    """The amount; else the terms, of which the digest covers all; then who signed. The break of a wrong amount."""
    units = event.args["amount"]
    assert isinstance(units, int)
    cause = cause_of(place_of(event.log))
    if units != signed.attestation.amount_units:
        summary = f"another reserve was attested than the register says: {where(event.log)}"
        values = Value(EVENTS, amount(each, units)), Value(ATTESTATION, amount(each, signed.attestation.amount_units))
        return findings.add(BreakClass.AMOUNT, each.instrument.instrument_id, "", summary, values, cause=cause).break_id
    due = reserve.digest(each.instrument.chain_id, signed.contract, signed.attestation)
    recorded = {name: read(signed) for name, read in _TERMS.items()}
    wrong = [name for name, value in recorded.items() if value != event.args[name]]
    if wrong or due != signed.digest:
        name = wrong[0] if wrong else "digest"
        summary = f"the register's attestation is not the one that was published, in its {name}: {where(event.log)}"
        values = Value(EVENTS, str(event.args[name])), Value(ATTESTATION, str(recorded[name] if wrong else due))
        findings.add(BreakClass.TAMPER, each.instrument.instrument_id, "", summary, values, cause=cause)
    elif not _is_signed(findings.records, each, event, signed):
        summary = f"the register's signature is not the one under what was attested: {where(event.log)}"
        values = Value("required", f"the signature of {signed.attestor}"), Value(ATTESTATION, signed.signature)
        findings.add(BreakClass.TAMPER, each.instrument.instrument_id, "", summary, values, cause=f"{cause} signature")
    return ""


def _is_signed(records: Records, each: InstrumentRecords, event: ChainEvent, signed: SignedAttestation) -> bool:
    """By the attestor's key, or with bytes that its contract has accepted (ERC-1271): the attestor took them in."""
    try:
        hashes = reserve.hashes(each.instrument.chain_id, signed.contract, signed.attestation)
        if recovered(hashes, signed.signature) == signed.attestor:
            return True
        digits = bytes.fromhex(signed.signature.removeprefix("0x")).hex()
    except (OverflowError, ValueError):
        return False
    return f"{len(digits) // 2:064x}{digits}" in records.office.attesting.get(event.log.tx_hash, "")


def _compare_count(findings: Findings, each: InstrumentRecords, signed: SignedAttestation, follows_from: str) -> str:
    """What is attested is the sum of the count of the same time; the break, if it is not."""
    name, attested = each.instrument.instrument_id, signed.attestation
    statements = findings.records.office.register.statements
    counted = next((s for s in statements if (s.instrument_id, s.as_of) == (name, attested.as_of)), None)
    if counted is not None and counted.total_units == attested.amount_units:
        return ""
    return findings.add(
        BreakClass.COVERAGE if counted is None else BreakClass.AMOUNT,
        name,
        "",
        f"what was attested as of {moment_words(attested.as_of)} is not the sum of a count in the register",
        (
            Value(ATTESTATION, amount(each, attested.amount_units)),
            Value(f"{REGISTER}: reserve", amount(each, counted.total_units) if counted else "no count"),
        ),
        cause=f"reserve as of {attested.as_of} attested",
        follows_from=follows_from,
    ).break_id


def _note_lapse(findings: Findings, each: InstrumentRecords, published: Sequence[ChainEvent]) -> None:
    until = [event.args["expiresAt"] for event in published]
    last = until[-1] if until else None
    if isinstance(last, int) and last < findings.records.pin.timestamp:
        findings.note(f"The attestation of {each.instrument.instrument_id} lapsed on {moment_words(last)}.")
