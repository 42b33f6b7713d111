"""Putting one entry right gives back the register as it was, whatever was built upon the wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rwaledger.audit.authority import ControlBook
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Register
from rwaledger.audit.replay import Move, replay
from rwaledger.audit.rewriting import Rewriting
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.domain.posting import Posting
from rwaledger.registry.instruments import Contract, ContractKind

TOKEN = "0x" + "7a" * 20
ACCOUNTS = ["0x" + f"{n:02x}" * 20 for n in range(4)]
HASH = "0x" + "00" * 32

moves = st.lists(
    st.builds(Move, st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(0, 5)), min_size=1, max_size=12
)


def transfer(number: int, move: Move) -> ChainEvent:
    log = Log(TOKEN, (), "", number, HASH, HASH, 0, 0)
    return ChainEvent("Transfer", {"from": move.sender, "to": move.recipient, "value": move.amount_units}, log)


def folded(events: Sequence[ChainEvent]) -> Register:
    """The register that a mirror makes of the events."""
    balances: dict[str, int] = {}
    postings = []
    for event in events:
        place = event.log.block_number, event.log.log_index
        units = event.args["value"]
        assert isinstance(units, int)
        for leg, (side, amount) in enumerate((("from", -units), ("to", units))):
            account = str(event.args[side])
            balances[account] = balances.get(account, 0) + amount
            postings.append(Posting("X", *place, leg, account, amount, balances[account], event.log.tx_hash))
    return Register(tuple(postings), balances, {})


def instrument(events: Sequence[ChainEvent], register: Register, known: Sequence[ChainEvent]) -> InstrumentRecords:
    described = Instrument(
        "X", "X", "X", 0, InstrumentKind.FUND, RecordOfTruth.CHAIN, 1, TOKEN, HASH, 0, HASH, HASH
    )  # fmt: skip
    contract = Contract(1, TOKEN, ContractKind.ASSET_TOKEN, 0, HASH, HASH)
    logs = tuple((event.name, event.log) for event in known)
    token = ContractRecords(contract, "AssetToken", HASH, True, (), (), tuple(events), (), logs)
    book = ControlBook({}, (), frozenset(), 0)
    return InstrumentRecords(described, token, None, replay(events), register, book, ())


def without_zeros(register: Register) -> Register:
    assert register.positions is not None
    return replace(register, positions={account: units for account, units in register.positions.items() if units})


@given(moves, st.data())
def test_an_event_that_was_never_seen(made: list[Move], data: st.DataObject) -> None:
    events = [transfer(number, move) for number, move in enumerate(made)]
    lost = data.draw(st.sets(st.integers(0, len(events) - 1), min_size=1, max_size=3))
    seen = [event for number, event in enumerate(events) if number not in lost]
    rewriting = Rewriting(instrument(events, folded(seen), seen))
    for number in sorted(lost):
        rewriting.enter((number, 0))
    assert without_zeros(rewriting.result().register) == without_zeros(folded(events))
    assert [log.block_number for _, log in rewriting.result().token.register_logs] == list(range(len(events)))


@given(moves, st.data())
def test_postings_that_were_taken_out(made: list[Move], data: st.DataObject) -> None:
    events = [transfer(number, move) for number, move in enumerate(made)]
    lost = data.draw(st.sets(st.integers(0, len(events) - 1), min_size=1, max_size=3))
    whole = folded(events)
    rest = tuple(posting for posting in whole.postings if posting.block_number not in lost)
    rewriting = Rewriting(instrument(events, replace(whole, postings=rest), events))
    for number in sorted(lost):
        rewriting.enter((number, 0))
    assert rewriting.result().register == whole


@given(moves, st.data())
def test_an_entry_that_was_made_twice(made: list[Move], data: st.DataObject) -> None:
    events = [transfer(number, move) for number, move in enumerate(made)]
    twice = data.draw(st.integers(0, len(events) - 1))
    again = events[twice]._replace(log=events[twice].log._replace(log_index=9))
    wrong = folded([*events[: twice + 1], again, *events[twice + 1 :]])
    rewriting = Rewriting(instrument(events, wrong, events))
    rewriting.enter((twice, 9))
    assert rewriting.result().register == folded(events)


@given(moves, st.data())
def test_another_fault_on_the_same_account_stays(made: list[Move], data: st.DataObject) -> None:
    events = [transfer(number, move) for number, move in enumerate(made)]
    lost = data.draw(st.integers(0, len(events) - 1))
    seen = [event for number, event in enumerate(events) if number != lost]
    register = folded(seen)
    edited = {**(register.positions or {}), ACCOUNTS[1]: 999}
    rewriting = Rewriting(instrument(events, replace(register, positions=edited), seen))
    rewriting.enter((lost, 0))
    assert (rewriting.result().register.positions or {})[ACCOUNTS[1]] == 999
