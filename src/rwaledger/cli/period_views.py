"""Signed periods as text and as data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rwaledger.chain.addresses import checksummed
from rwaledger.cli.output import table
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Period, Section
from rwaledger.domain.units import format_amount
from rwaledger.registry.preimages import parse


def period_document(instrument: Instrument, period: Period) -> dict[str, Any]:
    """A period as data."""
    return {
        "instrument": period.instrument_id,
        "period": period.sequence,
        "chain_id": period.chain_id,
        "block": period.block_number,
        "block_hash": period.block_hash,
        "block_time": period.block_time,
        "supply": format_amount(period.supply_units, instrument.decimals),
        "holders": period.holder_count,
        "previous_head": period.previous_head,
        "head": period.head,
        "anchor": checksummed(period.anchor),
        "operator": checksummed(period.operator),
        "auditor": checksummed(period.auditor) if period.auditor else None,
        "countersigned": period.is_countersigned,
    }


def period_text(instrument: Instrument, period: Period) -> str:
    """A period for a person who is to sign it, or has."""
    supply = format_amount(period.supply_units, instrument.decimals, grouped=True)
    lines = [
        f"{period.instrument_id} period {period.sequence}: block {period.block_number}, {_time(period)}",
        f"  supply {supply} {instrument.symbol}, {period.holder_count} holders",
        f"  head {period.head}",
        f"  operator {checksummed(period.operator)}{'' if period.operator_signature else ' (not signed yet)'}",
    ]
    if period.is_countersigned:
        lines.append(f"  auditor {checksummed(period.auditor)}")
    elif period.operator_signature:
        command = f"rwaledger period countersign {period.instrument_id} {period.sequence}"
        lines.append(f"  next: the auditor runs `{command}`")
    return "\n".join(lines)


def period_row(instrument: Instrument, period: Period) -> tuple[str, ...]:
    """A period as a row of a table."""
    return (
        period.instrument_id,
        str(period.sequence),
        str(period.block_number),
        _time(period),
        format_amount(period.supply_units, instrument.decimals, grouped=True),
        str(period.holder_count),
        period.head,
        "yes" if period.is_countersigned else "no",
    )


def section_documents(period: Period) -> list[dict[str, Any]]:
    """What a head has of each table, as data."""
    return [
        {
            "table": each.table,
            "part": each.part,
            "columns": list(each.columns),
            "rows": each.count,
            "sha256": each.digest,
        }
        for each in _sections(period)
    ]


def section_table(period: Period) -> str:
    """The same for a person."""
    rows = [(each.table, each.part, f"{each.count:,}", each.digest) for each in _sections(period)]
    return table(("table", "part", "rows", "SHA-256"), rows, right=(2,))


def _sections(period: Period) -> tuple[Section, ...]:
    return parse(bytes.fromhex(period.preimage))[1]


def _time(period: Period) -> str:
    return f"{datetime.fromtimestamp(period.block_time, UTC):%Y-%m-%d %H:%M:%S} UTC"
