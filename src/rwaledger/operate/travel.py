"""The travel rule at work: which payments need a record, and making it from what the register knows of both sides."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import RegisterConflict, TravelRuleRequired
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.policy import Policy, Threshold
from rwaledger.domain.travel import Party, Payment, TravelRecord, missing_particulars, payload
from rwaledger.domain.units import format_amount
from rwaledger.registry import audit_log, holders, travel
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.sealing import Seal
from rwaledger.registry.types import json_text

if TYPE_CHECKING:
    from rwaledger.operate.plan import Plan

_NEXT_STEP = "Enter what is missing (columns name, postal_address, identifier of `rwaledger holder admit`), then go on."


def payments_of_plans(plans: Iterable[Plan]) -> list[Payment]:
    """What the control book moves between holders by `transfer`, as the travel rule looks at it."""
    return [
        Payment(part.ref, number, part.instrument, line.sender, line.recipient, line.amount_units)
        for plan in plans
        for part in plan.parts
        if part.operation is Operation.TRANSFER
        for number, line in enumerate(part.lines)
    ]


def required_records(connection: Connection, policy: Policy, now: int, payments: Sequence[Payment]) -> list[Payment]:
    """Those payments that need a record: of a stablecoin, between two holders, at or above the threshold.

    `now` is the chain's time, by whose local day the threshold is chosen. One whole unit of a stablecoin is one of its
    currency. Where that is not the threshold's, every payment needs a record: no rate between the two is kept here.
    """
    in_question = [each for each in payments if each.instrument.kind is InstrumentKind.STABLECOIN]
    if not in_question:
        return []
    threshold = policy.on(local_date(datetime.fromtimestamp(now, UTC), policy.zone)).travel_rule_threshold
    known = holders.accounts(connection, in_question[0].instrument.chain_id)
    least = {
        instrument: _least_units(connection, instrument, threshold)
        for instrument in {each.instrument for each in in_question}
    }
    return [
        each
        for each in in_question
        if each.amount_units >= least[each.instrument]
        and not (
            each.sender in known
            and each.recipient in known
            and known[each.sender].holder_id == known[each.recipient].holder_id
        )
    ]


def missing_records(connection: Connection, required: Sequence[Payment]) -> list[Payment]:
    """Those of the payments that have no record."""
    subjects = {each.subject for each in required}
    have = {(each.subject, each.line) for each in travel.travel_records(connection, subjects)}
    return [each for each in required if (each.subject, each.line) not in have]


def require_recorded(connection: Connection, required: Sequence[Payment]) -> None:
    """Raises where a payment has no record.

    Raises:
        TravelRuleRequired: with each of them.
    """
    missing = missing_records(connection, required)
    if missing:
        raise TravelRuleRequired([_words(each) for each in missing], "Record it with the privacy key, then send.")


def record_travel(database: Database, seal: Seal, actor: str, required: Sequence[Payment]) -> int:
    """Makes the records that are missing, all or none, and returns how many; what is there stays as it is.

    Raises:
        TravelRuleRequired: the register lacks a particular of a payer or a payee.
        AuthorisationError: it was sealed with another key.
    """
    records = [_record(seal, *each) for each in require_recordable(database, seal, required)]
    if not records:
        return 0
    with database.begin() as connection:
        added = [each for each in records if travel.add_travel_record(connection, each)]
        for each in added:
            detail = {"line": str(each.line), "payload_hash": each.payload_hash}
            audit_log.record(connection, actor, "travel-rule record made", each.subject, detail)
    return len(added)


def require_recordable(
    database: Database, seal: Seal, required: Sequence[Payment]
) -> list[tuple[Payment, Party, Party]]:
    """Those payments that have no record yet, each with its originator and its beneficiary.

    Raises:
        TravelRuleRequired: the register lacks a particular of a payer or a payee.
        AuthorisationError: it was sealed with another key.
    """
    with database.read() as connection:
        missing = missing_records(connection, required)
        parties = _parties(connection, seal, missing)
    found = [(each, parties[each.sender], parties[each.recipient]) for each in missing]
    reasons = [
        f"{_words(each)}: {reason}"
        for each, originator, beneficiary in found
        for reason in missing_particulars(originator, beneficiary)
    ]
    if reasons:
        raise TravelRuleRequired(reasons, _NEXT_STEP)
    return found


def opened(seal: Seal, record: TravelRecord) -> dict[str, Any]:
    """What a record says.

    Raises:
        AuthorisationError: it was sealed with another key.
        RegisterConflict: it is not what its hash says.
    """
    text = seal.open(record.sealed, _place(record.subject, record.line))
    if _hash(text) != record.payload_hash:
        raise RegisterConflict(
            f"the travel-rule record of {record.subject}, line {record.line}, is not what its hash says",
            "The row was changed from outside. Restore the database.",
        )
    document: dict[str, Any] = json.loads(text)
    return document


def _least_units(connection: Connection, instrument: Instrument, threshold: Threshold) -> int:
    currency = travel.currency_of(connection, instrument.instrument_id)
    if currency is not None and currency != threshold.currency:
        return 0
    return math.ceil(Fraction(threshold.amount) * Fraction(10) ** instrument.decimals)


def _parties(connection: Connection, seal: Seal, payments: Sequence[Payment]) -> dict[str, Party]:
    """Both sides of each payment, by account.

    Raises:
        TravelRuleRequired: an account is nobody's on the register.
    """
    if not payments:
        return {}
    known = holders.accounts(connection, payments[0].instrument.chain_id)
    accounts = {account for each in payments for account in (each.sender, each.recipient)}
    strangers = sorted(accounts - known.keys())
    if strangers:
        raise TravelRuleRequired([f"{account} is nobody's on the register" for account in strangers], _NEXT_STEP)
    ids = {account: known[account].holder_id for account in accounts}
    persons = {holder_id: holders.person(connection, seal, holder_id) for holder_id in set(ids.values())}
    return {account: Party(holder_id, persons[holder_id], account) for account, holder_id in ids.items()}


def _record(seal: Seal, payment: Payment, originator: Party, beneficiary: Party) -> TravelRecord:
    text = json_text(payload(payment, originator, beneficiary, secrets.token_hex(16)))
    return TravelRecord(
        subject=payment.subject,
        line=payment.line,
        instrument_id=payment.instrument.instrument_id,
        sender=payment.sender,
        recipient=payment.recipient,
        amount_units=payment.amount_units,
        sealed=seal.seal(text, _place(payment.subject, payment.line)),
        payload_hash=_hash(text),
    )


def _place(subject: str, line: int) -> str:
    return f"travel/{subject}/{line}"


def _hash(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def _words(payment: Payment) -> str:
    amount = format_amount(payment.amount_units, payment.instrument.decimals, grouped=True)
    return f"line {payment.line + 1}, {amount} {payment.instrument.symbol}"
