"""Verification: what the blocks show of the register, and what to do about each thing that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from rwaledger.chain.block_faults import BlockFault
from rwaledger.domain.block import Log
from rwaledger.domain.reconciliation import BreakClass, Value


@dataclass(frozen=True, slots=True)
class Verification:
    """What the blocks `first` to `last` show, the last of which is `block_hash`.

    `receipts` were rebuilt to the roots of their headers, `logs` of our contracts were in them, and `events` of the
    register were held against these. In the blocks with such logs `transactions` were rebuilt and hashed as well;
    `unproved` is why a node gave none, so that their hashes are its word. `again` counts the ranges that came back from
    elsewhere without a result.
    """

    chain_id: int
    first: int
    last: int
    block_hash: str
    blocks: int
    receipts: int
    logs: int
    transactions: int
    events: int
    faults: tuple[BlockFault, ...]
    unproved: str = ""
    again: int = field(default=0, compare=False)

    @property
    def is_complete(self) -> bool:
        """Whether the register has exactly what the blocks have."""
        return not self.faults


def next_step(fault: BlockFault) -> str:
    """What to do about it."""
    records = {each.record for each in fault.values}
    if "register" not in records:
        return "The node's answer does not prove itself. Verify again from another node (--rpc-url)."
    if fault.break_class is BreakClass.MISSING_IN_REGISTER:
        return (
            "What stands behind it in the register builds on a gap. Restore the database from before that block, or "
            "begin a new one, and fill it with `rwaledger register sync --verify`, from another node if need be."
        )
    return (
        "The row was changed from outside, or the node told otherwise when it was read. Restore the database from "
        "before that, or begin a new one, and fill it with `rwaledger register sync --verify`."
    )


def unread(event: Log) -> BlockFault:
    """An event of a contract that the register does not list, or where it has not read that contract."""
    number, index = event.block_number, event.log_index
    return BlockFault(
        number,
        BreakClass.MISSING_ON_CHAIN,
        f"{number}/{index}",
        f"log {index} of block {number} is in the register, and of no contract that it has read up to there",
        (Value("chain", "not read"), Value("register", f"{event.address}, transaction {event.tx_hash}")),
        event.address,
        index,
    )
