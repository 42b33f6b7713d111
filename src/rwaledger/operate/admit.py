"""Admit holders: into the register as legal persons with accounts, and onto the instruments under four eyes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.desk import Desk
from rwaledger.operate.entries import Admission, Entry, admission_line
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.registry import audit_log, holders


def admission_plan(path: Path, admissions: Sequence[Admission], instruments: Sequence[Instrument], key: str) -> Plan:
    """The instructions that admit every account to every instrument."""
    entries = [
        Entry(path, admission.row, instrument, admission_line(admission))
        for instrument in instruments
        for admission in admissions
    ]
    return make_plan(Operation.ADMIT, entries, key, str(path))


def enter_holders(desk: Desk, path: Path, admissions: Sequence[Admission]) -> None:
    """Writes holders and accounts into the register, in one transaction; known holders are brought up to date.

    Raises:
        InputFileError: an address belongs to another holder already; nothing was written.
    """
    with desk.database.begin() as connection:
        known = holders.accounts(connection, desk.node.chain_id)
        problems = [
            InputProblem(path, each.row, f"{each.account.address} belongs to {known[each.account.address].holder_id!r}")
            for each in admissions
            if each.account.address in known and known[each.account.address].holder_id != each.account.holder_id
        ]
        if problems:
            raise InputFileError(problems)
        for each in {admission.holder.holder_id: admission for admission in admissions}.values():
            holders.put_holder(connection, each.holder)
        for each in admissions:
            holders.put_account(connection, each.account)
        audit_log.record(connection, desk.maker, "holders entered", str(path), {"accounts": str(len(admissions))})
