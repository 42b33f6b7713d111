"""How a reserve and its attestation are shown: as text, and as documents. Imported when there is one to show."""

from __future__ import annotations

from rwaledger.chain.addresses import checksummed
from rwaledger.cli.context import Context
from rwaledger.cli.output import table
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reserve import Coverage, ReserveStatement
from rwaledger.domain.units import format_amount
from rwaledger.operate.reserve import ReserveReport
from rwaledger.operate.reserve_attest import AttestationPlan
from rwaledger.operate.times import moment_of, moment_words


def amount(instrument: Instrument, units: int) -> str:
    """An amount of the instrument, for people."""
    return format_amount(units, instrument.decimals, grouped=True)


def when(timestamp: int) -> str:
    """A time of the chain, for people."""
    return moment_words(moment_of(timestamp))


def statement_text(instrument: Instrument, statement: ReserveStatement) -> str:
    """The lines of a reserve, and what they come to."""
    header = ("kind", "description", "currency", "amount", "haircut bp", "value", "matures on")
    rows = [
        (
            line.kind,
            line.description,
            line.currency,
            amount(instrument, line.amount_units),
            str(line.haircut_bp),
            amount(instrument, line.value_units),
            line.matures_on.isoformat() if line.matures_on else "on demand",
        )
        for line in statement.lines
    ]
    total = ("total", "", "", "", "", amount(instrument, statement.total_units), "")
    title = f"reserve of {instrument.instrument_id} as of {when(statement.as_of)}"
    return f"{title}\n{table(header, [*rows, total], right=(3, 4, 5))}"


def report_text(instrument: Instrument, report: ReserveReport) -> str:
    """A reserve, the chain beside it, and the coverage by each definition."""
    attested = report.attested
    amounts = [("in issue", amount(instrument, report.supply_units), f"block {report.block.number}")]
    amounts.append(("frozen", amount(instrument, report.frozen_units), ""))
    if attested is not None:
        state = "until" if attested.expires_at >= report.block.timestamp else "lapsed on"
        until = f"{state} {when(attested.expires_at)}" if attested.expires_at else "never yet"
        amounts.append(("attested", amount(instrument, attested.amount_units), until))
    coverages = [
        (
            f"{each.definition}",
            amount(instrument, each.outstanding_units),
            f"{each.percent} %" if each.percent else "-",
            f"{'excess' if each.is_covered else 'SHORTFALL'} {amount(instrument, abs(each.excess_units))}",
        )
        for each in report.coverages
    ]
    header = ("coverage", "outstanding", "percent", "")
    return "\n\n".join(
        (
            statement_text(instrument, report.statement),
            f"chain at {when(report.block.timestamp)}\n{table((), amounts, right=(1,))}",
            table(header, coverages, right=(1, 2)),
        )
    )


def statement_document(instrument: Instrument, statement: ReserveStatement) -> dict[str, object]:
    """The lines of a reserve."""
    return {
        "instrument": instrument.instrument_id,
        "as_of": when(statement.as_of),
        "lines": [
            {
                "kind": line.kind,
                "description": line.description,
                "currency": line.currency,
                "amount": format_amount(line.amount_units, instrument.decimals),
                "haircut_bp": line.haircut_bp,
                "value": format_amount(line.value_units, instrument.decimals),
                "matures_on": line.matures_on.isoformat() if line.matures_on else None,
            }
            for line in statement.lines
        ],
        "total": format_amount(statement.total_units, instrument.decimals),
        "source_hash": statement.source_hash,
    }


def report_document(instrument: Instrument, report: ReserveReport) -> dict[str, object]:
    """A reserve, the chain beside it, and the coverage by each definition."""
    decimals, attested = instrument.decimals, report.attested
    return statement_document(instrument, report.statement) | {
        "block": report.block.number,
        "block_time": when(report.block.timestamp),
        "supply": format_amount(report.supply_units, decimals),
        "frozen": format_amount(report.frozen_units, decimals),
        "attested": format_amount(attested.amount_units, decimals) if attested else None,
        "attested_until": when(attested.expires_at) if attested and attested.expires_at else None,
        "coverage": [_coverage_document(each, decimals) for each in report.coverages],
    }


def _coverage_document(coverage: Coverage, decimals: int) -> dict[str, object]:
    return {
        "definition": coverage.definition.value,
        "outstanding": format_amount(coverage.outstanding_units, decimals),
        "percent": coverage.percent or None,
        "covered": coverage.is_covered,
        "excess": format_amount(coverage.excess_units, decimals),
    }


def attestation_text(context: Context, plan: AttestationPlan) -> str:
    """What the attestor is about to sign."""
    attestation = plan.attestation
    attestor = context.settings.attestor
    return "\n".join(
        (
            f"chain {context.node.chain_id} at {context.node.shown_url}",
            f"  attest {plan.instrument.instrument_id} at {checksummed(plan.instrument.address)}:"
            f" {amount(plan.instrument, attestation.amount_units)} {plan.instrument.symbol}",
            f"  counted {when(attestation.as_of)}, good until {when(attestation.expires_at)}",
            f"  report {attestation.document_hash}",
            f"  contract {checksummed(plan.contract)}",
            f"  attestor {checksummed(context.address_of(attestor))} ({attestor})",
        )
    )


def attestation_document(plan: AttestationPlan, tx_hash: str | None) -> dict[str, object]:
    """An attestation, and the transaction that published it."""
    attestation = plan.attestation
    return {
        "instrument": plan.instrument.instrument_id,
        "contract": checksummed(plan.contract),
        "amount": format_amount(attestation.amount_units, plan.instrument.decimals),
        "as_of": when(attestation.as_of),
        "expires_at": when(attestation.expires_at),
        "document_hash": attestation.document_hash,
        "attested_before": plan.published,
        "transaction": tx_hash,
    }
