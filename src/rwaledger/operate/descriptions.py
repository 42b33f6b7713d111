"""Instrument descriptions: the TOML or CSV file that says what is to be deployed, and what it stands for."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rwaledger.chain.addresses import parse_address
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.identifiers import parse_dti, parse_isin
from rwaledger.domain.instruction import NO_ORDER
from rwaledger.domain.instrument import InstrumentKind, Particulars, RecordOfTruth, Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.settlement import SETTLEMENT_ID
from rwaledger.domain.units import DECIMALS_MAX, AmountError, parse_amount
from rwaledger.operate.names import parse_class, parse_country
from rwaledger.operate.rows import Row, RowError, convert, read_rows

CSV_COLUMNS = (
    "id", "name", "symbol", "decimals", "kind", "record_of_truth", "max_balance", "classes", "countries",
)  # fmt: skip
CSV_OPTIONAL = (
    "holder_cap", "counts_holders", "opens_at", "closes_at", "guarded_country", "reserve_attestor",
    "isin", "dti", "domicile", "filing",
)  # fmt: skip

NO_COUNTRY = "none"
"""Stands for the guarded country of an instrument that has none."""

OWN_ATTESTOR = "own"
"""Stands for the reserve attestor that is deployed with the instruments, under the offices of the settings."""

_RULES = {"max_balance", "classes", "countries", "holder_cap", "counts_holders", "opens_at", "closes_at"} | {
    "guarded_country"
}
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_HOLDERS_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Description:
    """What an instrument is to be, before it has an address.

    `reserve_attestor` is the zero address where issuing needs no attested reserve, and `OWN_ATTESTOR` for the attestor
    that is deployed beside it. `particulars`, where the file has them, are settled at its activation and not by its
    deployment.
    """

    instrument_id: str
    name: str
    symbol: str
    decimals: int
    kind: InstrumentKind
    record_of_truth: RecordOfTruth
    rules: Rules
    reserve_attestor: str = ISSUANCE_ACCOUNT
    particulars: Particulars | None = None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Rules(_Model):
    max_balance: str = ""
    classes: list[str] = []
    countries: list[str] = []
    holder_cap: int = Field(default=0, ge=0, le=_HOLDERS_MAX)
    counts_holders: bool = False
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    guarded_country: str = "CN"

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

    @field_validator("guarded_country")
    @classmethod
    def _known_country(cls, code: str) -> str:
        if code != NO_COUNTRY:
            parse_country(code)
        return code

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.holder_cap and not self.counts_holders:
            raise ValueError("a holder_cap needs counts_holders")
        if self.opens_at and self.closes_at and self.closes_at < self.opens_at:
            raise ValueError("closes_at is before opens_at")
        return self


class _Instrument(_Model):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")
    name: str = Field(min_length=1, max_length=128)
    symbol: str = Field(pattern=r"^[A-Za-z0-9]{1,16}$")
    decimals: int = Field(ge=0, le=DECIMALS_MAX)
    kind: Literal["stablecoin", "bond", "fund"]
    record_of_truth: Literal["chain", "register", "hybrid"]
    reserve_attestor: str = ""
    isin: str = ""
    dti: str = ""
    domicile: str = ""
    filing: str = ""
    rules: _Rules = _Rules()

    @model_validator(mode="after")
    def _known(self) -> Self:
        parsers = {
            "reserve_attestor": _attestor, "isin": parse_isin, "dti": parse_dti, "domicile": parse_country,
        }  # fmt: skip
        for name, parse in parsers.items():
            text = getattr(self, name)
            if text:
                parse(text)
        if not self.domicile and (self.isin or self.dti or self.filing):
            raise ValueError("isin, dti and filing need the domicile, the country where the underlying is")
        if self.id == SETTLEMENT_ID:
            raise ValueError(f"id: {SETTLEMENT_ID!r} stands for the settlement contract")
        return self


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
        return [_description(instrument, path.parent) for instrument in instruments]
    except OSError as error:
        raise InputFileError([InputProblem(path, 0, f"cannot be read: {error.strerror}")]) from None
    except ValidationError as error:
        raise InputFileError([InputProblem(path, 0, message) for message in _messages(error)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AmountError, _FilingUnread) as error:
        raise InputFileError([InputProblem(path, 0, str(error))]) from None


def _read_csv(path: Path) -> list[Description]:
    rows = read_rows(path, CSV_COLUMNS, CSV_OPTIONAL)
    return convert(path, rows, lambda row: _row_description(row, path.parent))


def _row_description(row: Row, folder: Path) -> Description:
    """An empty field is a key that is not there."""
    fields: dict[str, Any] = {name: text for name, text in row.fields.items() if text}
    try:
        for name, parse in _CSV_TYPES.items():
            if name in fields:
                fields[name] = parse(fields[name])
    except ValueError as error:
        raise RowError([f"{name}: {error}"]) from None
    rules = {name: fields.pop(name) for name in _RULES if name in fields}
    try:
        return _description(_Instrument.model_validate(fields | {"rules": rules}), folder)
    except ValidationError as error:
        raise RowError(_messages(error)) from None
    except AmountError as error:
        raise RowError([f"max_balance: {error}"]) from None
    except _FilingUnread as error:
        raise RowError([str(error)]) from None


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither 'yes' nor 'no'")
    return text == "yes"


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time, written like 2026-12-31T09:00:00+08:00") from None


def _list(text: str) -> list[str]:
    return [item for item in text.split(";") if item]


_CSV_TYPES: dict[str, Any] = {
    "decimals": _whole_number,
    "holder_cap": _whole_number,
    "counts_holders": _yes_or_no,
    "opens_at": _time,
    "closes_at": _time,
    "classes": _list,
    "countries": _list,
}


class _FilingUnread(ValueError):
    """A filing is neither a hash nor a file that can be read."""


def _attestor(text: str) -> str:
    return text if text == OWN_ATTESTOR else parse_address(text)


def _description(model: _Instrument, folder: Path) -> Description:
    return Description(
        instrument_id=model.id,
        name=model.name,
        symbol=model.symbol,
        decimals=model.decimals,
        kind=InstrumentKind(model.kind),
        record_of_truth=RecordOfTruth(model.record_of_truth),
        rules=_described_rules(model.rules, model.decimals),
        reserve_attestor=_attestor(model.reserve_attestor) if model.reserve_attestor else ISSUANCE_ACCOUNT,
        particulars=_particulars(model, folder),
    )


def _described_rules(model: _Rules, decimals: int) -> Rules:
    return Rules(
        max_balance_units=parse_amount(model.max_balance, decimals) if model.max_balance else 0,
        classes=frozenset(int(parse_class(name)) for name in model.classes),
        countries_restricted=bool(model.countries),
        countries=frozenset(parse_country(code) for code in model.countries),
        holder_cap=model.holder_cap,
        opens_at=int(model.opens_at.timestamp()) if model.opens_at else 0,
        closes_at=int(model.closes_at.timestamp()) if model.closes_at else 0,
        guarded_country=0 if model.guarded_country == NO_COUNTRY else parse_country(model.guarded_country),
        counts_holders=model.counts_holders,
    )


def _particulars(model: _Instrument, folder: Path) -> Particulars | None:
    if not model.domicile:
        return None
    return Particulars(model.isin, model.dti, parse_country(model.domicile), _filing_hash(model.filing, folder))


def _filing_hash(text: str, folder: Path) -> str:
    """The hash itself, or the SHA-256 of the document at a path beside the description."""
    if not text:
        return NO_ORDER
    if _HASH.fullmatch(text):
        return text.lower()
    try:
        return "0x" + hashlib.sha256((folder / text).read_bytes()).hexdigest()
    except OSError as error:
        raise _FilingUnread(f"filing: {text} cannot be read: {error.strerror}") from None


def _messages(error: ValidationError) -> list[str]:
    return [f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()]
