"""The one block that a report stands on, chosen by number, by day or by time, and what page one says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rwaledger import __version__
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.block import Block
from rwaledger.domain.calendar import end_of_day, local_date
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import heights, instruments, ledger
from rwaledger.registry.database import Connection
from rwaledger.registry.digest import register_digest

At = int | date | datetime
"""A moment as a person gives it: a block, a local day, or a time with its zone."""

_SYNC = "Run `rwaledger register sync` first."


@dataclass(frozen=True, slots=True)
class Moment:
    """The block at which everything in a report is read, and up to when records count that no block has.

    `timestamp` is the block's, `until` the last second that counts: that of the day or time that was asked for, where
    the chain is known to have passed it, else the block's. Both are in seconds since 1970. `zone` is the policy's,
    `asked` says what was asked for.
    """

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: int
    until: int
    zone: str
    register_digest: str
    asked: str

    @property
    def time(self) -> datetime:
        """The last second that counts, in UTC."""
        return moment_of(self.until)

    @property
    def day(self) -> date:
        """The local day of that."""
        return local_date(self.time, self.zone)

    def day_of(self, timestamp: int) -> date:
        """The local day of another block's time."""
        return local_date(moment_of(timestamp), self.zone)

    def facts(self, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """What the report stands on, for its first page; `more` comes first."""
        time = moment_of(self.timestamp)
        local = time.astimezone(ZoneInfo(self.zone))
        return (
            *more,
            ("as at", self.asked),
            ("chain", str(self.chain_id)),
            ("block", str(self.block_number)),
            ("block hash", self.block_hash),
            ("block time", f"{time:%Y-%m-%d %H:%M:%S} UTC"),
            ("local time", f"{local:%Y-%m-%d %H:%M:%S} {self.zone}"),
            ("software", f"rwaledger {__version__}"),
            ("register digest", self.register_digest),
        )


def moment_of(timestamp: int) -> datetime:
    """The moment of a block's time, in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def chain_of(c: Connection, chain_id: int | None = None) -> int:
    """The chain that is meant: the one that is named, else the only one of which the register has an instrument.

    Raises:
        UsageError: there is none, or there are several, or not the one that is named.
    """
    known = sorted({each.chain_id for each in instruments.instruments(c)})
    if chain_id is not None and chain_id not in known:
        raise UsageError(f"the register has no instrument on chain {chain_id}", "See `rwaledger instrument list`.")
    if chain_id is not None:
        return chain_id
    if len(known) != 1:
        listed = ", ".join(map(str, known))
        raise UsageError(
            f"the register has instruments on several chains: {listed}" if known else "the register has no instrument",
            "Add --chain." if known else "Deploy one with `rwaledger instrument deploy FILE`.",
        )
    return known[0]


def choose_moment(c: Connection, chain_id: int, at: At | None, zone: str) -> Moment:
    """The block that is meant, of those up to which every contract of the chain is in the register.

    A number is that block; a day the last block before its end in `zone`; a time the last block that is not later;
    None the last of all.

    Raises:
        UsageError: there is no such block in the register.
    """
    highest = _highest(c, chain_id)
    if at is None or isinstance(at, int):
        block = _block(c, chain_id, highest if at is None else at, highest)
        until, asked = block.timestamp, f"block {block.number}"
    else:
        last = _last_second(at, zone)
        block = _block_by(c, chain_id, at, last, highest, zone)
        until, asked = last, _words(at, zone)
        if block.number == highest and block.timestamp < last:
            until, asked = block.timestamp, f"{asked}, as far as the register goes: block {highest}"
    digest = register_digest(c, block.number)
    return Moment(chain_id, block.number, block.hash, block.timestamp, until, zone, digest, asked)


def require_deployed(instrument: Instrument, moment: Moment) -> None:
    """Raises where the instrument is younger than the moment.

    Raises:
        UsageError: it is.
    """
    if instrument.deploy_block > moment.block_number:
        raise UsageError(
            f"{instrument.instrument_id} was deployed in block {instrument.deploy_block}, "
            f"after block {moment.block_number}",
            "Ask for a later moment with --at.",
        )


def instrument_facts(wanted: Sequence[Instrument]) -> list[tuple[str, str]]:
    """The lines of page one that say what the report is about."""
    return [
        (
            "instrument" if len(wanted) == 1 else f"instrument {each.instrument_id}",
            f"{each.instrument_id}, {each.name}: {each.kind.value}, {checksummed(each.address)}",
        )
        for each in wanted
    ]


def _highest(c: Connection, chain_id: int) -> int:
    """The block up to which all contracts were read; a report on a later one would lack events of some."""
    read = {each.address: each.block_number for each in ledger.checkpoints(c, chain_id)}
    contracts = [each.address for each in instruments.contracts(c, chain_id)]
    if not contracts or any(address not in read for address in contracts):
        raise UsageError(f"the register of chain {chain_id} is not synced", _SYNC)
    return min(read.values())


def _block(c: Connection, chain_id: int, number: int, highest: int) -> Block:
    found = ledger.block_at(c, chain_id, number) if number <= highest else None
    if found is None:
        first = heights.first_block(c, chain_id)
        span = f"it has blocks {first.number if first else 0} to {highest}"
        raise UsageError(f"block {number} is not in the register; {span}", f"Name one of these. {_SYNC}")
    return found


def _last_second(at: date, zone: str) -> int:
    """The last second that is meant, since 1970.

    Raises:
        UsageError: it lies on the last day that a calendar has.
    """
    try:
        return int((at if isinstance(at, datetime) else end_of_day(at, zone) - timedelta(seconds=1)).timestamp())
    except OverflowError:
        raise UsageError(f"{at} lies at the edge of the calendar", "Ask for a moment within it with --at.") from None


def _block_by(c: Connection, chain_id: int, at: date, last: int, highest: int, zone: str) -> Block:
    found = heights.last_block_at(c, chain_id, last, highest)
    if found is None:
        raise UsageError(f"the register has no block up to {_words(at, zone)}", "Ask for a later moment with --at.")
    return found


def _words(at: date, zone: str) -> str:
    if isinstance(at, datetime):
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"the end of {at.isoformat()}, {zone}"
