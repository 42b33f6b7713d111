"""Two chains of one beginning: whichever the nodes tell of, and in whatever turns, a register is of one of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, RegisterConflict, RwaledgerError
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil, twin_of
from tests.mirror.archive import Archive
from tests.mirror.asset_token import A, B, C, Token, deploy_token, mine, one_block, register
from tests.mirror.faults import LOGS, Fault, on_results
from tests.mirror.judge import Judge, rows_of
from tests.mirror.proxy import Proxy
from tests.mirror.rawrpc import RawRpc
from tests.mirror.replay import Known

LATEST = Finality("latest")
_REQUESTS_OF_IDENTITY = 4
"""What a sync asks before it looks at a checkpoint: chain id, genesis, deployment block and code."""


@dataclass
class Fork:
    """A token on a chain, a register of it, and a judge of both; `nodes` have what any node ever had."""

    token: Token
    database: Database
    judge: Judge

    def sync(self, node: Node | None = None, **options: Any) -> SyncSummary:
        """Rows are right behind every sync, however it ends."""
        before = rows_of(self.database.url)
        try:
            return sync(self.database, node or self.token.node, LATEST, **options)
        finally:
            self.look(self.token.node)
            after = rows_of(self.database.url)
            assert self.judge.faults(after) == []
            assert self.judge.faults_between(before, after) == []

    def look(self, *nodes: Node) -> str:
        """Takes note of what nodes have now; gives the head of the last."""
        head = ""
        for node in nodes:
            with RawRpc(node.url) as raw:
                head = self.judge.archive.observe(raw).hash
        return head

    def require_at_head(self, node: Node | None = None) -> None:
        head = self.look(node or self.token.node)
        assert self.judge.faults_at(rows_of(self.database.url), head) == []


@pytest.fixture
def fork(sqlite: Database, token: Token) -> Fork:
    return _fork(token, sqlite)


def _fork(token: Token, database: Database) -> Fork:
    register(database, token)
    known = Known(token.address, token.instrument.deploy_block, token.instrument.instrument_id)
    return Fork(token, database, Judge(Archive(), token.node.chain_id, [known]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rwaledger.mirror.sync._PAUSE_S", 0.001)


def traffic(token: Token, blocks: int, units: int = 1) -> None:
    """Moves between holders, and one standing; each block of several logs, every third one empty."""
    for number in range(blocks):
        with one_block(token.node):
            if number % 3 < 2:
                token.send_unmined("transfer", B, units, sender=A)
                token.send_unmined("mint", C, units)
                token.send_unmined("setFrozenTokens", C, number + units)


@pytest.mark.parametrize("depth", [1, 2, 11, 63, 64])
@pytest.mark.parametrize("shape", ["emptied", "replaced", "longer", "longer and replaced"])
def test_every_depth_up_to_the_limit(fork: Fork, depth: int, shape: str) -> None:
    node, token = fork.token.node, fork.token
    mine(node, 70 - depth)
    traffic(token, depth)
    fork.sync()
    calls = [[token.call("mint", B, 7), 0], [token.call("mint", C, 7), depth - 1]] if "replaced" in shape else []
    node.request("anvil_reorg", [depth, calls])
    if "longer" in shape:
        traffic(token, 4, units=3)

    assert fork.sync().rewound_blocks == depth
    fork.require_at_head()


def test_a_shorter_chain_is_waited_out(fork: Fork) -> None:
    """Until it is as long as what the register has, it may be that of a node which lags."""
    node = fork.token.node
    traffic(fork.token, 8)
    fork.sync()
    node.request("anvil_rollback", [5])
    mine(node, 3)
    with pytest.raises(ChainMismatch, match="is behind checkpoint"):
        fork.sync()
    mine(node, 1)
    with pytest.raises(ChainMismatch, match="is behind checkpoint"):
        fork.sync()
    mine(node, 1)
    assert fork.sync().rewound_blocks == 5
    fork.require_at_head()


def test_one_more_than_the_limit_is_for_a_person(fork: Fork) -> None:
    traffic(fork.token, 70)
    fork.sync()
    fork.look(fork.token.node)
    fork.token.node.request("anvil_reorg", [65, []])
    with pytest.raises(RegisterConflict, match=r"without a person's decision(?s:.*)--rewind-limit"):
        fork.sync()
    assert fork.sync(rewind_limit=65).rewound_blocks == 65
    fork.require_at_head()


@pytest.mark.parametrize("depth", [1, 3, 9])
def test_back_to_the_first_chain(fork: Fork, depth: int) -> None:
    """What was taken out comes in again, and what had replaced it goes out; each time with a trace."""
    traffic(fork.token, 2)
    with twin_of(fork.token.node) as other:
        traffic(fork.token, depth)
        traffic(Token(other, fork.token.instrument), depth, units=2)
        for node in (fork.token.node, other) * 2:
            fork.look(node)
            fork.sync(node, blocks_max=4)
            fork.require_at_head(node)
        times = Counter(rows_of(fork.database.url)["orphaned_events"])
        first = {block.hash for block in fork.judge.archive.chain(fork.look(fork.token.node))}
        assert {row[3] in first: count for row, count in times.items()} == {True: 2, False: 1}
        assert all(count == 1 + (row[3] in first) for row, count in times.items())


@pytest.mark.parametrize("period", [1, 2, 3, 5])
@pytest.mark.parametrize("ahead", [0, 4])
def test_two_nodes_in_turns(fork: Fork, period: int, ahead: int) -> None:
    """Behind one address, each on a chain of its own, one of them ahead or not."""
    traffic(fork.token, 2)
    fork.sync()
    with twin_of(fork.token.node) as other:
        traffic(fork.token, 5)
        traffic(Token(other, fork.token.instrument), 5 + ahead, units=2)
        fork.look(other)
        turns = itertools.count()
        in_turns = Fault("in turns", route=lambda _requests: next(turns) // period % 2)
        with Proxy(fork.token.node, other) as proxy:
            proxy.inject(in_turns)
            for _ in range(4):
                _try(lambda: fork.sync(proxy.node, blocks_max=3))
        fork.sync(other)
        fork.require_at_head(other)


@pytest.mark.parametrize("method", [LOGS, "eth_getBlockByNumber", "eth_blockNumber"])
def test_a_node_that_lags_behind_another(fork: Fork, method: str) -> None:
    """One kind of question always goes to the node that has not come as far."""
    with twin_of(fork.token.node) as behind:
        traffic(fork.token, 6)
        lags = Fault("lags", route=lambda requests: int(any(each["method"] == method for each in requests)))
        with Proxy(fork.token.node, behind) as proxy:
            proxy.inject(lags)
            _try(lambda: fork.sync(proxy.node))
    fork.sync()
    fork.require_at_head()


def test_logs_of_a_node_that_lags_with_headers_of_another(fork: Fork) -> None:
    """As where whoever stands in between divides a batch: no sign is left but the blooms of the headers."""
    with twin_of(fork.token.node) as behind:
        traffic(fork.token, 6)

        def logs_there(params: list[Any], _logs: Any) -> Any:
            last = min(int(params[0]["toBlock"], 16), behind.head())
            return behind.request(LOGS, [params[0] | {"toBlock": hex(last)}]) if _is_below(params, last) else []

        with Proxy(fork.token.node) as proxy:
            proxy.inject(Fault("divided", frozenset({LOGS}), on_results(LOGS, logs_there)))
            with pytest.raises(ChainMismatch, match=r"log 0 of block \d+, of 0x\w+, is not given, by receipts"):
                fork.sync(proxy.node)
        assert rows_of(fork.database.url)["checkpoints"][0][1] == behind.head()
    fork.sync()
    fork.require_at_head()


def test_logs_of_a_chain_that_was_there_between_two_looks(fork: Fork) -> None:
    """There and back again: the headers before and behind the logs are the same, and show nothing."""
    with twin_of(fork.token.node) as other:
        traffic(fork.token, 5)
        mine(other, 5)
        with Proxy(fork.token.node) as proxy:
            elsewhere = on_results(LOGS, lambda params, _logs: other.request(LOGS, params))
            proxy.inject(Fault("there and back", frozenset({LOGS}), elsewhere), times=2)
            fork.sync(proxy.node, blocks_max=6)
            assert proxy.injected
    fork.require_at_head()


@pytest.mark.parametrize("cached", [0, 1, 2])
def test_an_orphan_that_a_cache_serves_as_canonical(fork: Fork, cached: int) -> None:
    """`cached` blocks below the checkpoint: while it lasts nothing goes on, and then all does."""
    with twin_of(fork.token.node) as other:
        traffic(fork.token, 4)
        traffic(Token(other, fork.token.instrument), 4, units=2)
        fork.look(other)
        fork.sync()
        number = hex(fork.token.node.head() - cached)
        orphan = other.request("eth_getBlockByNumber", [number, False])
        traffic(fork.token, 3)

        def serve(params: list[Any], header: Any) -> Any:
            return orphan if params[0] == number else header

        with Proxy(fork.token.node) as proxy:
            proxy.inject(Fault("cache", spoil=on_results("eth_getBlockByNumber", serve)))
            _try(lambda: fork.sync(proxy.node))
            _try(lambda: fork.sync(proxy.node))
    fork.sync()
    fork.require_at_head()


@pytest.mark.parametrize("exchange", range(4, 12))
def test_one_wrong_header_takes_back_no_more_than_was_replaced(fork: Fork, exchange: int) -> None:
    """While the fork is looked for, a node of another chain answers once: it would be found too deep."""
    traffic(fork.token, 12)
    fork.sync()
    fork.token.node.request("anvil_reorg", [2, [[fork.token.call("mint", B, 1), 0]]])
    asked = itertools.count()

    def once(_params: list[Any], header: Any) -> Any:
        return header | {"hash": "0x" + "99" * 32} if next(asked) == exchange else header

    with Proxy(fork.token.node) as proxy:
        proxy.inject(Fault("another header", spoil=on_results("eth_getBlockByNumber", once)))
        assert fork.sync(proxy.node).rewound_blocks == 2
    fork.require_at_head()
    orphans = rows_of(fork.database.url)["orphaned_events"]
    assert {row[1] for row in orphans} <= {fork.token.node.head() - 1, fork.token.node.head()}


def test_a_reorganisation_at_any_request_of_a_rewind(fork: Fork) -> None:
    """While a chain that was replaced is replaced in the register, it is replaced again."""
    token, node = fork.token, fork.token.node
    for at in itertools.count(_REQUESTS_OF_IDENTITY):
        traffic(token, 4)
        fork.sync()
        node.request("anvil_reorg", [3, [[token.call("mint", B, 1), 0]]])
        fork.look(node)
        left = iter(range(at + 1))

        def again(_method: str, _params: list[Any], left: Iterator[int] = left, at: int = at) -> None:
            if next(left, None) == at:
                node.request("anvil_reorg", [2, [[token.call("mint", C, 1), 1]]])
                fork.look(node)

        with Proxy(node) as proxy:
            proxy.before = again
            fork.sync(proxy.node, blocks_max=4)
        fork.sync()
        fork.require_at_head()
        if next(left, None) is not None:
            break
    assert at > 12


def other_genesis(_first: Token) -> Iterator[Node]:
    with anvil("--timestamp", "1700000000") as other:
        _use(other)
        yield other


def other_chain_id(first: Token) -> Iterator[Node]:
    with twin_of(first.node, "--chain-id", "31338") as other:
        yield other


def other_history(_first: Token) -> Iterator[Node]:
    """The same genesis and all else anew, the token at the same address, and more of everything."""
    with anvil("--timestamp", _START) as other:
        mine(other, 1)
        _use(other)
        yield other


def other_code(first: Token) -> Iterator[Node]:
    with twin_of(first.node) as other:
        other.request("anvil_setCode", [first.address, "0x00"])
        yield other


def shorter(first: Token) -> Iterator[Node]:
    """Restored from a copy that is a little old."""
    with twin_of(first.node) as other:
        yield other


def longer(first: Token) -> Iterator[Node]:
    """The same, and gone on from there."""
    with twin_of(first.node) as other:
        traffic(Token(other, first.instrument), 12, units=2)
        yield other


_START = "1800000000"


def _use(node: Node) -> Token:
    token = deploy_token(node)
    token.admit(A, B, C)
    token.send("mint", A, 500)
    traffic(token, 4, units=3)
    return token


@pytest.mark.parametrize("restarted", [other_genesis, other_chain_id, other_history, other_code, shorter, longer])
def test_another_chain_behind_the_address_after_any_request(
    new_register: Callable[[], Database], restarted: Callable[[Token], Iterator[Node]]
) -> None:
    """The node is restarted under a sync, with another chain or another part of it."""
    with anvil("--timestamp", _START) as first:
        token = _use(first)
        with contextmanager(restarted)(token) as other:
            traffic(token, 8)
            stays = other if restarted is longer else first
            stopped = [_restarted(new_register(), token, other, stays, at) for at in range(0, 24, 3)]
            assert any(stopped) == (stays is first), stopped


def _restarted(database: Database, token: Token, other: Node, stays: Node, at: int) -> RwaledgerError | None:
    """How a sync ends under which the other node takes over before its request number `at`; then one of them stays."""
    first, fork = token.node, _fork(token, database)
    fork.look(other, first)
    fork.sync(until=first.head() - 7)
    asked = itertools.count()
    with Proxy(first, other) as proxy:
        proxy.inject(Fault("restarted", route=lambda _requests: int(next(asked) >= at)))
        stopped = _try(lambda: fork.sync(proxy.node, blocks_max=2))
        _try(lambda: fork.sync(proxy.node, blocks_max=2))
    fork.sync(stays)
    fork.require_at_head(stays)
    return stopped


def _try(act: Callable[[], object]) -> RwaledgerError | None:
    """The typed error in which it ended, if it did, which says what to do."""
    try:
        act()
    except RwaledgerError as error:
        stopped = error
    else:
        return None
    assert stopped.message, repr(stopped)
    assert stopped.next_step, repr(stopped)
    return stopped


def _is_below(params: Sequence[Any], last: int) -> bool:
    return int(params[0]["fromBlock"], 16) <= last
