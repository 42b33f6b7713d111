"""The office's own keys: which they are, every nonce that each of them has used, and the rows that account for them.

An operator is whoever acts for the office with a key: who deployed its contracts, the makers of its instructions, who
sent a transaction for one, and whoever deployment gave a role and the register has a transaction of. A checker or an
attestor of whom it has none only signs: what else that key sends is its own affair, as with the key of an investor, who
owes the office no account of the nonces that it uses elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.audit.roles import role_episodes
from rwaledger.chain.mined import (
    MinedTransaction,
    mined_transactions,
    nonces_used,
    nonces_used_if_known,
    transactions_from,
    with_keys,
)
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import ChainEvent, Pin
from rwaledger.registry.transactions import StoredTransaction


@dataclass(frozen=True, slots=True)
class Lane:
    """The nonces that an operator has used from `first` on, up to `end` and without it.

    `unrecorded` are those for which the register has no transaction that the chain has, with the one that it has.
    """

    sender: str
    first: int
    end: int
    unrecorded: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """All that was sent: the register's rows, the chain's answer to each by its hash, the lanes of the operators."""

    rows: tuple[StoredTransaction, ...]
    mined: Mapping[str, MinedTransaction]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """Who had sent transactions before the first block that is looked at, and who some for instructions."""

    first_block: int
    of_instructions: frozenset[str]
    senders: frozenset[str]


def read_sent(
    node: Node,
    rows: Sequence[StoredTransaction],
    events: Mapping[str, Sequence[ChainEvent]],
    pin: Pin,
    before: Before | None = None,
) -> Sent:
    """Rows, chain and lanes. `events` are those of all contracts, by address.

    A lane begins with the block of the first deployment: what the key sent before is no business of this register; or
    with the first block that is looked at, where the rows `before` it are not given.
    """
    beginnings = [of_contract[0].log for of_contract in events.values() if of_contract]
    hashes = {row.tx_hash for row in rows} | {log.tx_hash for log in beginnings}
    mined = mined_transactions(node, sorted(hashes))
    mined = {tx_hash: each for tx_hash, each in mined.items() if each.block_number <= pin.block_number}
    deployers = {mined[log.tx_hash].sender for log in beginnings if log.tx_hash in mined}
    known = {row.tx_hash: mined[row.tx_hash] for row in rows if row.tx_hash in mined}
    of_instructions = {known[row.tx_hash].sender for row in rows if row.tx_hash in known and row.instruction_ref}
    recorded = {each.sender for each in known.values()}
    if before is not None:
        of_instructions, recorded = of_instructions | before.of_instructions, recorded | before.senders
    acting = deployers | of_instructions | _makers(events) | (recorded & _appointed(events))
    operators = with_keys(node, sorted(acting), pin.block_number)
    first = min((log.block_number for log in beginnings), default=pin.block_number)
    first = first if before is None else before.first_block
    return Sent(tuple(rows), mined, tuple(_lanes(node, operators, known.values(), first, pin)))


def _makers(events: Mapping[str, Sequence[ChainEvent]]) -> set[str]:
    executed = (e for each in events.values() for e in each if e.name == "InstructionExecuted")
    return {str(event.args["maker"]) for event in executed}


def _appointed(events: Mapping[str, Sequence[ChainEvent]]) -> set[str]:
    """Whoever deployment gave a role."""
    return {str(grant.args["account"]) for each in events.values() for grant in role_episodes(each)[0]}


def _lanes(
    node: Node, operators: Sequence[str], known: Iterable[MinedTransaction], first_block: int, pin: Pin
) -> list[Lane]:
    starts = nonces_used_if_known(node, operators, max(0, first_block - 1))
    ends = nonces_used(node, operators, pin.block_number)
    blocks: dict[str, dict[int, int]] = {operator: {} for operator in operators}
    for each in known:
        if each.sender in blocks:
            blocks[each.sender][each.nonce] = each.block_number
    found: list[Lane] = []
    for operator in operators:
        missing = sorted(set(range(starts[operator], ends[operator])) - blocks[operator].keys())
        hashes = _look_for(node, operator, missing, blocks[operator], (first_block, pin.block_number))
        first = min([*hashes, *blocks[operator]], default=ends[operator])
        found.append(Lane(operator, first, ends[operator], tuple(hashes.items())))
    return found


def _look_for(
    node: Node, operator: str, missing: Sequence[int], blocks: Mapping[int, int], span: tuple[int, int]
) -> dict[int, str]:
    """The transactions of the nonces, looked for between those before and behind them.

    What is not there was sent before the span.
    """
    found: dict[int, str] = {}
    for nonce in missing:
        if nonce in found:
            continue
        lower = max((block for known, block in blocks.items() if known < nonce), default=span[0])
        upper = min((block for known, block in blocks.items() if known > nonce), default=span[1])
        found.update((n, h) for _, n, h in transactions_from(node, frozenset({operator}), lower, upper) if n in missing)
    return dict(sorted(found.items()))
