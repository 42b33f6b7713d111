"""`register verify` proves that the register has what the blocks have, and names what it lacks or has too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rwaledger.cli.main import run
from rwaledger.domain.errors import EXIT_BREAKS, EXIT_DONE, EXIT_USAGE, BrokenAnswer, ChainMismatch, UsageError
from rwaledger.domain.reconciliation import BreakClass
from rwaledger.mirror.doubts import IncompleteAnswer, InconsistentAnswer, NoReceipts
from rwaledger.mirror.sync import sync
from rwaledger.mirror.verification import next_step
from rwaledger.mirror.verify import verify
from rwaledger.registry.database import Database
from tests.mirror.anvil import twin_of
from tests.mirror.asset_token import A, Token, mine, register
from tests.mirror.books import books, checkpoint_number
from tests.mirror.faults import HEADERS, Fault, on_results
from tests.mirror.patience import impatient
from tests.mirror.proxy import Proxy
from tests.mirror.test_service import ask, running, until
from tests.mirror.verified import LATEST, Verified, verified

RECEIPTS, RAW = "eth_getBlockReceipts", "eth_getRawTransactionByHash"


@pytest.fixture(scope="module")
def chain(blank_register: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verified]:
    with verified(tmp_path_factory.mktemp("verified"), blank_register) as made:
        yield made


@pytest.fixture
def synced(chain: Verified, tmp_path: Path) -> Iterator[Database]:
    """A copy of the register, to be spoilt."""
    database = chain.copy(tmp_path / "register.db")
    yield database
    database.close()


def spoil(database: Database, statement: str, *values: Any) -> None:
    with database.begin() as c:
        assert c.exec_driver_sql(statement, values).rowcount == 1


def test_a_register_that_has_everything_is_complete(chain: Verified, synced: Database) -> None:
    found = verify(synced, chain.node)
    stored = books(synced)
    assert found.is_complete
    assert (found.first, found.last) == (chain.token.instrument.deploy_block, chain.node.head())
    assert found.blocks == len(stored["blocks"]) == found.last + 1 - found.first
    assert found.logs == found.events == len(stored["events"])
    assert found.transactions >= len({event[4] for event in stored["events"]})
    assert found.receipts == sum(
        len(chain.node.request(RECEIPTS, [hex(number)])) for number in range(found.first, found.last + 1)
    )
    assert found.block_hash == stored["blocks"][-1][2]


def test_a_node_that_leaves_out_one_log_fools_a_plain_sync_and_no_verification(
    chain: Verified, sqlite: Database
) -> None:
    register(sqlite, chain.token, chain.other)
    with chain.without_twin() as proxy:
        sync(sqlite, proxy.node, LATEST, until=chain.twin[0])
        (fault,) = verify(sqlite, proxy.node).faults
    assert (fault.break_class, fault.number, fault.log_index) == (BreakClass.MISSING_IN_REGISTER, *chain.twin)
    assert fault.contract == chain.token.address
    assert f"log {chain.twin[1]} of block {chain.twin[0]}" in fault.summary
    assert "register sync --verify" in next_step(fault)


def test_a_sync_that_verifies_commits_nothing_that_is_not_proved(chain: Verified, sqlite: Database) -> None:
    register(sqlite, chain.token, chain.other)
    block, index = chain.twin
    with (
        impatient(),
        chain.without_twin() as proxy,
        pytest.raises(
            IncompleteAnswer, match=rf"leaves out .*: block {block}, log {index}, .* of {chain.token.address}"
        ),
    ):
        sync(sqlite, proxy.node, LATEST, verify=True)
    assert checkpoint_number(sqlite, chain.token) == block - 1
    assert verify(sqlite, chain.node).is_complete


def test_a_log_that_is_left_out_once_is_asked_for_again(chain: Verified, sqlite: Database, synced: Database) -> None:
    register(sqlite, chain.token, chain.other)
    with impatient(), chain.without_twin(times=1) as proxy:
        sync(sqlite, proxy.node, LATEST, verify=True)
        assert proxy.injected
    assert verify(sqlite, chain.node).is_complete


def test_a_service_that_verifies_waits_for_a_node_that_tells_all(chain: Verified, sqlite: Database) -> None:
    register(sqlite, chain.token, chain.other)
    with impatient(), chain.without_twin() as proxy, running(sqlite, proxy.node, verify=True) as (_, port):
        until(lambda: "leaves out" in ask(port, "/ready")[1])
        assert checkpoint_number(sqlite, chain.token) == chain.twin[0] - 1
        proxy.choose = lambda _methods: None
        until(lambda: ask(port, "/ready")[0] == 200)
    assert verify(sqlite, chain.node).is_complete


AT = "WHERE block_number = ? AND log_index = ?"
OTHERWISE = {
    "data": f"'0x{9:064x}'",
    "topics": """replace(topics, '"]', '0"]')""",
    "tx_hash": "'0x' || substr(tx_hash, 4) || '0'",
    "tx_index": "9",
    "block_hash": "'0x' || substr(block_hash, 4) || '0'",
}


@pytest.mark.parametrize("column", OTHERWISE)
def test_an_event_that_was_changed_is_named(chain: Verified, synced: Database, column: str) -> None:
    spoil(synced, f"UPDATE events SET {column} = {OTHERWISE[column]} {AT}", *chain.twin)
    (fault,) = verify(synced, chain.node).faults
    assert (fault.break_class, fault.number, fault.log_index) == (BreakClass.TAMPER, *chain.twin)
    assert "otherwise than on the chain" in fault.summary
    assert len({each.value for each in fault.values}) == 2


def test_an_event_that_is_not_on_the_chain_is_named(chain: Verified, synced: Database) -> None:
    block, index = chain.twin
    spoil(synced, f"UPDATE events SET log_index = 7 {AT}", block, index)
    missing, made_up = verify(synced, chain.node).faults
    assert (missing.break_class, missing.log_index) == (BreakClass.MISSING_IN_REGISTER, index)
    assert (made_up.break_class, made_up.log_index) == (BreakClass.MISSING_ON_CHAIN, 7)
    assert "not in the block's receipts" in made_up.summary


def test_an_event_of_a_contract_that_is_not_listed_is_named(chain: Verified, synced: Database) -> None:
    spoil(synced, f"UPDATE events SET address = '0x{'7' * 40}' {AT}", *chain.twin)
    kinds = {each.break_class: each for each in verify(synced, chain.node).faults}
    assert kinds.keys() == {BreakClass.MISSING_IN_REGISTER, BreakClass.MISSING_ON_CHAIN}
    assert "of no contract" in kinds[BreakClass.MISSING_ON_CHAIN].summary


def test_events_outside_of_what_was_read_are_named(chain: Verified, synced: Database) -> None:
    for place in ((0, 5), (chain.node.head() + 9, 3)):
        spoil(synced, f"INSERT INTO events SELECT chain_id, {place[0]}, {place[1]}, block_hash, tx_hash, tx_index, "
              f"address, name, topics, data FROM events {AT}", *chain.twin)  # fmt: skip
        (fault, *_) = [each for each in verify(synced, chain.node).faults if each.number == place[0]]
        assert (fault.break_class, fault.log_index) == (BreakClass.MISSING_ON_CHAIN, place[1])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("DELETE FROM blocks WHERE number = ?", BreakClass.MISSING_IN_REGISTER),
        ("UPDATE blocks SET hash = '0x' || substr(hash, 4) || '0' WHERE number = ?", BreakClass.TAMPER),
        ("UPDATE blocks SET parent_hash = hash WHERE number = ?", BreakClass.TAMPER),
        ("UPDATE blocks SET timestamp = timestamp + 1 WHERE number = ?", BreakClass.TAMPER),
    ],
    ids=["gone", "hash", "parent", "time"],
)
def test_a_header_that_was_changed_is_named(chain: Verified, synced: Database, change: str, kind: BreakClass) -> None:
    spoil(synced, change, chain.twin[0])
    (fault,) = verify(synced, chain.node).faults
    assert (fault.break_class, fault.number, fault.log_index) == (kind, chain.twin[0], None)


def at_block(number: int, change: Callable[[Any], Any]) -> Callable[[list[Any], Any], Any]:
    return lambda params, result: change(result) if params[0] == hex(number) else result


@pytest.mark.parametrize(
    ("method", "change", "words"),
    [
        (HEADERS, lambda header: header | {"stateRoot": "0x" + "11" * 32}, "does not have the hash that it names"),
        (HEADERS, lambda header: header | {"receiptsRoot": "0x" + "11" * 32}, "does not have the hash that it names"),
        (RECEIPTS, lambda receipts: receipts[:1], "are not those of its header"),
        (RECEIPTS, lambda receipts: [receipts[0], receipts[1] | {"logs": []}], "are not those of its header"),
    ],
    ids=["state root", "receipts root", "a receipt less", "a log less"],
)
def test_a_node_that_lies_is_caught_by_its_own_hashes(
    chain: Verified, synced: Database, sqlite: Database, method: str, change: Callable[[Any], Any], words: str
) -> None:
    fault = Fault("a lie", frozenset({method}), on_results(method, at_block(chain.twin[0], change)))
    with Proxy(chain.node) as proxy:
        proxy.inject(fault)
        found = verify(synced, proxy.node).faults
        register(sqlite, chain.token, chain.other)
        with impatient(), pytest.raises(InconsistentAnswer, match=words):
            sync(sqlite, proxy.node, LATEST, verify=True)
    assert {each.number for each in found} == {chain.twin[0]}
    assert any(words in each.summary for each in found)
    assert all("another node" in next_step(each) for each in found)
    assert checkpoint_number(sqlite, chain.token) < chain.twin[0]


@pytest.mark.parametrize("answer", ["header", 7, ["header"], {"hash": 7}, {"hash": ["0x"]}])
def test_a_header_that_is_none_is_refused(chain: Verified, synced: Database, answer: object) -> None:
    with Proxy(chain.node) as proxy, impatient():
        proxy.inject(
            Fault("no header", frozenset({HEADERS}), on_results(HEADERS, at_block(chain.twin[0], lambda _: answer)))
        )
        with pytest.raises(BrokenAnswer, match=f"block {chain.twin[0]}"):
            verify(synced, proxy.node)


@pytest.mark.parametrize("answer", ["receipts", ["receipt"], [None], [{"logs": 7}], [["receipt"]]])
def test_receipts_that_are_none_are_not_those_of_the_header(chain: Verified, synced: Database, answer: object) -> None:
    fault = Fault("no receipts", frozenset({RECEIPTS}), on_results(RECEIPTS, at_block(chain.twin[0], lambda _: answer)))
    with Proxy(chain.node) as proxy, impatient():
        proxy.inject(fault)
        (found,) = verify(synced, proxy.node).faults
    assert found.number == chain.twin[0]
    assert any(value.value.startswith("unreadable: ") for value in found.values)


def test_a_transaction_by_another_name_is_caught_by_its_hash(chain: Verified, synced: Database) -> None:
    """No receipt holds the hash of its transaction, so that the receipts' root does not prove it."""
    block = chain.twin[0]
    one, other = (raw["transactionHash"] for raw in chain.node.request(RECEIPTS, [hex(block)]))

    def renamed(receipts: list[Any]) -> list[Any]:
        named = [raw | {"transactionHash": other} for raw in receipts]
        return [raw | {"logs": [log | {"transactionHash": other} for log in raw["logs"]]} for raw in named]

    with Proxy(chain.node) as proxy:
        proxy.inject(Fault("a lie", frozenset({RECEIPTS}), on_results(RECEIPTS, at_block(block, renamed))))
        (fault,) = verify(synced, proxy.node).faults
    assert "transactions" in fault.summary
    assert fault.number == block
    with Proxy(chain.node) as proxy:
        proxy.answer(RAW, lambda params: chain.node.request(RAW, [other if params[0] == one else params[0]]))
        (fault,) = verify(synced, proxy.node).faults
    assert "are not those of its header" in fault.summary


