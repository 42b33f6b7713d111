"""Who was given or lost which power over which contract, and how its rules were changed: from the contracts' events.

The events are those that the register keeps as they came. Who did it is the maker and the checker of the instruction
that the event follows in its transaction; without one, whoever sent the transaction, where the register knows it, or
whom the event itself names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from rwaledger.chain.events import decode
from rwaledger.chain.roles import role_name
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import executions, heights, instruments
from rwaledger.registry.database import Connection
from rwaledger.registry.executions import EXECUTED
from rwaledger.report.contents.moment import Moment, instrument_facts, moment_of, require_deployed
from rwaledger.report.contents.people import People
from rwaledger.report.contents.rule_words import rule_words
from rwaledger.report.document import Cell, Column, Document, Kind, Table

_ROLES = ("RoleGrantScheduled", "RoleGrantCancelled", "RoleGranted", "RoleRevoked", "RoleAdminChanged")
_RULES = ("RulesChanged", "CountryAllowed", "Paused", "Unpaused", "InstrumentActivated", "VenueLicensed")
_NOTE = (
    "What was done by an instruction has its maker and its checker; what an admin did directly has the sender alone. "
    "A grant waits: it is scheduled first, and given after the delay of its contract."
)


@dataclass(frozen=True, slots=True)
class Deed:
    """An event that changed a role or a rule, with what caused it; accounts are empty where nobody is known."""

    event: ChainEvent
    timestamp: int
    contract: str
    by: str
    checker: str
    ref: str


def build(c: Connection, instrument_id: str | None, moment: Moment) -> Document:
    """The history of one instrument with its control book, or of every contract of the chain, up to the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
        MalformedLog: the register has an event that is not what its ABI says.
        RegisterConflict: a block that has events is not in the register.
    """
    known = [each for each in instruments.instruments(c) if each.chain_id == moment.chain_id]
    wanted = None if instrument_id is None else instruments.instrument(c, instrument_id)
    if wanted is not None:
        require_deployed(wanted, moment)
    names = _contract_names(c, moment, known)
    addresses = set(names) if wanted is None else {wanted.address, wanted.control_book}
    found = [each for each in _deeds(c, moment, names) if each.event.log.address in addresses]
    people = People.load(c, moment.chain_id)
    decimals = {each.address: each.decimals for each in known}
    return Document(
        kind="roles",
        title=f"Roles and rules{f' of {instrument_id}' if instrument_id else ''}",
        facts=moment.facts(*instrument_facts([wanted] if wanted else [])),
        tables=(
            _history("roles", "Roles", [each for each in found if each.event.name in _ROLES], people, decimals),
            _history("rules", "Rules", [each for each in found if each.event.name in _RULES], people, decimals),
            _in_force(found, people),
        ),
        notes=(_NOTE,),
    )


def _contract_names(c: Connection, moment: Moment, known: list[Instrument]) -> dict[str, str]:
    """What each contract is called: the instrument that it is, or its kind."""
    found = {each.address: each.kind.value.replace("_", " ") for each in instruments.contracts(c, moment.chain_id)}
    return found | {each.address: each.instrument_id for each in known}


def _deeds(c: Connection, moment: Moment, names: Mapping[str, str]) -> Iterator[Deed]:
    """Every change of a role or a rule, in the order of the chain."""
    senders = executions.senders(c, moment.chain_id, moment.block_number)
    logs = list(executions.events_named(c, moment.chain_id, {*_ROLES, *_RULES, EXECUTED}, moment.block_number))
    times = heights.timestamps(c, moment.chain_id, {log.block_number for log in logs})
    instruction: ChainEvent | None = None
    for log in logs:
        event = decode(log)
        if event is None:
            continue
        if instruction is not None and instruction.log.tx_hash != log.tx_hash:
            instruction = None
        if event.name == EXECUTED:
            instruction = event
            continue
        contract = names.get(log.address, "not on the register")
        if instruction is not None:
            args = instruction.args
            yield Deed(event, times[log.block_number], contract, *(str(args[name]) for name in _AUTHORS))
        else:
            by = str(senders.get(log.tx_hash) or event.args.get("sender", ""))
            yield Deed(event, times[log.block_number], contract, by, "", "")


_AUTHORS = ("maker", "checker", "ref")


def _history(name: str, title: str, found: list[Deed], people: People, decimals: Mapping[str, int]) -> Table:
    columns = (
        Column("time", "Time", Kind.TIME),
        Column("block", "Block", Kind.INTEGER),
        Column("contract", "Contract", Kind.TEXT),
        Column("event", "Event", Kind.TEXT),
        Column("what", "What", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("holder", "Holder", Kind.TEXT),
        Column("by", "By", Kind.ACCOUNT),
        Column("checker", "Checked by", Kind.ACCOUNT),
        Column("reference", "Instruction", Kind.HASH),
        Column("transaction", "Transaction", Kind.HASH),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        log, account = each.event.log, _account(each.event)
        what = _words(each.event, decimals.get(log.address, 0))
        holder = people.shown(account) if account in people.accounts else ""
        place = (moment_of(each.timestamp), log.block_number, each.contract, each.event.name, what)
        rows.append(
            (*place, account or None, holder, each.by or None, each.checker or None, each.ref or None, log.tx_hash)
        )
    return Table(name, title, columns, tuple(rows))


def _account(event: ChainEvent) -> str:
    """The account that an event gives something to, or takes it from."""
    return str(event.args.get("account") or event.args.get("venue") or "")


def _words(event: ChainEvent, decimals: int) -> str:
    args = event.args
    if event.name == "RoleAdminChanged":
        old, new = (role_name(str(args[name])) for name in ("previousAdminRole", "newAdminRole"))
        return f"{role_name(str(args['role']))}: admin {old} -> {new}"
    if "role" in args:
        since = args.get("grantableFrom")
        when = f", from {moment_of(cast(int, since)):%Y-%m-%d %H:%M:%S} UTC" if since else ""
        return role_name(str(args["role"])) + when
    return rule_words(event, decimals)


def _in_force(found: list[Deed], people: People) -> Table:
    """Who has which role at the end: what was granted and not taken away since."""
    held: dict[tuple[str, str, str, str], Deed] = {}
    for each in found:
        if each.event.name in ("RoleGranted", "RoleRevoked"):
            args = each.event.args
            key = (each.contract, each.event.log.address, role_name(str(args["role"])), str(args["account"]))
            held.pop(key, None)
            if each.event.name == "RoleGranted":
                held[key] = each
    columns = (
        Column("contract", "Contract", Kind.TEXT),
        Column("address", "Address", Kind.ACCOUNT),
        Column("role", "Role", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("holder", "Holder", Kind.TEXT),
        Column("since", "Since", Kind.TIME),
    )
    rows = tuple(
        (*key, people.shown(key[3]) if key[3] in people.accounts else "", moment_of(each.timestamp))
        for key, each in sorted(held.items())
    )
    return Table("in-force", "Roles in force", columns, rows)
