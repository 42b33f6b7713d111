"""Logs, headers and standings that the register lacks, as the chain has them; those it has otherwise are refused."""

from __future__ import annotations

import re

from rwaledger.audit.cures import place_of_cause
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Place, Records, place_of
from rwaledger.domain.block import Log
from rwaledger.domain.correction import RegisterEntries
from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Standing
from rwaledger.domain.reconciliation import Break, BreakClass

_BLOCK = re.compile(r"block (\d+)")
_REBUILD = "Sync a new database from the chain (`rwaledger register sync` with another database_url), and use that one."


def missing_rows(records: Records, found: Break) -> RegisterEntries:
    """The log at a break's place, or the header of its block, where the register lacks it; else nothing.

    Raises:
        UsageError: the register has another log there, and a stored log is never changed.
    """
    header = _BLOCK.fullmatch(found.cause)
    if header and found.break_class is BreakClass.MISSING_IN_REGISTER and int(header[1]) in records.blocks.headers:
        return RegisterEntries(found.instrument_id, blocks=(records.blocks.headers[int(header[1])],))
    place = place_of_cause(found.cause.partition(" ")[0])
    contract = _contract(records, found)
    if place is None or contract is None:
        return RegisterEntries(found.instrument_id)
    return RegisterEntries(found.instrument_id, events=_log_at(contract, place))


def missing_standings(each: InstrumentRecords, found: Break) -> tuple[tuple[str, int, int, Standing], ...]:
    """Standings that the register lacks at a break's place, each with its account, block and log.

    Raises:
        UsageError: a standing there, or one that was built on it, is wrong, and a stored standing is never changed.
    """
    place = place_of_cause(found.cause.partition(" ")[0])
    if place is None:
        return ()
    due = {account: standing for (at, account), standing in each.standing_rows.items() if at == place}
    stored = each.register.history.get(place, {})
    added = [account for account in due if account not in stored]
    differ = any(due.get(account) != standing for account, standing in stored.items())
    if differ or not all(_built_rightly(each, account, place) for account in added):
        raise UsageError(
            f"a standing at {found.cause}, or one built on it, is wrong, and a stored standing is never changed",
            _REBUILD,
        )
    return tuple((account, *place, due[account]) for account in added)


def _contract(records: Records, found: Break) -> ContractRecords | None:
    """The contract whose log a break is about: a finding on logs names it, any other one names the instrument."""
    for each in records.instruments:
        if each.instrument.instrument_id == found.instrument_id:
            return each.token
    return next((each for each in records.contracts if each.contract.address == found.account), None)


def _log_at(contract: ContractRecords, place: Place) -> tuple[tuple[Log, str], ...]:
    names = {place_of(event.log): event.name for event in contract.events}
    on_chain = next((log for log in contract.chain_logs if place_of(log) == place), None)
    stored = next(((name, log) for name, log in contract.register_logs if place_of(log) == place), None)
    if stored is None:
        return ((on_chain, names.get(place, "")),) if on_chain else ()
    if on_chain is None or stored[1] != on_chain or stored[0] != names.get(place, stored[0]):
        raise UsageError(
            f"the register's log at {place[0]}/{place[1]} is not the chain's, and a stored log is never changed",
            _REBUILD,
        )
    return ()


def _built_rightly(each: InstrumentRecords, account: str, place: Place) -> bool:
    later = {at: rows[account] for at, rows in each.register.history.items() if at > place and account in rows}
    return all(each.standing_rows.get((at, account)) == standing for at, standing in later.items())