def test_where_a_node_gives_no_transactions_the_result_says_so(chain: Verified, synced: Database) -> None:
    with Proxy(chain.node) as proxy:
        proxy.fail(RAW, -32601, "the method does not exist")
        found = verify(synced, proxy.node)
    assert found.is_complete
    assert found.transactions == 0
    assert "does not exist" in found.unproved
    assert verify(synced, chain.node).unproved == ""


def test_a_part_follows_the_block_before_it(chain: Verified, synced: Database) -> None:
    spoil(synced, "UPDATE blocks SET hash = '0x' || substr(hash, 4) || '0' WHERE number = ?", chain.twin[0] - 1)
    found = verify(synced, chain.node, chain.twin[0], chain.twin[0] + 3)
    assert (found.first, found.last, found.blocks) == (chain.twin[0], chain.twin[0] + 3, 4)
    assert [each.cause for each in found.faults] == [f"block {chain.twin[0]} parent"]


@pytest.mark.parametrize(("first", "last"), [(0, None), (None, 10_000), (20, 19)])
def test_blocks_that_were_not_read_are_refused(
    chain: Verified, synced: Database, first: int | None, last: int | None
) -> None:
    with pytest.raises(UsageError, match="not what the register has read"):
        verify(synced, chain.node, first, last)


