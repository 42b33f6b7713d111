"""Decoding of logs, held against eth_abi's encoding of the shipped ABIs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.chain.abi import shipped_entries, type_of
from rwaledger.chain.events import EVENT_NAMES, MOVE, MOVE_TOPIC, decode, decode_move
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.errors import MalformedLog
from rwaledger.domain.posting import Move

EVENTS = shipped_entries("event")
TRANSFER = "Transfer(address,address,uint256)"
ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20


def values_of(parameter: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a parameter as eth_abi takes them."""
    abi_type = parameter["type"]
    if abi_type == "tuple":
        return st.tuples(*(values_of(component) for component in parameter["components"]))
    if abi_type.startswith("uint"):
        return st.integers(0, 2 ** int(abi_type[4:]) - 1)
    return {
        "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
        **{f"bytes{n}": st.binary(min_size=n, max_size=n) for n in (9, 12, 32)},
        "bool": st.booleans(),
        "string": st.text(max_size=70),
    }[abi_type]


def as_decoded(parameter: dict[str, Any], value: Any) -> object:
    """The same value as the decoder is to give it."""
    if parameter["type"] == "tuple":
        pairs = zip(parameter["components"], value, strict=True)
        return {component["name"]: as_decoded(component, item) for component, item in pairs}
    return "0x" + value.hex() if isinstance(value, bytes) else value


def log_of(signature: str, values: list[Any]) -> Log:
    """The log that a contract emits of an event."""
    parameters = list(zip(EVENTS[signature]["inputs"], values, strict=True))
    topics = [encode([type_of(entry)], [value]) for entry, value in parameters if entry["indexed"]]
    plain = [(type_of(entry), value) for entry, value in parameters if not entry["indexed"]]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return raw_log([keccak(text=signature), *topics], data)


def raw_log(topics: list[bytes], data: bytes) -> Log:
    return Log(
        address="0x" + "cc" * 20,
        topics=tuple("0x" + topic.hex() for topic in topics),
        data="0x" + data.hex(),
        block_number=7,
        block_hash="0x" + "07" * 32,
        tx_hash="0x" + "70" * 32,
        tx_index=0,
        log_index=3,
    )


def altered(log: Log, *, topics: tuple[str, ...] | None = None, data: str | None = None) -> Log:
    return Log(
        log.address,
        log.topics if topics is None else topics,
        log.data if data is None else data,
        log.block_number,
        log.block_hash,
        log.tx_hash,
        log.tx_index,
        log.log_index,
    )


@pytest.mark.parametrize("signature", sorted(EVENTS))
@given(data=st.data())
def test_every_event_decodes_to_what_was_encoded(signature: str, data: st.DataObject) -> None:
    parameters = EVENTS[signature]["inputs"]
    values = [data.draw(values_of(parameter)) for parameter in parameters]
    log = log_of(signature, values)
    event = decode(log)
    assert event is not None
    assert event.name == EVENTS[signature]["name"]
    assert event.log is log
    expected = {
        parameter["name"]: as_decoded(parameter, value) for parameter, value in zip(parameters, values, strict=True)
    }
    assert event.args == expected


def test_event_names_are_those_of_the_abis() -> None:
    assert {entry["name"] for entry in EVENTS.values()} == EVENT_NAMES
    assert {"Transfer", "Frozen", "RulesChanged", "InstructionExecuted", "RoleGranted"} <= EVENT_NAMES


def test_no_two_events_of_one_signature_differ() -> None:
    from rwaledger.chain.artifacts import NAMES, artifact

    layouts = {
        (
            entry["name"],
            *((parameter["name"], parameter["type"], parameter["indexed"]) for parameter in entry["inputs"]),
        )
        for name in NAMES
        for entry in artifact(name).abi
        if entry["type"] == "event"
    }
    assert len(layouts) == len(EVENTS)


def test_an_unknown_topic_is_none() -> None:
    assert decode(raw_log([keccak(text="Nothing(uint256)")], bytes(32))) is None


def test_a_log_without_topics_is_none() -> None:
    assert decode(raw_log([], bytes(32))) is None


def test_the_largest_amount_is_exact() -> None:
    event = decode(log_of(TRANSFER, [ALICE, BOB, 2**256 - 1]))
    assert event is not None
    assert event.args == {"from": ALICE, "to": BOB, "value": 2**256 - 1}


