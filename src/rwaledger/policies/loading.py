"""Read a policy from its file: the packaged one of Hong Kong, or an issuer's own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from rwaledger.domain.calendar import BusinessCalendar
from rwaledger.domain.errors import SettingsError
from rwaledger.domain.policy import Figure, ParticipantType, Policy, ReserveKind, Threshold
from rwaledger.domain.units import DECIMALS_MAX, parse_amount

__all__ = ["Figure", "Policy", "ReserveKind", "Threshold", "load_policy"]

PACKAGED = "hong-kong.toml"
BASIS_POINTS = 10_000

_NUMBERS = (
    "redemption_business_days",
    "redemption_fee_max_bp",
    "attestation_lifetime_s",
    "nav_deviation_bp",
    "reconciliation_age_days",
    "pause_business_days",
)


def _amount(text: str) -> str:
    parse_amount(text, DECIMALS_MAX)
    return text


_Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Version(_Model):
    valid_from: date
    source: str = Field(min_length=1)


class _Threshold(_Version):
    value: Annotated[str, AfterValidator(_amount)]
    currency: _Currency


class _Number(_Version):
    value: int = Field(ge=0)


class _Positive(_Version):
    value: int = Field(gt=0)


class _BasisPoints(_Version):
    value: int = Field(ge=0, le=BASIS_POINTS)


class _Kind(_Version):
    kind: str = Field(pattern="^[a-z][a-z0-9-]*$")
    currencies: list[_Currency]
    on_demand: bool = False
    max_tenor_months: int | None = Field(default=None, ge=1)
    max_tenor_business_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_tenor(self) -> Self:
        tenors = [each for each in (self.max_tenor_months, self.max_tenor_business_days) if each is not None]
        if len(tenors) > 1:
            raise ValueError("give max_tenor_months or max_tenor_business_days, not both")
        if not tenors and not self.on_demand:
            raise ValueError("without on_demand it needs max_tenor_months or max_tenor_business_days")
        return self


class _Participant(_Version):
    type: str = Field(min_length=1)
    investor_class: str = Field(pattern="^[a-z]+$")
    licence: str = ""


class _File(_Model):
    name: str = Field(min_length=1)
    zone: str
    holidays: str = Field(pattern="^[A-Z]{2}$")
    travel_rule_threshold: list[_Threshold] = Field(min_length=1)
    redemption_business_days: list[_Number] = Field(min_length=1)
    redemption_fee_max_bp: list[_BasisPoints] = Field(min_length=1)
    attestation_lifetime_s: list[_Positive] = Field(min_length=1)
    nav_deviation_bp: list[_Number] = Field(min_length=1)
    reconciliation_age_days: list[_Number] = Field(min_length=1)
    pause_business_days: list[_Number] = Field(min_length=1)
    reserve_kinds: list[_Kind] = Field(min_length=1)
    participant_types: list[_Participant] = Field(default_factory=list)

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"zone: there is no time zone {self.zone!r} on this machine") from None
        return self

    @model_validator(mode="after")
    def _each_version_once(self) -> Self:
        for name in ("travel_rule_threshold", *_NUMBERS):
            _require_distinct(name, [each.valid_from for each in getattr(self, name)])
        _require_distinct("reserve_kinds", [(each.kind, each.valid_from) for each in self.reserve_kinds])
        return self


def load_policy(path: Path | None) -> Policy:
    """The policy of a TOML file; of Hong Kong, as packaged, where `path` is None.

    Raises:
        SettingsError: it cannot be read, or has unknown keys or figures that cannot be.
    """
    source: Path | Traversable = path or files("rwaledger.policies") / PACKAGED
    try:
        return _policy(_File.model_validate(tomllib.loads(source.read_text(encoding="utf-8"))))
    except OSError as error:
        raise SettingsError(f"the policy {source} cannot be read: {error.strerror}", "Correct policy_file.") from None
    except ValidationError as error:
        problems = [f"{'.'.join(str(step) for step in e['loc']) or 'file'}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"the policy {source} is wrong: {'; '.join(problems)}", "Correct the file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the policy {source} is not TOML: {error}", "Correct the file.") from None


def _policy(file: _File) -> Policy:
    numbers: list[tuple[str, Sequence[Any]]] = [(name, getattr(file, name)) for name in _NUMBERS]
    return Policy(
        name=file.name,
        zone=file.zone,
        calendar=BusinessCalendar(file.holidays),
        thresholds=tuple(
            Figure("travel_rule_threshold", Threshold(each.value, each.currency), each.valid_from, each.source)
            for each in file.travel_rule_threshold
        ),
        numbers=tuple(
            Figure(name, each.value, each.valid_from, each.source) for name, versions in numbers for each in versions
        ),
        kinds=tuple(Figure("reserve_kinds", _kind(each), each.valid_from, each.source) for each in file.reserve_kinds),
        participants=tuple(
            Figure(
                "participant_types",
                ParticipantType(each.type, each.investor_class, each.licence),
                each.valid_from,
                each.source,
            )
            for each in file.participant_types
        ),
    )


def _kind(model: _Kind) -> ReserveKind:
    return ReserveKind(
        kind=model.kind,
        currencies=frozenset(model.currencies),
        on_demand=model.on_demand,
        max_tenor_months=model.max_tenor_months,
        max_tenor_business_days=model.max_tenor_business_days,
    )


def _require_distinct(name: str, versions: Sequence[object]) -> None:
    if len(set(versions)) != len(versions):
        raise ValueError(f"{name}: two versions have the same valid_from")
