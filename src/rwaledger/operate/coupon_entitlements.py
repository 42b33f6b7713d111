"""Who is owed what: holdings of the record date from the chain, held against the register, and divided exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from rwaledger.chain import state
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.domain.corporate_action import ActionKind, ActionStatus, CorporateAction
from rwaledger.domain.entitlement import Distribution, distribute
from rwaledger.domain.errors import HoldingsDisagree, NotDue, RegisterConflict
from rwaledger.domain.holder import AccountKind
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import format_amount
from rwaledger.operate.coupon import Bond
from rwaledger.operate.desk import Desk
from rwaledger.operate.names import Names, party_account
from rwaledger.operate.times import moment_of, moment_words
from rwaledger.registry import actions, audit_log, ledger, positions
from rwaledger.registry.database import Connection


def entitlements_of(desk: Desk, bond: Bond, action: CorporateAction) -> tuple[CorporateAction, Distribution]:
    """An action as it is once entitled, and who is owed what; nothing is stored.

    Raises:
        NotDue: the record date has not passed, on the chain or in the register.
        HoldingsDisagree: chain and register do not have the same holdings at that time.
        RegisterConflict: the chain has no such record date.
    """
    action = replace(action, record_date=_record_date(desk.node, bond, action))
    holdings = record_date_holdings(desk, bond, action)
    with desk.database.read() as connection:
        own = _payer_accounts(Names.load(connection, desk.node.chain_id), bond)
    found = distribute(holdings, _per_unit(bond, action), bond.terms.rounding_units, own)
    entitled = replace(
        action,
        supply_units=sum(holdings.values()),
        exact_amount=found.exact,
        funded_units=found.funded_units,
        status=ActionStatus.ENTITLED,
    )
    return entitled, found


def entitle(desk: Desk, bond: Bond, action: CorporateAction) -> CorporateAction:
    """Settles who is owed what; an action that is entitled or paid is given back as it is.

    Raises:
        NotDue, HoldingsDisagree, RegisterConflict: as `entitlements_of`; nothing was stored.
    """
    if action.status is not ActionStatus.DECLARED:
        return action
    entitled, found = entitlements_of(desk, bond, action)
    with desk.database.begin() as connection:
        actions.entitle(connection, entitled, found.entitlements)
        detail = {"exact": str(found.exact), "funded": str(found.funded_units), "dust": str(found.dust_units)}
        audit_log.record(connection, desk.maker, "entitled", action.action_id, detail)
    return entitled


def record_date_holdings(desk: Desk, bond: Bond, action: CorporateAction) -> dict[str, int]:
    """Units of every account that held some at the record date, in which chain and register agree.

    Raises:
        NotDue, HoldingsDisagree, RegisterConflict: as `entitlements_of`.
    """
    token, instrument_id = bond.instrument.address, bond.instrument_id
    with desk.database.read() as connection:
        block = _register_block(connection, bond, action)
        known = {each.account for each in positions.positions(connection, instrument_id)}
        known |= positions.standings_at(connection, instrument_id, block).keys()
        register = positions.balances_at(connection, instrument_id, block)
    accounts = sorted(known - {ISSUANCE_ACCOUNT})
    chain = state.balances_at(desk.node, token, accounts, action.record_date)
    supply = state.supply_at(desk.node, token, action.record_date)
    _require_same(bond, action, chain, register, supply)
    return {account: units for account, units in chain.items() if units}


def _per_unit(bond: Bond, action: CorporateAction) -> Fraction:
    """What one base unit is paid, in base units of the currency."""
    decimals = bond.instrument.decimals
    if action.kind is ActionKind.REDEMPTION:
        return bond.terms.nominal_per_unit(decimals)
    period = next(each for each in bond.terms.periods() if each.ends_on == action.period_to)
    return bond.terms.coupon_per_unit(period, decimals)


def _payer_accounts(names: Names, bond: Bond) -> Collection[str]:
    """The payer's own accounts: it pays nothing to itself. What it holds for its clients is theirs."""
    payer = party_account(names, bond.terms.payer)
    holder_id = names.accounts[payer].holder_id
    accounts = (each for each in names.accounts.values() if each.holder_id == holder_id)
    return {payer, *(each.address for each in accounts if each.kind is AccountKind.OWN)}


def _record_date(node: Node, bond: Bond, action: CorporateAction) -> int:
    """Its number, found by its time: one that was cancelled and scheduled anew may have another number."""
    token = bond.instrument.address
    dates = state.record_dates(node, token, "latest")
    if action.record_at not in dates:
        raise RegisterConflict(
            f"the record date of {action.action_id}, {_when(action)}, is not on the chain as it was declared",
            "It was cancelled, or reorganised away. Schedule that moment anew with `rwaledger record-date schedule`.",
        )
    number = dates.index(action.record_at) + 1
    if state.record_dates_passed(node, token, "latest") < number:
        raise NotDue(
            f"the record date of {action.action_id}, {_when(action)}, has not passed on the chain",
            "Run the same command again once it has.",
        )
    return number


def _register_block(connection: Connection, bond: Bond, action: CorporateAction) -> int:
    """The last block that counts; the register must be further than that."""
    chain_id, address = bond.instrument.chain_id, bond.instrument.address
    read = next((each for each in ledger.checkpoints(connection, chain_id) if each.address == address), None)
    newest = ledger.block_at(connection, chain_id, read.block_number) if read else None
    block = actions.last_block_by(connection, chain_id, action.record_at)
    if newest is None or block is None or newest.timestamp <= action.record_at:
        raise NotDue(
            f"the register has not come to the record date of {action.action_id}, {_when(action)}",
            "Run `rwaledger register sync`; what the chain has must be final first.",
        )
    return block


def _require_same(
    bond: Bond, action: CorporateAction, chain: Mapping[str, int], register: Mapping[str, int], supply_units: int
) -> None:
    def words(units: int) -> str:
        return f"{format_amount(units, bond.instrument.decimals)} {bond.instrument.symbol}"

    differences = [
        f"  {checksummed(account)}: chain {words(units)}, register {words(register.get(account, 0))}"
        for account, units in chain.items()
        if units != register.get(account, 0)
    ]
    total = sum(chain.values())
    if total != supply_units:
        differences.append(f"  supply: chain {words(supply_units)}, all accounts of the register {words(total)}")
    if differences:
        raise HoldingsDisagree(bond.instrument_id, f"on {_when(action)}", differences)


def _when(action: CorporateAction) -> str:
    return moment_words(moment_of(action.record_at))
