"""Instructions in words and figures, for whoever is to sign them; from a register, or from a file that travels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.instruction import NO_ORDER, Instruction, Line
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import format_amount
from rwaledger.operate.words import line_words, time_words
from rwaledger.registry import holders, instruments
from rwaledger.registry.database import Connection
from rwaledger.registry.instructions import StoredInstruction

NO_INSTRUMENT = "unknown contract"
"""Stands for the name of a contract that the register does not have."""


@dataclass(frozen=True, slots=True)
class Label:
    """What people call an instrument, and how its units are written."""

    instrument_id: str
    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Labels:
    """The words for addresses: instruments, and holders by their short names. None of it is in what is signed."""

    instruments: Mapping[str, Label]
    holders: Mapping[str, str]

    def of(self, instruction: Instruction) -> Label:
        """The label of the contract that an instruction is for; one that is no instrument has no decimals."""
        unknown = Label(instruction.instrument_id, "", 0)
        return self.instruments.get(instruction.instrument, unknown)


def labels_of(connection: Connection, selected: Sequence[StoredInstruction]) -> Labels:
    """The words that the register has for what these instructions name."""
    accounts: dict[str, str] = {}
    for chain_id in {each.instruction.chain_id for each in selected}:
        accounts |= {a: account.holder_id for a, account in holders.accounts(connection, chain_id).items()}
    named = {a for each in selected for line in each.instruction.lines for a in (line.sender, line.recipient)}
    # By the address, which is signed; the name in the row is not.
    asked = {(each.instruction.chain_id, each.instruction.instrument) for each in selected}
    found = {address: Label(NO_INSTRUMENT, "", 0) for _, address in asked}
    for contract in instruments.contracts(connection):
        if (contract.chain_id, contract.address) in asked:
            found[contract.address] = Label(contract.kind.value, "", 0)
    for known in instruments.instruments(connection):
        if (known.chain_id, known.address) in asked:
            found[known.address] = Label(known.instrument_id, known.symbol, known.decimals)
    return Labels(found, {address: accounts[address] for address in sorted(named & accounts.keys())})


def head(instruction: Instruction, labels: Labels) -> dict[str, Any]:
    """What the instruction does as a whole, and under which terms it is signed."""
    label = labels.of(instruction)
    return {
        "ref": instruction.ref,
        "instrument": label.instrument_id,
        "contract": checksummed(instruction.instrument),
        "operation": instruction.operation.value,
        "lines": len(instruction.lines),
        "total": total_words(instruction, labels),
        "chain": instruction.chain_id,
        "control_book": checksummed(instruction.control_book),
        "maker": checksummed(instruction.maker),
        "checker": checksummed(instruction.checker),
        "not_after": instruction.not_after,
        "expires": time_words(instruction.not_after),
        "order": instruction.order,
        "text": instruction.text,
    }


def entries(instruction: Instruction, labels: Labels) -> list[dict[str, str]]:
    """Its lines: addresses with the short names of their holders, amounts in units too, and the rest in words."""
    return [_entry(instruction, line, labels) for line in instruction.lines]


def total_words(instruction: Instruction, labels: Labels) -> str:
    """The sum of its amounts, where they are units."""
    if not instruction.operation.counts_units:
        return ""
    label = labels.of(instruction)
    units = sum(line.amount_units for line in instruction.lines)
    return f"{format_amount(units, label.decimals, grouped=True)} {label.symbol}".strip()


def summary(instruction: Instruction, labels: Labels) -> str:
    """One line of a person's language."""
    total = total_words(instruction, labels)
    behind = "" if instruction.order == NO_ORDER else f", order {instruction.order}"
    count = len(instruction.lines)
    return (
        f"{instruction.operation} {labels.of(instruction).instrument_id} at {checksummed(instruction.instrument)}:"
        f" {count} line{'' if count == 1 else 's'}{f', {total}' if total else ''}{behind};"
        f" expires {time_words(instruction.not_after)}"
    )


def _entry(instruction: Instruction, line: Line, labels: Labels) -> dict[str, str]:
    counts, decimals = instruction.operation.counts_units, labels.of(instruction).decimals
    return {
        "from": _address(line.sender),
        "from_holder": labels.holders.get(line.sender, ""),
        "to": _address(line.recipient),
        "to_holder": labels.holders.get(line.recipient, ""),
        "amount": format_amount(line.amount_units, decimals) if counts else "",
        "units": str(line.amount_units) if counts else "",
        "detail": line_words(instruction.operation, line, instruction.order, instruction.text, decimals),
    }


def _address(address: str) -> str:
    return "" if address == ISSUANCE_ACCOUNT else checksummed(address)
