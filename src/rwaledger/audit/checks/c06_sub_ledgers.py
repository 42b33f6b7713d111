"""C06: an omnibus account holds what its sub-ledger says that clients have, and nothing of the house's own.

Source: segregation of client assets and their reconciliation, in Hong Kong the Securities and Futures (Client
Securities) Rules (Cap. 571H), the SFC's Guidelines for Virtual Asset Trading Platform Operators, part X, and of a
stablecoin's issuer the HKMA's Guideline on Supervision of Licensed Stablecoin Issuers. That it is reconciled to the day
is our policy.

Days are those of the policy's zone. Entries dated up to the day of the pinned block count, and no later ones. That day
is not over: a statement may have been made at any moment of it, so that what clients have has to be what the account
held at some moment of the day, its beginning included. Whatever moved on an earlier day has to be entered. Where an
earlier block than the last one is pinned, entries of its day may tell of what came after it, and are left out if the
account agrees without them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, named_amount
from rwaledger.audit.moves import moves, moves_by_group
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.sub_ledgers import SubLedger, faults, sub_ledgers
from rwaledger.domain.calendar import local_date
from rwaledger.domain.holder import AccountKind
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value

ID = "C06"
TITLE = "Clients have what is held for them"
PURPOSE = (
    "Every omnibus account holds, of every instrument, the sum of what its sub-ledger says that clients have; the "
    "sub-ledger is in double entry, and neither the house's own units nor those of clients lie where they do not "
    "belong."
)

SUB_LEDGER = f"{REGISTER}: sub-ledger"
BY_TOTAL = "sub-ledger"
BY_SEGREGATION = "segregation"


def run(records: Records) -> CheckResult:
    """Compares each omnibus account with its sub-ledger, then looks into that."""
    findings = Findings(ID, TITLE, records)
    findings.count(omnibus_accounts=0, clients=0, entries=0)
    ledgers = sub_ledgers(records)
    group_of = {account: each.account for each in ledgers.values() for account in each.accounts}
    for each in records.instruments:
        name = each.instrument.instrument_id
        judged = [ledger for ledger in ledgers.values() if ledger.instrument_id == name]
        moved = moves_by_group(moves(records, each, group_of), group_of) if judged else {}
        for ledger in judged:
            if not ledger.accounts & records.office.excused.accounts:
                _judge(findings, each, ledger, moved.get(ledger.account, []))
    known = {each.instrument.instrument_id for each in records.instruments}
    for ledger in ledgers.values():
        if ledger.instrument_id not in known:
            _of_no_instrument(findings, ledger)
    return findings.result()


def _judge(findings: Findings, each: InstrumentRecords, ledger: SubLedger, moved: list[tuple[int, int]]) -> None:
    today = _local_day(findings.records, findings.records.pin.timestamp)
    known = findings.records.accounts.get(ledger.account)
    if known and known.kind is AccountKind.OWN:
        root = _require_no_clients(findings, each, ledger, today)
    else:
        root = _compare_total(findings, each, ledger, _held_today(findings.records, moved, today), today)
    follows = root.break_id if root else ""
    for fault in faults(ledger):
        findings.add(
            BreakClass.SUBLEDGER,
            ledger.instrument_id,
            ledger.account,
            f"{fault.summary}: entry {fault.entry} of {fault.account}",
            (Value("required", fault.due), Value(SUB_LEDGER, fault.found)),
            cause=f"entry {fault.entry} of {fault.account}",
            follows_from=follows,
        )
    for client, units in sorted(ledger.balances(today).items()):
        _judge_client(findings, each, ledger, (client, units), follows)
    findings.count(entries=len(ledger.entries), clients=sum(map(bool, ledger.balances(today).values())))


def _compare_total(
    findings: Findings, each: InstrumentRecords, ledger: SubLedger, held: list[int], today: date
) -> Break | None:
    """Everything in the account is somebody's, and everybody's is there."""
    stated = ledger.total(today)
    if not held[-1] and not stated and not ledger.postings:
        return None
    findings.count(omnibus_accounts=1)
    is_kept = any(posting.dated <= today for posting in ledger.postings)
    accepted = {stated}
    # Positions are those of the register's last block; where there are none, an earlier block is pinned.
    if each.register.positions is None:
        accepted.add(ledger.total(date.fromordinal(today.toordinal() - 1)))
    if held[-1] in accepted:
        return None
    if accepted & set(held):
        findings.count(moved_today=1)
        findings.note("Of accounts that have moved on the day of this block, the sub-ledger is due at its end.")
        return None
    return findings.add(
        BreakClass.SUBLEDGER if is_kept else BreakClass.COVERAGE,
        ledger.instrument_id,
        ledger.account,
        f"the omnibus account holds {named_amount(each, held[-1])}, and its clients have {named_amount(each, stated)}"
        if is_kept
        else f"the omnibus account holds {named_amount(each, held[-1])}, and there is no sub-ledger of them",
        (Value(EVENTS, amount(each, held[-1])), Value(SUB_LEDGER, amount(each, stated) if is_kept else "none")),
        cause=BY_TOTAL,
    )


def _held_today(records: Records, moved: list[tuple[int, int]], today: date) -> list[int]:
    """What the account held when the day began, and after each of its moves since."""
    held = [0]
    for time, units in moved:
        if _local_day(records, time) < today:
            held[-1] += units
        else:
            held.append(held[-1] + units)
    return held


def _require_no_clients(findings: Findings, each: InstrumentRecords, ledger: SubLedger, today: date) -> Break | None:
    """What a holder has for others does not lie with its own."""
    findings.count(own_accounts=1)
    stated = ledger.total(today)
    if not stated:
        return None
    return findings.add(
        BreakClass.SUBLEDGER,
        ledger.instrument_id,
        ledger.account,
        f"clients have {named_amount(each, stated)} in an account that is the holder's own",
        (Value(f"{REGISTER}: accounts", "own account"), Value(SUB_LEDGER, amount(each, stated))),
        cause=BY_SEGREGATION,
    )


def _judge_client(
    findings: Findings, each: InstrumentRecords, ledger: SubLedger, had: tuple[str, int], follows_from: str
) -> None:
    """Nobody's units are used for somebody else, and the house is no client of itself."""
    client, units = had
    if units < 0:
        findings.add(
            BreakClass.SUBLEDGER,
            ledger.instrument_id,
            ledger.account,
            f"client {client} owes {named_amount(each, -units)}, which are other clients'",
            (Value("required", "0 or more"), Value(SUB_LEDGER, amount(each, units))),
            cause=f"client {client}",
            follows_from=follows_from,
        )
    elif units and client == findings.records.holder_id(ledger.account):
        findings.add(
            BreakClass.SUBLEDGER,
            ledger.instrument_id,
            ledger.account,
            f"{named_amount(each, units)} in the omnibus account are its holder's own",
            (Value("required", "clients' units only"), Value(SUB_LEDGER, amount(each, units))),
            cause=f"client {client}",
        )


def _of_no_instrument(findings: Findings, ledger: SubLedger) -> None:
    today = _local_day(findings.records, findings.records.pin.timestamp)
    if all(posting.dated > today for posting in ledger.postings):
        return
    findings.add(
        BreakClass.COVERAGE,
        ledger.instrument_id,
        ledger.account,
        "a sub-ledger is of an instrument that is not on this chain at this block, so nothing was compared",
        (Value("register: instruments", "nothing"), Value(SUB_LEDGER, f"{len(ledger.entries)} entries")),
        cause=BY_TOTAL,
    )


def _local_day(records: Records, timestamp: int) -> date:
    return local_date(datetime.fromtimestamp(timestamp, UTC), records.policy.zone)
