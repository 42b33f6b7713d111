"""Lines of instructions in words, so that whoever signs reads what they do and not how it is packed."""

from __future__ import annotations

from datetime import UTC, datetime

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.holder import InvestorClass, date_of_day_number
from rwaledger.domain.instruction import (
    NO_ORDER,
    Line,
    Operation,
    admission_of_detail,
    particulars_of_line,
    rules_of_line,
)
from rwaledger.domain.instrument import Rules
from rwaledger.domain.units import format_amount
from rwaledger.operate.names import country_code

_OF_INSTRUMENT = {
    Operation.ACTIVATE,
    Operation.SET_RULES,
    Operation.SET_COUNTRY,
    Operation.SET_DOCUMENT,
    Operation.REMOVE_DOCUMENT,
    Operation.SCHEDULE_RECORD_DATE,
    Operation.CANCEL_RECORD_DATE,
    Operation.LICENSE_VENUE,
}


NO_RULE = "none"
"""Stands for a rule that is off."""


def sets_instrument(operation: Operation) -> bool:
    """Whether its few lines set something of the instrument itself, and have to be read before they are signed."""
    return operation in _OF_INSTRUMENT


def line_words(operation: Operation, line: Line, order: str, text: str, decimals: int) -> str:  # noqa: PLR0911
    """What a line says beyond its accounts and units; empty where it says nothing more."""
    match operation:
        case Operation.ADMIT:
            return standing_words(*admission_of_detail(line.detail))
        case Operation.SET_LOCK_UP:
            return f"until {time_words(line.detail)}" if line.detail else "ends"
        case Operation.ACTIVATE:
            return _activation(line, order)
        case Operation.SET_RULES:
            return _rules(line, decimals)
        case Operation.SET_COUNTRY:
            return f"{country_code(line.detail)} {'allowed' if line.amount_units else 'not allowed'}"
        case Operation.SET_DOCUMENT:
            return f"{_name(line.amount_units)} at {text}, hash 0x{line.detail:064x}"
        case Operation.REMOVE_DOCUMENT:
            return _name(line.amount_units)
        case Operation.SCHEDULE_RECORD_DATE:
            return time_words(line.detail)
        case Operation.CANCEL_RECORD_DATE:
            return f"number {line.detail}"
        case Operation.LICENSE_VENUE:
            return f"{checksummed(line.recipient)} until {time_words(line.detail)}"
    return str(line.detail) if line.detail else ""


def time_words(timestamp: int) -> str:
    """A time in UTC; one beyond all calendars as its number."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {timestamp}"


def standing_words(country: int, investor_class: int, valid_until_day: int) -> str:
    """Country, class and last valid day of an account."""
    until = date_of_day_number(valid_until_day).isoformat()
    return f"{country_code(country)}, {_class_name(investor_class)}, until {until}"


def _activation(line: Line, order: str) -> str:
    settled = particulars_of_line(line, order)
    parts = [
        f"ISIN {settled.isin}" if settled.isin else "no ISIN",
        f"DTI {settled.dti}" if settled.dti else "no DTI",
        f"underlying in {country_code(settled.domicile)}",
        "no filing" if settled.filing == NO_ORDER else f"filing {settled.filing}",
    ]
    return ", ".join(parts)


def rule_words(rules: Rules, decimals: int) -> dict[str, str]:
    """Each rule of a rule set in words, by its name; "none" where it is off. The list of countries is no part."""
    classes = ", ".join(_class_name(n) for n in sorted(rules.classes))
    words = {
        "max_balance": rules.max_balance_units
        and f"at most {format_amount(rules.max_balance_units, decimals)} an account",
        "holder_cap": rules.holder_cap and f"at most {rules.holder_cap} holders",
        "opens_at": rules.opens_at and f"transfers from {time_words(rules.opens_at)}",
        "closes_at": rules.closes_at and f"transfers until {time_words(rules.closes_at)}",
        "classes": classes and f"classes {classes}",
        "countries": rules.countries_restricted and "listed countries only",
    }
    return {name: text or NO_RULE for name, text in words.items()}


def _rules(line: Line, decimals: int) -> str:
    words = rule_words(rules_of_line(line), decimals).values()
    return "; ".join(text for text in words if text != NO_RULE) or "no rules"


def _class_name(number: int) -> str:
    known = {member.value: member.name.lower() for member in InvestorClass}
    return known.get(number, f"class {number}")


def _name(number: int) -> str:
    """The name of a document: text, padded on the right with zeros, or 32 bytes in hex."""
    raw = number.to_bytes(32).rstrip(b"\0")
    text = raw.decode("ascii") if raw.isascii() else ""
    return text if text.isprintable() and text else f"0x{number:064x}"
