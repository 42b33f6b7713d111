"""Reconcile incrementally: what came after the last reconciliation on record, and some of the accounts.

It runs the same checks as a full reconciliation on the records of a part. It opens no gate and is no basis for
anything: it rests on a full one, whose work on earlier blocks it does not repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rwaledger.audit.checks import Check, select
from rwaledger.audit.exempting import waive
from rwaledger.audit.part import Share
from rwaledger.audit.part_extract import PartExtract, extract_part
from rwaledger.audit.pin import still_pinned
from rwaledger.audit.reconcile import run_checks
from rwaledger.audit.records import Records
from rwaledger.audit.roots import link
from rwaledger.audit.sources import Terms, read_records
from rwaledger.audit.steps import Progress, Steps, silent
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.domain.policy import Policy
from rwaledger.domain.reconciliation import CheckResult, Incremental, Reconciliation
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Readable

NEEDS_EVERYTHING: Mapping[str, str] = {
    "C17": "what everybody held on a record date",
    "C20": "every row that a period attests",
}
"""Checks that cannot be made of a part, and what they need."""


def reconcile_since(
    database: Readable,
    node: Node,
    share: Share,
    block: int | None = None,
    checks: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    policy: Policy | None = None,
) -> Reconciliation:
    """The incremental reconciliation at `block`, by default the last one up to which the register has every contract.

    The same register, chain, block, share and checks give the same result.

    Raises:
        UnknownName: no such check.
        UsageError: a check needs more than a part; no full reconciliation that passed is on record; nothing is synced,
            or `block` is beyond what is.
        ChainMismatch: register and node do not agree on a block, have parted, or the pinned block did not stay.
        NodeUnreachable, NodeError, DatabaseUnreachable, RegisterConflict: as node and register raise them.
    """
    steps, wanted = Steps(progress or silent), _wanted(checks)
    steps.expect(len(wanted))
    extract, records = _load(database, node, share, block, steps, Terms(policy or load_policy(None)))
    results = run_checks(records, wanted, steps)
    linked = link(records, results, lambda cured: run_checks(cured, wanted, Steps()))
    waived = tuple(_out_of(extract, each) for each in waive(records, linked))
    return Reconciliation(records.pin, "", waived, _described(extract, share, checks))


def _wanted(checks: Sequence[str] | None) -> tuple[Check, ...]:
    for each in checks or ():
        if each in NEEDS_EVERYTHING:
            raise UsageError(
                f"{each} needs {NEEDS_EVERYTHING[each]}, and an incremental run looks at a part",
                "Leave out --incremental, or --check of it.",
            )
    return tuple(check for check in select(checks) if check.ID not in NEEDS_EVERYTHING)


def _load(
    database: Readable, node: Node, share: Share, block: int | None, steps: Steps, terms: Terms
) -> tuple[PartExtract, Records]:
    """What was read across a reorganisation is thrown away."""
    with database.read() as connection:
        extract = extract_part(connection, node, block, share)
    records = read_records(extract.register, node, steps, terms, extract.part)
    if not still_pinned(node, records.pin):
        raise ChainMismatch(
            f"block {records.pin.block_number} was replaced while it was read",
            "Wait until the chain has settled, run `rwaledger register sync` and reconcile again.",
        )
    return extract, records


def _out_of(extract: PartExtract, result: CheckResult) -> CheckResult:
    """Beside what a check has covered of accounts and blocks, how many there are."""
    known = {
        "accounts": sum(each.known for each in extract.accounts.values()),
        "blocks": extract.register.pin.block_number + 1 - extract.lowest,
    }
    if result.check == "C03":
        del known["accounts"]
    return replace(result, out_of={name: number for name, number in known.items() if name in result.coverage})


def _described(extract: PartExtract, share: Share, checks: Sequence[str] | None) -> Incremental:
    turn = share.turn(extract.register.pin.block_number)
    return Incremental(
        base_block=extract.base.number,
        base_hash=extract.base.hash,
        share=str(share),
        turn=turn,
        whole=sum(len(each.whole) for each in extract.accounts.values()),
        opened=sum(len(each.opened) for each in extract.accounts.values()),
        known=sum(each.known for each in extract.accounts.values()),
        left_out=() if checks else tuple(f"{check} ({what})" for check, what in NEEDS_EVERYTHING.items()),
    )
