"""What loading the records shows to be wrong with the register as a whole: each is a break of one check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reconciliation import BreakClass, Value
from rwaledger.registry.instructions import StoredInstruction

BY_DEPLOYMENT = "deployment"
BY_DESCRIPTION = "description"
NOT_LISTED = "not listed"


@dataclass(frozen=True, slots=True)
class Fault:
    """A break to be, under the check that answers for it."""

    check: str
    break_class: BreakClass
    instrument_id: str
    account: str
    summary: str
    values: tuple[Value, Value]
    cause: str


def unlisted_rows(found: Iterable[tuple[str, str, int]]) -> Iterator[Fault]:
    """Rows under an instrument or address that the register does not list, so that nothing audits them."""
    for table, name, rows in found:
        summary = f"{rows} rows of {table} are of {name or 'no name'}, which the register does not list"
        values = Value("register", f"{rows} rows of {table}"), Value("register: contracts", "nothing")
        instrument_id, account = ("", name) if table == "events" else (name, "")
        yield Fault("C12", BreakClass.COVERAGE, instrument_id, account, summary, values, f"{NOT_LISTED}: {table}")


def wrong_description(node: Node, instrument: Instrument, block: int) -> Iterator[Fault]:
    """Name, symbol and decimals against the token's own answers; its code has to be trusted."""
    answers = ASSET_TOKEN.call_many(node, instrument.address, [("name", []), ("symbol", []), ("decimals", [])], block)
    on_chain = tuple(answer for (answer,) in answers)
    in_register = (instrument.name, instrument.symbol, instrument.decimals)
    if on_chain != in_register:
        values = (
            Value("chain", "{}, {}, {} decimals".format(*on_chain)),
            Value("register", "{}, {}, {} decimals".format(*in_register)),
        )
        summary = "the token does not call itself what the register calls it"
        id_, at = instrument.instrument_id, instrument.address
        yield Fault("C16", BreakClass.TAMPER, id_, at, summary, values, BY_DESCRIPTION)


def unlisted_executions(book: str, events: Iterable[ChainEvent], audited: frozenset[str]) -> Iterator[Fault]:
    """Instruments that a control book acted on and the register does not list; one break for each of them."""
    acted_on: dict[str, list[ChainEvent]] = {}
    for event in events:
        if event.name == "InstructionExecuted" and event.args["instrument"] not in audited:
            acted_on.setdefault(str(event.args["instrument"]), []).append(event)
    for address, executed in acted_on.items():
        log = executed[0].log
        summary = (
            f"the control book {book} carried out {len(executed)} instructions on an instrument that the register "
            f"does not list; the first in block {log.block_number}, log {log.log_index}, transaction {log.tx_hash}"
        )
        values = Value("events", f"{len(executed)} instructions"), Value("register", "no such instrument")
        yield Fault("C05", BreakClass.COVERAGE, "", address, summary, values, f"{NOT_LISTED}: {book}")


def unlisted_instructions(
    stored: Sequence[StoredInstruction], listed: frozenset[tuple[int, str]], executed: frozenset[str]
) -> Iterator[Fault]:
    """Instructions on nothing that the register lists, which no check of an instrument would look at."""
    for each in stored:
        instruction = each.instruction
        if (instruction.chain_id, instruction.instrument) in listed or instruction.ref in executed:
            continue
        summary = f"instruction {instruction.ref} ({each.status}) is on an instrument that the register does not list"
        values = Value("control book", f"{instruction.operation} on {instruction.instrument}"), _NOTHING
        id_, cause = instruction.instrument_id, f"instruction {instruction.ref} {NOT_LISTED}"
        yield Fault("C05", BreakClass.COVERAGE, id_, instruction.maker, summary, values, cause)


_NOTHING = Value("register", "no such instrument")
