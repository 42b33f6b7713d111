"""`rwaledger register`: the mirror of the chain, and what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, progress, table
from rwaledger.cli.register_follow import follow as follow_command
from rwaledger.cli.register_verify import verify as verify_command
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.registry.database import Connection


@click.group("register")
def command() -> None:
    """Mirror the chain into the register, and read it."""


@command.command()
@json_option
@pass_context
def migrate(context: Context, as_json: bool) -> None:
    """Make the tables, or bring them to this version."""
    emit({"migrated": context.new_database.url}, f"{context.new_database.url} is at this version", as_json=as_json)


@command.command()
@click.option("--until", type=click.IntRange(min=0), help="Go no further than this block.  [the last final one]")
@click.option(
    "--rewind-limit",
    type=click.IntRange(min=0),
    help="Blocks that a reorganisation may take back without asking a person.  [64]",
)
@click.option("--verify", is_flag=True, help="Store nothing that the receipts of its blocks do not prove to be all.")
@json_option
@pass_context
def sync(context: Context, until: int | None, rewind_limit: int | None, verify: bool, as_json: bool) -> None:
    """Read all events up to finality into postings and positions; resumes, and rewinds a reorganisation."""
    from rwaledger.cli.sync_progress import ShownBatches
    from rwaledger.mirror.finality import Finality
    from rwaledger.mirror.rewind import REWIND_LIMIT
    from rwaledger.mirror.sync import sync as mirror
    from rwaledger.operate.follow import follow

    with progress() as shown:
        summary = mirror(
            context.database,
            context.node,
            Finality.parse(context.settings.finality),
            watcher=ShownBatches(shown),
            until=until,
            rewind_limit=REWIND_LIMIT if rewind_limit is None else rewind_limit,
            verify=verify,
        )
    follow(context.database, context.node, summary.target_block)
    document = {
        "chain_id": summary.chain_id,
        "head": summary.head,
        "block": summary.target_block,
        "blocks": summary.blocks,
        "events": summary.events,
        "postings": summary.postings,
        "rewound_blocks": summary.rewound_blocks,
    }
    rewound = f"; {summary.rewound_blocks} blocks rewound" if summary.rewound_blocks else ""
    text = (
        f"block {summary.target_block} of {summary.head}: {summary.events:,} events, "
        f"{summary.postings:,} postings from {summary.blocks:,} blocks{rewound}"
    )
    emit(document, text, as_json=as_json)


command.add_command(follow_command)
command.add_command(verify_command)


@command.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Say how far the mirror has come, and how far the chain is."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.mirror.finality import Finality
    from rwaledger.mirror.status import status as mirror_status

    found = mirror_status(context.database, context.node, Finality.parse(context.settings.finality))
    contracts = [
        {
            "contract": checksummed(each.address),
            "kind": each.kind,
            "block": each.checkpoint.block_number if each.checkpoint else None,
            "lag_blocks": each.lag_blocks,
        }
        for each in found.contracts
    ]
    document = {
        "chain_id": found.chain_id,
        "head": found.head,
        "final_block": found.target_block,
        "contracts": contracts,
    }
    rows = [tuple("-" if value is None else str(value) for value in row.values()) for row in contracts]
    text = f"chain {found.chain_id}, block {found.head}, final to block {found.target_block}\n"
    text += table(("contract", "kind", "block", "lag"), rows, right=(2, 3)) or "no contract to mirror yet"
    emit(document, text, as_json=as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.option("--block", type=click.IntRange(min=0), help="As of this block.  [the last one mirrored]")
@json_option
@pass_context
def holdings(context: Context, name: str, block: int | None, as_json: bool) -> None:
    """Who holds how much of INSTRUMENT, by the register."""
    from rwaledger.domain.units import format_amount
    from rwaledger.registry import instruments, ledger

    with context.database.read() as connection:
        instrument = instruments.instrument(connection, name)
        mirrored = ledger.checkpoint(connection, instrument.chain_id, instrument.address)
        if block is not None and (mirrored is None or block > mirrored.block_number):
            raise UsageError(f"the register has not read block {block} yet", "Run `rwaledger register sync`.")
        rows = _holdings(connection, name, instrument.chain_id, block)
    document = [
        {"holder": holder, "address": address, "amount": format_amount(units, instrument.decimals)}
        for holder, address, units in rows
    ]
    grouped = [(h, a, format_amount(units, instrument.decimals, grouped=True)) for h, a, units in rows]
    total = format_amount(sum(units for _, _, units in rows), instrument.decimals, grouped=True)
    text = table(("holder", "address", "amount"), [*grouped, ("total", "", total)], right=(2,))
    emit(document, text, as_json=as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.option("--account", help="Of this holder or address only.")
@json_option
@pass_context
def postings(context: Context, name: str, account: str | None, as_json: bool) -> None:
    """Every posting of INSTRUMENT in its order, with the balance behind it."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.units import format_amount
    from rwaledger.registry import holders, instruments, positions

    with context.database.read() as connection:
        instrument = instruments.instrument(connection, name)
        wanted = holders.account_of(connection, instrument.chain_id, account).address if account else None
        found = [p for p in positions.postings(connection, name) if wanted in (None, p.account)]
    document: list[dict[str, Any]] = [
        {
            "block": posting.block_number,
            "log_index": posting.log_index,
            "account": checksummed(posting.account),
            "amount": format_amount(posting.amount_units, instrument.decimals),
            "balance_after": format_amount(posting.balance_after_units, instrument.decimals),
            "transaction": posting.tx_hash,
        }
        for posting in found
    ]
    header = ("block", "log_index", "account", "amount", "balance_after")
    rows = [tuple(str(row[column]) for column in header) for row in document]
    emit(document, table(header, rows, right=(0, 1, 3, 4)) or "no postings yet", as_json=as_json)


def _holdings(
    connection: Connection, instrument_id: str, chain_id: int, block: int | None
) -> list[tuple[str, str, int]]:
    """Holder, checksummed address and units, the largest first; the issuance account is left out."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.posting import ISSUANCE_ACCOUNT
    from rwaledger.registry import holders, positions

    accounts = holders.accounts(connection, chain_id)
    if block is None:
        balances = {p.account: p.balance_units for p in positions.positions(connection, instrument_id)}
    else:
        balances = positions.balances_at(connection, instrument_id, block)
    return sorted(
        (
            (accounts[address].holder_id if address in accounts else "(unknown)", checksummed(address), units)
            for address, units in balances.items()
            if units and address != ISSUANCE_ACCOUNT
        ),
        key=lambda row: (-row[2], row[1]),
    )
