"""Activate instruments: settle, under four eyes, what each stands for; before it nothing can be issued."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instruction import Operation, activation_line
from rwaledger.operate.descriptions import Description
from rwaledger.operate.entries import Entry
from rwaledger.operate.names import Names
from rwaledger.operate.plan import Plan, make_plan


def activation_plan(path: Path, descriptions: Sequence[Description], names: Names, key: str) -> Plan:
    """The instructions that activate the described instruments.

    Raises:
        InputFileError: one is not deployed, or its description does not say where its underlying is.
    """
    entries: list[Entry] = []
    problems: list[InputProblem] = []
    for description in descriptions:
        instrument = names.instruments.get(description.instrument_id)
        if instrument is None:
            reason = "is not deployed here; `rwaledger instrument deploy` does it"
        elif description.particulars is None:
            reason = "cannot be activated without its domicile, the country where its underlying is"
        else:
            entries.append(Entry(path, 0, instrument, activation_line(description.particulars)))
            continue
        problems.append(InputProblem(path, 0, f"{description.instrument_id} {reason}"))
    if problems:
        raise InputFileError(problems)
    filings = {each.instrument_id: each.particulars.filing for each in descriptions if each.particulars}
    return make_plan(Operation.ACTIVATE, entries, key, str(path), orders=filings)
