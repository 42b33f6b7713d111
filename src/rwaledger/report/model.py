"""The report as a value: everything that its forms show, taken from a reconciliation and its register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rwaledger import __version__
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Account
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break, CheckResult, Reconciliation, Value
from rwaledger.registry import holders, instruments, positions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.digest import register_digest
from rwaledger.registry.sealing import Seal

TITLE = "Reconciliation report"
NO_HOLDER = "no holder on the register"
SEALED = "(sealed)"
"""Stands behind a holder's short name, where nobody gave the key that opens the name."""
NOTICE = (
    "The block hash above is what this report stands on. A chain that one party runs by itself, such as a local "
    "node, proves nothing against whoever runs the node."
)

_ADDRESS = re.compile(r"0x[0-9a-f]{40}(?![0-9a-f])")


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
    """What one account holds; `share_percent` has four digits after the point."""

    holder_id: str
    holder: str
    account: str
    units: int
    share_percent: str


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
    control_book: str
    supply_units: int
    holdings: tuple[Holding, ...]
    history: tuple[SupplyPoint, ...]
    supply_note: str = ""

    @property
    def held_units(self) -> int:
        """All holdings together; the units in issue, unless the register is at fault."""
        return sum(holding.units for holding in self.holdings)

    def rest_units(self, shown: int) -> int:
        """What is held beside the largest `shown` holdings."""
        return sum(holding.units for holding in self.holdings[shown:])

    def rest_percent(self, shown: int) -> str:
        """Share of that in the units in issue."""
        return share_percent(self.rest_units(shown), self.supply_units)


@dataclass(frozen=True, slots=True)
class Report:
    """One reconciliation, ready to be shown in any form. `findings` are the roots, each with its consequences."""

    title: str
    generated_by: str
    pin: Pin
    register_digest: str
    passed: bool
    results: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    instruments: tuple[InstrumentPart, ...]
    notice: str = NOTICE

    @property
    def verdict(self) -> str:
        """The result in one line."""
        if self.passed:
            return f"PASS: all {len(self.results)} checks agree"
        failed = sum(bool(result.breaks) for result in self.results)
        roots, follow = len(self.findings), sum(len(found.consequences) for found in self.findings)
        causes = f"{roots} root finding{'' if roots == 1 else 's'}"
        following = f" and {follow} more that follow{'s' if follow == 1 else ''}" if follow else ""
        return f"FAIL: {failed} of {len(self.results)} checks do not agree; {causes}{following}"


def build(database: Database, reconciliation: Reconciliation, seal: Seal | None = None) -> Report:
    """The report of a reconciliation, with holdings and supply from the register at the pinned block.

    Holders are named where `seal`, the privacy key, is given; else by their short names alone.

    Raises:
        AuthorisationError: the names were sealed with another key.
        DatabaseUnreachable: no answer.
        RegisterConflict: the register is no longer the one that was reconciled.
    """
    pin = reconciliation.pin
    with database.read() as c:
        _require_same_register(c, reconciliation)
        names = _names(c, seal)
        accounts = holders.accounts(c, pin.chain_id)
        known = [i for i in instruments.instruments(c) if i.chain_id == pin.chain_id]
        parts = tuple(_part(c, i, pin, accounts, names) for i in known if i.deploy_block <= pin.block_number)
    return Report(
        title=TITLE,
        generated_by=f"rwaledger {__version__}",
        pin=pin,
        register_digest=reconciliation.register_digest,
        passed=reconciliation.passed,
        results=reconciliation.results,
        findings=_findings(reconciliation.breaks, names),
        instruments=parts,
    )


def shown(text: str) -> str:
    """Text with its addresses in EIP-55 form."""
    return _ADDRESS.sub(lambda match: checksummed(match[0]), text)


def share_percent(units: int, total: int) -> str:
    """Percentage of a total, exact to four digits after the point, half rounded up."""
    if total == 0:
        return "0.0000"
    steps = (abs(units) * 2_000_000 + total) // (2 * total)
    return f"{'-' if units < 0 else ''}{steps // 10_000}.{steps % 10_000:04}"


def _require_same_register(c: Connection, reconciliation: Reconciliation) -> None:
    """The report reads the register again, and holdings must not be newer than the verdict above them."""
    if register_digest(c, reconciliation.pin.block_number) != reconciliation.register_digest:
        raise RegisterConflict(
            "the register was changed between its reconciliation and the report on it; no report was made",
            "Run the command again.",
        )


def _names(c: Connection, seal: Seal | None) -> dict[str, str]:
    """What stands for the name of each holder."""
    if seal is None:
        return {holder.holder_id: f"{holder.holder_id} {SEALED}" for holder in holders.holders(c)}
    return {holder_id: person.name for holder_id, person in holders.people(c, seal).items()}


def _findings(breaks: Iterable[Break], names: Mapping[str, str]) -> tuple[Finding, ...]:
    found = list(breaks)
    following: dict[str, list[Finding]] = {}
    for each in found:
        if each.follows_from:
            following.setdefault(each.follows_from, []).append(_finding(each, names))
    return tuple(
        _finding(each, names, tuple(following.get(each.break_id, ()))) for each in found if not each.follows_from
    )


def _finding(found: Break, names: Mapping[str, str], consequences: tuple[Finding, ...] = ()) -> Finding:
    return Finding(
        found.break_id,
        found.check,
        found.break_class.value,
        found.instrument_id,
        shown(found.account),
        found.holder_id,
        names.get(found.holder_id, ""),
        shown(found.summary),
        Value(found.left.record, shown(found.left.value)),
        Value(found.right.record, shown(found.right.value)),
        found.cause,
        found.follows_from,
        consequences,
    )


def _part(
    c: Connection,
    instrument: Instrument,
    pin: Pin,
    accounts: Mapping[str, Account],
    names: Mapping[str, str],
) -> InstrumentPart:
    balances = positions.balances_at(c, instrument.instrument_id, pin.block_number)
    supply = -balances.pop(ISSUANCE_ACCOUNT, 0)
    held = sorted(((units, account) for account, units in balances.items() if units), key=lambda h: (-h[0], h[1]))
    history, note = _history(c, instrument.instrument_id, pin.block_number)
    return InstrumentPart(
        instrument,
        shown(instrument.address),
        shown(instrument.control_book),
        supply,
        tuple(_holding(units, account, supply, accounts, names) for units, account in held),
        history,
        note,
    )


def _holding(
    units: int, account: str, supply: int, accounts: Mapping[str, Account], names: Mapping[str, str]
) -> Holding:
    known = accounts.get(account)
    holder_id = known.holder_id if known else ""
    return Holding(holder_id, names.get(holder_id, NO_HOLDER), shown(account), units, share_percent(units, supply))


def _history(c: Connection, instrument_id: str, block: int) -> tuple[tuple[SupplyPoint, ...], str]:
    """A register with postings in a block that it does not have still gets its report, which then says so."""
    try:
        return tuple(SupplyPoint(*point) for point in positions.supply_history(c, instrument_id, block)), ""
    except RegisterConflict as error:
        return (), error.message
