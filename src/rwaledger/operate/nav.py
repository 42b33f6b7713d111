"""Net asset values: stated with their source, held against the last one, corrected by a newer statement."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import NavDeviation, NotDue, UsageError
from rwaledger.domain.fund import FundTerms, Nav, deviation_bp
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.units import AmountError, format_amount, parse_amount
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.operate.gate import require_reconciled
from rwaledger.operate.times import moment_of
from rwaledger.operate.yields import require_may_pay
from rwaledger.registry import audit_log, instruments, navs, terms
from rwaledger.registry.database import Database
from rwaledger.registry.types import utc_now


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund with its terms, and the currency in which it is priced."""

    terms: FundTerms
    instrument: Instrument
    currency: Instrument

    @property
    def instrument_id(self) -> str:
        """Its short name."""
        return self.instrument.instrument_id

    def price_text(self, price_units: int) -> str:
        """A price as people write it."""
        return format_amount(price_units, self.terms.price_decimals)


@dataclass(frozen=True, slots=True)
class Statement:
    """A price to be stated, and the one that is in force for the day until then, which it corrects."""

    nav: Nav
    corrects: Nav | None

    @property
    def is_known(self) -> bool:
        """Whether the very same statement is in force."""
        if self.corrects is None:
            return False
        return _content(self.corrects) == _content(self.nav)


def load_fund(database: Database, instrument_id: str) -> Fund:
    """The fund of that name.

    Raises:
        UnknownName: there is no such instrument, or it has no terms.
        NoYield: it is a stablecoin, which has no price but its own.
    """
    with database.read() as connection:
        instrument = instruments.instrument(connection, instrument_id)
        require_may_pay(instrument)
        found = terms.fund_terms(connection, instrument_id)
        return Fund(found, instrument, instruments.instrument(connection, found.currency))


def nav_statement(
    desk: Desk, fund: Fund, policy: Policy, day: date, price: str, valued_at: datetime, source: Path
) -> Statement:
    """A statement of the price of a day, checked and not stored. A correction is refused by nothing but the gate.

    Raises:
        UsageError: the day is no business day or is still to come, the price no amount, or the source cannot be read.
        ReconciliationRequired: the fund is not reconciled.
    """
    if not policy.calendar.is_business_day(day):
        raise UsageError(f"{day} is no business day, so nothing is dealt at its price", "Correct --day.")
    today = local_date(moment_of(chain_time(desk.node)), policy.zone)
    if max(day, local_date(valued_at, policy.zone)) > today:
        raise UsageError(f"on the chain it is {today}: nobody knows a price of a later day", "Wait for the day.")
    try:
        price_units = parse_amount(price, fund.terms.price_decimals)
    except AmountError as error:
        raise UsageError(f"price: {error}", "Correct --price.") from None
    try:
        source_hash = "0x" + hashlib.sha256(source.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"the source {source} cannot be read: {error.strerror}", "Correct --source.") from None
    nav = Nav(fund.instrument_id, day, price_units, valued_at, source.name, source_hash, utc_now())
    with desk.database.read() as connection:
        statement = Statement(nav, navs.nav_of_day(connection, fund.instrument_id, day))
    if not statement.is_known:
        require_reconciled(desk.database, desk.node, fund.instrument, policy)
    return statement


def require_near(desk: Desk, fund: Fund, statement: Statement) -> None:
    """Raises where a price is further from the last one than the terms let pass without a person's word.

    The last one is that of the dealing day before; where there is none, the one that is corrected.

    Raises:
        NavDeviation: it is.
    """
    with desk.database.read() as connection:
        last = navs.nav_before(connection, fund.instrument_id, statement.nav.dealing_day) or statement.corrects
    if last is None or statement.is_known:
        return
    found = deviation_bp(statement.nav.price_units, last.price_units)
    if found > fund.terms.deviation_bp:
        raise NavDeviation(
            fund.instrument_id,
            fund.price_text(statement.nav.price_units),
            f"{fund.price_text(last.price_units)} of {last.dealing_day}",
            format_amount(int(found), 2),
            format_amount(fund.terms.deviation_bp, 2),
        )


def enter_nav(desk: Desk, fund: Fund, statement: Statement, *, accepted: bool = False) -> None:
    """Writes a statement into the register; nothing where it stands there. `accepted` is a person's word for it."""
    if statement.is_known:
        return
    nav = statement.nav
    with desk.database.begin() as connection:
        navs.add_nav(connection, nav)
        detail = {
            "day": nav.dealing_day.isoformat(),
            "price": fund.price_text(nav.price_units),
            "source": nav.source_hash,
            "corrects": fund.price_text(statement.corrects.price_units) if statement.corrects else "",
            "deviation_accepted": accepted,
        }
        audit_log.record(connection, desk.maker, "price stated", fund.instrument_id, detail)


def price_of_day(desk: Desk, fund: Fund, day: date) -> Nav:
    """The price in force for a dealing day.

    Raises:
        NotDue: there is none yet.
    """
    with desk.database.read() as connection:
        found = navs.nav_of_day(connection, fund.instrument_id, day)
    if found is None:
        raise NotDue(f"{fund.instrument_id} has no price for {day} yet", "`rwaledger fund nav set` states it.")
    return found


def _content(nav: Nav) -> tuple[int, datetime, str]:
    return nav.price_units, nav.valued_at, nav.source_hash
