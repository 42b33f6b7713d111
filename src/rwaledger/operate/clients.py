"""Keep the sub-ledger of an omnibus account: statements that its holder sends, and trades among its clients."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import rfc8785

from rwaledger.domain.clients import HOUSE, ClientPosting, ClientTrade, Overdrawn, statement_legs, trade_legs
from rwaledger.domain.errors import IdempotencyConflict, InputFileError, InputProblem, UsageError
from rwaledger.domain.holder import Account
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.units import parse_amount
from rwaledger.operate.names import Names
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.registry import audit_log, clients
from rwaledger.registry.database import Connection, Database

STATEMENT_COLUMNS = ("instrument", "client", "balance")
TRADE_COLUMNS = ("instrument", "from", "to", "amount")
_CLIENT_MAX = 64

Legs = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a statement says one client has of one instrument."""

    row: int
    instrument: Instrument
    client: str
    balance_units: int


@dataclass(frozen=True, slots=True)
class Booked:
    """What a file has changed: the entries made, or none where the same file was booked before."""

    key: str
    entries: int
    known: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """One account's sub-ledger, inside one transaction."""

    connection: Connection
    account: Account
    key: str
    content_hash: str
    dated: date

    def balances(self) -> dict[str, dict[str, int]]:
        return clients.client_balances(self.connection, self.account.chain_id, self.account.address)

    def enter(self, instrument_id: str, held: Mapping[str, int], legs: Legs) -> dict[str, int]:
        """One entry, and what it leaves each client with."""
        place = (self.account.chain_id, self.account.address, instrument_id)
        entry = clients.next_entry(self.connection, *place)
        after = dict(held)
        postings = []
        for leg, (client, amount) in enumerate(legs):
            after[client] = after.get(client, 0) + amount
            postings.append(
                ClientPosting(
                    *place, entry, leg, client, amount, after[client], self.dated, self.key, self.content_hash
                )
            )
        clients.add_client_postings(self.connection, postings)
        return after


def read_statement(path: Path, names: Names) -> list[Stated]:
    """The rows of a statement: what every client has. A client who is not in it has nothing.

    Raises:
        InputFileError: with every bad row.
    """
    stated = convert(path, read_rows(path, STATEMENT_COLUMNS), lambda row: _stated(row, names))
    _refuse_twice(path, [(each.row, (each.instrument.instrument_id, each.client)) for each in stated])
    return stated


def read_trades(path: Path, names: Names) -> list[tuple[int, ClientTrade]]:
    """The trades of a file, each with its line.

    Raises:
        InputFileError: with every bad row.
    """
    return convert(path, read_rows(path, TRADE_COLUMNS), lambda row: _trade(row, names))


def book_statement(
    database: Database,
    actor: str,
    account: Account,
    path: Path,
    stated: Sequence[Stated],
    dated: date,
    key: str,
    *,
    dry_run: bool = False,
) -> Booked:
    """Brings the sub-ledger to what its holder's statement says, one entry an instrument, or nothing at all.

    Raises:
        UsageError: a later day is booked already.
        IdempotencyConflict: the key has booked another file.
    """
    wanted: dict[str, dict[str, int]] = {}
    for each in stated:
        wanted.setdefault(each.instrument.instrument_id, {})[each.client] = each.balance_units

    def book(ledger: _Book) -> int:
        count = 0
        _require_newest(ledger, wanted)
        held = ledger.balances()
        for instrument_id, balances in wanted.items():
            now = held.get(instrument_id, {})
            legs = statement_legs(now, balances)
            # One that changes nothing is an entry too: else its key would be new, and book it again over later trades.
            ledger.enter(instrument_id, now, legs or [(HOUSE, 0)])
            count += bool(legs)
        return count

    return _booked(database, actor, account, path, dated, key, book, dry_run)


