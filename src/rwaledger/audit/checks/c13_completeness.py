"""C13: every block from the lowest deployment to the pinned one is there, and shows all of its logs.

What eth_getLogs gives cannot show what it leaves out. The receipts of a block can: their root stands in its header, and
the header's hash in the next one, up to the pinned block (design of the reconciliation; yellow paper, 4.3).
"""

from __future__ import annotations

from dataclasses import replace

from rwaledger.audit.findings import Findings
from rwaledger.audit.records import Records
from rwaledger.domain.reconciliation import CheckResult, Outcome

ID = "C13"
TITLE = "No log is left out"
PURPOSE = (
    "From the lowest deployment to the pinned block every header hashes to its name and follows the one before it, and "
    "is in the register as it is on the chain. The receipts of each block recompute to the root in its header, and "
    "hold exactly the logs that the node gave when it was asked for them."
)


def run(records: Records) -> CheckResult:
    """What the blocks showed when they were read; a node that gives no receipts leaves the check undone."""
    findings, blocks = Findings(ID, TITLE, records), records.blocks
    findings.count(**blocks.coverage)
    instruments = {each.instrument.address: each.instrument.instrument_id for each in records.instruments}
    for fault in blocks.faults:
        instrument_id = instruments.get(fault.contract, "")
        findings.add(fault.break_class, instrument_id, fault.contract, fault.summary, fault.values, cause=fault.cause)
    if blocks.fork:
        findings.note(
            f"Reconciled at block {records.pin.block_number}, the last that register and chain share. "
            "Run `rwaledger register sync` and reconcile again."
        )
    if blocks.refusal:
        findings.note(f"The node gives no receipts, so that a log which it left out would not show: {blocks.refusal}.")
    result = findings.result()
    if blocks.refusal and result.outcome is Outcome.PASS:
        return replace(result, outcome=Outcome.NOT_RUN)
    return result
