"""`rwaledger key`: keystores in the folder that cast uses."""

from __future__ import annotations

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, table


@click.group("key")
def command() -> None:
    """Make and list keystores."""


@command.command()
@click.argument("name")
@click.option("--light", is_flag=True, help="Cheaper password derivation, for tests and demonstrations only.")
@json_option
@pass_context
def new(context: Context, name: str, light: bool, as_json: bool) -> None:
    """Make a new key and store it encrypted under NAME."""
    from rwaledger.chain import addresses, keys

    password = context.password(name, confirm=True)
    address = addresses.checksummed(keys.create_keystore(context.keystore_folder, name, password, light=light))
    emit({"name": name, "address": address}, f"{name}  {address}", as_json=as_json)


@command.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List the keystores and their addresses."""
    from rwaledger.chain import addresses, keys

    found = {n: addresses.checksummed(a) for n, a in keys.keystores(context.keystore_folder).items()}
    text = table(("name", "address"), list(found.items())) or f"no keystores in {context.keystore_folder}"
    emit([{"name": name, "address": address} for name, address in found.items()], text, as_json=as_json)
