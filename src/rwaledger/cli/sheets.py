"""Instructions as a person reads them before signing: words and figures first, then every line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rwaledger.cli.output import counted, exact, table

if TYPE_CHECKING:
    from rwaledger.domain.instruction import Instruction
    from rwaledger.operate.review import Labels
    from rwaledger.registry.instructions import StoredInstruction

LINES_SHOWN = 200
"""Lines that are shown before a question; `rwaledger instruction show` has them all."""


def document_of(stored: StoredInstruction, labels: Labels) -> dict[str, Any]:
    """Everything of an instruction, as data; `typed_data` is what the checker signs, for any wallet to read."""
    from rwaledger.chain.typed_data import typed_message
    from rwaledger.operate.review import entries, head

    return {
        **head(stored.instruction, labels),
        "status": stored.status.value,
        "reason": stored.reason,
        "key": stored.idempotency_key,
        "chunk": stored.chunk,
        "digest": stored.digest,
        "signature": stored.signature,
        "source": stored.source,
        "entries": entries(stored.instruction, labels),
        "typed_data": exact(typed_message(stored.instruction)),
    }


def document_text(document: dict[str, Any]) -> str:
    """The same for people."""
    hidden = ("entries", "typed_data", "reason" if not document["reason"] else "")
    rows = [
        (name, "" if value is None else plain(str(value))) for name, value in document.items() if name not in hidden
    ]
    return table((), rows) + "\n\n" + lines_table(document["entries"])


def lines_table(entries: Sequence[dict[str, str]], *, raw: bool = False) -> str:
    """Lines in columns; a holder's short name stands behind the address. `raw` adds the amounts as they are signed."""
    rows = [
        tuple(map(plain, (_party(each, "from"), _party(each, "to"), each["amount"], *_raw(each, raw), each["detail"])))
        for each in entries
    ]
    columns = ("from", "to", "amount", *(["raw units"] if raw else []), "detail")
    return table(columns, rows, right=(2, 3) if raw else (2,))


def plain(text: str) -> str:
    """Text of others as it may be shown: what would move the cursor, or turn the direction, stands there escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def sheet(shown: Iterable[tuple[Instruction, str]], labels: Labels, *, raw: bool = False) -> str:
    """What is to be signed: each instruction with its digest, and its lines as long as they are not too many.

    `raw` is for whoever has no register to look up more in: all lines, with the amounts as they are signed.
    """
    from rwaledger.operate.review import entries, summary

    text: list[str] = []
    room = sys.maxsize if raw else LINES_SHOWN
    terms: list[str] = []
    for instruction, digest in shown:
        if terms != _terms(instruction):
            terms = _terms(instruction)
            text += terms
        text += [f"  {plain(summary(instruction, labels))}", f"    reference {instruction.ref}", f"    signs {digest}"]
        lines = entries(instruction, labels)[:room]
        room -= len(lines)
        text += [f"    {line}" for line in lines_table(lines, raw=raw).splitlines()]
        if left := len(instruction.lines) - len(lines):
            text.append(f"    and {counted(left, 'line')} more: `rwaledger instruction show {instruction.ref}`")
    return "\n".join(text)


def _terms(instruction: Instruction) -> list[str]:
    """Where it counts, and between whom; shown again wherever it differs from the one before."""
    from rwaledger.chain.addresses import checksummed

    return [
        f"chain {instruction.chain_id}, control book {checksummed(instruction.control_book)}",
        f"  maker {checksummed(instruction.maker)}, checker {checksummed(instruction.checker)}",
    ]


def _raw(entry: dict[str, str], raw: bool) -> tuple[str, ...]:
    return (entry["units"],) if raw else ()


def _party(entry: dict[str, str], side: str) -> str:
    holder = entry[f"{side}_holder"]
    return f"{entry[side]} {holder}".strip()
