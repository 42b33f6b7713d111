"""What a reconciliation is reported by: its findings, its exemptions, and who holds what."""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger import __version__
from rwaledger.domain.block import Pin
from rwaledger.domain.exemption import Exemption
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reconciliation import CheckResult, Incremental, Outcome, Value


@dataclass(frozen=True, slots=True)
class Finding:
    """A break for readers: addresses in EIP-55 form, its holder by name, and what follows from it."""

    break_id: str
    check: str
    break_class: str
    instrument_id: str
    account: str
    holder_id: str
    holder: str
    summary: str
    left: Value
    right: Value
    cause: str
    follows_from: str
    consequences: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """What one account holds."""

    holder_id: str
    holder: str
    account: str
    units: int


@dataclass(frozen=True, slots=True)
class SupplyPoint:
    """Units in issue from a block on; `timestamp` is the block's own time, in seconds."""

    timestamp: int
    block_number: int
    units: int


@dataclass(frozen=True, slots=True)
class InstrumentPart:
    """An instrument with its holdings, the largest first, and its supply over time.

    Both are as the register has them. `supply_note` says why there is no history, where there is none.
    """

    instrument: Instrument
    address: str
    supply_units: int
    holdings: tuple[Holding, ...]
    history: tuple[SupplyPoint, ...]
    supply_note: str = ""

    @property
    def held_units(self) -> int:
        """All holdings together; the units in issue, unless the register is at fault."""
        return sum(holding.units for holding in self.holdings)


@dataclass(frozen=True, slots=True)
class Report:
    """One reconciliation, ready to be made a document.

    `findings` are the roots, each with its consequences; those of class TIMING stand in `timing`, since they clear by
    themselves and fail nothing; those that are exempt, or were signed off as facts, with all that follows from them, in
    `let_pass`. `exemptions` are those in force on the local day of the block. `incremental` is what an incremental run
    looked at; its report says nothing of holdings.
    """

    pin: Pin
    register_digest: str
    passed: bool
    results: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    timing: tuple[Finding, ...]
    let_pass: tuple[Finding, ...]
    exemptions: tuple[Exemption, ...]
    instruments: tuple[InstrumentPart, ...]
    incremental: Incremental | None = None
    generated_by: str = f"rwaledger {__version__}"

    @property
    def outcome(self) -> str:
        """PASS or FAIL."""
        return "PASS" if self.passed else "FAIL"

    @property
    def verdict(self) -> str:
        """The result in one line."""
        count = {outcome: sum(each.outcome is outcome for each in self.results) for outcome in Outcome}
        total = len(self.results)
        if self.passed:
            agree = f"all {total}" if count[Outcome.PASS] == total else f"{count[Outcome.PASS]} of {total}"
            said = [f"{agree} checks agree"]
        else:
            said = [f"{count[Outcome.FAIL]} of {total} checks do not agree"]
        if count[Outcome.NOT_RUN]:
            said.append(f"{count[Outcome.NOT_RUN]} did not run")
        if count[Outcome.EXEMPT]:
            said.append(f"{count[Outcome.EXEMPT]} exempt")
        if self.incremental:
            said.insert(0, f"INCREMENTAL since block {self.incremental.base_block}")
        return f"{self.outcome}: {'; '.join([', '.join(said), *self._found()])}"

    def _found(self) -> list[str]:
        found = []
        if self.findings:
            following = sum(len(each.consequences) for each in self.findings)
            more = f" and {following} more that follow{'s' if following == 1 else ''}" if following else ""
            found.append(f"{_counted(len(self.findings), 'root finding')}{more}")
        if self.let_pass:
            found.append(f"{_counted(len(self.let_pass), 'finding')} let pass")
        if self.timing:
            found.append(f"{_counted(len(self.timing), 'difference')} of timing")
        return found


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
