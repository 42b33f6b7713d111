"""What the JSON form of a reconciliation has beside its tables, for programs."""

from __future__ import annotations

from typing import Any

from rwaledger.domain.reconciliation import CheckResult, Value
from rwaledger.report.holdings import moment
from rwaledger.report.incremental import incremental_fields
from rwaledger.report.parts import Finding, Report


def fields(report: Report) -> dict[str, Any]:
    """Result, pin, checks and findings, each as one object; `follows_from` names the root of a consequence."""
    flat = [
        each for root in (*report.findings, *report.let_pass, *report.timing) for each in (root, *root.consequences)
    ]
    return {
        "result": report.outcome,
        "generated_by": report.generated_by,
        "pin": {
            "chain_id": report.pin.chain_id,
            "block_number": report.pin.block_number,
            "block_hash": report.pin.block_hash,
            "block_time": f"{moment(report.pin.timestamp):%Y-%m-%dT%H:%M:%SZ}",
        },
        "register_digest": report.register_digest or None,
        **({"incremental": incremental_fields(report.incremental)} if report.incremental else {}),
        "checks": [_check_fields(result) for result in report.results],
        "findings": [_finding_fields(each) for each in flat],
    }


def _check_fields(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check,
        "title": result.title,
        "outcome": result.outcome.value,
        "coverage": dict(result.coverage),
        **({"out_of": dict(result.out_of)} if result.out_of else {}),
        "breaks": [found.break_id for found in result.breaks],
        "let_pass": sorted(result.let_pass),
        "note": result.note,
    }


def _finding_fields(found: Finding) -> dict[str, Any]:
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
