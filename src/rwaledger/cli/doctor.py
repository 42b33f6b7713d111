"""`rwaledger doctor`: looks whether all is there that the other commands need."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, table
from rwaledger.domain.errors import EXIT_DONE, EXIT_FAILED, RwaledgerError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what there is to say."""

    subject: str
    well: bool
    message: str


@click.command("doctor")
@json_option
@pass_context
def command(context: Context, as_json: bool) -> int:
    """Check node, contracts, register and keys; exit code 1 where something is wrong."""
    findings = list(_findings(context))
    rows = [("ok" if each.well else "FAIL", each.subject, each.message) for each in findings]
    document = [{"subject": each.subject, "ok": each.well, "message": each.message} for each in findings]
    emit(document, table(("", "subject", "finding"), rows), as_json=as_json)
    return EXIT_DONE if all(each.well for each in findings) else EXIT_FAILED


def _findings(context: Context) -> Iterator[Finding]:
    looks: dict[str, Callable[[Context], str]] = {
        "node": _node,
        "register": _register,
        "contracts": _contracts,
        "mirror": _mirror,
        "keystores": _keystores,
        "maker and checker": _offices,
    }
    for subject, look in looks.items():
        try:
            yield Finding(subject, True, look(context))
        except RwaledgerError as error:
            yield Finding(subject, False, " ".join(part for part in (error.message, error.next_step) if part))


def _node(context: Context) -> str:
    node = context.node
    return f"{node.shown_url}, chain {node.chain_id}, block {node.head()}"


def _register(context: Context) -> str:
    return f"{context.database.url}, tables of this version"


def _contracts(context: Context) -> str:
    """The code at each address is what it was at deployment."""
    from rwaledger.chain.code import code_hash
    from rwaledger.registry import instruments

    with context.database.read() as connection:
        contracts = instruments.contracts(connection, context.node.chain_id)
    for contract in contracts:
        if code_hash(context.node.code(contract.address)) != contract.code_hash:
            raise RwaledgerError(f"other code at {contract.address}", "Run `rwaledger reconcile run --check C16`.")
    return f"{len(contracts)} with the code they were deployed with"


def _mirror(context: Context) -> str:
    from rwaledger.mirror.finality import Finality
    from rwaledger.mirror.status import status

    found = status(context.database, context.node, Finality.parse(context.settings.finality))
    lag = max((each.lag_blocks for each in found.contracts), default=0)
    if lag:
        raise RwaledgerError(f"{lag} blocks behind", "Run `rwaledger register sync`.")
    return f"{len(found.contracts)} contracts, up to date"


def _keystores(context: Context) -> str:
    """No keystore may be read by others."""
    folder = context.keystore_folder.expanduser()
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    for path in files:
        if _is_open_to_others(path):
            raise RwaledgerError(f"{path} can be read by others", f"Run `chmod 600 {path}`.")
    return f"{len(files)} in {folder}, private"


def _is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _offices(context: Context) -> str:
    from rwaledger.operate.approve import require_four_eyes
    from rwaledger.registry import instruments

    with context.database.read() as connection:
        books = {each.control_book for each in instruments.instruments(connection)}
    desk = context.desk()
    for book in sorted(books):
        require_four_eyes(desk, book)
    return f"two keys, with their roles in {len(books)} control book{'s' if len(books) != 1 else ''}"
