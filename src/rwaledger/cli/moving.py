"""What the verbs that move a break share: whose key, which break, whether it may, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rwaledger.cli.context import Context, Manner
from rwaledger.cli.output import emit

if TYPE_CHECKING:
    from rwaledger.domain.block import Block
    from rwaledger.domain.break_events import BreakEvent
    from rwaledger.domain.break_life import Life
    from rwaledger.domain.breaks import BreakState
    from rwaledger.operate.break_steps import Hand

Verb = TypeVar("Verb", bound=Callable[..., Any])


def as_option(verb: Verb) -> Verb:
    """Adds `--as`."""
    return click.option("--as", "key", required=True, metavar="KEY", help="Keystore that signs, or dev:N.")(verb)


def life_named(context: Context, name: str) -> Life:
    """The break whose id begins so, with a life that holds.

    Raises:
        UnknownName: there is none, or several begin so.
        RegisterConflict: it was changed from outside.
    """
    from rwaledger.operate.break_steps import current
    from rwaledger.registry import breaks

    with context.database.read() as connection:
        return current(connection, breaks.break_named(connection, name))


def require_possible(context: Context, life: Life, after: BreakState, key: str) -> None:
    """Raises unless a key may take the step; nobody is asked for a password before."""
    from rwaledger.operate.break_steps import require_may

    require_may(life, after, context.address_of(key))


def hand_of(context: Context, key: str) -> Hand:
    """The open key, at the latest block."""
    from rwaledger.operate.break_steps import Hand

    return Hand(context.database, context.open_key(key), latest_block(context))


def latest_block(context: Context) -> Block:
    """The node's latest block."""
    latest = context.node.block("latest")
    assert latest is not None, "every chain has a latest block"
    return latest


def emit_event(life: Life, after: BreakState, event: BreakEvent | None, manner: Manner, **more: Any) -> None:
    """Tells what became of a break, or would have."""
    document = {
        "break_id": life.break_id,
        "was": life.state.value,
        "state": after.value,
        "dry_run": manner.dry_run,
        "hash": event.hash if event else None,
        "correction": event.correction if event else "",
    }
    text = f"break {life.break_id} is {after}" + (f": {event.correction}" if event and event.correction else "")
    if event is None:
        text = f"dry run: break {life.break_id} would become {after}; nothing was signed"
    emit(document | more, text, as_json=manner.as_json)
