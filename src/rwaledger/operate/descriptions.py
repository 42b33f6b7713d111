"""Instrument descriptions: the TOML or CSV file that says what is to be deployed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instrument import InstrumentKind, RecordOfTruth, Rules
from rwaledger.domain.units import DECIMALS_MAX, AmountError, parse_amount
from rwaledger.operate.names import parse_class, parse_country
from rwaledger.operate.rows import Row, RowError, convert, read_rows

CSV_COLUMNS = (
    "id", "name", "symbol", "decimals", "kind", "record_of_truth", "max_balance", "classes", "countries",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Description:
    """What an instrument is to be, before it has an address."""

    instrument_id: str
    name: str
    symbol: str
    decimals: int
    kind: InstrumentKind
    record_of_truth: RecordOfTruth
    rules: Rules


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Rules(_Model):
    max_balance: str = ""
    classes: list[str] = []
    countries: list[str] = []

    @field_validator("classes")
    @classmethod
    def _known_classes(cls, names: list[str]) -> list[str]:
        for name in names:
            parse_class(name)
        return names

    @field_validator("countries")
    @classmethod
    def _known_countries(cls, codes: list[str]) -> list[str]:
        for code in codes:
            parse_country(code)
        return codes


class _Instrument(_Model):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")
    name: str = Field(min_length=1, max_length=128)
    symbol: str = Field(pattern=r"^[A-Za-z0-9]{1,16}$")
    decimals: int = Field(ge=0, le=DECIMALS_MAX)
    kind: Literal["stablecoin", "bond", "fund"]
    record_of_truth: Literal["chain", "register", "hybrid"]
    rules: _Rules = _Rules()


class _File(_Model):
    instrument: list[_Instrument] = Field(min_length=1)


def read_descriptions(path: Path) -> list[Description]:
    """The instruments of a TOML file (tables `[[instrument]]`) or a CSV file (one row each).

    Raises:
        InputFileError: with everything that is wrong in it.
    """
    descriptions = _read_csv(path) if path.suffix.lower() == ".csv" else _read_toml(path)
    seen: set[str] = set()
    for description in descriptions:
        if description.instrument_id in seen:
            raise InputFileError([InputProblem(path, 0, f"describes {description.instrument_id!r} twice")])
        seen.add(description.instrument_id)
    return descriptions


def _read_toml(path: Path) -> list[Description]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        instruments = _File.model_validate(content).instrument
        return [_description(instrument) for instrument in instruments]
    except OSError as error:
        raise InputFileError([InputProblem(path, 0, f"cannot be read: {error.strerror}")]) from None
    except ValidationError as error:
        raise InputFileError([InputProblem(path, 0, message) for message in _messages(error)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AmountError) as error:
        raise InputFileError([InputProblem(path, 0, str(error))]) from None


def _read_csv(path: Path) -> list[Description]:
    return convert(path, read_rows(path, CSV_COLUMNS), _row_description)


def _row_description(row: Row) -> Description:
    fields: dict[str, Any] = dict(row.fields)
    rules = {"max_balance": fields.pop("max_balance")}
    lists = {name: [item for item in fields.pop(name).split(";") if item] for name in ("classes", "countries")}
    decimals = fields.pop("decimals")
    if not (decimals.isascii() and decimals.isdecimal()):
        raise RowError([f"decimals: {decimals!r} is no whole number"])
    try:
        return _description(_Instrument.model_validate(fields | {"decimals": int(decimals), "rules": rules | lists}))
    except ValidationError as error:
        raise RowError(_messages(error)) from None
    except AmountError as error:
        raise RowError([f"max_balance: {error}"]) from None


def _description(model: _Instrument) -> Description:
    cap = parse_amount(model.rules.max_balance, model.decimals) if model.rules.max_balance else 0
    return Description(
        instrument_id=model.id,
        name=model.name,
        symbol=model.symbol,
        decimals=model.decimals,
        kind=InstrumentKind(model.kind),
        record_of_truth=RecordOfTruth(model.record_of_truth),
        rules=Rules(
            max_balance_units=cap,
            classes=frozenset(int(parse_class(name)) for name in model.rules.classes),
            countries_restricted=bool(model.rules.countries),
            countries=frozenset(parse_country(code) for code in model.rules.countries),
        ),
    )


def _messages(error: ValidationError) -> list[str]:
    return [f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()]
