"""C20: what was signed of the register is still what it says, and the heads are those on the chain.

A chain of hashes that its owner keeps alone proves only that it holds together: whoever can rewrite the register can
rewrite its hashes too. So each head is countersigned and anchored on a chain; and on a local chain the anchor proves
nothing against who runs the node. What protects is the auditor's own copy of a head, given as an expected one (design
of the reconciliation; ISA 230 and 500, on evidence that is kept outside the entity).
"""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.audit.findings import REGISTER, Findings, amount
from rwaledger.audit.period_links import linked
from rwaledger.audit.period_proofs import anchored_differences, is_signed_by, totals_at
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.local import LOCAL_CHAIN_ID
from rwaledger.domain.period import Period, Section
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value
from rwaledger.registry.mirrored import event_cells, sections_at, standing_cells
from rwaledger.registry.period_faults import SIGNED, PeriodFault, ReadPeriod, words_of

ID = "C20"
TITLE = "Signed periods are unchanged"
PURPOSE = (
    "Each signed period's head follows from its own bytes and the head before; every row that it attests is still as "
    "it was signed; operator and auditor have signed it; what is anchored on the chain is what the register has. A "
    "head that you have kept is among them. Without one, this proves only that the register agrees with itself: its "
    "owner can rewrite rows and hashes together, and who runs a local chain can rewrite the anchor as well."
)

_CHAIN = "chain"


def run(records: Records) -> CheckResult:
    """Looks at the periods that end at the pinned block or before it."""
    findings, register = Findings(ID, TITLE, records), records.periods.register
    findings.count(periods=0, rows=register.listed, signatures=0, anchored=0, expected_heads=0)
    for fault in register.faults:
        _add(findings, fault)
    for each in records.instruments:
        signed = register.signed.get(each.instrument.instrument_id, ())
        findings.count(periods=len(signed))
        _compare_mirrored(findings, each, signed)
        _compare_totals(findings, each, [one.period for one in signed])
        for one in signed:
            _judge_signatures(findings, each, one.period)
            _compare_block(findings, one.period)
        _compare_anchored(findings, each, [one.period for one in signed])
    _require_expected(findings)
    _say_what_it_proves(findings)
    findings.breaks[:] = linked(findings.breaks)
    return findings.result()


def _add(findings: Findings, fault: PeriodFault) -> None:
    """A row that instruments' periods have in common is told of once, and belongs to none of them."""
    if fault.listing and not fault.is_list and any(each.cause == fault.cause for each in findings.breaks):
        return
    ids = fault.instrument_id, fault.account
    findings.add(BreakClass.TAMPER, *ids, fault.summary, fault.values, cause=fault.cause, holder_id=fault.holder_id)


def _tampered(
    findings: Findings, period: Period, what: str, summary: str, values: tuple[Value, Value], follows_from: str = ""
) -> Break:
    cause, name = f"period {period.sequence} {what}", f"period {period.sequence} of {period.instrument_id}"
    ids = period.instrument_id, ""
    return findings.add(BreakClass.TAMPER, *ids, f"{name}: {summary}", values, cause=cause, follows_from=follows_from)


def _compare_mirrored(findings: Findings, each: InstrumentRecords, signed: Sequence[ReadPeriod]) -> None:
    """What the mirror keeps up to each period's block; of every table the first period that no longer fits."""
    for table, now in _mirrored_now(findings, each, signed).items():
        for one, found in zip(signed, now, strict=True):
            (told,) = [section for section in one.mirrored if section.table == table] or [found]
            if told != found:
                values = Value(SIGNED, words_of(told)), Value(REGISTER, words_of(found))
                _tampered(findings, one.period, table, f"its {table} are not those that were signed", values)
                break


def _mirrored_now(
    findings: Findings, each: InstrumentRecords, signed: Sequence[ReadPeriod]
) -> dict[str, Sequence[Section]]:
    """The sections of each table up to the block of each period, as the register has it now."""
    if not signed:
        return {}
    history, blocks = each.register.history, [one.period.block_number for one in signed]
    logs = (event_cells(name, log) for name, log in each.token.register_logs)
    standings = (
        standing_cells(*place, account, history[place][account])
        for place in sorted(history)
        for account in sorted(history[place])
    )
    return {
        "events": sections_at("events", logs, blocks),
        "postings": [closed.postings for closed in findings.records.closings[each.instrument.instrument_id]],
        "standings": sections_at("standings", standings, blocks),
    }


