"""However runs and people go about it: no step but those of the table, no key with two roles, no unseen edit."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, delete, func, select, text

from rwaledger.audit.recording import record
from rwaledger.audit.waivers import read_lives
from rwaledger.chain.keys import Signer, create_keystore, open_keystore
from rwaledger.domain.block import Block
from rwaledger.domain.break_events import BreakEvent
from rwaledger.domain.break_life import Life
from rwaledger.domain.breaks import BreakState, Role
from rwaledger.domain.errors import AuthorisationError, RegisterConflict, RwaledgerError, UsageError
from rwaledger.domain.reconciliation import BreakClass
from rwaledger.operate.break_steps import Entering, Hand, Said, take_step
from rwaledger.registry import breaks, tables
from rwaledger.registry.database import Database
from tests.audit.findings import CHAIN, finding, reconciliation

EVIDENCE = "0x" + "e7" * 32
PASSWORD = "a password for tests"
HAND = (BreakState.ASSIGNED, BreakState.EXPLAINED, BreakState.CORRECTED, BreakState.SIGNED_OFF)
_NEEDS: dict[BreakState, tuple[Said, Entering | None]] = {
    BreakState.ASSIGNED: (Said(assignee="Ada"), None),
    BreakState.EXPLAINED: (Said(text="why", evidence_hash=EVIDENCE), None),
    BreakState.CORRECTED: (Said(), lambda c, life: "by hand"),
    BreakState.SIGNED_OFF: (Said(text="seen"), None),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty register and three keystores."""
    folder = tmp_path_factory.mktemp("lives")
    register = Database(f"sqlite:///{folder / 'register.db'}")
    register.migrate()
    register.close()
    for name in ("ada", "bo", "cy"):
        create_keystore(folder / "keys", name, PASSWORD, light=True)
    return folder


@pytest.fixture(scope="module")
def signers(made: Path) -> list[Signer]:
    return [open_keystore(made / "keys", name, PASSWORD) for name in ("ada", "bo", "cy")]


class Lives(RuleBasedStateMachine):
    """Two breaks, one of them TIMING at first; runs that find any of them, and people who try any step."""

    made: Path
    signers: list[Signer]

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(self.made / "register.db", self.folder / "register.db")
        self.database = Database(f"sqlite:///{self.folder / 'register.db'}")
        self.block = 10
        self.passing: set[int] = set()
        self.states: dict[str, BreakState] = {}

    @rule(
        ahead=st.integers(0, 2),
        one=st.sampled_from([None, BreakClass.TIMING, BreakClass.MISSING_IN_REGISTER]),
        two=st.booleans(),
    )
    def run_goes_on_record(self, ahead: int, one: BreakClass | None, two: bool) -> None:
        self.block += ahead
        found = [finding(1, one)] if one else []
        found += [finding(2, check="C07")] if two else []
        told = reconciliation(self.block, *found)
        with self.database.begin() as c:
            recorded = record(c, told)
        for life in self.lives().values():
            before = self.states.get(life.break_id)
            if life.state is BreakState.VERIFIED and before is not BreakState.VERIFIED:
                assert told.passed
                assert life.break_id not in {each.break_id for each in found}
                assert before in (BreakState.EXPLAINED, BreakState.CORRECTED) or (
                    life.break_class is BreakClass.TIMING and before in (BreakState.OPEN, BreakState.ASSIGNED)
                )
                assert life.break_id in recorded.verified
        self.remember()

    @precondition(lambda self: self.states)
    @rule(number=st.integers(0, 1), key=st.integers(0, 2), after=st.sampled_from(list(BreakState)), empty=st.booleans())
    def somebody_tries_a_step(self, number: int, key: int, after: BreakState, empty: bool) -> None:
        life = list(self.lives().values())[number % len(self.states)]
        said, entering = (Said(), None) if empty or after not in HAND else _NEEDS[after]
        block = Block(self.block, f"0x{self.block:064x}", "", 1_780_000_000)
        hand = Hand(self.database, self.signers[key], block)
        known = life.role_of(hand.signer.address)
        try:
            event = take_step(hand, life.break_id, after, said, entering)
        except (UsageError, AuthorisationError, RegisterConflict, KeyError):
            assert self.lives()[life.break_id].events == life.events
        else:
            assert after in HAND
            assert known in (None, event.role)
            assert after is not BreakState.EXPLAINED or not empty
        self.remember()

    @invariant()
    def lives_hold_and_no_key_has_two_roles(self) -> None:
        for life in self.lives().values():
            assert life.faults == ()
            roles: dict[str, set[object]] = {}
            for event in life.events:
                if event.actor:
                    roles.setdefault(event.actor, set()).add(event.role)
            assert all(len(held) == 1 for held in roles.values())

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def lives(self) -> dict[str, Life]:
        with self.database.read() as c:
            return read_lives(c, CHAIN)

    def remember(self) -> None:
        self.states = {break_id: life.state for break_id, life in self.lives().items()}


def test_no_way_of_going_about_it_leads_past_the_table(made: Path, signers: list[Signer]) -> None:
    Lives.made, Lives.signers = made, signers
    machine = Lives.TestCase
    machine.settings = settings(max_examples=6, stateful_step_count=18)
    machine().runTest()


