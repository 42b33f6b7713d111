"""`rwaledger terms`: what bonds pay and how funds deal, set once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.output import emit, table
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.domain.corporate_action import BondTerms
    from rwaledger.domain.fund import FundTerms
    from rwaledger.domain.instrument import Instrument


@click.group("terms")
def command() -> None:
    """Set the terms of bonds and funds, once, and see them."""


@command.command("set")
@click.argument("path", metavar="FILE.toml", type=click.Path(path_type=Path))
@confirming_options
@pass_context
def set_(context: Context, /, path: Path, **given: Any) -> None:
    """Set the terms that FILE gives in tables [[bond]] and [[fund]]. They never change."""
    from rwaledger.operate.names import Names
    from rwaledger.operate.terms import read_terms, set_terms

    manner = Manner.of(given)
    with context.database.read() as connection:
        names = Names.load(connection, context.node.chain_id)
    file = read_terms(path, names, context.policy)
    listed = ", ".join([bond.instrument_id for bond in file.bonds] + [fund.instrument_id for fund in file.funds])
    if not manner.dry_run:
        ask(f"Set the terms of {listed} for ever?", yes=manner.yes)
    done = set_terms(context.desk(), file, dry_run=manner.dry_run)
    text = f"terms set: {', '.join(done.new)}" if done.new else f"nothing to do: these are the terms of {listed}"
    if done.new and manner.dry_run:
        text = f"dry run: the terms of {', '.join(done.new)} can be set; nothing was stored"
    document = {"dry_run": manner.dry_run, "set": list(done.new), "set_before": list(done.known)}
    emit(document, text, as_json=manner.as_json)


@command.command()
@click.argument("instrument")
@json_option
@pass_context
def show(context: Context, instrument: str, as_json: bool) -> None:
    """Show the terms of INSTRUMENT."""
    from rwaledger.domain.instrument import InstrumentKind
    from rwaledger.operate.coupon import load_bond
    from rwaledger.operate.nav import load_fund

    is_fund = context.instrument(instrument).kind is InstrumentKind.FUND
    found = load_fund(context.database, instrument) if is_fund else load_bond(context.database, instrument)
    document = _document(found.terms, found.currency)
    emit(document, table((), [[name, str(value)] for name, value in document.items()]), as_json=as_json)


def _document(terms: BondTerms | FundTerms, currency: Instrument) -> dict[str, Any]:
    """Terms as data."""
    from rwaledger.domain.corporate_action import BondTerms

    common = {
        "instrument": terms.instrument_id,
        "currency": terms.currency,
        "pays_to": format_amount(terms.rounding_units, currency.decimals),
        "source_hash": terms.source_hash,
    }
    if isinstance(terms, BondTerms):
        return common | {
            "payer": terms.payer,
            "nominal": format_amount(terms.nominal_units, currency.decimals),
            "rate": f"{_decimal(terms.rate * 100)} %",
            "day_count": str(terms.day_count),
            "frequency": terms.periods_a_year,
            "issued": terms.issued_on.isoformat(),
            "matures": terms.matures_on.isoformat(),
            "business_days": terms.business_day_rule,
            "record_days": terms.record_days,
        }
    return common | {
        "manager": terms.manager,
        "price_decimals": terms.price_decimals,
        "cut_off": f"{terms.cut_off:%H:%M}",
        "deviation_bp": terms.deviation_bp,
    }


def _decimal(number: Fraction) -> str:
    """A fraction that is a decimal, with the digits that it needs."""
    digits = next(count for count in range(100) if (number * 10**count).denominator == 1)
    return format_amount(int(number * 10**digits), digits)
