"""The mirror's benchmark: what it measures is there and right, and what it says of it follows from the measurements."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select, text
from typing_extensions import override

from benchmarks import mirror, mirror_shared
from benchmarks.audit_chain import Blocks, Office, office
from benchmarks.distance import distant
from benchmarks.mirror import Bench, Cost
from benchmarks.mirror_shared import Done, rate, require_same, shared_rows
from benchmarks.verify_steps import verify_rows
from rwaledger.chain.rpc import Node
from rwaledger.registry import tables
from rwaledger.registry.database import Database

SYMBOLS = ("ALFA", "BRAVO")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A chain of two instruments, each with a hundred postings of ten holders, and the register of one mirror."""
    folder = tmp_path_factory.mktemp("bench") / "chain"
    with office(folder, holders=10, postings=100, blocks=Blocks(5, 1), symbols=SYMBOLS) as built:
        yield built


@pytest.fixture
def known(place: Office) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{place.folder / 'register.db'}")) as database:
        yield database


def test_mirrors_are_measured_here_and_far_away(
    place: Office, postgres_admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MIRRORS": (1, 2), "PLACES": {"": 0.0, "remote_": 0.02}, "ROUNDS": 1}.items():
        monkeypatch.setattr(mirror_shared, name, value)
    rows = shared_rows(mirror_shared.Bench(place, postgres_admin_url, lambda _: None))

    assert sorted(rows) == sorted(
        f"mirror_shared_{where}{mirrors}_events_per_s" for where in ("", "remote_") for mirrors in (1, 2)
    )
    assert rows["mirror_shared_1_events_per_s"] > rows["mirror_shared_remote_1_events_per_s"] > 0
    assert _printed(mirror_shared.print_table, rows).count("1.00") >= 2


def test_the_rate_is_from_the_first_beginning_to_the_last_end() -> None:
    done = [Done(began=10.0, ended=12.0, events=300, idle_s=0.0), Done(began=10.5, ended=14.0, events=100, idle_s=1.0)]
    assert rate(done) == 100


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM events WHERE block_number = (SELECT max(block_number) FROM events)", "events of"),
        ("DELETE FROM postings WHERE instrument_id = 'BRAVO'", "postings of BRAVO"),
        ("UPDATE postings SET amount_units = '7' WHERE leg = (SELECT max(leg) FROM postings)", "sum to nothing"),
        ("UPDATE checkpoints SET block_number = block_number - 1", "not at block"),
    ],
)
def test_a_register_that_lacks_something_is_refused(known: Database, tmp_path: Path, change: str, says: str) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(known.url.removeprefix("sqlite:///"), copy)
    with closing(Database(f"sqlite:///{copy}")) as spoilt:
        require_same(known, spoilt)
        with spoilt.begin() as c:
            c.execute(text(change))
        with pytest.raises(RuntimeError, match=says):
            require_same(known, spoilt)


def test_requests_to_a_distant_node_wait_at_the_same_time(place: Office) -> None:
    with distant(place.node.url, 0.3) as url, ThreadPoolExecutor(4) as threads:
        started = time.monotonic()
        heads = list(threads.map(lambda _: Node(url).head(), range(4)))
        seconds = time.monotonic() - started
    assert heads == [place.node.head()] * 4
    assert 0.3 <= seconds < 0.9


def test_the_proof_is_measured_in_each_way(place: Office, known: Database) -> None:
    with known.read() as c:
        events = c.execute(select(func.count()).select_from(tables.events)).scalar_one()
    rows = verify_rows(place.node.url, known.url)

    ways = ("", "2_processes_", "dask_")
    rates = {f"verify_{way}{unit}" for way in ways for unit in ("receipts_per_s", "logs_per_s")}
    assert set(rows) == {"verify_receipts", "verify_logs", "verify_peak_mb"} | rates
    assert rows["verify_logs"] == events > 0
    assert all(rows[name] > 0 for name in rates)


def test_a_proof_that_fails_is_no_measurement(place: Office, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="there is no register"):
        verify_rows(place.node.url, f"sqlite:///{tmp_path / 'none.db'}")


@dataclass(frozen=True, slots=True)
class Told(Bench):
    """A benchmark whose steps take what they are told: a floor 1 s and then 2 s, a mirror 4 s."""

    floors: list[float] = field(default_factory=list)

    @override
    def block_of(self, events: int) -> int:
        return events

    @override
    def floor(self, last: int) -> Cost:
        self.floors.append(1.0 + len(self.floors) % 2)
        return Cost(last, self.floors[-1], 10)

    @override
    def mirror(self, dialect: str, last: int) -> Cost:
        return Cost(last, 4.0, 50 if dialect == "sqlite" else 70)

    @override
    def naive(self, last: int) -> Cost:
        return Cost(100, 1.0, 10)


@pytest.fixture
def told(place: Office, monkeypatch: pytest.MonkeyPatch) -> Told:
    for name, value in {"EVENTS": 800, "GROWTH": {"few": 400, "some": 800}, "ROUNDS": 3}.items():
        monkeypatch.setattr(mirror, name, value)
    return Told(place, "", lambda _: None)


def test_a_ratio_is_of_the_floor_right_before(told: Told) -> None:
    rows = mirror.growth(told)
    assert rows["mirror_growth_few_sqlite_events_per_s"] == 100
    assert rows["mirror_sqlite_to_floor"] == rows["mirror_growth_some_sqlite_to_floor"] == 0.25
    assert rows["mirror_postgresql_to_floor"] == 0.5
    assert rows["floor_events_per_s"] == 600
    assert rows["mirror_peak_mb"] == 70
    assert mirror.naive(Told(told.place, "", told.say)) == {"naive_events_per_s": 100, "naive_to_floor": 0.125}


def test_what_missed_its_target_is_named(told: Told) -> None:
    rows = mirror.growth(told) | {"balances_100k_s": 0.5}
    assert mirror.faults(rows) == ["sqlite: 0.25 of the floor, not 0.3"]
    assert len(mirror.faults(rows | {"mirror_peak_mb": 151, "balances_100k_s": 1.5})) == 3


def test_all_rows_are_printed(told: Told) -> None:
    balances = {f"balances_100k_{way}s": 0.5 for way in ("", "view_", "calls_", "proofs_")}
    ways = ("receipts_per_s", "logs_per_s", "2_processes_logs_per_s", "dask_logs_per_s", "peak_mb")
    rows = mirror.growth(told) | mirror.naive(told) | balances | {f"verify_{way}": 1234.0 for way in ways}
    for where, one in (("", 1_000), ("remote_", 400)):
        rows |= {f"mirror_shared_{where}{mirrors}_events_per_s": one * mirrors for mirrors in mirror_shared.MIRRORS}
    said = _printed(mirror.print_tables, rows)
    for words in ("0.25 of the floor on SQLite", "1,234 logs/s in two", "4.00", "1,600", "0.5 s (target: 1)"):
        assert words in said


def _printed(show: Callable[[dict[str, float], Console], None], rows: dict[str, float]) -> str:
    console = Console(record=True, width=200)
    show(rows, console)
    return console.export_text()
