"""What cannot be paid with the others: one holder's lapse or lost wallet must not keep everybody waiting."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.corporate_action import ActionKind, ActionStatus, CorporateAction
from rwaledger.domain.errors import NotDue, UsageError
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.policy import Policy
from rwaledger.operate.coupon import Bond, payment_line, source_of
from rwaledger.operate.desk import Desk
from rwaledger.operate.entries import Entry
from rwaledger.operate.gate import require_reconciled
from rwaledger.operate.names import Names, party_account
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.registry import actions, audit_log, instructions
from rwaledger.registry.database import Connection
from rwaledger.registry.instructions import StoredInstruction


def hold_back(desk: Desk, bond: Bond, action: CorporateAction, accounts: Sequence[str]) -> None:
    """Takes accounts that cannot be paid now out of a payment, before it begins; `release_plans` pays them later.

    Raises:
        UsageError: the payment has begun, or an account is owed nothing.
    """
    with desk.database.begin() as connection:
        enter_held_back(connection, desk, bond, action, accounts)


def enter_held_back(
    connection: Connection, desk: Desk, bond: Bond, action: CorporateAction, accounts: Sequence[str]
) -> None:
    """The same in a transaction of the caller's."""
    owed = {each.account: each for each in actions.entitlements(connection, action.action_id)}
    for account in accounts:
        if account not in owed or not owed[account].amount_units:
            raise UsageError(f"{checksummed(account)} is owed nothing of {action.action_id}", "Leave it out.")
    new = [account for account in accounts if not owed[account].held_back]
    if new and _payment(connection, desk.node.chain_id, bond, action):
        raise UsageError(f"the payment of {action.action_id} has begun", "Run it again without --hold-back.")
    for account in new:
        actions.hold_back(connection, action.action_id, account)
        audit_log.record(connection, desk.maker, "entitlement held back", action.action_id, {"account": account})


def release_plans(
    desk: Desk, bond: Bond, action: CorporateAction, account: str, paid_to: str, policy: Policy
) -> list[Plan]:
    """Pays what was held back of an account, to it or to another one of the same holder, such as a recovered wallet.

    In a redemption the units of the account that is paid are redeemed as well.

    Raises:
        UsageError: nothing is held back for the account, or the other one is not the same holder's.
        NotDue: the common payment has not been made.
        ReconciliationRequired: the bond is not reconciled.
    """
    with desk.database.read() as connection:
        names = Names.load(connection, desk.node.chain_id)
        owed = {each.account: each for each in actions.entitlements(connection, action.action_id)}
        paid = _paid_in_common(connection, desk.node.chain_id, bond, action)
    if action.status is not ActionStatus.PAID:
        raise NotDue(f"{action.action_id} is not paid to the others yet", "Pay it first.")
    if account not in owed or not owed[account].held_back or account in paid:
        raise UsageError(f"nothing of {action.action_id} is held back for {checksummed(account)}", "See `show`.")
    if owed[account].paid_to not in (None, paid_to):
        raise UsageError(f"it was paid to {checksummed(str(owed[account].paid_to))}", "Nothing is left to do.")
    holders = [names.accounts[each].holder_id for each in (account, paid_to) if each in names.accounts]
    if len(holders) != 2 or len(set(holders)) > 1:
        raise UsageError("the account that is paid is not the same holder's", "Give another one with --to.")
    require_reconciled(desk.database, desk.node, bond.instrument, policy)
    key = f"{action.action_id}:{account}"
    payment = payment_line(bond, action, party_account(names, bond.terms.payer), paid_to, owed[account].amount_units)
    plans = [make_plan(Operation.TRANSFER, [payment], key, source_of(action))]
    if action.kind is ActionKind.REDEMPTION:
        units = Entry(payment.path, 0, bond.instrument, Line(sender=paid_to, amount_units=owed[account].holding_units))
        plans.append(make_plan(Operation.REDEEM, [units], f"{key}:units", source_of(action)))
    return plans


def enter_released(desk: Desk, action: CorporateAction, account: str, paid_to: str) -> None:
    """Writes down that what was held back is paid."""
    with desk.database.begin() as connection:
        owed = {each.account: each for each in actions.entitlements(connection, action.action_id)}
        if owed[account].paid_to is None:
            actions.set_paid_to(connection, action.action_id, account, paid_to)
            detail = {"account": account, "paid_to": paid_to}
            audit_log.record(connection, desk.maker, "entitlement released", action.action_id, detail)


def _payment(connection: Connection, chain_id: int, bond: Bond, action: CorporateAction) -> list[StoredInstruction]:
    """The instructions of the common payment; none before it begins."""
    book = bond.currency.control_book
    return instructions.instructions_of_key(connection, chain_id, book, action.action_id)


def _paid_in_common(connection: Connection, chain_id: int, bond: Bond, action: CorporateAction) -> set[str]:
    """Who is in the common payment, which may have begun while somebody was being held back."""
    stored = _payment(connection, chain_id, bond, action)
    return {line.recipient for each in stored for line in each.instruction.lines}