def book_trades(
    database: Database,
    actor: str,
    account: Account,
    path: Path,
    trades: Sequence[tuple[int, ClientTrade]],
    dated: date,
    key: str,
    *,
    dry_run: bool = False,
) -> Booked:
    """Books trades among the clients of one account, all or none.

    Raises:
        InputFileError: a client would owe units; with every such row.
        IdempotencyConflict: the key has booked another file.
    """

    def book(ledger: _Book) -> int:
        problems: list[InputProblem] = []
        balances = ledger.balances()
        for row, trade in trades:
            held = balances.get(trade.instrument_id, {})
            try:
                balances[trade.instrument_id] = ledger.enter(trade.instrument_id, held, trade_legs(held, trade))
            except Overdrawn as error:
                problems.append(InputProblem(path, row, str(error)))
        if problems:
            raise InputFileError(problems)
        return len(trades)

    return _booked(database, actor, account, path, dated, key, book, dry_run)


def _booked(
    database: Database,
    actor: str,
    account: Account,
    path: Path,
    dated: date,
    key: str,
    book: Callable[[_Book], int],
    dry_run: bool,
) -> Booked:
    content_hash = _content_hash(path, account, dated)
    with database.rehearse() if dry_run else database.begin() as connection:
        known = clients.entry_of_key(connection, account.chain_id, account.address, key)
        if known is not None and known != content_hash:
            raise IdempotencyConflict(key, "another file of clients")
        if known is not None:
            return Booked(key, 0, known=True)
        entries = book(_Book(connection, account, key, content_hash, dated))
        detail = {"entries": str(entries), "file": path.name}
        audit_log.record(connection, actor, "clients booked", account.address, detail)
    return Booked(key, entries, known=False)


def _require_newest(ledger: _Book, instrument_ids: Collection[str]) -> None:
    """A statement sets balances as they are now; what was booked of a later day would be lost under it."""
    postings = clients.client_postings(ledger.connection, ledger.account.chain_id, ledger.account.address)
    days = [each.dated for each in postings if each.instrument_id in instrument_ids]
    if days and max(days) > ledger.dated:
        raise UsageError(
            f"a statement of {ledger.dated} comes too late: the sub-ledger has entries of {max(days)}",
            "Import a statement of that day or later; book what was missing before as trades, with --on.",
        )


def client_total(balances: Mapping[str, int]) -> int:
    """What all clients together have."""
    return sum(units for client, units in balances.items() if client != HOUSE)


def _stated(row: Row, names: Names) -> Stated:
    fields = FieldReader(row)
    instrument = fields.read("instrument", names.instrument)
    client = fields.read("client", _client)
    decimals = instrument.decimals if instrument else 18
    balance = fields.read("balance", lambda text: 0 if text == "0" else parse_amount(text, decimals))
    fields.finish()
    if instrument is None or client is None or balance is None:
        raise RowError(["a field is missing"])
    return Stated(row.line, instrument, client, balance)


def _trade(row: Row, names: Names) -> tuple[int, ClientTrade]:
    fields = FieldReader(row)
    instrument = fields.read("instrument", names.instrument)
    seller, buyer = fields.read("from", _client), fields.read("to", _client)
    decimals = instrument.decimals if instrument else 18
    amount = fields.read("amount", lambda text: parse_amount(text, decimals))
    fields.finish()
    if instrument is None or seller is None or buyer is None or amount is None:
        raise RowError(["a field is missing"])
    if seller == buyer:
        raise RowError([f"{seller} is on both sides"])
    return row.line, ClientTrade(instrument.instrument_id, seller, buyer, amount)


def _client(text: str) -> str:
    if len(text) > _CLIENT_MAX or not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{text!r} is no client's number: letters, digits, - and _; names stay out of the register")
    return text


def _refuse_twice(path: Path, rows: Sequence[tuple[int, tuple[str, str]]]) -> None:
    first: dict[tuple[str, str], int] = {}
    problems = [
        InputProblem(path, row, f"{what[1]} stands in line {first[what]} already")
        for row, what in rows
        if first.setdefault(what, row) != row
    ]
    if problems:
        raise InputFileError(problems)


def _content_hash(path: Path, account: Account, dated: date) -> str:
    content = {
        "account": account.address,
        "dated": dated.isoformat(),
        "file": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    return "0x" + hashlib.sha256(rfc8785.dumps(content)).hexdigest()
