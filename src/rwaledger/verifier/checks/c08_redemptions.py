"""C08: a stablecoin is redeemed in time and at par, for a fee within its cap, and for units that went out of issue.

Source: HKMA, Guideline on Supervision of Licensed Stablecoin Issuers: at par, within one business day of the request,
for a reasonable fee. Days and cap are figures of the policy in force on the local day of the request, and the day on
which it is due is worked out anew.
"""

from __future__ import annotations

from typing import Any

from rwaledger.verifier.book import reference
from rwaledger.verifier.calendar import moment_of
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c07_backing import BASIS_POINTS
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, at, where
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import Carried, carried_out, redemptions_in, total

ID, TITLE = "C08", "Redemptions are paid in time, at par"
REQUEST = f"{REGISTER}: redemption"
_NO_COIN = (f"{REGISTER}: instruments", "no stablecoin")


def run(case: Case) -> Findings:
    """Each request whose time has come, then each redemption on the chain."""
    found = Findings(ID, TITLE, case)
    found.count(requests=0, burns=0)
    now = moment_of(case.pin.block_time)
    for row in case.rows("redemptions"):
        ledger = case.ledger_of.get(row.instrument_id)
        if row.requested_at > now:
            continue
        if ledger is None or ledger.row.kind != "stablecoin":
            summary = f"redemption {row.request} is of {row.instrument_id}, no stablecoin here, and was not judged"
            of_coin = (row.instrument_id, _NO_COIN)
            alike = (each.break_id for each in found.found.values() if (each.instrument_id, each.left) == of_coin)
            ids, cause = (row.instrument_id, row.account), f"redemption {row.request}"
            found.add("COVERAGE", *ids, summary, _NO_COIN, (REQUEST, row.status), cause, next(alike, ""))
            continue
        found.count(requests=1)
        _judge_fee(found, ledger, row)
        _judge_time(found, ledger, row, _judge_burn(found, ledger, row))
    for ledger in case.ledgers:
        if ledger.row.kind == "stablecoin":
            _require_requests(found, ledger)
    return found


def _judge_time(found: Findings, ledger: Ledger, row: Any, follows_from: str) -> None:
    calendar = found.case.calendar
    asked_on = calendar.local_day(row.requested_at)
    due = calendar.business_days_later(asked_on, calendar.figure("redemption_business_days", asked_on))
    if row.due_on != due:
        summary = f"redemption {row.request} is not due on the day that the register says"
        values = ("policy", f"due on {due}"), (REQUEST, f"due on {row.due_on}")
        _add(found, "SERVICE_LEVEL", ledger, row, summary, values, "due day")
    paid_at = _paid_at(found, row)
    done = paid_at or moment_of(found.case.pin.block_time)
    if row.status != "cancelled" and done >= calendar.end_of_day(due):
        how, ended = ("paid", "paid") if paid_at else ("still open", "open")
        summary = f"redemption {row.request} of {ledger.amount(row.amount_units)} was {how} after its due day"
        values = ("policy", f"due on {due}"), (REQUEST, f"{ended} on {calendar.local_day(done)}")
        _add(found, "SERVICE_LEVEL", ledger, row, summary, values, "late", follows_from)


def _paid_at(found: Findings, row: Any) -> Any:
    """When it was paid, where that was by the pinned block."""
    by_then = row.status == "paid" and row.paid_at and row.paid_at <= moment_of(found.case.pin.block_time)
    return row.paid_at if by_then else None


def _judge_fee(found: Findings, ledger: Ledger, row: Any) -> None:
    calendar = found.case.calendar
    cap_bp = calendar.figure("redemption_fee_max_bp", calendar.local_day(row.requested_at))
    cap = row.amount_units * cap_bp // BASIS_POINTS
    if not 0 <= row.fee_units <= cap:
        summary = f"the fee of redemption {row.request} is not within its cap of {cap_bp} basis points"
        values = ("policy", f"at most {ledger.amount(cap)}"), (REQUEST, ledger.amount(row.fee_units))
        _add(found, "AMOUNT", ledger, row, summary, values, "fee")


def _judge_burn(found: Findings, ledger: Ledger, row: Any) -> str:
    """Paid and out of issue, or neither; in full, of the account that asked. The finding on one that is not paid."""
    key = f"redemption:{row.request}"
    burn = carried_out(ledger, key, 1)
    if burn.is_excused:
        return ""
    if row.burn_key != key:
        summary = f"redemption {row.request} names another instruction than its own"
        _add(found, "TAMPER", ledger, row, summary, (("required", key), (REQUEST, row.burn_key)), "burn key")
    asked = REQUEST, ledger.amount(row.amount_units)
    if burn.used:
        _compare_burn(found, ledger, row, burn)
        if row.status != "paid":
            summary = f"units went out of issue for redemption {row.request}, which is not paid"
            values = (EVENTS, f"{_burnt(ledger, burn)} out of issue"), (REQUEST, row.status)
            return _add(found, "MISSING_IN_REGISTER", ledger, row, summary, values, "payment")
    elif _paid_at(found, row) and not burn.is_later:
        summary = f"redemption {row.request} is paid, and its units are still in issue"
        _add(found, "MISSING_ON_CHAIN", ledger, row, summary, ((EVENTS, "nothing out of issue"), asked), "burn")
    return ""


def _compare_burn(found: Findings, ledger: Ledger, row: Any, burn: Carried) -> None:
    done = [(each.deed.operation, each.deed.move.sender, each.deed.move.units) for each in burn.deeds]
    if done != [("redeem", row.account, row.amount_units)]:
        of = "" if all(sender == row.account for _, sender, _ in done) else ", of another account"
        values = (EVENTS, f"{_burnt(ledger, burn)}{of}"), (REQUEST, ledger.amount(row.amount_units))
        summary = f"what went out of issue for redemption {row.request} is not what was asked for"
        _add(found, "AMOUNT", ledger, row, summary, values, "burn")


def _burnt(ledger: Ledger, burn: Carried) -> str:
    return ledger.amount(total(each for each in burn.deeds if each.deed.operation == "redeem"))


def _require_requests(found: Findings, ledger: Ledger) -> None:
    """What was redeemed by authority belongs to a request; what nobody authorised is for C05."""
    case = found.case
    keys = (f"redemption:{row.request}" for row in case.rows("redemptions"))
    asked = {reference(case.pin.chain_id, ledger.row.control_book, key, 0) for key in keys}
    asked |= case.excused.refs | ledger.reversing
    for execution in ledger.executions:
        burns = redemptions_in(execution)
        found.count(burns=len(burns))
        if burns and execution.authority and execution.ref not in asked:
            units = ledger.amount(total(burns))
            summary = (
                f"{units} were redeemed by instruction {execution.ref} without a request: {where(execution.event.log)}"
            )
            ids = ledger.instrument_id, burns[0].deed.account
            cause = at(execution.event)
            found.add("MISSING_IN_REGISTER", *ids, summary, (EVENTS, units), (REQUEST, "none"), cause)


def _add(
    found: Findings,
    kind: str,
    ledger: Ledger,
    row: Any,
    summary: str,
    values: tuple[Any, Any],
    cause: str,
    follows_from: str = "",
) -> str:
    ids, cause = (ledger.instrument_id, row.account), f"redemption {row.request} {cause}"
    return found.add(kind, *ids, summary, *values, cause, follows_from).break_id
