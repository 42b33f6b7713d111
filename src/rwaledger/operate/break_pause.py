"""The pause that an undue creation or deletion calls for: prepared as a draft, carried out by two other people."""

from __future__ import annotations

from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.plan import Plan, make_plan

_SOURCE = "reconciliation"


def pause_plan(instrument: Instrument, break_id: str) -> Plan:
    """Stops issuing, redeeming and transfers of the instrument that a break is on; one plan a break, for ever."""
    return make_plan(Operation.PAUSE, [Entry(COMMAND, 0, instrument, Line())], f"pause:break:{break_id}", _SOURCE)
