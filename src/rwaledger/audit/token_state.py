"""What a token answers at the pinned block, for every account that any record knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rwaledger.audit.records import State
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import account_states, total_supply
from rwaledger.domain.instrument import Instrument

_ADDRESS = re.compile("0x[0-9a-f]{40}")


def state_of(node: Node, instrument: Instrument, accounts: Sequence[str], block: int) -> State:
    """What is no address, as in a row that was changed from outside, holds nothing."""
    addresses = [account for account in accounts if _ADDRESS.fullmatch(account)]
    words = account_states(node, instrument.address, addresses, block)
    return State(
        total_supply(node, instrument.address, block),
        {account: balance for account, (balance, _) in words.items()},
        {account: standing for account, (_, standing) in words.items()},
    )
