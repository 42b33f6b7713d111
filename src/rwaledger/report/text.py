"""How values are written for people, the same in every form of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import format_amount
from rwaledger.report.model import Finding, InstrumentPart

_NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(?P<rest>(?:\.\d+)?)")


def utc(timestamp: int) -> str:
    """A block's time, such as `2026-01-15T09:30:00Z`."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_words(timestamp: int) -> str:
    """A block's time for sentences, such as `2026-01-15 09:30:00 UTC`."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def decimal(part: InstrumentPart, units: int) -> str:
    """Exact decimal text of an amount, for machines."""
    return format_amount(units, part.instrument.decimals)


def grouped(part: InstrumentPart, units: int) -> str:
    """Decimal text of an amount with commas between thousands, for people."""
    return format_amount(units, part.instrument.decimals, grouped=True)


def grouped_text(value: str) -> str:
    """A value of a break; where it is a number, with commas between thousands."""
    match = _NUMBER.fullmatch(value)
    return f"{match['sign']}{int(match['whole']):,}{match['rest']}" if match else value


def coverage(covered: Mapping[str, int]) -> str:
    """What a check covered, such as `3 instruments, 18 totals`; names are plurals, and singular for one."""
    return ", ".join(f"{number:,} {_named(name, number)}" for name, number in covered.items())


def _named(name: str, number: int) -> str:
    words = name.replace("_", " ")
    return words.removesuffix("s") if number == 1 else words


def whom(found: Finding) -> str:
    """Holder and account of a finding, as far as it has them."""
    account = "issuance account" if found.account == ISSUANCE_ACCOUNT else found.account
    return ", ".join(part for part in (found.holder, account) if part)


def following(found: Finding) -> str:
    """How many breaks follow from a root."""
    count = len(found.consequences)
    return f"{count} more that follow{'s' if count == 1 else ''} from it"
