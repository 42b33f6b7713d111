"""Reconcile: load the four records at one block, run the checks, and find what each break comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rwaledger.audit.checks import Check, select
from rwaledger.audit.collector import collector_at_rest
from rwaledger.audit.exempting import waive
from rwaledger.audit.load import load
from rwaledger.audit.records import Records
from rwaledger.audit.roots import link
from rwaledger.audit.sources import Terms
from rwaledger.audit.steps import Progress, Steps, silent
from rwaledger.chain.executors import Spread
from rwaledger.chain.rpc import Node
from rwaledger.domain.policy import Policy
from rwaledger.domain.reconciliation import CheckResult, Reconciliation
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Readable


def reconcile(
    database: Readable,
    node: Node,
    block: int | None = None,
    checks: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    policy: Policy | None = None,
    expected_heads: Mapping[str, str] | None = None,
    spread: Spread | None = None,
) -> Reconciliation:
    """The reconciliation at `block`, by default the last one up to which the register has every contract.

    `checks` are ids such as `C02`; those not asked for are not listed. The same register, chain, block and checks give
    the same result. A check that fails to run ends the whole. `progress` is told the steps done, and of how many.
    `policy` has the figures to judge by, the packaged ones where it is None; `expected_heads` are the heads of signed
    periods that the caller has kept for itself, by instrument. Where there is a `spread`, the blocks of a long history
    are examined there, and its moves judged; the result is the same.

    Raises:
        UnknownName: no such check.
        UsageError: nothing is synced, or `block` is beyond what is.
        ChainMismatch: register and node do not agree on the block, or it did not stay.
        NodeUnreachable, NodeError, DatabaseUnreachable, RegisterConflict: as node and register raise them.
    """
    terms = Terms(policy or load_policy(None), expected_heads or {})
    return examine(database, node, block, checks, progress, terms, spread)[1]


@collector_at_rest()
def examine(
    database: Readable,
    node: Node,
    block: int | None,
    checks: Sequence[str] | None,
    progress: Progress | None,
    terms: Terms,
    spread: Spread | None = None,
) -> tuple[Records, Reconciliation]:
    """The same as `reconcile`, with the records that it looked at."""
    steps = Steps(progress or silent)
    wanted = select(checks)
    steps.expect(len(wanted))
    records = load(database, node, block, steps, terms, spread)
    results = run_checks(records, wanted, steps)
    linked = link(records, results, lambda cured: run_checks(cured, wanted, Steps()))
    return records, Reconciliation(records.pin, records.register_digest, waive(records, linked))


def run_checks(records: Records, checks: Sequence[Check], steps: Steps) -> tuple[CheckResult, ...]:
    """What each of the checks finds in the records, in their order."""
    results = []
    for check in checks:
        results.append(check.run(records))
        steps.did_one()
    return tuple(results)