GOOD = log_of(TRANSFER, [ALICE, BOB, 5])
ADMITTED = log_of("AccountAdmitted(address,uint16,uint8,uint16)", [ALICE, 344, 2, 20_000])
EXECUTED = log_of(
    "InstructionExecuted(bytes32,address,address,address,string,uint256,bytes32,bytes32)",
    [bytes(32), ALICE, BOB, ALICE, "issue", 1, bytes(32), bytes(32)],
)
WORD = "00" * 31


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(altered(GOOD, topics=GOOD.topics[:2]), id="topic missing"),
        pytest.param(altered(GOOD, topics=(*GOOD.topics, GOOD.topics[1])), id="topic too many"),
        pytest.param(altered(GOOD, topics=(*GOOD.topics[:2], GOOD.topics[2][:-2])), id="topic too short"),
        pytest.param(altered(GOOD, topics=(*GOOD.topics[:2], "0x01" + GOOD.topics[2][4:])), id="address too long"),
        pytest.param(altered(GOOD, data="0x"), id="no data"),
        pytest.param(altered(GOOD, data=GOOD.data[:-2]), id="data too short"),
        pytest.param(altered(GOOD, data=GOOD.data + "00"), id="data too long"),
        pytest.param(altered(GOOD, data=GOOD.data[:-2] + "0g"), id="not hex"),
        pytest.param(altered(GOOD, data=GOOD.data[:-2] + "  "), id="white space"),
        pytest.param(altered(GOOD, data=GOOD.data[:-2] + "05  "), id="white space behind"),
        pytest.param(altered(GOOD, data="00" + GOOD.data[2:]), id="no 0x"),
        pytest.param(
            altered(ADMITTED, data=ADMITTED.data[:66] + WORD.replace("00", "01", 1) + "02" + ADMITTED.data[130:]),
            id="uint8 too large",
        ),
        pytest.param(altered(EXECUTED, data=EXECUTED.data[:-64]), id="string cut off"),
        pytest.param(altered(EXECUTED, data=EXECUTED.data + "00" * 32), id="string and more"),
        pytest.param(altered(EXECUTED, data=EXECUTED.data.replace(b"issue".hex(), "ff" * 5)), id="not UTF-8"),
        pytest.param(altered(EXECUTED, data="0x" + "ff" * (len(EXECUTED.data) // 2 - 1)), id="wild pointer"),
    ],
)
def test_malformed_data_of_a_known_topic_is_an_error(log: Log) -> None:
    with pytest.raises(MalformedLog, match="log 3 of block 7 is no") as caught:
        decode(log)
    assert caught.value.event in EVENT_NAMES


ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
WORDS = st.binary(min_size=30, max_size=34) | st.binary(min_size=20, max_size=20).map(lambda raw: bytes(12) + raw)


@given(ADDRESSES, ADDRESSES, st.integers(0, 2**256 - 1))
def test_a_move_is_what_was_encoded(sender: str, recipient: str, units: int) -> None:
    log = log_of(TRANSFER, [sender, recipient, units])
    assert log.topics[0] == MOVE_TOPIC
    assert decode_move(log) == Move(7, 3, log.tx_hash, sender, recipient, units)


@given(st.lists(WORDS, max_size=3), WORDS, st.sampled_from(["", "g", " ", "00  "]))
def test_a_move_is_what_any_event_of_its_log_is(topics: list[bytes], data: bytes, tail: str) -> None:
    """Whatever the log: the same arguments, or the same error."""
    log = raw_log([bytes.fromhex(MOVE_TOPIC[2:]), *topics], data)
    log = altered(log, data=log.data + tail)
    assert said_of(lambda: moved(decode(log))) == said_of(lambda: decode_move(log))


def moved(event: ChainEvent | None) -> Move:
    assert event is not None
    assert event.name == MOVE
    sender, recipient, units = event.args.values()
    return Move(7, 3, event.log.tx_hash, str(sender), str(recipient), cast(int, units))


def said_of(read: Callable[[], Move]) -> Move | str:
    try:
        return read()
    except MalformedLog as error:
        return str(error)


def test_a_bool_is_nothing_but_true_or_false() -> None:
    log = log_of("AccountSuspended(address,bool)", [ALICE, True])
    with pytest.raises(MalformedLog, match="neither true nor false"):
        decode(altered(log, data="0x" + "00" * 31 + "02"))
