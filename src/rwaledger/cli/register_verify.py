"""`rwaledger register verify`: prove that the register lacks no event, and has none too many."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import counted, emit, progress, say
from rwaledger.cli.spreading import Where, spread_options
from rwaledger.domain.errors import EXIT_BREAKS, EXIT_DONE

if TYPE_CHECKING:
    from rwaledger.chain.block_faults import BlockFault
    from rwaledger.mirror.verification import Verification

_SHOWN_MAX = 20


@click.command("verify")
@click.option("--from", "first", type=click.IntRange(min=0), metavar="BLOCK", help="Begin there.  [first deployment]")
@click.option("--to", "last", type=click.IntRange(min=0), metavar="BLOCK", help="End there.  [the last one mirrored]")
@spread_options
@json_option
@pass_context
def verify(context: Context, /, first: int | None, last: int | None, as_json: bool, **given: Any) -> int:
    """Prove from headers and receipts that the register has every event of its contracts, and no other.

    Each header is hashed anew and has to follow the one before it, the receipts of each block are rebuilt to the root
    in its header, and their logs are held against the events that are stored. Exit code 0 where the register is
    complete, 3 where it is not.
    """
    from rwaledger.mirror.verify import verify as verify_register

    where = Where.of(given)
    started = time.monotonic()
    with progress() as shown, where.open() as spread:
        found = verify_register(
            context.database,
            context.node,
            first,
            last,
            spread,
            lambda done, total: shown("verify", done, total),
        )
    seconds = time.monotonic() - started
    if found.again:
        say(_again(context, found))
    if found.unproved:
        say(f"the hashes of transactions are the node's word, since it does not give their bytes: {found.unproved}")
    emit(_document(found, seconds), _text(found, seconds), as_json=as_json)
    return EXIT_DONE if found.is_complete else EXIT_BREAKS


def _again(context: Context, found: Verification) -> str:
    """Time that was lost, and why it may have been."""
    return (
        f"{counted(found.again, 'range')} came back without a result, and were examined here: a worker was lost, has "
        f"another version, or cannot reach the node at {context.node.shown_url}"
    )


def _document(found: Verification, seconds: float) -> dict[str, Any]:
    return {
        "chain_id": found.chain_id,
        "from": found.first,
        "to": found.last,
        "block_hash": found.block_hash,
        "complete": found.is_complete,
        "blocks": found.blocks,
        "receipts": found.receipts,
        "logs": found.logs,
        "transactions": found.transactions,
        "unproved": found.unproved,
        "events": found.events,
        "findings": [_finding(fault) for fault in found.faults],
        "seconds": round(seconds, 3),
        "receipts_per_s": round(found.receipts / seconds),
        "logs_per_s": round(found.logs / seconds),
    }


def _finding(fault: BlockFault) -> dict[str, Any]:
    from rwaledger.chain.addresses import checksummed
    from rwaledger.mirror.verification import next_step

    one, other = fault.values
    return {
        "class": str(fault.break_class),
        "block": fault.number,
        "log_index": fault.log_index,
        "contract": checksummed(fault.contract) if fault.contract else None,
        "summary": fault.summary,
        one.record: one.value,
        other.record: other.value,
        "next_step": next_step(fault),
    }


def _text(found: Verification, seconds: float) -> str:
    """The verdict, what it rests on, and the first findings."""
    verdict = "complete" if found.is_complete else f"NOT COMPLETE: {counted(len(found.faults), 'finding')}"
    lines = [
        f"{verdict}: blocks {found.first} to {found.last}, the last {found.block_hash}",
        f"chain: {counted(found.blocks, 'header')} hashed and linked, {counted(found.receipts, 'receipt')} rebuilt to "
        f"their roots, {counted(found.logs, 'log')} of the contracts in them, "
        f"{counted(found.transactions, 'transaction')} hashed",
        f"register: {counted(found.events, 'event')} held against these ({found.receipts / seconds:,.0f} receipts/s)",
    ]
    for fault in found.faults[:_SHOWN_MAX]:
        lines += _finding_lines(fault)
    if len(found.faults) > _SHOWN_MAX:
        lines.append(f"and {len(found.faults) - _SHOWN_MAX:,} more; --json has all")
    return "\n".join(lines)


def _finding_lines(fault: BlockFault) -> list[str]:
    from rwaledger.chain.addresses import checksummed
    from rwaledger.mirror.verification import next_step

    contract = [f"  contract: {checksummed(fault.contract)}"] if fault.contract else []
    values = [f"  {each.record}: {each.value}" for each in fault.values]
    return [f"{fault.break_class}: {fault.summary}", *contract, *values, f"  {next_step(fault)}"]
