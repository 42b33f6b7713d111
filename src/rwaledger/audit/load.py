"""Load the four records as of one pinned block, and make sure that the pin held while they were read."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.audit.pin import still_pinned
from rwaledger.audit.records import Records
from rwaledger.audit.sources import Terms, extract_register, read_records
from rwaledger.audit.steps import Steps
from rwaledger.chain.executors import Spread
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Readable

_ATTEMPTS = 2


def load(
    database: Readable,
    node: Node,
    block: int | None = None,
    steps: Steps | None = None,
    terms: Terms | None = None,
    spread: Spread | None = None,
) -> Records:
    """The records at `block`, by default the last one up to which every contract is in the register.

    `terms` are the packaged policy and no expected heads, where none are given. Where there is a `spread`, blocks are
    examined there, while everything else is loaded here, and checks may send long work there.

    State is read by number, so the pinned hash is looked at again afterwards: what was read across a reorganisation
    is thrown away and read once more.

    Raises:
        UsageError: nothing is synced, or `block` is beyond what is.
        ChainMismatch: register and node do not agree on the pinned block, or it did not stay.
        NodeUnreachable, NodeError, DatabaseUnreachable, RegisterConflict: as node and register raise them.
    """
    judged_by = terms or Terms(load_policy(None))
    for _ in range(_ATTEMPTS):
        with database.read() as connection:
            extract = extract_register(connection, node, block, spread)
        records = replace(read_records(extract, node, steps or Steps(), judged_by), spread=spread)
        if still_pinned(node, records.pin):
            return records
    raise ChainMismatch(
        f"block {records.pin.block_number} was replaced while it was read, {_ATTEMPTS} times",
        "Wait until the chain has settled, run `rwaledger register sync` and reconcile again.",
    )