@pytest.fixture(scope="module")
def whole_life(made: Path, signers: list[Signer]) -> Path:
    """The file of a register with one break that has come all the way, and was found again."""
    path = made / "lived.db"
    shutil.copyfile(made / "register.db", path)
    database = Database(f"sqlite:///{path}")
    block = Block(11, "0x" + "0b" * 32, "", 1_780_000_000)
    with database.begin() as c:
        record(c, reconciliation(10, finding(1)))
    break_id = finding(1).break_id
    for key, after in enumerate((BreakState.EXPLAINED, BreakState.CORRECTED)):
        take_step(Hand(database, signers[key], block), break_id, after, *_NEEDS[after])
    with database.begin() as c:
        record(c, reconciliation(12))
    take_step(Hand(database, signers[2], block), break_id, BreakState.SIGNED_OFF, Said(text="seen"))
    with database.begin() as c:
        record(c, reconciliation(13, finding(1)))
    database.close()
    return path


@pytest.fixture
def lived(whole_life: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copyfile(whole_life, tmp_path / "lived.db")
    database = Database(f"sqlite:///{tmp_path / 'lived.db'}")
    yield database
    database.close()


_EVENT = (
    *("state", "break_class", "actor", "role", "assignee", "text", "evidence_hash", "correction", "block_number"),
    *("block_hash", "block_time", "preimage", "signature", "recorded_at", "sequence", "break_id"),
)
_OTHERS = {
    "state": "ASSIGNED",
    "break_class": "TAMPER",
    "role": "approver",
    "recorded_at": "2020-01-01 00:00:00.000000",
}


@pytest.mark.parametrize("sequence", range(1, 7))
def test_every_edit_of_an_event_is_found(lived: Database, sequence: int) -> None:
    for column in _EVENT:
        was = _cell(lived, "break_events", column, f"sequence = {sequence}")
        now = _other(column, was)
        _edit(lived, f"UPDATE break_events SET {column} = ? WHERE sequence = {sequence}", now)
        assert _is_found_out(lived), f"{column} of event {sequence}"
        key = now if column == "sequence" else sequence
        _edit(lived, f"UPDATE break_events SET {column} = ? WHERE sequence = {key}", was)
        assert not _is_found_out(lived)


def test_every_edit_of_a_record_is_found(lived: Database) -> None:
    with closing(sqlite3.connect(lived.url.removeprefix("sqlite:///"))) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(breaks)")]
    for column in columns:
        was = _cell(lived, "breaks", column, "1 = 1")
        _edit(lived, f"UPDATE breaks SET {column} = ?", _other(column, was))
        assert _is_found_out(lived), column
        _edit(lived, f"UPDATE breaks SET {column} = ?", was)
        assert not _is_found_out(lived)


@pytest.mark.parametrize("sequence", range(1, 7))
def test_an_event_that_was_taken_out_is_missed(lived: Database, sequence: int) -> None:
    _edit(lived, "DELETE FROM break_events WHERE sequence = ?", sequence)
    assert _is_found_out(lived)


def _invented(lived: Database, signer: Signer, state: BreakState) -> tuple[BreakEvent, str]:
    """The next event with the text that fits it: reclassified by a run, or explained in the name of somebody else."""
    with lived.read() as c:
        life = read_lives(c, CHAIN)[finding(1).break_id]
    of_run = state is BreakState.OPEN
    event = BreakEvent(
        life.break_id,
        CHAIN,
        len(life.events) + 1,
        state,
        BreakClass.TIMING if of_run else life.break_class,
        life.head,
        14,
        "0x" + "0e" * 32,
        1_780_000_000,
        datetime.now(UTC),
        None if of_run else life.events[1].actor,
        None if of_run else Role.PREPARER,
        "",
        "invented",
        "" if of_run else EVIDENCE,
    )
    return event, "" if of_run else signer.sign_text(event.preimage)


@pytest.mark.parametrize("state", [BreakState.OPEN, BreakState.EXPLAINED])
def test_an_invented_event_is_refused(lived: Database, state: BreakState) -> None:
    event, signature = _invented(lived, _stranger(), state)
    with lived.begin() as c:
        breaks.add_event(c, event, signature)
        logged = select(func.max(tables.audit_log.c.id)).scalar_subquery()
        _without_triggers(c)
        c.execute(delete(tables.audit_log).where(tables.audit_log.c.id == logged))
    assert _is_found_out(lived)
    hand = Hand(lived, _stranger(), Block(14, "0x", "", 0))
    with pytest.raises(RegisterConflict, match="changed from outside"):
        take_step(hand, event.break_id, BreakState.EXPLAINED, _NEEDS[BreakState.EXPLAINED][0])


def _without_triggers(c: Connection) -> None:
    names = c.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    for name in names:
        c.execute(text(f"DROP TRIGGER {name}"))


def _stranger() -> Signer:
    from eth_account import Account

    return Signer(Account.create())


def _is_found_out(database: Database) -> bool:
    try:
        with database.read() as c:
            lives = read_lives(c, CHAIN)
    except RwaledgerError:
        return True
    life = lives.get(finding(1).break_id)
    return life is None or bool(life.faults)


def _cell(database: Database, table: str, column: str, where: str) -> object:
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0]


def _edit(database: Database, statement: str, value: object) -> None:
    """As somebody who minds no constraint."""
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(statement, (value,)).rowcount == 1


def _other(column: str, value: object) -> object:
    if isinstance(value, int):
        return value + 10
    if column in _OTHERS:
        return _OTHERS[column] if value != _OTHERS[column] else datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if value is None:
        return "0x" + "5a" * 20
    text = str(value)
    return text[:-1] + ("0" if text[-1] != "0" else "1") if text else "x"
