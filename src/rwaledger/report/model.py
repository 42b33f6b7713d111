"""A reconciliation made ready for its report: findings by names, and who held what at its block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.text_signatures import text_signer
from rwaledger.domain.block import Pin
from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.exemption import fault_of
from rwaledger.domain.holder import Account
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break, BreakClass, Reconciliation, Value
from rwaledger.policies.loading import load_policy
from rwaledger.registry import holders, instruments, positions
from rwaledger.registry.database import Connection, Readable
from rwaledger.registry.digest import register_digest
from rwaledger.registry.exemptions import exemptions
from rwaledger.registry.sealing import Seal
from rwaledger.report.parts import Finding, Holding, InstrumentPart, Report, SupplyPoint

NO_HOLDER = "no holder on the register"
SEALED = "(sealed)"
"""Stands behind a holder's short name, where nobody gave the key that opens the name."""

_ADDRESS = re.compile(r"0x[0-9a-f]{40}(?![0-9a-f])")


def build(
    database: Readable, reconciliation: Reconciliation, seal: Seal | None = None, *, zone: str | None = None
) -> Report:
    """The report of a reconciliation, with holdings and supply from the register at the pinned block.

    Holders are named where `seal`, the privacy key, is given; else by their short names alone. `zone` is where the days
    of exemptions begin and end, by default that of the packaged policy. A snapshot has to be the one that was
    reconciled; of a register that moves on it is made sure, by its digest, that it has not. That of an incremental run
    has no holdings: it has not looked at them.

    Raises:
        AuthorisationError: the names were sealed with another key.
        DatabaseUnreachable: no answer.
        RegisterConflict: the register is no longer the one that was reconciled.
    """
    pin, is_whole = reconciliation.pin, reconciliation.incremental is None
    with database.read() as c:
        if is_whole and not database.holds_still:
            _require_same_register(c, reconciliation)
        names = _names(c, seal)
        accounts = holders.accounts(c, pin.chain_id)
        known = [i for i in instruments.instruments(c) if i.chain_id == pin.chain_id] if is_whole else []
        parts = tuple(_part(c, i, pin, accounts, names) for i in known if i.deploy_block <= pin.block_number)
        day = local_date(datetime.fromtimestamp(pin.timestamp, UTC), zone or load_policy(None).zone)
        signed = (each for key, each, text in exemptions(c, pin.chain_id) if not fault_of(key, each, text, text_signer))
        in_force = tuple(each for each in signed if each.is_in_force(day))
    excused = frozenset().union(*(result.let_pass for result in reconciliation.results))
    timing, let_pass, findings = _sorted(_findings(reconciliation.breaks, names), excused)
    return Report(
        pin=pin,
        register_digest=reconciliation.register_digest,
        passed=reconciliation.passed,
        results=reconciliation.results,
        findings=findings,
        timing=timing,
        let_pass=let_pass,
        exemptions=in_force,
        instruments=parts,
        incremental=reconciliation.incremental,
    )


def _sorted(roots: Iterable[Finding], excused: frozenset[str]) -> tuple[tuple[Finding, ...], ...]:
    """What is timing, what is let pass together with all that follows from it, and what fails."""
    timing, let_pass, findings = [], [], []
    for root in roots:
        if root.break_class == BreakClass.TIMING:
            timing.append(root)
        elif all(each.break_id in excused for each in (root, *root.consequences)):
            let_pass.append(root)
        else:
            findings.append(root)
    return tuple(timing), tuple(let_pass), tuple(findings)


def shown(text: str) -> str:
    """Text with its addresses in EIP-55 form."""
    return _ADDRESS.sub(lambda match: checksummed(match[0]), text)


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
        supply,
        tuple(_holding(units, account, accounts, names) for units, account in held),
        history,
        note,
    )


def _holding(units: int, account: str, accounts: Mapping[str, Account], names: Mapping[str, str]) -> Holding:
    known = accounts.get(account)
    holder_id = known.holder_id if known else ""
    return Holding(holder_id, names.get(holder_id, NO_HOLDER), shown(account), units)


def _history(c: Connection, instrument_id: str, block: int) -> tuple[tuple[SupplyPoint, ...], str]:
    """A register with postings in a block that it does not have still gets its report, which then says so."""
    try:
        return tuple(SupplyPoint(*point) for point in positions.supply_history(c, instrument_id, block)), ""
    except RegisterConflict as error:
        return (), error.message
