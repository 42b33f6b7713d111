"""Prepares the pauses that undue creations and deletions call for: drafts, which other people approve and send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rwaledger.cli.context import Context
from rwaledger.cli.output import say
from rwaledger.domain.errors import RwaledgerError

if TYPE_CHECKING:
    from rwaledger.domain.block import Pin
    from rwaledger.domain.break_life import Life


def propose_pauses(context: Context, pin: Pin) -> None:
    """A draft for each break that is due, by the maker of the settings; no key is opened.

    Where the settings name no maker or checker, or the chain would refuse the pause, that is said with the next step:
    a reconciliation by an auditor without either is none the worse for it.
    """
    from rwaledger.audit.recording import pauses_due
    from rwaledger.audit.waivers import read_lives

    with context.database.read() as connection:
        lives = read_lives(connection, pin.chain_id)
    for life in pauses_due(list(lives.values()), pin, context.policy):
        try:
            key = _drafted(context, life)
        except RwaledgerError as error:
            name = life.record.found.instrument_id
            say(f"a pause of {name} is due for break {life.break_id}, and was not prepared: {error.message}")
            say(f"next: `rwaledger break pause {life.break_id}`")
        else:
            say(
                f"a pause is prepared for break {life.break_id}: the checker runs `rwaledger instruction approve {key}`"
            )


def _drafted(context: Context, life: Life) -> str:
    from rwaledger.operate import lifecycle
    from rwaledger.operate.break_pause import pause_plan

    plan = pause_plan(context.instrument(life.record.found.instrument_id), life.break_id)
    lifecycle.draft_all(context.desk(), [plan])
    return plan.key
