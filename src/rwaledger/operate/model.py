"""An instrument as the chain has it now, as a model on which lines can be judged one after another."""

from __future__ import annotations

from collections.abc import Collection

from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.domain.acts import InstrumentModel, Snapshot
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Instrument

_RECORD_DATES = {Operation.SCHEDULE_RECORD_DATE, Operation.CANCEL_RECORD_DATE}
_DOCUMENTS = {Operation.SET_DOCUMENT, Operation.REMOVE_DOCUMENT}


def load_model(
    node: Node, instrument: Instrument, accounts: Collection[str], operations: Collection[Operation] = ()
) -> InstrumentModel:
    """The instrument at the latest block, with these accounts; record dates and documents where `operations` ask."""
    latest = node.block("latest")
    assert latest is not None, "every chain has a latest block"
    token, block = instrument.address, latest.number
    words = state.account_words(node, token, sorted(accounts), block)
    model = InstrumentModel(
        rules=state.rules(node, token, block),
        now=latest.timestamp,
        paused=state.paused(node, token, block),
        active=state.active(node, token, block),
        supply_units=state.total_supply(node, token, block),
        holder_count=state.holder_count(node, token, block),
        balances={account: word.balance_units for account, word in words.items()},
        standings={account: word.standing for account, word in words.items()},
        lock_ups=state.lock_ups(node, token, [a for a, word in words.items() if word.has_lock_up], block),
        reserve=state.reserve(node, token, block),
        retired={account for account, word in words.items() if word.retired},
    )
    if _RECORD_DATES.intersection(operations):
        model.record_dates = state.record_dates(node, token, block)
        # What was held then is not asked here, only how many have passed.
        model.snapshots = [Snapshot({}, 0)] * state.record_dates_passed(node, token, block)
    if _DOCUMENTS.intersection(operations):
        model.documents = state.documents(node, token, block)
    return model
