"""What is wrong with blocks: headers, the links between them, receipts, logs, and what the register keeps of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rwaledger.chain.headers import Header
from rwaledger.domain.block import Block, Log, Pin
from rwaledger.domain.reconciliation import BreakClass, Value

_RECEIPTS, _LOGS, _CHAIN, _REGISTER = "receipts", "logs of the node", "chain", "register"


@dataclass(frozen=True, slots=True)
class Fork:
    """Where register and chain part: the first block that they do not share, and the last that the register has."""

    number: int
    chain_hash: str
    register_hash: str
    last_read: int


@dataclass(frozen=True, slots=True)
class BlockFault:
    """One thing that is wrong with block `number`, or with one log in it; then `contract` is that of the log."""

    number: int
    break_class: BreakClass
    cause: str
    summary: str
    values: tuple[Value, Value]
    contract: str = ""
    log_index: int | None = None


def wrong_receipts(header: Header, root: str) -> BlockFault:
    """Receipts whose root is not that in the header."""
    summary = f"the receipts that the node gives for block {header.number} are not those of its header"
    values = Value("header", header.receipts_root), Value(_RECEIPTS, root)
    return BlockFault(header.number, BreakClass.TAMPER, f"block {header.number} receipts", summary, values)


def wrong_transactions(header: Header, root: str) -> BlockFault:
    """Transactions whose root is not that in the header."""
    summary = f"the transactions that the node gives for block {header.number} are not those of its header"
    values = Value("header", header.transactions_root), Value("transactions", root)
    return BlockFault(header.number, BreakClass.TAMPER, f"block {header.number} transactions", summary, values)


def wrong_transaction(header: Header, named: str, recomputed: str) -> BlockFault:
    """A transaction that does not have the hash by which the receipts call it."""
    summary = f"a transaction in block {header.number} does not have the hash that the node's receipts name"
    values = Value(_RECEIPTS, f"named {named}"), Value("transactions", f"recomputed {recomputed}")
    return BlockFault(header.number, BreakClass.TAMPER, f"block {header.number} {named}", summary, values)


def wrong_hash(header: Header) -> Iterator[BlockFault]:
    """A header that does not have the hash by which the node calls it."""
    recomputed = header.recomputed_hash
    if recomputed != header.hash:
        summary = f"the header that the node gives for block {header.number} does not have the hash that it names"
        values = Value(_CHAIN, f"named {header.hash}"), Value(_CHAIN, f"recomputed {recomputed}")
        yield BlockFault(header.number, BreakClass.TAMPER, f"block {header.number} hash", summary, values)


def unlinked(row: Sequence[Block]) -> Iterator[BlockFault]:
    """Where a header does not name the one before it."""
    for before, after in pairwise(row):
        if after.parent_hash != before.hash:
            summary = f"block {after.number} does not follow block {before.number}"
            values = Value(_CHAIN, f"parent {after.parent_hash}"), Value(_CHAIN, f"block {before.hash}")
            yield BlockFault(after.number, BreakClass.TAMPER, f"block {after.number} parent", summary, values)


def not_pinned(row: Sequence[Block], pin: Pin) -> Iterator[BlockFault]:
    """Where the last header is not the pinned one."""
    if row and row[-1].hash != pin.block_hash:
        summary = f"block {pin.block_number} is not the pinned one"
        values = Value(_CHAIN, row[-1].hash), Value("pinned", pin.block_hash)
        yield BlockFault(pin.block_number, BreakClass.TAMPER, f"block {pin.block_number}", summary, values)


def not_stored(row: Sequence[Block], stored: Mapping[int, Block]) -> Iterator[BlockFault]:
    """Headers that the register does not have as they are on the chain: it takes all times from them."""
    for block in row:
        known = stored.get(block.number)
        if known != block:
            summary = f"block {block.number} is not in the register as it is on the chain"
            values = Value(_CHAIN, _words(block)), Value(_REGISTER, _words(known) if known else "nothing")
            missing = BreakClass.TAMPER if known else BreakClass.MISSING_IN_REGISTER
            yield BlockFault(block.number, missing, f"block {block.number}", summary, values)


def of_fork(fork: Fork | None) -> Iterator[BlockFault]:
    """That register and chain have parted; one finding, whatever the register has read behind that."""
    if fork is not None:
        count = fork.last_read - fork.number + 1
        summary = (
            f"the chain was reorganised: block {fork.number} and {count - 1} more that the register has read are "
            "another chain's; what stands behind them is to be rewound"
        )
        values = Value(_CHAIN, fork.chain_hash), Value(_REGISTER, fork.register_hash)
        yield BlockFault(fork.number, BreakClass.TAMPER, f"block {fork.number}", summary, values)


def wrong_logs(proved: Sequence[Log], told: Sequence[Log]) -> Iterator[BlockFault]:
    """Logs that the node left out when it was asked for them, made up, or told otherwise than they are."""
    for true, said in _differing(proved, told):
        log = true or said
        assert log is not None
        kind, words = BreakClass.TAMPER, "tells otherwise than its receipts have it"
        if said is None:
            kind, words = BreakClass.COVERAGE, "leaves out of its answer to eth_getLogs"
        elif true is None:
            kind, words = BreakClass.TAMPER, "gives, and its receipts do not have it"
        summary = (
            f"a log that the node {words}: block {log.block_number}, log {log.log_index}, transaction {log.tx_hash}"
        )
        values = Value(_RECEIPTS, _log_words(true)), Value(_LOGS, _log_words(said))
        yield _log_fault(log, kind, summary, values)


def wrong_events(proved: Sequence[Log], stored: Sequence[Log]) -> Iterator[BlockFault]:
    """Events that the register lacks, has without any log behind them, or has otherwise than they are."""
    for true, kept in _differing(proved, stored):
        log = true or kept
        assert log is not None
        kind, words = BreakClass.TAMPER, "is in the register otherwise than on the chain"
        if kept is None:
            kind, words = BreakClass.MISSING_IN_REGISTER, "is not in the register"
        elif true is None:
            kind, words = BreakClass.MISSING_ON_CHAIN, "is in the register, and not in the block's receipts"
        summary = f"log {log.log_index} of block {log.block_number}, transaction {log.tx_hash}, {words}"
        values = Value(_RECEIPTS, _all_words(true)), Value(_REGISTER, _all_words(kept))
        yield _log_fault(log, kind, summary, values)


def _differing(proved: Sequence[Log], told: Sequence[Log]) -> Iterator[tuple[Log | None, Log | None]]:
    """Logs of one index beside each other where they differ; None where one side has none."""
    in_receipts, given = ({log.log_index: log for log in logs} for logs in (proved, told))
    for index in sorted(in_receipts.keys() | given.keys()):
        if in_receipts.get(index) != given.get(index):
            yield in_receipts.get(index), given.get(index)


def _log_fault(log: Log, kind: BreakClass, summary: str, values: tuple[Value, Value]) -> BlockFault:
    cause = f"{log.block_number}/{log.log_index}"
    return BlockFault(log.block_number, kind, cause, summary, values, log.address, log.log_index)


def _words(block: Block) -> str:
    return f"{block.hash} behind {block.parent_hash}, time {block.timestamp}"


def _log_words(log: Log | None) -> str:
    return " ".join([*log.topics, log.data]) if log else "nothing"


def _all_words(log: Log | None) -> str:
    """With all that an event of the register may have otherwise."""
    if log is None:
        return "nothing"
    return f"{log.address} {_log_words(log)}, transaction {log.tx_index} {log.tx_hash}, block {log.block_hash}"
