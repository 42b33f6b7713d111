"""The floor of an audit: reads every balance from the node and every posting from the register, and does no more.

`python -m benchmarks.audit_floor NODE_URL REGISTER_FILE`
"""

from __future__ import annotations

import sys

from rwaledger.chain.rpc import Node
from rwaledger.chain.state import account_states
from rwaledger.registry import instruments, ledger, positions
from rwaledger.registry.database import Database


def main(url: str, register: str) -> None:
    """Reads both at the block up to which the register has been mirrored."""
    node = Node(url)
    with Database(f"sqlite:///{register}").read() as c:
        (instrument,) = instruments.instruments(c)
        block = min(each.block_number for each in ledger.checkpoints(c, node.chain_id))
        postings = list(positions.postings(c, instrument.instrument_id, block))
    accounts = sorted({posting.account for posting in postings})
    balances = account_states(node, instrument.address, accounts, block)
    sys.stdout.write(f"{len(postings)} postings, {len(balances)} balances\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