def _compare_totals(findings: Findings, each: InstrumentRecords, signed: Sequence[Period]) -> None:
    """Supply and number of holders by the events, against what was signed."""
    totals = totals_at(each.token.events, [period.block_number for period in signed])
    for period, (supply_units, holders) in zip(signed, totals, strict=True):
        if (supply_units, holders) != (period.supply_units, period.holder_count):
            values = (
                Value("events", f"{amount(each, supply_units)}, {holders} holders"),
                Value(SIGNED, f"{amount(each, period.supply_units)}, {period.holder_count} holders"),
            )
            _tampered(findings, period, "totals", "its supply or number of holders is not the chain's", values)


def _judge_signatures(findings: Findings, each: InstrumentRecords, period: Period) -> None:
    signers = [("operator", period.operator, period.operator_signature)]
    if period.is_countersigned:
        signers.append(("auditor", period.auditor, period.auditor_signature))
    else:
        findings.note(f"No auditor has countersigned period {period.sequence} of {period.instrument_id}.")
    first = ""
    for role, signer, signature in signers:
        findings.count(signatures=1)
        if not is_signed_by(period, each.instrument.address, signer, signature):
            values = Value("required", f"the signature of {signer}"), Value(REGISTER, signature)
            summary = f"the {role} {signer} has not signed this head"
            first = _tampered(findings, period, role, summary, values, first).break_id


def _compare_block(findings: Findings, period: Period) -> None:
    block = findings.records.blocks.headers.get(period.block_number)
    if block is not None and (block.hash, block.timestamp) != (period.block_hash, period.block_time):
        values = (
            Value(_CHAIN, f"{block.hash}, time {block.timestamp}"),
            Value(SIGNED, f"{period.block_hash}, time {period.block_time}"),
        )
        _tampered(findings, period, "block", f"block {period.block_number} is another one on the chain", values)


def _compare_anchored(findings: Findings, each: InstrumentRecords, signed: Sequence[Period]) -> None:
    """State of the anchor, what it said when a head was anchored, and the register."""
    periods, name = findings.records.periods, each.instrument.instrument_id
    differences, there = anchored_differences(periods, findings.records.books, each.instrument, signed)
    findings.count(anchored=len(there))
    for found in differences:
        kind = BreakClass.TAMPER if found.is_in_register else BreakClass.MISSING_IN_REGISTER
        summary = f"period {found.sequence} of {name}: {found.summary}"
        cause = f"period {found.sequence} anchored"
        findings.add(kind, name, found.anchor, summary, (Value(*found.left), Value(*found.right)), cause=cause)
    waiting = [period.sequence for period in signed if period.is_countersigned and period.sequence not in there]
    if waiting:
        findings.note(f"Not anchored at this block: {name}, period {', '.join(map(str, waiting))}.")


def _require_expected(findings: Findings) -> None:
    """A head that the caller has kept is one of the instrument's."""
    periods = findings.records.periods
    for name, head in sorted(periods.expected.items()):
        findings.count(expected_heads=1)
        known = periods.register.heads.get(name, ())
        if head not in known:
            now = f"last head {known[-1]}, of {len(known)}" if known else "no signed period"
            summary = f"no signed period of {name} has the head that you expect"
            values = Value("expected", head), Value(REGISTER, now)
            findings.add(BreakClass.TAMPER, name, "", summary, values, cause="expected head")


def _say_what_it_proves(findings: Findings) -> None:
    periods = findings.records.periods
    if not findings.coverage["periods"]:
        findings.note("No period is signed.")
        return
    if not periods.expected:
        findings.note(
            "You gave no head that you have kept: this shows that the register agrees with itself, no more; its owner "
            "can rewrite rows and hashes together."
        )
    if findings.coverage["anchored"] and findings.records.pin.chain_id == LOCAL_CHAIN_ID:
        findings.note("On a local chain the anchor proves nothing against who runs the node.")
    for address in sorted({one.period.anchor for some in periods.register.signed.values() for one in some}):
        if address not in periods.register.anchors:
            findings.note(f"The register does not list the anchor {checksummed(address)}.")
