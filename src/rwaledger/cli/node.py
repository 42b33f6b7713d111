"""`rwaledger node`: a local node with kept state."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from rwaledger.cli.context import Context, json_option, parse_time, pass_context
from rwaledger.cli.output import emit


@click.group("node")
def command() -> None:
    """Start and stop a local node."""


@command.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port on loopback; 0 takes a free one.  [setting node_port]"
)
@click.option("--begins", callback=parse_time, help="Time of block 0 of a new chain, which then keeps its own clock.")
@json_option
@pass_context
def start(context: Context, port: int | None, begins: datetime | None, as_json: bool) -> None:
    """Start anvil in the background, with its state kept in the setting node_folder."""
    from rwaledger.chain.local import start_node

    settings = context.settings
    node = start_node(
        Path(settings.node_folder),
        settings.node_port if port is None else port,
        anvil=settings.anvil,
        begins=int(begins.timestamp()) if begins else None,
    )
    document = {"url": node.url, "pid": node.pid, "state": node.state_path}
    emit(document, f"node at {node.url} (process {node.pid}), state in {node.state_path}", as_json=as_json)


@command.command()
@json_option
@pass_context
def stop(context: Context, as_json: bool) -> None:
    """Stop the local node; its state is written and kept."""
    from rwaledger.chain.local import stop_node

    node = stop_node(Path(context.settings.node_folder))
    text = f"stopped; the state is in {node.state_path}" if node else "no node was running"
    emit({"stopped": node is not None}, text, as_json=as_json)


@command.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Say whether the local node runs, and how far its chain has come."""
    from rwaledger.chain.local import running_node
    from rwaledger.chain.rpc import Node

    node = running_node(Path(context.settings.node_folder))
    if node is None:
        emit({"running": False}, "no node is running; start it with `rwaledger node start`", as_json=as_json)
        return
    head = Node(node.url).head()
    document = {"running": True, "url": node.url, "pid": node.pid, "head": head}
    emit(document, f"node at {node.url} (process {node.pid}), block {head}", as_json=as_json)


@command.command()
@click.argument("at", metavar="TIME", callback=parse_time)
@json_option
@pass_context
def clock(context: Context, at: datetime, as_json: bool) -> None:
    """Set the clock of a local node forward to TIME, such as 2026-07-20T10:00:00+08:00, and mine a block at it."""
    from rwaledger.chain import local

    local.require_local(context.node)
    local.set_clock(context.node, int(at.timestamp()))
    head = context.node.head()
    emit({"head": head, "time": at.isoformat()}, f"block {head} at {at.isoformat()}", as_json=as_json)


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--ether", type=click.IntRange(1, 10**12), default=1_000, show_default=True, help="Balance to set.")
@json_option
@pass_context
def fund(context: Context, names: tuple[str, ...], ether: int, as_json: bool) -> None:
    """Give keystores or addresses ether on a local node, to pay gas with."""
    from rwaledger.chain import local

    local.require_local(context.node)
    addresses = {name: context.address_of(name) for name in names}
    for address in addresses.values():
        local.fund(context.node, address, ether * 10**18)
    text = "\n".join(f"{name}: {ether} ether" for name in addresses)
    emit({"funded": addresses, "ether": str(ether)}, text, as_json=as_json)


@command.command()
@click.argument("count", type=click.IntRange(1, 100_000), default=1)
@json_option
@pass_context
def mine(context: Context, count: int, as_json: bool) -> None:
    """Mine COUNT empty blocks on a local node; two make final what is there."""
    from rwaledger.chain import local

    local.require_local(context.node)
    local.mine(context.node, count)
    head = context.node.head()
    emit({"head": head}, f"block {head}", as_json=as_json)
