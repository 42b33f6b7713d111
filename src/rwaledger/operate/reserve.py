"""The reserve of a stablecoin: its lines from a file, judged by the policy, and how far they cover what is in issue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.chain.times import block_at
from rwaledger.domain.block import Block
from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import InputFileError, InputProblem, UsageError
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import BASIS_POINTS, Coverage, Definition, Reserve, ReserveLine, ReserveStatement
from rwaledger.domain.units import parse_amount
from rwaledger.operate.done import chain_time
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.times import moment_of, moment_words, parse_day
from rwaledger.registry import audit_log, holders, positions, reserves
from rwaledger.registry.database import Database

COLUMNS = ("kind", "description", "currency", "amount", "haircut_bp", "matures_on")


@dataclass(frozen=True, slots=True)
class ReserveReport:
    """A statement of the reserve against what is in issue at a block; `attested` is None where no contract asks."""

    statement: ReserveStatement
    block: Block
    supply_units: int
    frozen_units: int
    attested: Reserve | None

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """The coverage by each definition of what is outstanding."""
        total = self.statement.total_units
        return (
            Coverage(Definition.ALL, total, self.supply_units),
            Coverage(Definition.WITHOUT_FROZEN, total, self.supply_units - self.frozen_units),
        )


def read_statement(path: Path, instrument: Instrument, policy: Policy, as_of: datetime) -> ReserveStatement:
    """The reserve of a file, each line of it eligible under the policy of that day.

    Raises:
        InputFileError: with every line that is wrong or not eligible.
        UsageError: the instrument is no stablecoin.
    """
    require_stablecoin(instrument)
    counted_on = local_date(as_of, policy.zone)
    of_day = policy.on(counted_on)
    rows = read_rows(path, COLUMNS)
    lines = convert(path, rows, lambda row: _line(row, instrument.decimals, of_day, counted_on))
    _require_one_currency(path, lines)
    source_hash = "0x" + hashlib.sha256(path.read_bytes()).hexdigest()
    return ReserveStatement(instrument.instrument_id, int(as_of.timestamp()), tuple(lines), source_hash)


def enter_statement(
    database: Database, node: Node, actor: str, statement: ReserveStatement, *, dry_run: bool = False
) -> bool:
    """Writes the statement into the register, in one transaction; False where it is the one that counts already.

    Raises:
        UsageError: it is of a time to come, or an attestation was signed on another one of that time.
    """
    if statement.as_of > chain_time(node):
        raise UsageError(
            f"{moment_words(moment_of(statement.as_of))} is after the chain's time",
            "A reserve is counted, not foreseen.",
        )
    with database.begin() as connection:
        known = reserves.statement(connection, statement.instrument_id, statement.as_of)
        if known == statement:
            return False
        signed = reserves.attestation(connection, statement.instrument_id, statement.as_of)
        if signed is not None:
            raise UsageError(
                f"the reserve as of {moment_words(moment_of(statement.as_of))} is attested, and stays as it is",
                "Import the correction with a later --as-of, and attest that.",
            )
        if not dry_run:
            reserves.add_statement(connection, statement)
            detail = {"as_of": str(statement.as_of), "total": str(statement.total_units), "file": statement.source_hash}
            audit_log.record(connection, actor, "reserve entered", statement.instrument_id, detail)
    return True


def report_reserve(database: Database, node: Node, instrument: Instrument, as_of: datetime | None) -> ReserveReport:
    """The newest statement against the chain as it is now; both up to `as_of` where given.

    Raises:
        UsageError: the instrument is no stablecoin, or there is no statement, or no instrument yet at that time.
    """
    statement = newest_statement(database, instrument, as_of)
    block = block_at(node, int(as_of.timestamp()) if as_of else chain_time(node))
    if block.number < instrument.deploy_block:
        raise UsageError(f"{instrument.instrument_id} was deployed after that time", "Give a later one.")
    return ReserveReport(
        statement=statement,
        block=block,
        supply_units=state.total_supply(node, instrument.address, block.number),
        frozen_units=_frozen_units(database, node, instrument, block.number),
        attested=state.reserve(node, instrument.address, block.number),
    )


def newest_statement(database: Database, instrument: Instrument, as_of: datetime | None = None) -> ReserveStatement:
    """The statement of the latest time, up to `as_of` where given.

    Raises:
        UsageError: the instrument is no stablecoin, or has none.
    """
    require_stablecoin(instrument)
    with database.read() as connection:
        upto = None if as_of is None else int(as_of.timestamp())
        found = reserves.statement(connection, instrument.instrument_id, upto)
    if found is None:
        until = f" up to {moment_words(as_of)}" if as_of else ""
        raise UsageError(
            f"the register has no reserve of {instrument.instrument_id}{until}",
            "Enter it with `rwaledger reserve import`.",
        )
    return found


def require_stablecoin(instrument: Instrument) -> None:
    """Raises unless the instrument is redeemed at par out of a reserve.

    Raises:
        UsageError: it is of another kind.
    """
    if instrument.kind is not InstrumentKind.STABLECOIN:
        raise UsageError(
            f"{instrument.instrument_id} is a {instrument.kind}, and has no reserve from which it is redeemed at par",
            "Name a stablecoin; `rwaledger instrument list` shows the kinds.",
        )


def _frozen_units(database: Database, node: Node, instrument: Instrument, block: int) -> int:
    """Units that their holders cannot move by order, over the accounts that the register knows, as the chain has them.

    A frozen amount may be above the balance; a frozen account is frozen with all that it has.
    """
    with database.read() as connection:
        accounts = set(holders.accounts(connection, instrument.chain_id))
        accounts |= {each.account for each in positions.positions(connection, instrument.instrument_id)}
    found = state.account_states(node, instrument.address, sorted(accounts - {ISSUANCE_ACCOUNT}), block)
    return sum(
        balance if standing.address_frozen else min(standing.frozen_units, balance)
        for balance, standing in found.values()
    )


def _line(row: Row, decimals: int, policy: Policy, counted_on: date) -> ReserveLine:
    fields = FieldReader(row)
    kind = fields.read("kind", lambda text: _known_kind(policy, text))
    description = fields.read("description", str)
    currency = fields.read("currency", str)
    amount = fields.read("amount", lambda text: parse_amount(text, decimals))
    haircut = fields.read("haircut_bp", _basis_points)
    matures_on = fields.read("matures_on", parse_day) if row.fields["matures_on"] else None
    fields.finish()
    if kind is None or description is None or currency is None or amount is None or haircut is None:
        raise RowError(["a field is missing"])
    line = ReserveLine(row.line, kind, description, currency, amount, haircut, matures_on)
    reasons = _ineligible(line, policy, counted_on)
    if reasons:
        raise RowError(reasons)
    return line


def _known_kind(policy: Policy, text: str) -> str:
    if text not in policy.reserve_kinds:
        raise ValueError(f"{text!r} is not eligible as reserve; {', '.join(policy.reserve_kinds)} are")
    return text


def _ineligible(line: ReserveLine, policy: Policy, counted_on: date) -> list[str]:
    """Why the policy does not let the line count, in words; empty where it does."""
    kind = policy.reserve_kinds[line.kind]
    reasons = []
    if line.currency not in kind.currencies:
        eligible = ", ".join(sorted(kind.currencies)) or "no currency any more"
        reasons.append(f"currency: {line.kind} count in {eligible}, not in {line.currency}")
    last = kind.latest_maturity(counted_on, policy.calendar)
    if line.matures_on is None:
        if not kind.on_demand:
            reasons.append(f"matures_on: is empty; {line.kind} have a maturity")
    elif line.matures_on < counted_on:
        reasons.append(f"matures_on: {line.matures_on} is before the day of the count, {counted_on}")
    elif line.matures_on > last:
        reasons.append(f"matures_on: {line.matures_on} is after {last}, the last that is eligible ({kind})")
    return reasons


def _require_one_currency(path: Path, lines: Sequence[ReserveLine]) -> None:
    """Nothing here knows a rate of exchange."""
    first = lines[0]
    problems = [
        InputProblem(path, each.line, f"currency: is {each.currency}, and {first.currency} in line {first.line}")
        for each in lines
        if each.currency != first.currency
    ]
    if problems:
        raise InputFileError(problems)


def _basis_points(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= BASIS_POINTS):
        raise ValueError(f"{text!r} is no whole number of basis points from 0 to {BASIS_POINTS}")
    return int(text)
