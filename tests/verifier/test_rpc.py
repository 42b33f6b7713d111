"""L2: what a node says beside the pack; one that says otherwise, has forgotten, or does not answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.local import local_node
from rwaledger.verifier import rpc
from rwaledger.verifier.errors import Unreachable
from rwaledger.verifier.pack import Pack
from tests.audit.world import World
from tests.verifier.conftest import Said
from tests.verifier.writer import Draft

Change = Callable[[str, Any], Any]


@contextmanager
def in_between(url: str, change: Change) -> Iterator[str]:
    """A node in front of the real one that gives some answers otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            calls = asked if isinstance(asked, list) else [asked]
            node = rpc.Node(url)
            given = []
            for call in calls:
                answer = change(call["method"], node.request(call["method"], call["params"]))
                failed = isinstance(answer, Exception)
                part = {"error": {"code": -32000, "message": str(answer)}} if failed else {"result": answer}
                given.append({"jsonrpc": "2.0", "id": call["id"]} | part)
            body = json.dumps(given if isinstance(asked, list) else given[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_node_that_made_it_agrees(verify: Said, ledger: World, written: Draft, pack_file: Path) -> None:
    code, said = verify(pack_file, "--rpc", ledger.node.url)
    assert code == 0, said
    blocks = len(written.lines("chain/headers.jsonl"))
    assert f"{blocks} headers are those of the node, by their hashes" in said
    assert f"{len(written.lines('chain/blocks.jsonl'))} receipts with all their logs are those of the node" in said
    assert said.splitlines()[-1] == "PROVED: L0, L1, L2, L3."


def test_a_node_of_another_chain(verify: Said, pack_file: Path, tmp_path: Path) -> None:
    with local_node(tmp_path / "other") as other:
        code, said = verify(pack_file, "--rpc", other.url)
    assert code == 3
    assert "chain/headers.jsonl, block 1: the node has no block of the hash 0x" in said


def other_log(answer: Any) -> Any:
    answer[0]["logs"][0]["data"] = "0x" + "07" * 32
    return answer


def other_value(answer: Any) -> Any:
    answer["storageProof"][0]["value"] = "0x7"
    return answer


LIES: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "the chain": ("eth_chainId", lambda _: "0x1", "the node is of chain 1"),
    "a header": ("eth_getBlockByHash", lambda a: {**a, "stateRoot": "0x00"}, "stateRoot: not what the node says"),
    "a time": ("eth_getBlockByHash", lambda a: {**a, "timestamp": "0x1"}, "timestamp: not what the node says"),
    "a block": ("eth_getBlockByHash", lambda _: None, "the node has no block of the hash"),
    "receipts": ("eth_getBlockReceipts", lambda a: a[1:], "receipts: 1 here, 0 at the node"),
    "a status": ("eth_getBlockReceipts", lambda a: [{**a[0], "status": "0x0"}], "receipt 0: not what the node says"),
    "a log": ("eth_getBlockReceipts", other_log, "receipt 0: not what the node says"),
    "code": ("eth_getCode", lambda _: "0x00", "code: not what the node has"),
    "a word": ("eth_getProof", other_value, "not what the node proves"),
}


@pytest.mark.parametrize(("method", "lie", "said"), LIES.values(), ids=LIES.keys())
def test_every_difference_is_listed(
    method: str, lie: Callable[[Any], Any], said: str, ledger: World, pack_file: Path
) -> None:
    with (
        Pack(pack_file) as pack,
        in_between(ledger.node.url, lambda asked, answer: lie(answer) if asked == method else answer) as url,
    ):
        level = rpc.check(pack, rpc.Node(url))
    assert any(said in str(fault) for fault in level.faults), level.faults


def test_a_node_that_has_forgotten_the_state_covers_a_part(verify: Said, ledger: World, pack_file: Path) -> None:
    """It is said, and refutes nothing."""
    forgot = ValueError("missing trie node")
    pruned: Change = lambda asked, answer: forgot if asked in {"eth_getCode", "eth_getProof"} else answer  # noqa: E731
    with in_between(ledger.node.url, pruned) as url:
        code, said = verify(pack_file, "--rpc", url)
    assert code == 0
    assert "L2, the rest of the state: the node cannot give it (missing trie node)." in said


def test_a_node_that_does_not_answer(verify: Said, pack_file: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    code, said = verify(pack_file, "--rpc", f"http://user:secret@127.0.0.1:{port}/key")
    assert code == 5
    assert f"L2, what another node says: http://127.0.0.1:{port} does not answer as a node does" in said
    assert "secret" not in said
    assert "key" not in said.split("L2, what another node says")[1].splitlines()[0]
    assert verify(pack_file, "--rpc", "ftp://somewhere")[0] == 5


def test_a_node_that_keeps_silent() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        node = rpc.Node(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 seconds"):
            node.request("eth_chainId", [])


def test_what_is_no_node(ledger: World) -> None:
    with (
        in_between(ledger.node.url, lambda asked, _: {"no": "number"} if asked == "eth_chainId" else None) as url,
        pytest.raises(Unreachable, match="does not answer"),
    ):
        rpc.Node(url + "/").batch([("eth_chainId", []), ("no_such", [])])
