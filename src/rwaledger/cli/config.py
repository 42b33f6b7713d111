"""`rwaledger config`: the settings and their sources."""

from __future__ import annotations

import re

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, table
from rwaledger.cli.settings import FIELDS, MEANINGS


@click.group("config")
def command() -> None:
    """See the settings and where they come from."""


@command.command()
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Show every setting with its value and its source; passwords inside addresses are left out."""
    rows = []
    for name in FIELDS:
        value = _without_password(str(getattr(context.settings, name)))
        rows.append((name, value, context.sourced.sources[name], MEANINGS[name]))
    document = [{"name": n, "value": v, "source": s, "meaning": m} for n, v, s, m in rows]
    emit(document, table(("setting", "value", "source", "meaning"), rows), as_json=as_json)


@command.command()
@json_option
@pass_context
def policy(context: Context, as_json: bool) -> None:
    """Show the figures of the place by which operations are judged, since when each counts, and its source."""
    found = context.policy
    found.calendar.require_known()
    rows = [(each.name, str(each.value), each.valid_from.isoformat(), each.source) for each in found.figures]
    header = ("figure", "value", "valid_from", "source")
    document = {
        "name": found.name,
        "file": context.settings.policy_file,
        "zone": found.zone,
        "holidays": found.calendar.country,
        "figures": [dict(zip(header, row, strict=True)) for row in rows],
    }
    where = context.settings.policy_file or "packaged"
    title = f"{found.name} ({where}): time of {found.zone}, holidays of {found.calendar.country}"
    emit(document, f"{title}\n{table(header, rows)}", as_json=as_json)


def _without_password(value: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value)
