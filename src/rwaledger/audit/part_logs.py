"""The logs of a part, fetched from the node: all since a block, and of earlier ones those that concern some accounts.

What is told of a contract itself (roles, rules, pauses, documents, reserves) is rare, so that all of it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from rwaledger.audit.chain_logs import Topics, logs_of
from rwaledger.audit.replay import RECOVERY
from rwaledger.chain.events import EVENT_NAMES, topics_of
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Log
from rwaledger.registry.instruments import Contract, ContractKind

EXECUTED = "InstructionExecuted"
_OF_ACCOUNTS = frozenset(
    {
        *("Transfer", "Approval", "ForcedTransfer", "AccountAdmitted", "AccountSuspended"),
        *("AddressFrozen", "Frozen", "TokensFrozen", "TokensUnfrozen"),
    }
)
"""Events that name accounts in their first two arguments; each of these is indexed."""

OF_CONTRACTS = EVENT_NAMES - _OF_ACCOUNTS - {RECOVERY, EXECUTED, "TradeSettled", "TradeCancelled"}
"""Events that are read whatever they name; lock-ups are among them, of which the register keeps nothing else."""

_ADDRESSES_MAX = 500
"""Topics that a node takes in one place: geth 1,000, others fewer."""


class PartLogs:
    """The logs of one contract, from a block on and as far before it as they are asked for.

    `begins` is whether the contract was deployed where the register says; where not, earlier logs are looked for from
    block 0 on.
    """

    def __init__(self, node: Node, contract: Contract, first_block: int, pinned: int) -> None:
        self.contract = contract
        self._node, self._first, self._begin = node, first_block, max(0, contract.deploy_block)
        self._found: dict[tuple[int, int], Log] = {}
        self._take(logs_of(node, contract.address, first_block, pinned))
        self._take(self._earlier([topics_of(OF_CONTRACTS)]))
        self.begins = self._is_deployed_there(pinned)
        if not self.begins:
            self._begin = 0
            self._take(self._earlier([topics_of(OF_CONTRACTS)]))

    def read_accounts(self, accounts: Collection[str]) -> None:
        """Whatever earlier events of a token name these accounts."""
        if self.contract.kind is ContractKind.ASSET_TOKEN:
            for topics in _naming(sorted(accounts)):
                self._take(self._earlier(topics))

    def executed_in(self, refs: Collection[str]) -> dict[str, int]:
        """The earlier transactions that carried out these instructions, with their blocks."""
        found = (log for some in _parts(sorted(refs)) for log in self._earlier([topics_of([EXECUTED]), some]))
        return {log.tx_hash: log.block_number for log in found}

    def read_transactions(self, blocks: Mapping[str, int]) -> None:
        """All of these transactions; `blocks` are those in which they stand."""
        for number in sorted(set(blocks.values())):
            logs = logs_of(self._node, self.contract.address, number, number)
            self._take(log for log in logs if log.tx_hash in blocks)

    def tied(self) -> list[tuple[str, str]]:
        """The accounts of each recovery on a token: what the one had is the other's."""
        if self.contract.kind is not ContractKind.ASSET_TOKEN:
            return []
        (topic,) = topics_of([RECOVERY])
        since = (log for log in self._found.values() if log.topics[:1] == (topic,))
        found = {(log.block_number, log.log_index): log for log in (*since, *self._earlier([[topic]]))}
        return [(_address(log.topics[1]), _address(log.topics[2])) for log in found.values()]

    @property
    def logs(self) -> list[Log]:
        """What was read, in the order of the chain."""
        return [self._found[place] for place in sorted(self._found)]

    @property
    def earlier_places(self) -> set[tuple[int, int]]:
        """Where the earlier ones of them stand."""
        return {place for place in self._found if place[0] < self._first}

    def _is_deployed_there(self, pinned: int) -> bool:
        """The block is the one that the register names, and each of our constructors emits something."""
        contract, first = self.contract, min(self._found, default=(-1, 0))[0]
        block = self._node.block(first) if first == contract.deploy_block and first <= pinned else None
        return block is not None and block.hash == contract.deploy_block_hash

    def _earlier(self, topics: Topics) -> Iterator[Log]:
        return logs_of(self._node, self.contract.address, self._begin, self._first - 1, topics)

    def _take(self, logs: Iterable[Log]) -> None:
        self._found.update(((log.block_number, log.log_index), log) for log in logs)


def _naming(accounts: list[str]) -> Iterator[Topics]:
    for some in _parts(accounts):
        words = ["0x" + account[2:].zfill(64) for account in some]
        yield [None, words]
        yield [None, None, words]


def _parts(values: list[str]) -> Iterator[list[str]]:
    return (values[at : at + _ADDRESSES_MAX] for at in range(0, len(values), _ADDRESSES_MAX))


def _address(topic: str) -> str:
    return "0x" + topic[-40:]
