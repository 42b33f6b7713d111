"""Finality: up to which block the register follows the chain.

What stands below that block is meant to stay. Three words are the node's own tags, a number is a depth:

    latest      every block as soon as it is there; reorganisations are met and rewound
    safe        the node's `safe` tag
    finalized   the node's `finalized` tag; what reports are made from
    12          12 blocks below the head, for chains whose nodes have no tags that mean something
"""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeError, SettingsError

TAGS = ("latest", "safe", "finalized")


@dataclass(frozen=True, slots=True)
class Finality:
    """A tag of the node, or with an empty `tag` a distance of `depth` blocks below its head."""

    tag: str
    depth: int = 0

    @classmethod
    def parse(cls, text: str) -> Finality:
        """The finality that a setting names: `latest`, `safe`, `finalized`, or a number of blocks.

        Raises:
            SettingsError: it is none of these.
        """
        if text in TAGS:
            return cls(tag=text)
        if text.isascii() and text.isdecimal():
            return cls(tag="", depth=int(text))
        raise SettingsError(
            f"finality {text!r} is not known",
            f"Set it to one of {', '.join(TAGS)}, or to a depth in blocks like 12.",
        )

    def __str__(self) -> str:
        return self.tag or str(self.depth)

    def target_block(self, node: Node) -> int:
        """Number of the newest block that is final in this sense; never above the head, never below 0.

        Raises:
            SettingsError: the node has no block of that tag.
            NodeUnreachable, NodeError: as `Node` raises them.
        """
        head = node.head()
        if not self.tag:
            return max(head - self.depth, 0)
        return min(self._tagged_block(node), head)

    def _tagged_block(self, node: Node) -> int:
        """Some nodes answer a tag that they do not have with null, others with an error."""
        try:
            block = node.block(self.tag)
        except NodeError as error:
            raise self._without_tag(error.node_message) from error
        if block is None:
            raise self._without_tag("it answered null")
        return block.number

    def _without_tag(self, reason: str) -> SettingsError:
        return SettingsError(
            f"the node has no {self.tag} block: {reason}",
            "Wait until the chain has one, or set finality to a depth in blocks like 12.",
        )
