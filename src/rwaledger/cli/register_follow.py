"""`rwaledger register follow`: the mirror as a service."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from rwaledger.cli.context import Context, json_option, pass_context

if TYPE_CHECKING:
    import threading

    from rwaledger.mirror.service import AfterSync


@click.command("follow")
@click.option(
    "--poll",
    "poll_s",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Wait so long between two looks at the chain.",
)
@click.option("--port", type=click.IntRange(0, 65_535), help="Answer /health, /ready and /metrics on 127.0.0.1:PORT.")
@click.option(
    "--ready-lag",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Final blocks that the register may be behind and still be called ready.",
)
@click.option(
    "--rewind-limit",
    type=click.IntRange(min=0),
    help="Blocks that a reorganisation may take back without asking a person.  [64]",
)
@click.option("--verify", is_flag=True, help="Store nothing that the receipts of its blocks do not prove to be all.")
@json_option
@pass_context
def follow(
    context: Context,
    /,
    poll_s: float,
    port: int | None,
    ready_lag: int,
    rewind_limit: int | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Sync again and again until SIGTERM or Ctrl-C, which end it behind the batch in hand.

    The log goes to stderr, a line for each batch and for whatever is waited for: text on a terminal, else and with
    --json a JSON object. A node or database that does not answer is waited for.
    """
    from rwaledger.mirror.finality import Finality
    from rwaledger.mirror.metrics import Metrics
    from rwaledger.mirror.monitor import monitor
    from rwaledger.mirror.pulse import Pulse
    from rwaledger.mirror.rewind import REWIND_LIMIT
    from rwaledger.mirror.service import Service

    _log_to_stderr(as_json=as_json or not sys.stderr.isatty())
    pulse = Pulse(lag_blocks_max=ready_lag)
    service = Service(
        context.database,
        context.node,
        Finality.parse(context.settings.finality),
        pulse,
        Metrics(pulse),
        _follow_up(context),
        poll_s=poll_s,
        rewind_limit=REWIND_LIMIT if rewind_limit is None else rewind_limit,
        verify=verify,
    )
    _stop_on_signals(service.stop)
    with ExitStack() as stack:
        if port is not None:
            taken = stack.enter_context(monitor(port, pulse, service.metrics))
            service.log.info("listening", url=f"http://127.0.0.1:{taken}")
        service.run()


def _follow_up(context: Context) -> AfterSync:
    """What was sent is looked after behind each sync, as `register sync` does."""
    from rwaledger.operate.follow import follow as follow_up

    return lambda summary: follow_up(context.database, context.node, summary.target_block)


def _stop_on_signals(stop: threading.Event) -> None:
    def ask(_signal: int, _frame: object) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, ask)


def _log_to_stderr(*, as_json: bool) -> None:
    """One line an event, its time in UTC."""
    import structlog

    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            last,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
