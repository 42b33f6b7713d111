"""Terms of bonds and funds: read from a TOML file, held against the register, and set once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from rwaledger.domain.calendar import ROLL_RULES
from rwaledger.domain.corporate_action import BondTerms
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.errors import InputFileError, InputProblem, NoYield
from rwaledger.domain.fund import FundTerms
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.policy import Policy
from rwaledger.domain.schedule import PERIODS_A_YEAR, coupon_periods
from rwaledger.domain.units import AmountError, parse_amount
from rwaledger.operate.desk import Desk
from rwaledger.operate.names import Names
from rwaledger.registry import audit_log
from rwaledger.registry import terms as stored

T = TypeVar("T")

_RATE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?%")
_RATE_MAX = Fraction(1)
_CUT_OFF = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_BASIS_POINTS = 10_000


def _one_of(known: tuple[Any, ...]) -> Callable[[T], T]:
    def check(value: T) -> T:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(map(str, known))}")
        return value

    return check


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Bond(_Model):
    instrument: str
    currency: str
    payer: str
    nominal: str
    rate: str
    day_count: Annotated[str, AfterValidator(_one_of(tuple(DayCount)))]
    frequency: Annotated[int, AfterValidator(_one_of(PERIODS_A_YEAR))]
    issued: date
    matures: date
    business_days: Annotated[str, AfterValidator(_one_of(ROLL_RULES))]
    record_days: int = Field(ge=1, le=60)
    pays_to: str


class _Fund(_Model):
    instrument: str
    currency: str
    manager: str
    price_decimals: int = Field(ge=0, le=18)
    cut_off: str
    pays_to: str
    deviation_bp: int | None = Field(default=None, ge=0, le=_BASIS_POINTS)


class _File(_Model):
    bond: list[_Bond] = []
    fund: list[_Fund] = []


@dataclass(frozen=True, slots=True)
class TermsFile:
    """What a file sets."""

    path: Path
    bonds: tuple[BondTerms, ...]
    funds: tuple[FundTerms, ...]


@dataclass(frozen=True, slots=True)
class SetTerms:
    """Which instruments got their terms now, and which had the very same before."""

    new: tuple[str, ...]
    known: tuple[str, ...]


def read_terms(path: Path, names: Names, policy: Policy) -> TermsFile:
    """The terms in a TOML file with tables `[[bond]]` and `[[fund]]`.

    A fund without `deviation_bp` takes the newest of the policy.

    Raises:
        InputFileError: with everything that is wrong in it.
        NoYield: a bond's table names an instrument that may pay nothing.
    """
    file, source_hash = _parse(path)
    problems: list[str] = []
    bonds = [_bond(each, names, source_hash, problems) for each in file.bond]
    funds = [_fund(each, names, source_hash, policy, problems) for each in file.fund]
    described = [bond.instrument for bond in file.bond] + [fund.instrument for fund in file.fund]
    problems += [f"{name} stands there twice" for name in sorted(set(described)) if described.count(name) > 1]
    if not described:
        problems.append("has neither [[bond]] nor [[fund]]")
    if problems:
        raise InputFileError([InputProblem(path, 0, problem) for problem in problems])
    return TermsFile(path, tuple(each for each in bonds if each), tuple(each for each in funds if each))


def set_terms(desk: Desk, file: TermsFile, *, dry_run: bool = False) -> SetTerms:
    """Puts the terms into the register, all of them or none; on a dry run sees whether it could.

    Raises:
        SettledAlready: one of the instruments has other terms; nothing was stored.
    """
    new: list[str] = []
    known: list[str] = []
    with desk.database.rehearse() if dry_run else desk.database.begin() as connection:
        added = [(each.instrument_id, stored.put_bond_terms(connection, each)) for each in file.bonds]
        added += [(each.instrument_id, stored.put_fund_terms(connection, each)) for each in file.funds]
        for instrument_id, is_new in added:
            (new if is_new else known).append(instrument_id)
            if is_new:
                audit_log.record(connection, desk.maker, "terms set", instrument_id, {"source": file.path.name})
    return SetTerms(tuple(new), tuple(known))


def _parse(path: Path) -> tuple[_File, str]:
    try:
        raw = path.read_bytes()
        return _File.model_validate(tomllib.loads(raw.decode("utf-8"))), "0x" + hashlib.sha256(raw).hexdigest()
    except OSError as error:
        raise InputFileError([InputProblem(path, 0, f"cannot be read: {error.strerror}")]) from None
    except ValidationError as error:
        messages = [f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise InputFileError([InputProblem(path, 0, message) for message in messages]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputFileError([InputProblem(path, 0, f"is not TOML: {error}")]) from None


def _bond(model: _Bond, names: Names, source_hash: str, problems: list[str]) -> BondTerms | None:
    reader = _Reader(model.instrument, problems)
    instrument, currency = reader.pair(names, model.currency, InstrumentKind.BOND)
    payer = reader.read("payer", lambda: _party(names, model.payer))
    rate = reader.read("rate", lambda: _rate(model.rate))
    reader.read("matures", lambda: coupon_periods(model.issued, model.matures, model.frequency))
    decimals = currency.decimals if currency else 18
    nominal = reader.read("nominal", lambda: parse_amount(model.nominal, decimals))
    rounding = reader.read("pays_to", lambda: parse_amount(model.pays_to, decimals))
    if not (instrument and currency and payer and nominal and rounding) or rate is None or reader.failed:
        return None
    return BondTerms(
        instrument_id=model.instrument,
        currency=model.currency,
        payer=payer,
        nominal_units=nominal,
        rate=rate,
        day_count=DayCount(model.day_count),
        periods_a_year=model.frequency,
        issued_on=model.issued,
        matures_on=model.matures,
        business_day_rule=model.business_days,
        record_days=model.record_days,
        rounding_units=rounding,
        source_hash=source_hash,
    )


def _fund(model: _Fund, names: Names, source_hash: str, policy: Policy, problems: list[str]) -> FundTerms | None:
    reader = _Reader(model.instrument, problems)
    instrument, currency = reader.pair(names, model.currency, InstrumentKind.FUND)
    manager = reader.read("manager", lambda: _party(names, model.manager))
    cut_off = reader.read("cut_off", lambda: _cut_off(model.cut_off))
    decimals = currency.decimals if currency else 18
    rounding = reader.read("pays_to", lambda: parse_amount(model.pays_to, decimals))
    if not (instrument and currency and manager and rounding) or cut_off is None or reader.failed:
        return None
    return FundTerms(
        instrument_id=model.instrument,
        currency=model.currency,
        manager=manager,
        price_decimals=model.price_decimals,
        cut_off=cut_off,
        rounding_units=rounding,
        deviation_bp=policy.nav_deviation_bp if model.deviation_bp is None else model.deviation_bp,
        source_hash=source_hash,
    )


class _Reader:
    """Reads the fields of one table, and gathers what is wrong with each."""

    def __init__(self, instrument_id: str, problems: list[str]) -> None:
        self._instrument_id = instrument_id
        self._problems = problems
        self.failed = False

    def read(self, field: str, parse: Callable[[], T]) -> T | None:
        try:
            return parse()
        except (ValueError, AmountError) as error:
            self.failed = True
            self._problems.append(f"{self._instrument_id}: {field}: {error}")
            return None

    def pair(self, names: Names, currency_id: str, kind: InstrumentKind) -> tuple[Instrument | None, Instrument | None]:
        """The instrument, which must be of this kind, and the currency that it pays in."""
        instrument = self.read("instrument", lambda: names.instrument(self._instrument_id))
        currency = self.read("currency", lambda: names.instrument(currency_id))
        if instrument and not instrument.may_pay_yield:
            raise NoYield(instrument.instrument_id, instrument.kind)
        if instrument and instrument.kind is not kind:
            self.failed = True
            self._problems.append(f"{self._instrument_id}: it is a {instrument.kind}, not a {kind}")
        if currency and currency.kind is not InstrumentKind.STABLECOIN:
            self.failed = True
            self._problems.append(f"{self._instrument_id}: currency: {currency_id} is a {currency.kind}, no money")
        return instrument, currency


def _party(names: Names, text: str) -> str:
    """A holder with one account, or an address; the name stays, so that a recovered wallet is found again."""
    names.account(text)
    return text


def _rate(text: str) -> Fraction:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no yearly rate, written like '2.5 %'")
    rate = Fraction(match["number"]) / 100
    if rate > _RATE_MAX:
        raise ValueError(f"{text} is above 100 %")
    return rate


def _cut_off(text: str) -> time:
    if not _CUT_OFF.fullmatch(text):
        raise ValueError(f"{text!r} is no time of day, written like 17:00")
    return time.fromisoformat(text)
