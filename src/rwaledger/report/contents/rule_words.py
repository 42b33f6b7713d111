"""What an event changed in the rules of an instrument, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instrument import classes_of_mask
from rwaledger.domain.units import format_amount
from rwaledger.report.contents.jurisdictions import class_words
from rwaledger.report.contents.moment import moment_of
from rwaledger.report.contents.people import country_words

_NONE = "none"
_NAMES = {
    "maxBalance": "largest balance",
    "holderCap": "most holders",
    "opensAt": "opens",
    "closesAt": "closes",
    "classMask": "classes",
    "countriesRestricted": "countries",
}


def rule_words(event: ChainEvent, decimals: int) -> str:
    """What a rule event says; amounts are shown with the instrument's decimals."""
    args = cast(Mapping[str, Any], event.args)
    match event.name:
        case "RulesChanged":
            return _changes(args["version"], args["previous"], args["current"], decimals)
        case "CountryAllowed":
            return f"{country_words(args['country'])} {'allowed' if args['allowed'] else 'not allowed any more'}"
        case "VenueLicensed":
            return f"licensed until {_time(args['validUntil'])}"
        case "InstrumentActivated":
            return (
                f"ISIN {_text(args['isin'])}, DTI {_text(args['dti'])}, underlying in {country_words(args['domicile'])}"
            )
    return "all moves but enforcement stopped" if event.name == "Paused" else "moves go on"


def _changes(version: int, previous: Mapping[str, Any], current: Mapping[str, Any], decimals: int) -> str:
    shown = _shown(decimals)
    changed = [
        f"{_NAMES[name]}: {words(previous[name])} -> {words(current[name])}"
        for name, words in shown.items()
        if previous[name] != current[name]
    ]
    return f"version {version}: {'; '.join(changed) or 'nothing changed'}"


def _shown(decimals: int) -> dict[str, Callable[[Any], str]]:
    """How each rule is written; 0 is no rule."""
    return {
        "maxBalance": lambda units: format_amount(units, decimals, grouped=True) if units else _NONE,
        "holderCap": lambda count: str(count) if count else _NONE,
        "opensAt": lambda at: _time(at) if at else _NONE,
        "closesAt": lambda at: _time(at) if at else _NONE,
        "classMask": lambda mask: ", ".join(map(class_words, sorted(classes_of_mask(mask)))) or _NONE,
        "countriesRestricted": lambda on: "listed ones" if on else _NONE,
    }


def _time(timestamp: int) -> str:
    """A time in UTC; one beyond all calendars as its number."""
    try:
        return f"{moment_of(timestamp):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"second {timestamp}"


def _text(padded: str) -> str:
    """Text in fixed bytes; "none" where there is none."""
    raw = bytes.fromhex(padded[2:]).rstrip(b"\0")
    return raw.decode("ascii", "replace") or _NONE
