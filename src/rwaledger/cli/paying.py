"""What `bond` and `fund` share: options, parties, and how a payment is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context
from rwaledger.cli.output import table
from rwaledger.domain.errors import UsageError
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.domain.corporate_action import CorporateAction
    from rwaledger.domain.entitlement import Entitlement
    from rwaledger.operate.coupon import Bond
    from rwaledger.operate.names import Names

held_back_option = click.option(
    "--hold-back",
    "held_back",
    multiple=True,
    metavar="ACCOUNT",
    help="Leave an account out that cannot be paid now; repeatable. `bond release` pays it later.",
)
account_option = click.option("--account", required=True, help="Holder with one account, or address.")


def parse_day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    """A day as an option gives it."""
    from rwaledger.operate import times

    try:
        return None if text is None else times.parse_day(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


class Parties:
    """The names of the register, as options give accounts and as people read them."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def account(self, text: str) -> str:
        """The address of a holder or an address.

        Raises:
            UsageError: it is not on the register.
        """
        try:
            return self._names.account(text)
        except ValueError as error:
            raise UsageError(str(error), "Correct the account.") from None

    def holder(self, address: str) -> str:
        """Whose an address is; empty where nobody's."""
        account = self._names.accounts.get(address)
        return account.holder_id if account else ""


def parties(context: Context) -> Parties:
    """The parties of the register."""
    from rwaledger.operate.names import Names

    with context.database.read() as connection:
        return Parties(Names.load(connection, context.node.chain_id))


def action_document(action: CorporateAction, bond: Bond, owed: Sequence[Entitlement], known: Parties) -> dict[str, Any]:
    """A payment as data, with every entitlement."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate.times import moment_of

    def money(units: int | None) -> str | None:
        return None if units is None else format_amount(units, bond.currency.decimals)

    total = sum(each.amount_units for each in owed)
    is_entitled = action.funded_units is not None
    return {
        "action": action.action_id,
        "status": action.status.value,
        "currency": bond.currency.instrument_id,
        "payer": bond.terms.payer,
        "period": [action.period_from.isoformat(), action.period_to.isoformat()],
        "pays_on": action.pays_on.isoformat(),
        "record_date": action.record_date,
        "record_at": moment_of(action.record_at).isoformat(),
        "supply": None if action.supply_units is None else format_amount(action.supply_units, bond.instrument.decimals),
        "exact": None if action.exact_amount is None else _exact(action.exact_amount, bond.currency.decimals),
        "exact_base_units": None if action.exact_amount is None else str(action.exact_amount),
        "funded": money(action.funded_units),
        "paid": money(total) if is_entitled else None,
        "dust": money(action.funded_units - total) if action.funded_units is not None else None,
        "entitlements": [
            {
                "holder": known.holder(each.account),
                "account": checksummed(each.account),
                "holding": format_amount(each.holding_units, bond.instrument.decimals),
                "amount": money(each.amount_units),
                "held_back": each.held_back,
                "paid_to": checksummed(each.paid_to) if each.paid_to else None,
            }
            for each in owed
        ],
    }


def action_text(document: dict[str, Any]) -> str:
    """A payment for people."""
    head = f"{document['action']}: {document['status']}, record date {document['record_at']}"
    if document["funded"] is None:
        return head
    currency = document["currency"]
    sums = (
        f"exact {grouped(document['exact'])}, funded {grouped(document['funded'])} {currency}, "
        f"to pay {grouped(document['paid'])}, dust {document['dust']} stays with {document['payer']}"
    )
    rows = [
        [each["holder"], each["account"], grouped(each["holding"]), grouped(each["amount"]), _paid_words(each)]
        for each in document["entitlements"]
    ]
    return f"{head}\n{sums}\n{table(('holder', 'account', 'holding', 'amount', ''), rows, right=(2, 3))}"


def grouped(amount: str | None) -> str:
    """Decimal text with commas between thousands; empty for none."""
    whole, point, fraction = (amount or "").partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole else ""


def _exact(amount: Fraction, decimals: int) -> str:
    """An amount as far as its decimals go; dots where there is more."""
    whole = int(amount)
    return format_amount(whole, decimals) + ("" if amount == whole else "...")


def _paid_words(entitlement: dict[str, Any]) -> str:
    if entitlement["paid_to"] is None:
        return "held back" if entitlement["held_back"] else ""
    return "paid" if entitlement["paid_to"] == entitlement["account"] else f"paid to {entitlement['paid_to']}"
