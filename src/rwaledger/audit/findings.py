"""What the checks share: how a difference becomes a break, and how a check's result is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rwaledger.audit.records import InstrumentRecords, Place, Records
from rwaledger.domain.block import Log
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Outcome, Value
from rwaledger.domain.units import format_amount

STATE = "state"
EVENTS = "events"
REGISTER = "register"
CONTROL_BOOK = "control book"

UNREADABLE_STATE = "foreign code"
"""Cause of the breaks of an instrument whose answers mean nothing."""


@dataclass(slots=True)
class Findings:
    """Collects what one check looked at and what it found.

    A break's cause is the place of its event as `block/log_index`. Where there is no event, it names what was
    compared, so that each break of a check keeps an id of its own from run to run.
    """

    check: str
    title: str
    records: Records
    coverage: dict[str, int] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def count(self, **looked_at: int) -> None:
        """Adds to the coverage, by name of what was looked at."""
        for name, number in looked_at.items():
            self.coverage[name] = self.coverage.get(name, 0) + number

    def note(self, text: str) -> None:
        """Something that a reader has to know of the result, once."""
        if text not in self.notes:
            self.notes.append(text)

    def add(
        self,
        break_class: BreakClass,
        instrument_id: str,
        account: str,
        summary: str,
        values: tuple[Value, Value],
        *,
        cause: str = "",
        follows_from: str = "",
        holder_id: str = "",
    ) -> Break:
        """Records a break; `holder_id` is for one that names a holder and no account."""
        found = Break(
            self.check,
            break_class,
            instrument_id,
            account,
            holder_id or self.records.holder_id(account),
            summary,
            *values,
            cause,
            follows_from,
        )
        number = 2
        while found.break_id in self.ids:
            found, number = replace(found, cause=f"{cause} ({number})"), number + 1
        self.ids.add(found.break_id)
        self.breaks.append(found)
        return found

    def take_faults(self) -> None:
        """Records what loading the records showed, as far as this check answers for it."""
        for each in self.records.faults:
            if each.check == self.check:
                ids = each.instrument_id, each.account
                self.add(each.break_class, *ids, each.summary, each.values, cause=each.cause)

    def differ(
        self,
        each: InstrumentRecords,
        account: str,
        summary: str,
        left: tuple[str, int],
        right: tuple[str, int],
        cause: str,
    ) -> None:
        """Records an AMOUNT break where two records, each a name and units, do not say the same."""
        if left[1] != right[1]:
            values = Value(left[0], amount(each, left[1])), Value(right[0], amount(each, right[1]))
            self.add(BreakClass.AMOUNT, each.instrument.instrument_id, account, summary, values, cause=cause)

    def can_read_state(self, each: InstrumentRecords) -> bool:
        """Whether the instrument's answers can be compared at all; where not, that is a break."""
        if each.state is not None:
            return True
        self.add(
            BreakClass.COVERAGE,
            each.instrument.instrument_id,
            "",
            "state not compared: the code at the instrument's address is neither the released nor the deployed one",
            (Value(STATE, "answers of foreign code"), Value("required", "answers of the deployed code")),
            cause=UNREADABLE_STATE,
        )
        return False

    def result(self) -> CheckResult:
        """The result: FAIL with any break but one that clears by itself, else PASS."""
        fails = any(found.break_class is not BreakClass.TIMING for found in self.breaks)
        outcome = Outcome.FAIL if fails else Outcome.PASS
        notes = " ".join(self.notes)
        return CheckResult(self.check, self.title, outcome, self.coverage, tuple(self.breaks), notes)


def amount(each: InstrumentRecords, units: int) -> str:
    """Units as decimal text of the instrument."""
    return format_amount(units, each.instrument.decimals)


def named_amount(each: InstrumentRecords, units: int) -> str:
    """Units as decimal text with the instrument's symbol, for sentences."""
    return f"{format_amount(units, each.instrument.decimals, grouped=True)} {each.instrument.symbol}"


def cause_of(place: Place) -> str:
    """How a break names the place of an event."""
    return f"{place[0]}/{place[1]}"


def moment_words(moment: datetime | int) -> str:
    """A moment in UTC, or one in seconds since 1970, in words."""
    when = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment.astimezone(UTC)
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def where(log: Log) -> str:
    """The place of a log in words."""
    return f"block {log.block_number}, log {log.log_index}, transaction {log.tx_hash}"


def holding_accounts(each: InstrumentRecords) -> Sequence[str]:
    """Every account that any record knows, but for the issuance account."""
    return [account for account in each.accounts if account != ISSUANCE_ACCOUNT]
