"""The travel rule: of each larger payment in a stablecoin, who paid whom.

Source: FATF Recommendation 16; in Hong Kong the Anti-Money Laundering and Counter-Terrorist Financing Ordinance
(Cap. 615), Schedule 2, section 13A. The threshold is a figure of the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rwaledger.domain.holder import Person
from rwaledger.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Payment:
    """Units of an instrument from one account to another, at a line of what moves them.

    `subject` is the digest of a trade or the reference of an instruction, `line` counts its legs or lines from 0.
    """

    subject: str
    line: int
    instrument: Instrument
    sender: str
    recipient: str
    amount_units: int


@dataclass(frozen=True, slots=True)
class TravelRecord:
    """Who paid whom, as the register keeps it: sealed, with the SHA-256 of what is sealed."""

    subject: str
    line: int
    instrument_id: str
    sender: str
    recipient: str
    amount_units: int
    sealed: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a payment: the holder, the person behind it, and the account."""

    holder_id: str
    person: Person
    account: str


def missing_particulars(originator: Party, beneficiary: Party) -> list[str]:
    """What the register lacks of the two for a record.

    The originator is known by name, account, and postal address or identifier, the beneficiary by name and account.
    """
    missing = [f"{each.holder_id} has no name" for each in (originator, beneficiary) if not each.person.name]
    if not (originator.person.postal_address or originator.person.identifier):
        missing.append(f"{originator.holder_id}, who pays, has neither a postal address nor an identifier")
    return missing


def payload(payment: Payment, originator: Party, beneficiary: Party, salt: str) -> dict[str, Any]:
    """What is sealed. The salt keeps anybody from guessing names and holding their hash against the register's."""
    return {
        "version": 1,
        "salt": salt,
        "chain_id": payment.instrument.chain_id,
        "subject": payment.subject,
        "line": payment.line,
        "instrument": payment.instrument.instrument_id,
        "amount_units": str(payment.amount_units),
        "originator": {
            "id": originator.holder_id,
            "name": originator.person.name,
            "account": originator.account,
            "postal_address": originator.person.postal_address,
            "identifier": originator.person.identifier,
        },
        "beneficiary": {
            "id": beneficiary.holder_id,
            "name": beneficiary.person.name,
            "account": beneficiary.account,
        },
    }
