"""Doubts: why an answer of the node was not used. Each is worth asking again; what stays is for a person."""

from __future__ import annotations

from rwaledger.domain.errors import ChainMismatch


class InconsistentAnswer(ChainMismatch):
    """The node's answers do not fit together, or no longer fit the checkpoint. Nothing of them was used.

    A reorganisation while reading looks like this, so it is worth reading again.
    """

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(
            f"the node's answers do not fit together: {reason}",
            next_step or "Nothing was changed. Try again; if it stays, sync from another node.",
        )


class IncompleteAnswer(InconsistentAnswer):
    """A block holds logs of ours that the node did not give.

    It may have cut its answer to a length that it does not tell, so that a smaller range is worth asking for.
    """


class NoReceipts(InconsistentAnswer):
    """The node does not give the receipts that would prove its answer."""

    def __init__(self, first: int, last: int, reason: str) -> None:
        super().__init__(
            f"without the receipts of blocks {first} to {last} nothing proves that no log is left out: {reason}",
            "Nothing was changed. Use a node that gives receipts of whole blocks (eth_getBlockReceipts).",
        )


class NodeBehind(InconsistentAnswer):
    """The node's head is below what the register has: it lags, or has lost blocks, or answers from a cache."""

    def __init__(self, head: int, block_number: int, address: str) -> None:
        ChainMismatch.__init__(
            self,
            f"the node's head {head} is behind checkpoint {block_number} of {address}",
            "Nothing was changed. Wait until the node has caught up and sync again; where it never will, "
            "because its chain was started anew, sync into a new database.",
        )