def test_a_register_that_has_read_nothing_is_refused(chain: Verified, sqlite: Database) -> None:
    register(sqlite, chain.token)
    with pytest.raises(UsageError, match="has read nothing"):
        verify(sqlite, chain.node)


def test_contracts_that_were_read_to_different_blocks_are_held_as_far_as_they_were(
    chain: Verified, sqlite: Database
) -> None:
    register(sqlite, chain.other)
    sync(sqlite, chain.node, LATEST, until=chain.twin[0])
    register(sqlite, chain.token)
    sync(sqlite, chain.node, LATEST, until=chain.twin[0] - 3)
    found = verify(sqlite, chain.node)
    assert found.is_complete
    assert (found.last, found.events) == (chain.twin[0], len(books(sqlite)["events"]))


def test_what_a_mirror_reads_on_meanwhile_is_not_judged(
    chain: Verified, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rwaledger.chain.block_ranges.BLOCKS_IN_RANGE", 2)
    register(sqlite, chain.other)
    sync(sqlite, chain.node, LATEST, until=chain.twin[0])
    register(sqlite, chain.token)
    sync(sqlite, chain.node, LATEST, until=chain.twin[0] - 3)
    before = len(books(sqlite)["events"])

    def read_on(done: int, _total: int) -> None:
        if done == 2:
            sync(sqlite, chain.node, LATEST)

    found = verify(sqlite, chain.node, progress=read_on)
    assert found.is_complete
    assert found.events == before < len(books(sqlite)["events"])


def test_a_chain_that_was_reorganised_has_to_be_synced_first(chain: Verified, synced: Database) -> None:
    with twin_of(chain.node) as node:
        mine(node, 5)
        sync(synced, node, LATEST)
        node.request("anvil_rollback", [3])
        mine(node, 9)
        with pytest.raises(ChainMismatch, match="the register has read it as") as raised:
            verify(synced, node)
        assert "register sync" in raised.value.next_step


def test_what_replaces_blocks_is_proved_as_well(chain: Verified, synced: Database) -> None:
    with twin_of(chain.node) as node:
        mine(node, 5)
        sync(synced, node, LATEST)
        node.request("anvil_rollback", [3])
        Token(node, chain.token.instrument).send("mint", A, 5)
        mine(node, 9)
        with Proxy(node) as proxy:
            proxy.fail(RECEIPTS, -32601, "the method does not exist")
            with impatient(), pytest.raises(InconsistentAnswer, match="does not exist"):
                sync(synced, proxy.node, LATEST, verify=True)
        assert sync(synced, node, LATEST, verify=True).rewound_blocks == 3
        assert verify(synced, node).is_complete


def test_it_is_the_same_on_either_database(chain: Verified, synced: Database, database: Database) -> None:
    register(database, chain.token, chain.other, chain.book)
    sync(database, chain.node, LATEST, verify=True)
    assert verify(database, chain.node) == verify(synced, chain.node)
    with database.begin() as c:
        c.exec_driver_sql("DELETE FROM events WHERE block_number = {} AND log_index = {}".format(*chain.twin))
    (fault,) = verify(database, chain.node).faults
    assert (fault.break_class, fault.number, fault.log_index) == (BreakClass.MISSING_IN_REGISTER, *chain.twin)


def test_without_receipts_nothing_is_proved(chain: Verified, synced: Database, sqlite: Database) -> None:
    register(sqlite, chain.token)
    with Proxy(chain.node) as proxy:
        proxy.fail(RECEIPTS, -32601, "the method does not exist")
        with pytest.raises(NoReceipts, match="method does not exist"):
            verify(synced, proxy.node)
        with impatient(), pytest.raises(InconsistentAnswer, match="method does not exist"):
            sync(sqlite, proxy.node, LATEST, verify=True)
        proxy.answer(RECEIPTS, lambda _params: None)
        with pytest.raises(BrokenAnswer, match="does not have the receipts"):
            verify(synced, proxy.node)
    assert not books(sqlite)["events"]


def test_the_command_tells_all_of_it(
    chain: Verified,
    synced: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["--rpc-url", chain.node.url, "--database-url", synced.url, "register", "verify"]
    assert run([*command, "--workers", "1"]) == EXIT_DONE
    assert capsys.readouterr().out.startswith("complete: blocks ")
    spoil(synced, f"DELETE FROM events {AT}", *chain.twin)
    assert run([*command, "--json"]) == EXIT_BREAKS
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert told["events"] == told["logs"] - 1
    assert told["receipts_per_s"] > 0
    (finding,) = told["findings"]
    assert (finding["class"], finding["block"], finding["log_index"]) == ("MISSING_IN_REGISTER", *chain.twin)
    assert (finding["contract"].lower(), finding["register"]) == (chain.token.address, "nothing")
    assert run(command) == EXIT_BREAKS
    assert f"MISSING_IN_REGISTER: log {chain.twin[1]} of block {chain.twin[0]}" in capsys.readouterr().out
    assert run([*command, "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"]) == EXIT_USAGE
