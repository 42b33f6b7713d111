"""Close a period: hash what an instrument's register says at a block, sign it, countersign it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rwaledger.chain import anchor as contract
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.chain.signatures import recovered
from rwaledger.domain.errors import AuthorisationError, ChainMismatch, RegisterConflict, UnknownName, UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import NO_HEAD, Period, SignedRow
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import audit_log, instruments, ledger, periods, positions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.digest import register_digest
from rwaledger.registry.instruments import ContractKind
from rwaledger.registry.locks import hold
from rwaledger.registry.mirrored import mirrored_sections
from rwaledger.registry.period_faults import fields_of, period_faults, read_periods
from rwaledger.registry.preimages import head_of, preimage
from rwaledger.registry.reconciliations import RecordedReconciliation, latest_reconciliation
from rwaledger.registry.row_lists import Lists, RowsToday, new_rows, parts_now
from rwaledger.registry.types import utc_now

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class ClosePlan:
    """The period that is to be signed, with the rows that it is the first to list; or the one signed at this block."""

    instrument: Instrument
    period: Period
    rows: tuple[SignedRow, ...]
    is_known: bool


def plan_close(database: Database, node: Node, instrument: Instrument, operator: str) -> ClosePlan:
    """The next period of an instrument, at the block of the reconciliation on record, which must have passed.

    Raises:
        UsageError: no reconciliation is on record, it failed, or the register has changed since.
        ChainMismatch: the chain has another block there by now.
        UnknownName: no registry anchor is deployed.
        AuthorisationError: the operator may not sign for the anchor.
    """
    name = instrument.instrument_id
    with database.read() as c:
        anchor = _anchor(c, node.chain_id)
        reconciled = _reconciled(c, name)
        before = periods.periods(c, name)
        if before and before[-1].block_number == reconciled.block_number:
            return ClosePlan(instrument, before[-1], (), is_known=True)
        _require_later(name, before, reconciled)
        _require_same_register(c, node, name, reconciled)
        draft = _draft(c, instrument, anchor, operator, before, reconciled)
        plan = _with_rows(c, instrument, draft, before)
    contract.require_role(node, anchor, contract.OPERATOR, operator)
    return plan


def close(database: Database, node: Node, plan: ClosePlan, operator: Signer) -> Period:
    """Signs the period and records it.

    Raises:
        RegisterConflict: another process has closed one meanwhile.
    """
    period = plan.period
    hashes = contract.hashes(node.chain_id, period.anchor, period.signed_head(plan.instrument.address))
    signed = replace(period, operator_signature=operator.sign_typed_data(*hashes), recorded_at=utc_now())
    with database.begin() as c:
        hold(c, "period", period.instrument_id)
        if len(periods.periods(c, period.instrument_id)) + 1 != period.sequence:
            raise RegisterConflict(
                f"another process has closed period {period.sequence} of {period.instrument_id}; nothing was kept",
                "Run the same command again.",
            )
        periods.add_period(c, signed, plan.rows)
        detail = {"block": str(period.block_number), "head": period.head}
        audit_log.record(c, operator.address, "period closed", _name(period), detail)
    return signed


def countersign(
    database: Database, node: Node, instrument: Instrument, sequence: int, open_auditor: Callable[[], Signer]
) -> Period:
    """Puts the auditor's signature under a period, once the register still says what it attests.

    Raises:
        UnknownName: there is no such period.
        AuthorisationError: the auditor is the operator, may not sign for the anchor, or the operator has not signed.
        RegisterConflict: the register does not say what the period attests; another auditor has countersigned it.
        ChainMismatch: the chain has another block there.
    """
    with database.read() as c:
        period = periods.period(c, instrument.instrument_id, sequence)
        _require_unchanged(c, instrument, period)
    _require_block(node, period.block_number, period.block_hash)
    auditor = open_auditor()
    if period.is_countersigned and period.auditor == auditor.address:
        return period
    hashes = contract.hashes(node.chain_id, period.anchor, period.signed_head(instrument.address))
    if auditor.address == period.operator:
        raise AuthorisationError(
            f"{checksummed(auditor.address)} has signed period {_name(period)} as its operator",
            "Countersign with another key (--as).",
        )
    if recovered(hashes, period.operator_signature) != period.operator:
        raise AuthorisationError(
            f"the signature of {checksummed(period.operator)} under period {_name(period)} is not its own",
            "The row was changed from outside. Restore the database.",
        )
    contract.require_role(node, period.anchor, contract.AUDITOR, auditor.address)
    signature = auditor.sign_typed_data(*hashes)
    with database.begin() as c:
        periods.countersign(c, period, auditor.address, signature)
        audit_log.record(c, auditor.address, "period countersigned", _name(period), {"head": period.head})
    return replace(period, auditor=auditor.address, auditor_signature=signature)


def _name(period: Period) -> str:
    return f"{period.instrument_id} {period.sequence}"


def _anchor(c: Connection, chain_id: int) -> str:
    if not any(each.kind is ContractKind.REGISTRY_ANCHOR for each in instruments.contracts(c, chain_id)):
        raise UnknownName("registry anchor", f"chain {chain_id}", "`rwaledger period deploy-anchor` deploys one.")
    return instruments.contract_of(c, chain_id, ContractKind.REGISTRY_ANCHOR).address


def _reconciled(c: Connection, name: str) -> RecordedReconciliation:
    found = latest_reconciliation(c, name)
    if found is None or not found.passed:
        what = (
            f"failed {', '.join(found.failed_checks)} at block {found.block_number}" if found else "has none on record"
        )
        raise UsageError(
            f"a period is closed at the block of a reconciliation that passed, and {name} {what}",
            "Run `rwaledger register sync` and `rwaledger reconcile run --record` first.",
        )
    return found


def _require_later(name: str, before: Sequence[Period], reconciled: RecordedReconciliation) -> None:
    if before and before[-1].block_number > reconciled.block_number:
        raise UsageError(
            f"period {before[-1].sequence} of {name} ends at block {before[-1].block_number}, behind the"
            f" reconciliation on record at block {reconciled.block_number}",
            "Run `rwaledger register sync` and `rwaledger reconcile run --record` first.",
        )


def _require_same_register(c: Connection, node: Node, name: str, reconciled: RecordedReconciliation) -> None:
    """What was reconciled is what is signed."""
    stored = ledger.block_at(c, node.chain_id, reconciled.block_number)
    if stored is None or stored.hash != reconciled.block_hash:
        raise ChainMismatch(
            f"block {reconciled.block_number}, at which {name} was reconciled, is another one in the register by now",
            "Run `rwaledger reconcile run --record` again.",
        )
    _require_block(node, reconciled.block_number, reconciled.block_hash)
    if register_digest(c, reconciled.block_number) != reconciled.register_digest:
        raise UsageError(
            f"the register has changed since {name} was reconciled at block {reconciled.block_number}",
            "Run `rwaledger reconcile run --record` again, and close the period before anything else is entered.",
        )


def _require_block(node: Node, number: int, block_hash: str) -> None:
    block = node.block(number)
    if block is None or block.hash != block_hash:
        raise ChainMismatch(
            f"block {number} is {block_hash} in the register and {block.hash if block else 'nothing'} on the chain",
            "Run `rwaledger register sync` and `rwaledger reconcile run`.",
        )


def _draft(
    c: Connection,
    instrument: Instrument,
    anchor: str,
    operator: str,
    before: Sequence[Period],
    reconciled: RecordedReconciliation,
) -> Period:
    """The period without its head and its signatures."""
    balances = positions.balances_at(c, instrument.instrument_id, reconciled.block_number)
    holding = [account for account, units in balances.items() if units > 0 and account != ISSUANCE_ACCOUNT]
    return Period(
        instrument_id=instrument.instrument_id,
        sequence=len(before) + 1,
        chain_id=instrument.chain_id,
        block_number=reconciled.block_number,
        block_hash=reconciled.block_hash,
        block_time=reconciled.block_time,
        previous_head=before[-1].head if before else NO_HEAD,
        head="",
        preimage="",
        supply_units=-balances.get(ISSUANCE_ACCOUNT, 0),
        holder_count=len(holding),
        anchor=anchor,
        operator=operator,
        operator_signature="",
        auditor="",
        auditor_signature="",
        recorded_at=reconciled.recorded_at,
    )


def _with_rows(c: Connection, instrument: Instrument, draft: Period, before: Sequence[Period]) -> ClosePlan:
    parts = [part for _, part in parts_now()]
    listed, lists = periods.signed_rows(c, instrument.instrument_id), Lists()
    for each in read_periods(before):
        lists.add(each.period.sequence, each.parts, listed.get(each.period.sequence, ()))
    rows = tuple(new_rows(c, instrument, draft.block_number, lists.rows))
    lists.add(draft.sequence, parts, rows)
    sections = [*map(lists.section, parts), *mirrored_sections(c, instrument, draft.block_number)]
    raw = preimage(fields_of(instrument, draft), sections)
    return ClosePlan(instrument, replace(draft, head=head_of(raw), preimage=raw.hex()), rows, is_known=False)


def _require_unchanged(c: Connection, instrument: Instrument, period: Period) -> None:
    upto = [each for each in periods.periods(c, period.instrument_id) if each.sequence <= period.sequence]
    read = read_periods(upto)
    rows = {n: some for n, some in periods.signed_rows(c, period.instrument_id).items() if n <= period.sequence}
    fault = next(period_faults(instrument, read, rows, RowsToday(c)), None)
    mirrored = tuple(mirrored_sections(c, instrument, period.block_number))
    if fault is None and read[-1].mirrored == mirrored:
        return
    what = fault.summary if fault else "what the mirror keeps up to its block is not what was signed"
    raise RegisterConflict(
        f"the register does not say what period {_name(period)} attests: {what}",
        "Run `rwaledger reconcile run --check C20`, and find out who changed it.",
    )
