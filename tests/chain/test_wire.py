"""Logs are read alike however they were decoded, and nothing that is no log becomes one."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.chain.wire import UNREADABLE, RawLog, decode_logs, read_logs
from rwaledger.domain.block import Log


def hex_of(size: int) -> st.SearchStrategy[str]:
    """Bytes as nodes write them: most in lower case."""
    plain = st.binary(min_size=size, max_size=size).map(lambda raw: "0x" + raw.hex())
    return plain | plain.map(lambda text: "0x" + text[2:].upper())


LOGS = st.fixed_dictionaries(
    {
        "address": hex_of(20),
        "topics": st.lists(hex_of(32), max_size=4),
        "data": st.integers(0, 70).flatmap(hex_of),
        "blockNumber": st.integers(0, 2**63 - 1).map(hex),
        "blockHash": hex_of(32),
        "transactionHash": hex_of(32),
        "transactionIndex": st.integers(0, 2**31 - 1).map(hex),
        "logIndex": st.integers(0, 2**31 - 1).map(hex),
    },
    optional={"removed": st.just(False) | st.none(), "blockTimestamp": st.just("0x1"), "other": st.just([1, {}])},
)


def answer(logs: Any, **more: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "result": logs} | more).encode()


def expected(raw: dict[str, Any]) -> Log:
    numbers = {name: int(raw[name], 16) for name in ("blockNumber", "transactionIndex", "logIndex")}
    return Log(
        address=raw["address"].lower(),
        topics=tuple(topic.lower() for topic in raw["topics"]),
        data=raw["data"].lower(),
        block_number=numbers["blockNumber"],
        block_hash=raw["blockHash"].lower(),
        tx_hash=raw["transactionHash"].lower(),
        tx_index=numbers["transactionIndex"],
        log_index=numbers["logIndex"],
    )


@given(st.lists(LOGS, max_size=6))
def test_logs_are_what_the_node_wrote(raws: list[dict[str, Any]]) -> None:
    typed = decode_logs(answer(raws))["result"]
    assert all(isinstance(each, RawLog) for each in typed)
    assert read_logs(typed) == read_logs(raws) == [expected(raw) for raw in raws]


GOOD: dict[str, Any] = {
    "address": "0x" + "70" * 20,
    "topics": ["0x" + "01" * 32, "0x" + "02" * 32],
    "data": "0x05",
    "blockNumber": "0x10",
    "blockHash": "0x" + "03" * 32,
    "transactionHash": "0x" + "04" * 32,
    "transactionIndex": "0x0",
    "logIndex": "0x1",
    "removed": False,
}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"address": "0x" + "70" * 19},
        {"address": None},
        {"topics": ["0x" + "01" * 31]},
        {"topics": ["0x" + "01" * 31 + "0g"]},
        {"topics": ["0x" + "01" * 32, "01" * 33]},
        {"topics": ["0x" + "01" * 31 + "0\u00e9"]},
        {"topics": ["00" + "01" * 32]},
        {"topics": ["x0" + "01" * 32]},
        {"topics": [7]},
        {"topics": None},
        {"data": "0x5"},
        {"data": "05"},
        {"data": "0x 5"},
        {"blockNumber": None},
        {"blockNumber": "0x8000000000000000"},
        {"blockNumber": "-0x1"},
        {"blockHash": "0x" + "03" * 33},
        {"blockHash": "0x" + "03" * 31 + "x0"},
        {"transactionHash": ""},
        {"logIndex": "0x80000000"},
        {"logIndex": 1},
        {"removed": True},
    ],
    ids=str,
)
def test_what_is_no_log_is_refused(spoilt: dict[str, Any]) -> None:
    """Beside a good one, whether it came typed or plain."""
    raws = [GOOD, GOOD | spoilt]
    for found in (decode_logs(answer(raws))["result"], raws):
        with pytest.raises(UNREADABLE):
            read_logs(found)


@pytest.mark.parametrize("field", [name for name in GOOD if name != "removed"])
def test_a_field_that_is_missing_is_refused(field: str) -> None:
    raws = [{name: value for name, value in GOOD.items() if name != field}]
    with pytest.raises(UNREADABLE):
        read_logs(decode_logs(answer(raws))["result"])


@pytest.mark.parametrize(
    "said",
    [
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit exceeded"}},
        {"jsonrpc": "2.0", "id": 1, "result": {"number": "0x1", "hash": "0x2"}},
        {"jsonrpc": "2.0", "id": 1, "result": None},
        {"jsonrpc": "2.0", "id": 1, "result": None, "error": None},
        {"jsonrpc": "2.0", "id": "one", "result": []},
        {"id": 1, "result": "0x1"},
        [{"jsonrpc": "2.0", "id": 1, "result": []}, {"jsonrpc": "2.0", "id": 2, "error": "no"}],
        [],
        "busy",
        None,
        [[]],
    ],
    ids=str,
)
def test_any_other_answer_is_decoded_as_it_is(said: Any) -> None:
    assert decode_logs(json.dumps(said).encode()) == said


def test_what_is_not_json_is_refused() -> None:
    for content in (b"", b"<html>", answer([GOOD])[:-5]):
        with pytest.raises(msgspec.DecodeError):
            decode_logs(content)
