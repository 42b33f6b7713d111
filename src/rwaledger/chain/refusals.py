"""Refusals: what a node means by an error. Nodes agree on no codes, so this goes by their words as well.

The texts that it was made from are those of tests/mirror/refusals.py: of geth, Erigon, Nethermind, reth and anvil, and
of the endpoints that sell access to them.
"""

from __future__ import annotations

import re

from rwaledger.domain.errors import NodeError

_REVERT_CODE = 3
_TOO_LARGE = 413
_LIMIT_CODES = (-32005, _TOO_LARGE)
_BUSY_CODES = (429, -32016, -32029)
_BUSY_WORDS = re.compile(
    r"rate.?limit|rate exceeded|(calls|requests?) per |/(second|minute|day)\b|too many (requests|connections)|throttl"
    r"|\brps\b|request limit reached|request (count|rate)|capacity|quota|credits|compute units|again later"
    r"|(again|retry) in\b|(server|node|service|backend) (is )?(too )?busy|overload|over(\s|_)?rate",
    re.IGNORECASE,
)
_LIMIT_WORDS = re.compile(
    r"limit|too (large|many|big|wide|long)|exceed|more than|at most|max(imum|\.)?\b|range|size|timed? ?out|deadline"
    r"|distance",
    re.IGNORECASE,
)
_SUGGESTED = (
    re.compile(r"\[\s*0x([0-9a-f]{1,16})\s*,\s*0x([0-9a-f]{1,16})\s*\]", re.IGNORECASE),
    re.compile(r"\brange (\d{1,18})\s*-\s*(\d{1,18})\b", re.IGNORECASE),
)
_READ_MAX = 500
"""Characters of a message that are looked at: whoever answers chooses how long it is."""


def is_busy(code: int, message: str) -> bool:
    """Whether a node refused for want of time, so that the same request may pass later.

    What a contract says when it reverts is its own affair, whatever the words.
    """
    if code == _REVERT_CODE or message.startswith("execution reverted") or suggested_blocks(message):
        return False
    return code in _BUSY_CODES or bool(_BUSY_WORDS.search(message[:_READ_MAX]))


def is_limit(error: NodeError) -> bool:
    """Whether a node may have refused because too much was asked for at once.

    It rather says so too often than too seldom: a wrong guess costs a few requests.
    """
    if is_busy(error.code, error.node_message):
        return False
    return error.code in _LIMIT_CODES or bool(_LIMIT_WORDS.search(error.node_message[:_READ_MAX]))


def suggested_blocks(message: str) -> int:
    """How many blocks the range has that a node suggests in its refusal; 0 where it suggests none."""
    for pattern, base in zip(_SUGGESTED, (16, 10), strict=True):
        if found := pattern.search(message[:_READ_MAX]):
            first, last = (int(number, base) for number in found.groups())
            return max(last - first + 1, 0)
    return 0
