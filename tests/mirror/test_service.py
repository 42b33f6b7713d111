"""The mirror as a service: it follows, outlives what passes, says how it is, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, SettingsError
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.metrics import Metrics
from rwaledger.mirror.monitor import monitor
from rwaledger.mirror.pulse import Pulse
from rwaledger.mirror.service import Service
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, Token, mine, register
from tests.mirror.books import assert_is_cold_sync, checkpoint_number
from tests.mirror.proxy import Proxy

_WAIT_S = 30


@contextmanager
def running(
    database: Database, node: Node, pulse: Pulse | None = None, *, verify: bool = False
) -> Iterator[tuple[Service, int]]:
    """A service in a thread of its own, and the port of its monitor; stopped behind it."""
    known = pulse or Pulse()
    metrics = Metrics(known)
    service = Service(
        database, node, Finality("latest"), known, metrics, lambda _summary: None, poll_s=0.05, verify=verify
    )
    thread = threading.Thread(target=service.run)
    with monitor(0, known, metrics) as port:
        thread.start()
        try:
            yield service, port
        finally:
            service.stop.set()
            thread.join(_WAIT_S)
            assert not thread.is_alive()


def ask(port: int, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def verdict(port: int, page: str) -> dict[str, Any]:
    return dict(json.loads(ask(port, page)[1]))


def figure(port: int, name: str) -> float:
    (line,) = [line for line in ask(port, "/metrics")[1].splitlines() if line.startswith(f"rwaledger_mirror_{name} ")]
    return float(line.split()[1])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_it_follows_a_chain_that_grows_and_counts_what_it_does(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with running(sqlite, node) as (_, port):
        until(lambda: ask(port, "/ready")[0] == 200)
        events = figure(port, "events_total")
        for _ in range(3):
            token.send("transfer", B, 1, sender=A)
            until(lambda: checkpoint_number(sqlite, token) == node.head())
        until(lambda: figure(port, "block_number") == node.head())
        assert figure(port, "events_total") == events + 3
        assert figure(port, "postings_total") == 2 * 4
        assert (figure(port, "lag_blocks"), figure(port, "lag_seconds"), figure(port, "ready")) == (0, 0, 1)
        assert verdict(port, "/ready")["block"] == node.head()


def test_a_reorganisation_is_counted_and_mended(
    sqlite: Database, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    register(sqlite, token)
    mine(node, 5)
    with running(sqlite, node) as (_, port):
        until(lambda: ask(port, "/ready")[0] == 200)
        node.request("anvil_reorg", [3, [[token.call("transfer", B, 7, sender=A), 0]]])
        until(lambda: figure(port, "rewinds_total") == 1)
        until(lambda: checkpoint_number(sqlite, token) == node.head())
        assert figure(port, "rewound_blocks_total") == 3
    assert_is_cold_sync(sqlite, new_register(), token)


def test_a_node_that_goes_away_and_comes_back_is_waited_for(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with Proxy(node) as proxy, running(sqlite, proxy.node) as (_, port):
        until(lambda: ask(port, "/ready")[0] == 200)
        proxy.answer("eth_blockNumber", lambda _params: None)
        until(lambda: ask(port, "/ready")[0] == 503)
        told = verdict(port, "/ready")
        assert not told["ready"]
        assert "its latest block" in told["reason"]
        assert verdict(port, "/health") | {"reason": ""} == verdict(port, "/health")
        token.send("transfer", B, 1, sender=A)
        proxy.answer("eth_blockNumber", lambda params: node.request("eth_blockNumber", params))
        until(lambda: ask(port, "/ready")[0] == 200)
        until(lambda: checkpoint_number(sqlite, token) == node.head())
        assert 'refusals_total{error="' in ask(port, "/metrics")[1]


def test_another_chain_in_its_place_makes_it_unready_and_changes_nothing(
    sqlite: Database, node: Node, token: Token
) -> None:
    register(sqlite, token)
    with anvil() as other, Proxy(node) as proxy, running(sqlite, proxy.node) as (_, port):
        until(lambda: ask(port, "/ready")[0] == 200)
        block = checkpoint_number(sqlite, token)
        mine(other, block + 5)
        for method in ("eth_getBlockByNumber", "eth_blockNumber", "eth_getLogs", "eth_getCode"):
            proxy.answer(method, lambda params, method=method: other.request(method, params))  # type: ignore[misc]
        until(lambda: ask(port, "/ready")[0] == 503)
        assert "the register" in verdict(port, "/ready")["reason"]
        assert checkpoint_number(sqlite, token) == block


def test_what_was_never_right_ends_it_at_once(sqlite: Database, node: Node) -> None:
    """A register that knows nothing of the chain."""
    pulse = Pulse()
    service = Service(sqlite, node, Finality("latest"), pulse, Metrics(pulse), lambda _summary: None)
    with pytest.raises(ChainMismatch, match="knows nothing of chain"):
        service.run()


def test_it_is_unready_when_it_lags_and_unhealthy_when_it_stands_still() -> None:
    now = [100.0]
    pulse = Pulse(patience_s=60, idle_s_max=600, lag_blocks_max=10, clock=lambda: now[0])
    assert pulse.unreadiness() == "the register has not caught up with the chain yet"
    pulse.beat(reached_s=now[0], lag_blocks=11)
    assert pulse.unreadiness() == "the register is 11 blocks behind"
    pulse.beat(lag_blocks=10)
    assert (pulse.unreadiness(), pulse.sickness()) == ("", "")
    now[0] += 61
    assert pulse.unreadiness() == "the last sync that came to its end was 61 s ago"
    assert not pulse.sickness()
    now[0] += 600
    assert pulse.sickness() == "nothing has moved for 661 s"


def test_a_port_that_is_taken_is_refused_and_other_pages_are_not_there() -> None:
    pulse = Pulse()
    with monitor(0, pulse, Metrics(pulse)) as port:
        assert ask(port, "/")[0] == 404
        with (
            pytest.raises(SettingsError, match=f"port {port} cannot be listened on"),
            monitor(port, pulse, Metrics(pulse)),
        ):
            pass


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_a_signal_and_leaves_a_whole_register(
    sqlite: Database, node: Node, token: Token, tmp_path: Path, signal_number: int
) -> None:
    register(sqlite, token)
    (file,) = tmp_path.glob("register-*.db")
    command = [sys.executable, "-m", "rwaledger.cli.main", "--rpc-url", node.url, "--finality", "latest"]
    command += ["--database-url", f"sqlite:///{file}", "register", "follow", "--port", "0", "--poll", "0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        assert first["event"] == "listening"
        port = int(first["url"].rpartition(":")[2])
        token.send("transfer", B, 1, sender=A)
        until(lambda: ask(port, "/ready")[0] == 200 and verdict(port, "/ready")["block"] == node.head())
        process.send_signal(signal_number)
        told = [json.loads(line) for line in process.stderr]
        assert process.wait(_WAIT_S) == 0
    assert told[-1] | {"time": ""} == {"event": "stopped", "level": "info", "block": node.head(), "time": ""}
    assert {"started", "applied"} <= {line["event"] for line in told}
    assert checkpoint_number(sqlite, token) == node.head()
