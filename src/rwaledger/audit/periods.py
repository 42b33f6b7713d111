"""Signed periods: what was signed, what is anchored, and what the register says of it now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.chain import anchor
from rwaledger.chain.rpc import Node
from rwaledger.domain.anchor import AnchoredHead
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Period
from rwaledger.registry import periods
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract, ContractKind
from rwaledger.registry.period_faults import PeriodFault, ReadPeriod, period_faults, read_periods
from rwaledger.registry.row_lists import RowsToday


@dataclass(frozen=True, slots=True)
class PeriodsExtract:
    """What the register says, as of one snapshot.

    `signed` are the periods of each instrument that end at the pinned block or before, `later` how many end behind it;
    `faults` what does not hold together in them, `heads` every head of an instrument, `listed` how many rows they list.
    """

    instruments: tuple[Instrument, ...]
    signed: Mapping[str, tuple[ReadPeriod, ...]]
    later: int
    faults: tuple[PeriodFault, ...]
    heads: Mapping[str, tuple[str, ...]]
    listed: int
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Periods:
    """Signed periods of all instruments.

    `anchored` are the heads on the chain at the pinned block by anchor, instrument and sequence; `asked` the anchors
    whose answers mean anything; `expected` the heads that the caller knows, by instrument.
    """

    register: PeriodsExtract
    asked: frozenset[str]
    anchored: Mapping[tuple[str, str, int], AnchoredHead]
    expected: Mapping[str, str]


def extract_periods(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> PeriodsExtract:
    """The register's part, up to the pinned block.

    Raises:
        RegisterConflict: a period lists rows of a table or column that this version does not know.
    """
    everything = periods.periods(c)
    signed: dict[str, tuple[ReadPeriod, ...]] = {}
    faults: list[PeriodFault] = []
    listed, today = 0, RowsToday(c)
    for each in instruments:
        known = [one for one in everything if one.instrument_id == each.instrument_id]
        due = [one for one in known if _is_due(one, pin)]
        rows = periods.signed_rows(c, each.instrument_id)
        if len(due) < len(known):  # what later periods list is theirs
            rows = {sequence: some for sequence, some in rows.items() if sequence <= len(due)}
        signed[each.instrument_id] = tuple(read_periods(due))
        faults += period_faults(each, signed[each.instrument_id], rows, today)
        listed += sum(map(len, rows.values()))
    heads: dict[str, tuple[str, ...]] = {}
    for one in everything:
        heads[one.instrument_id] = (*heads.get(one.instrument_id, ()), one.head)
    return PeriodsExtract(
        tuple(instruments),
        signed,
        sum(1 for one in everything if not _is_due(one, pin)),
        tuple(faults),
        heads,
        listed,
        tuple(each.address for each in contracts if each.kind is ContractKind.REGISTRY_ANCHOR),
    )


def read_anchored(
    node: Node, extract: PeriodsExtract, pin: Pin, expected_heads: Mapping[str, str], trusted: Collection[str]
) -> Periods:
    """The extract, with what is anchored on the chain; `expected_heads` are the caller's own, by instrument.

    Only anchors whose answers mean anything are asked.

    Raises:
        UsageError: a head is of a period that no check at this block looks at.
    """
    _require_due(extract, pin, expected_heads)
    anchored: dict[tuple[str, str, int], AnchoredHead] = {}
    asked = frozenset(extract.anchors).intersection(trusted)
    for contract in sorted(asked):
        for each in extract.instruments:
            last = anchor.last_sequence(node, contract, each.address, pin.block_number)
            for sequence in range(1, last + 1):
                head = anchor.head_of(node, contract, each.address, sequence, pin.block_number)
                if head is not None:
                    anchored[contract, each.instrument_id, sequence] = head
    return Periods(extract, asked, anchored, dict(expected_heads))


def _require_due(extract: PeriodsExtract, pin: Pin, expected_heads: Mapping[str, str]) -> None:
    """A head of a later period attests nothing of what is looked at here."""
    for name, head in expected_heads.items():
        due = {one.period.head for one in extract.signed.get(name, ())}
        if head in extract.heads.get(name, ()) and head not in due:
            raise UsageError(
                f"the period of {name} with the head {head} does not end by block {pin.block_number} of this chain, so "
                "that no check looks at it",
                "Give the head of an earlier period, or reconcile at a later block.",
            )


def _is_due(period: Period, pin: Pin) -> bool:
    return period.chain_id == pin.chain_id and period.block_number <= pin.block_number
