"""What an instrument's register says at the end of each signed period: what its roll-forward opens with from there on.

A period attests the supply and the number of holders one by one, and the balance of each account through the hash of
all postings up to its block: where these still have that hash, every balance behind them is the one that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.domain.period import Period, Section
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Posting
from rwaledger.registry.mirrored import posting_cells, sections_at
from rwaledger.registry.period_faults import REGISTER, SIGNED, ReadPeriod

POSTINGS = "postings"


@dataclass(frozen=True, slots=True)
class Closed:
    """The register at the end of a signed period.

    `moved_units` is the net issuance since the period before, `accounts` those that had moved by then, `postings` all
    up to there, counted and hashed as the period has them; `is_as_signed` is whether it says the same of them.
    """

    period: Period
    moved_units: int
    holders: int
    accounts: int
    postings: Section
    is_as_signed: bool


def closings(postings: Sequence[Posting], signed: Sequence[ReadPeriod]) -> list[Closed]:
    """The register at the end of each period, in their order."""
    now = sections_at(POSTINGS, map(posting_cells, postings), [each.period.block_number for each in signed])
    balances: dict[str, int] = {}
    found, at = [], 0
    for each, section in zip(signed, now, strict=True):
        moved_units = 0
        while at < len(postings) and postings[at].block_number <= each.period.block_number:
            posting, at = postings[at], at + 1
            balances[posting.account] = posting.balance_after_units
            if posting.account == ISSUANCE_ACCOUNT:
                moved_units -= posting.amount_units
        is_as_signed = section in each.mirrored
        found.append(Closed(each.period, moved_units, _holders(balances), len(balances), section, is_as_signed))
    return found


@dataclass(frozen=True, slots=True)
class SupplyStep:
    """From one closing of the supply to the next: what moved, and what is there then by the word of a record."""

    name: str
    moved_units: int
    closing_units: int
    record: str


def supply_steps(
    postings: Sequence[Posting], balances: Mapping[str, int], closed: Sequence[Closed]
) -> Iterator[SupplyStep]:
    """The steps to the end of each signed period, and on to the pinned block; none where nothing is signed.

    `balances` are those behind the last postings.
    """
    for one in closed:
        period = one.period
        yield SupplyStep(f"period {period.sequence}", one.moved_units, period.supply_units, SIGNED)
    if closed:
        last = closed[-1].period
        later = (p for p in postings if p.account == ISSUANCE_ACCOUNT and p.block_number > last.block_number)
        moved_units = -sum(posting.amount_units for posting in later)
        supply_units = -balances.get(ISSUANCE_ACCOUNT, 0)
        yield SupplyStep(f"period {last.sequence} onwards", moved_units, supply_units, REGISTER)


def _holders(balances: Mapping[str, int]) -> int:
    return sum(1 for account, units in balances.items() if units > 0 and account != ISSUANCE_ACCOUNT)
