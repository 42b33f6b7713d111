"""A small register to test on: one chain, one instrument, and batches of moves as the mirror would apply them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, Table, insert

from rwaledger.domain.block import Block, Checkpoint, Log
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass, Person, Standing
from rwaledger.domain.instruction import Instruction, InstructionStatus, Line, Operation
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Position, Posting
from rwaledger.registry import holders, instruments, ledger
from rwaledger.registry.database import Connection
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.ledger import StandingChange
from rwaledger.registry.sealing import Seal
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus
from rwaledger.registry.types import Units, UtcTime

CHAIN = 31337
GENESIS = "0x" + "9e" * 32
TOKEN = "0x" + "70" * 20
BOOK = "0x" + "b0" * 20
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def hash_of(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


def address(number: int) -> str:
    return f"0x{number:040x}"


HKDS = Instrument(
    instrument_id="HKDS",
    name="Hong Kong Dollar Stablecoin",
    symbol="HKDS",
    decimals=6,
    kind=InstrumentKind.STABLECOIN,
    record_of_truth=RecordOfTruth.CHAIN,
    chain_id=CHAIN,
    address=TOKEN,
    control_book=BOOK,
    deploy_block=1,
    deploy_block_hash=hash_of("block", 1, ""),
    code_hash="0x" + "c0" * 32,
)
GRN28 = replace(
    HKDS,
    instrument_id="GRN28",
    symbol="GRN28",
    decimals=0,
    kind=InstrumentKind.BOND,
    address="0x" + "71" * 20,
)
KOWLOON = Holder("kowloon", 344, InvestorClass.PROFESSIONAL, date(2027, 6, 30))
KOWLOON_LIFE = Person("Kowloon Life 九龍人壽", "1 Harbour Road, Wan Chai", "BRN 12345678")
SEAL = Seal(bytes(range(64)))


def add_instruments(c: Connection, *wanted: Instrument) -> None:
    instruments.add_chain(c, CHAIN, GENESIS)
    for one in wanted or (HKDS,):
        instruments.add_instrument(c, one)


def add_kowloon(c: Connection, number: int = 1) -> Account:
    account = Account(CHAIN, address(number), KOWLOON.holder_id, AccountKind.OWN)
    holders.put_holder(c, SEAL, KOWLOON, KOWLOON_LIFE)
    holders.put_account(c, account)
    return account


@dataclass(frozen=True, slots=True)
class Move:
    """Units moved by one event; an account 0 is the issuance account."""

    sender: int
    recipient: int
    amount_units: int


@dataclass(slots=True)
class Mirror:
    """Applies blocks of moves and standings, one block a call, and can be copied to try a fork."""

    fork: str = ""
    instrument: Instrument = HKDS
    first_log_index: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None

    def apply(self, c: Connection, number: int, moves: Sequence[Move], standings: Sequence[Standing] = ()) -> None:
        """Block `number`; the n-th standing is of account n."""
        block = self.block(number)
        self.advance(c, block)
        ledger.insert_blocks(c, [block], CHAIN)
        first = self.first_log_index
        logs = [self.log(block, first + index) for index in range(len(moves) + len(standings))]
        names = ["Transfer"] * len(moves) + ["AccountChanged"] * len(standings)
        ledger.insert_events(c, list(zip(logs, names, strict=True)), CHAIN)
        postings = [leg for index, move in enumerate(moves, first) for leg in self.legs(block, index, move)]
        ledger.insert_postings(c, postings)
        ledger.upsert_positions(c, [position_of(posting) for posting in postings])
        ledger.insert_standings(
            c,
            [
                StandingChange(
                    self.instrument.instrument_id, address(account), number, first + len(moves) + account, standing
                )
                for account, standing in enumerate(standings)
            ],
        )

    def block(self, number: int) -> Block:
        before = self.checkpoint.block_hash if self.checkpoint else GENESIS
        return Block(number, hash_of("block", number, self.fork), before, 1_768_000_000 + 12 * number)

    def log(self, block: Block, index: int) -> Log:
        topics = tuple("0x" + f"{topic:064x}" for topic in range(index % 5))
        tx_hash = hash_of("tx", block.hash, index)
        data = f"0x{index:064x}"
        return Log(self.instrument.address, topics, data, block.number, block.hash, tx_hash, index // 2, index)

    def advance(self, c: Connection, block: Block) -> None:
        generation = self.checkpoint.generation + 1 if self.checkpoint else 0
        new = Checkpoint(CHAIN, self.instrument.address, block.number, block.hash, generation)
        ledger.advance_checkpoint(c, self.checkpoint, new)
        self.checkpoint = new

    def legs(self, block: Block, index: int, move: Move) -> list[Posting]:
        made = []
        for leg, (number, amount) in enumerate(
            ((move.sender, -move.amount_units), (move.recipient, move.amount_units))
        ):
            account = address(number)
            self.balances[account] = self.balances.get(account, 0) + amount
            tx_hash = hash_of("tx", block.hash, index)
            place = (self.instrument.instrument_id, block.number, index, leg)
            made.append(Posting(*place, account, amount, self.balances[account], tx_hash))
        return made


def position_of(posting: Posting) -> Position:
    place = (posting.block_number, posting.log_index)
    return Position(posting.instrument_id, posting.account, posting.balance_after_units, *place)


def issue(recipient: int, amount_units: int) -> Move:
    assert address(0) == ISSUANCE_ACCOUNT
    return Move(0, recipient, amount_units)


def instruction(key: str = "jan-issue", chunk: int = 0, **changes: object) -> StoredInstruction:
    inner = Instruction(
        ref=hash_of("ref", key, chunk),
        chain_id=CHAIN,
        control_book=BOOK,
        instrument_id="HKDS",
        instrument=TOKEN,
        operation=Operation.ISSUE,
        maker=address(11),
        checker=address(12),
        not_after=2**48 - 1,
        order="0x" + "00" * 32,
        lines=(Line(recipient=address(1), amount_units=2**96 - 1, detail=2**256 - 1), Line()),
    )
    stored = StoredInstruction(
        inner,
        idempotency_key=key,
        chunk=chunk,
        content_hash=hash_of("content", key),
        digest=hash_of("digest", key, chunk),
        signature=None,
        status=InstructionStatus.DRAFT,
        source="allocations.csv",
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(stored, **changes)  # type: ignore[arg-type]


def transaction(nonce: int, **changes: object) -> StoredTransaction:
    made = StoredTransaction(
        tx_hash=hash_of("tx", nonce),
        chain_id=CHAIN,
        sender=address(11),
        nonce=nonce,
        instruction_ref=None,
        purpose="deploy HKDS",
        raw="0x02f8",
        status=TransactionStatus.SIGNED,
        block_number=None,
        block_hash=None,
        gas_used=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def add_sample(c: Connection, table: Table, **given: object) -> None:
    """A row with something in every cell; what is not given, no other table answers for."""
    c.execute(insert(table).values({column.name: given.get(column.name, _sample(column)) for column in table.c}))


def _sample(column: Column[Any]) -> object:
    kinds = ((Units, 2**70), (UtcTime, NOON), (Boolean, True), (Date, date(2026, 2, 3)), (Integer, 7))
    return next((value for kind, value in kinds if isinstance(column.type, kind)), f"a {column.name}")
