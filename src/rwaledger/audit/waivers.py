"""What people have signed of breaks, and what of it holds: lives, exemptions, and which corrections count.

A row that does not prove itself, by its text and its signatures, is left out, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rwaledger.chain.text_signatures import text_signer
from rwaledger.domain.break_life import Life, life_of
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.correction import CorrectionRow
from rwaledger.domain.exemption import Exemption, fault_of
from rwaledger.domain.reconciliation import Break
from rwaledger.registry import breaks, corrections, exemptions
from rwaledger.registry.database import Connection

INSTRUCTION = "instruction"
"""How the correction of what only the chain can put right begins; the reference of the instruction follows."""


@dataclass(frozen=True, slots=True)
class Waivers:
    """What is signed, and `faults`: what claims to be, and is not. `corrections` are rows by their instrument."""

    lives: Mapping[str, Life] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    corrections: Mapping[str, tuple[CorrectionRow, ...]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def reversals(self, instrument_id: str) -> list[tuple[Break, frozenset[str]]]:
        """The breaks of an instrument that people have linked to instructions, each with their references."""
        linked = ((life.record.found, reversal_refs(life)) for life in self.lives.values())
        return [(found, refs) for found, refs in linked if refs and found.instrument_id == instrument_id]


def reversal_refs(life: Life) -> frozenset[str]:
    """References of the instructions that are linked to a break as its reversal."""
    return frozenset(each.split()[1] for each in life.corrections if each.startswith(f"{INSTRUCTION} "))


def extract_waivers(c: Connection, chain_id: int) -> Waivers:
    """What the register has signed of the breaks on a chain, each signature looked at."""
    lives = read_lives(c, chain_id)
    held, faults = [], [f"break {life.break_id}: {fault}" for life in lives.values() for fault in life.faults]
    for key, exemption, preimage in exemptions.exemptions(c, chain_id):
        fault = fault_of(key, exemption, preimage, text_signer)
        if fault:
            faults.append(f"exemption {key}: {fault}")
        else:
            held.append(exemption)
    signed = {break_id for break_id, life in lives.items() if any(e.state is BreakState.CORRECTED for e in life.events)}
    rows: dict[str, tuple[CorrectionRow, ...]] = {}
    for row in corrections.correction_rows(c):
        if row.break_id in signed:
            rows[row.instrument_id] = (*rows.get(row.instrument_id, ()), row)
    return Waivers(lives, tuple(held), rows, tuple(faults))


def read_lives(c: Connection, chain_id: int | None = None) -> dict[str, Life]:
    """The breaks of a chain, or of all, with as much of their lives as holds, by id."""
    stored = [each for each in breaks.stored_breaks(c) if chain_id in (None, each.record.chain_id)]
    return {each.key: life_of(each, text_signer) for each in stored}
