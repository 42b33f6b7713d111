"""C14, whose nonces: the office's own keys, and every transaction of theirs that is in the pack.

An operator is whoever acts for the office with a key: who deployed its contracts, the makers of its instructions, who
sent a transaction for one, and whoever deployment gave a role and the register has a transaction of. Senders are
recovered from signatures, which takes time: beyond the transactions that the register knows, only those are looked at
whose nonce some operator lacks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c15_roles import episodes
from rwaledger.verifier.values import Transaction


@dataclass(slots=True)
class Lane:
    """An operator's transactions in the pack by nonce: those of which the register has a row, and all others."""

    recorded: dict[int, Transaction] = field(default_factory=dict)
    unrecorded: dict[int, Transaction] = field(default_factory=dict)

    def wanted(self, nonces: Iterable[int]) -> set[int]:
        """Those of the nonces that no transaction is known of: in gaps, and on both ends of the row."""
        known = self.recorded.keys() | self.unrecorded.keys()
        if not known:
            return set()
        first, last = min(known) - 1, max(known) + 1
        return {nonce for nonce in nonces if first <= nonce <= last} - known


class Lanes:
    """The lanes of all operators."""

    def __init__(self, case: Case) -> None:
        self._pack = case.pack
        self._case = case
        self.rows = {row.tx_hash: row for row in case.rows("transactions")}

    @cached_property
    def by_operator(self) -> dict[str, Lane]:
        """The lanes, of operators that have sent anything."""
        lanes = {operator: Lane() for operator in self._operators()}
        others: list[Transaction] = []
        for tx_hash, transaction in self._pack.transactions.items():
            if tx_hash not in self.rows:
                others.append(transaction)
            elif (sender := self._pack.sender(transaction)) in lanes:
                lanes[sender].recorded[transaction.nonce] = transaction
        self._look_among(others, lanes)
        return {operator: lane for operator, lane in sorted(lanes.items()) if lane.recorded or lane.unrecorded}

    def _look_among(self, others: list[Transaction], lanes: dict[str, Lane]) -> None:
        """The chain counts nonces without a gap, so that what is missing is next to what is known, or between."""
        by_nonce: dict[int, list[Transaction]] = {}
        for transaction in others:
            by_nonce.setdefault(transaction.nonce, []).append(transaction)
        is_unknown = any(not lane.recorded for lane in lanes.values())
        upcoming = set(by_nonce) if is_unknown else self._wanted(lanes, by_nonce)
        looked: set[int] = set()
        while upcoming:
            for nonce in upcoming:
                for transaction in by_nonce[nonce]:
                    sender = self._pack.sender(transaction)
                    if sender in lanes:
                        lanes[sender].unrecorded[nonce] = transaction
            looked |= upcoming
            upcoming = self._wanted(lanes, by_nonce) - looked

    @staticmethod
    def _wanted(lanes: dict[str, Lane], nonces: Collection[int]) -> set[int]:
        return set().union(*(lane.wanted(nonces) for lane in lanes.values()))

    def _operators(self) -> set[str]:
        case = self._case
        rows = self.rows.values()
        senders = {row.sender for row in rows}
        found = {row.sender for row in rows if row.instruction_ref is not None}
        for address in case.contracts:
            events = case.pack.events_of(address)
            found.update(event.args["maker"] for event in events if event.name == "InstructionExecuted")
            found.update({event.args["account"] for event in episodes(events)[0]} & senders)
            created = case.pack.transactions.get(events[0].log.tx_hash) if events else None
            if created:
                found.add(case.pack.sender(created))
        return found - set(case.contracts) - {""}
