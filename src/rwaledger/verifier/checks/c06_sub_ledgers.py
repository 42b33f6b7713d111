"""C06: an omnibus account holds the sum of what its sub-ledger says that clients have, and nothing of the house's own.

Source: segregation of client assets, in Hong Kong the Securities and Futures (Client Securities) Rules (Cap. 571H) and
the SFC's Guidelines for Virtual Asset Trading Platform Operators, part X. Entries dated up to the local day of the
pinned block count. That day is not over, so that what clients have is to be what the account held at some moment of it.
"""

from __future__ import annotations

from datetime import date, timedelta

from rwaledger.verifier.calendar import moment_of
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c06_clients import SubLedger, faults, sub_ledgers
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import moved_by_group

ID, TITLE = "C06", "Clients have what is held for them"

SUB_LEDGER = f"{REGISTER}: sub-ledger"
BY_TOTAL, BY_SEGREGATION = "sub-ledger", "segregation"


def run(case: Case) -> Findings:
    """Each account with clients against its sub-ledger, then the sub-ledger by itself."""
    found = Findings(ID, TITLE, case)
    found.count(omnibus_accounts=0, clients=0, entries=0)
    every = sub_ledgers(case)
    group_of = {account: each.account for each in every for account in each.accounts}
    today = case.calendar.local_day(moment_of(case.pin.block_time))
    for ledger in case.ledgers:
        moved = moved_by_group(ledger, group_of)
        for each in every:
            if each.instrument_id == ledger.instrument_id and not each.accounts & case.excused.accounts:
                _judge(found, ledger, each, moved.get(each.account, []), today)
    for each in every:
        if each.instrument_id not in case.ledger_of and any(leg.dated <= today for leg in each.legs):
            summary = "a sub-ledger is of an instrument that is not on this chain at this block: nothing was compared"
            values = (f"{REGISTER}: instruments", "nothing"), (SUB_LEDGER, f"{len(each.entries)} entries")
            found.add("COVERAGE", each.instrument_id, each.account, summary, *values, BY_TOTAL)
    return found


def _judge(found: Findings, ledger: Ledger, each: SubLedger, moved: list[tuple[int, int]], today: date) -> None:
    row = found.case.accounts.get(each.account)
    if row is not None and row.kind == "own" and found.case.holder_of(each.account):
        root = _require_no_clients(found, ledger, each, today)
    else:
        root = _compare(found, ledger, each, _held(found.case, moved, today), today)
    ids = ledger.instrument_id, each.account
    for account, entry, summary, due, there in faults(each):
        cause = f"entry {entry} of {account}"
        values = ("required", due), (SUB_LEDGER, there)
        found.add("SUBLEDGER", *ids, f"{summary}: {cause}", *values, cause, root)
    balances = each.balances(today)
    for client, units in sorted(balances.items()):
        shown = SUB_LEDGER, ledger.amount(units)
        if units < 0:
            summary = f"client {client} owes {ledger.amount(-units)}, which are other clients'"
            found.add("SUBLEDGER", *ids, summary, ("required", "0 or more"), shown, f"client {client}", root)
        elif units and client == found.case.holder_of(each.account):
            summary = f"{ledger.amount(units)} in the omnibus account are its holder's own"
            found.add("SUBLEDGER", *ids, summary, ("required", "clients' units only"), shown, f"client {client}")
    found.count(entries=len(each.entries), clients=sum(1 for units in balances.values() if units))


def _held(case: Case, moved: list[tuple[int, int]], today: date) -> list[int]:
    """What an account held when the day began, and behind each of its moves since."""
    held = [0]
    for time, units in moved:
        if case.calendar.local_day(moment_of(time)) < today:
            held[-1] += units
        else:
            held.append(held[-1] + units)
    return held


def _compare(found: Findings, ledger: Ledger, each: SubLedger, held: list[int], today: date) -> str:
    """The break_id of the finding, if there is one."""
    stated = sum(each.balances(today).values())
    if not held[-1] and not stated and not each.legs:
        return ""
    found.count(omnibus_accounts=1)
    accepted = {stated}
    if ledger.positions is None:
        # An earlier block than the register's last: entries of its day may tell of what came after it.
        accepted.add(sum(each.balances(today - timedelta(days=1)).values()))
    if held[-1] in accepted:
        return ""
    if accepted & set(held):
        found.count(moved_today=1)
        found.note("Of accounts that have moved on the day of this block, the sub-ledger is due at its end.")
        return ""
    has, have = ledger.amount(held[-1]), ledger.amount(stated)
    told = f"its clients have {have}" if each.legs else "there is no sub-ledger of it"
    summary = f"the omnibus account holds {has}, and {told}"
    kind = "SUBLEDGER" if each.legs else "COVERAGE"
    values = (EVENTS, has), (SUB_LEDGER, have)
    return found.add(kind, ledger.instrument_id, each.account, summary, *values, BY_TOTAL).break_id


def _require_no_clients(found: Findings, ledger: Ledger, each: SubLedger, today: date) -> str:
    found.count(own_accounts=1)
    stated = sum(each.balances(today).values())
    if not stated:
        return ""
    summary = f"clients have {ledger.amount(stated)} in an account that is the holder's own"
    values = (f"{REGISTER}: accounts", "own account"), (SUB_LEDGER, ledger.amount(stated))
    ids = ledger.instrument_id, each.account
    return found.add("SUBLEDGER", *ids, summary, *values, BY_SEGREGATION).break_id
