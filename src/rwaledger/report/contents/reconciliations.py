"""The reconciliations that were recorded: of which block, with which result, over which register."""

from __future__ import annotations

from rwaledger.registry import reconciliations
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment, instrument_facts, moment_of
from rwaledger.report.contents.supply import instruments_at
from rwaledger.report.document import Column, Document, Kind, Table

_COLUMNS = (
    Column("block", "Block", Kind.INTEGER),
    Column("time", "Block time", Kind.TIME),
    Column("result", "Result", Kind.TEXT),
    Column("failed", "Checks that failed", Kind.TEXT),
    Column("block_hash", "Block hash", Kind.HASH),
    Column("digest", "Register digest", Kind.HASH),
    Column("recorded", "Recorded", Kind.TIME),
)


def build(c: Connection, instrument_id: str | None, moment: Moment) -> Document:
    """The recorded reconciliations of an instrument, or of each, at blocks up to the moment's.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
    """
    wanted = instruments_at(c, instrument_id, moment)
    found = {
        each.instrument_id: [
            one
            for one in reconciliations.reconciliations(c, each.instrument_id)
            if one.block_number <= moment.block_number
        ]
        for each in wanted
    }
    tables = tuple(
        Table(
            f"reconciliations-{name}",
            f"Reconciliations of {name}",
            _COLUMNS,
            tuple(
                (
                    one.block_number,
                    moment_of(one.block_time),
                    "passed" if one.passed else "FAILED",
                    ", ".join(one.failed_checks),
                    one.block_hash,
                    one.register_digest,
                    one.recorded_at,
                )
                for one in those
            ),
        )
        for name, those in found.items()
    )
    failed = sorted(name for name, those in found.items() if those and not those[-1].passed)
    return Document(
        kind="reconciliations",
        title="Recorded reconciliations",
        facts=moment.facts(*instrument_facts(wanted)),
        tables=tables,
        notes=("Recorded is when the machine wrote the row, by its own clock; the block's time is the chain's.",),
        verdict=f"the last one of {', '.join(failed)} FAILED" if failed else "",
    )
