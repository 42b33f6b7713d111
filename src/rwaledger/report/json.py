"""The report as one JSON document in canonical form (RFC 8785), amounts as decimal text and as exact units."""

from __future__ import annotations

from typing import Any

import rfc8785

from rwaledger.domain.reconciliation import CheckResult, Value
from rwaledger.report.model import Finding, InstrumentPart, Report
from rwaledger.report.text import decimal, utc

FORMAT = "rwaledger-report-1"


def render(report: Report) -> str:
    """The document, without a newline at its end; the same report gives the same bytes in UTF-8."""
    return rfc8785.dumps(document(report)).decode()


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values. Findings are listed flat; `follows_from` names the root of a consequence."""
    flat = [each for root in report.findings for each in (root, *root.consequences)]
    return {
        "format": FORMAT,
        "title": report.title,
        "generated_by": report.generated_by,
        "result": "PASS" if report.passed else "FAIL",
        "verdict": report.verdict,
        "notice": report.notice,
        "pin": {
            "chain_id": report.pin.chain_id,
            "block_number": report.pin.block_number,
            "block_hash": report.pin.block_hash,
            "block_time": utc(report.pin.timestamp),
        },
        "register_digest": report.register_digest,
        "checks": [_check(result) for result in report.results],
        "findings": [_finding(each) for each in flat],
        "instruments": [_instrument(part) for part in report.instruments],
    }


def _check(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check,
        "title": result.title,
        "outcome": result.outcome.value,
        "coverage": dict(result.coverage),
        "breaks": [found.break_id for found in result.breaks],
        "note": result.note,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "break_id": found.break_id,
        "follows_from": found.follows_from or None,
        "check": found.check,
        "class": found.break_class,
        "instrument": found.instrument_id or None,
        "account": found.account or None,
        "holder_id": found.holder_id or None,
        "holder": found.holder or None,
        "summary": found.summary,
        "cause": found.cause,
        "left": _value(found.left),
        "right": _value(found.right),
    }


def _value(value: Value) -> dict[str, str]:
    return {"record": value.record, "value": value.value}


def _instrument(part: InstrumentPart) -> dict[str, Any]:
    instrument = part.instrument
    return {
        "instrument": instrument.instrument_id,
        "name": instrument.name,
        "symbol": instrument.symbol,
        "decimals": instrument.decimals,
        "kind": instrument.kind.value,
        "record_of_truth": instrument.record_of_truth.value,
        "address": part.address,
        "control_book": part.control_book,
        "supply": _amount(part, part.supply_units),
        "holdings": [
            {
                "holder_id": holding.holder_id or None,
                "holder": holding.holder,
                "account": holding.account,
                "share_percent": holding.share_percent,
                **_amount(part, holding.units),
            }
            for holding in part.holdings
        ],
        "supply_over_time": [
            {"block_number": point.block_number, "block_time": utc(point.timestamp), **_amount(part, point.units)}
            for point in part.history
        ],
        "supply_note": part.supply_note,
    }


def _amount(part: InstrumentPart, units: int) -> dict[str, str]:
    return {"amount": decimal(part, units), "units": str(units)}
