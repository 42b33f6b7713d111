"""Bring the chain up to what the register states of holders: only where they differ, and only once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.domain.holder import Account, Holder, Standing, day_number
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.admissions import admission_line
from rwaledger.operate.done import open_plan
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.words import standing_words

_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose holder the register knows otherwise than the chain does."""

    instrument: Instrument
    account: Account
    on_chain: Standing
    holder: Holder

    @property
    def words(self) -> str:
        """What the chain says, and what it is to say."""
        before = standing_words(self.on_chain.country, self.on_chain.investor_class, self.on_chain.valid_until_day)
        return f"{before} -> {holder_words(self.holder)}"


def differences(
    node: Node, instruments: Iterable[Instrument], accounts: Iterable[Account], holders: Mapping[str, Holder]
) -> list[Difference]:
    """Where these accounts, on the instruments to which they are admitted, are not what their holders are.

    A wallet that was lost and recovered is nobody's any more, and passed over.
    """
    of_holders = {each.address: each for each in accounts if each.holder_id in holders}
    found = []
    for instrument in instruments:
        words = state.account_words(node, instrument.address, sorted(of_holders), "latest")
        for address, word in words.items():
            holder = holders[of_holders[address].holder_id]
            if word.standing.admitted and not word.retired and not _agree(word.standing, holder):
                found.append(Difference(instrument, of_holders[address], word.standing, holder))
    return found


def push_plan(node: Node, found: Sequence[Difference], source: str, key: str | None = None) -> Plan | None:
    """The instructions that end these differences; None where there are none.

    Without a `key` the plan gets one from its content, so that the same push in a second process, or after a crash,
    is the same request. Where that was carried out before, and what it did has changed since, the next number does.
    """
    if not found:
        return None
    entries = [Entry(COMMAND, 0, each.instrument, admission_line(each.holder, each.account.address)) for each in found]
    if key is not None:
        return make_plan(Operation.ADMIT, entries, key, source)
    number = 1
    while True:
        plan = make_plan(Operation.ADMIT, entries, f"{source}:{_hash(entries)}:{number}", source)
        if open_plan(node, plan).parts:
            return plan
        number += 1


def holder_words(holder: Holder) -> str:
    """Country, class and validity of a holder."""
    return standing_words(holder.country, holder.investor_class, day_number(holder.valid_until))


def _agree(standing: Standing, holder: Holder) -> bool:
    known = (holder.country, int(holder.investor_class), day_number(holder.valid_until))
    return (standing.country, standing.investor_class, standing.valid_until_day) == known


def _hash(entries: Sequence[Entry]) -> str:
    lines = [f"{each.instrument.address} {each.line.recipient} {each.line.detail}" for each in entries]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_HASH_DIGITS]
