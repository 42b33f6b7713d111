"""`rwaledger evidence`: packs that prove a reconciliation to whoever has a block hash, and nothing else of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, progress, say, table
from rwaledger.cli.spreading import Where, spread_options
from rwaledger.domain.errors import EXIT_BREAKS, EXIT_DONE, UsageError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("evidence")
def command() -> None:
    """Put a reconciliation and all that it looked at into one file that verifies offline."""


@command.command()
@click.option("--block", type=int, help="Pin this block.  [the last one mirrored]")
@click.option("--out", type=_FILE, help="The file to write.  [CHAIN-BLOCK.evidence.zip]")
@click.option("--sign-as", metavar="KEY", help="Keystore of the operator, who answers for the pack.  [unsigned]")
@spread_options
@json_option
@pass_context
def export(
    context: Context, /, block: int | None, out: Path | None, sign_as: str | None, as_json: bool, **given: Any
) -> int:
    """Reconcile by all checks and write the evidence pack.

    Exit code 0 where every check passes, 3 where one does not; the pack is written either way. No key is needed but
    for signing it. The same register, chain and key give the same bytes; another file is never overwritten.
    """
    from rwaledger.audit.evidence.course import Course
    from rwaledger.audit.evidence.export import export as write_pack
    from rwaledger.audit.sources import Terms

    where = Where.of(given)
    operator = context.open_key(sign_as) if sign_as else None
    place = out or Path(f"{context.node.chain_id}-{_named_block(context, block)}.evidence.zip")
    _require_place(place)
    with progress() as shown, where.open() as spread:
        done = write_pack(
            context.database,
            context.node,
            place,
            Terms(context.policy),
            block=block,
            operator=operator,
            course=Course(shown, spread),
        )
    pin = done.found.pin
    document = {
        "file": str(done.path),
        "bytes": done.size_bytes,
        "manifest": f"0x{done.manifest_sha256}",
        "passed": done.found.passed,
        "chain_id": pin.chain_id,
        "block_number": pin.block_number,
        "block_hash": pin.block_hash,
        "signed_by": operator.address if operator else None,
    }
    if not operator:
        say("unsigned: nobody answers for this pack; --sign-as KEY signs it")
    emit(document, table(("", ""), [(key, str(value)) for key, value in document.items()]), as_json=as_json)
    return EXIT_DONE if done.found.passed else EXIT_BREAKS


@command.command()
@click.argument("pack", type=_FILE)
@click.option("--as", "key", required=True, metavar="KEY", help="Keystore of the auditor, or dev:N on a local node.")
@json_option
@pass_context
def countersign(context: Context, pack: Path, key: str, as_json: bool) -> None:
    """Add the auditor's signature to a pack. Verify it first: `rwaledger verify PACK --block-hash H`."""
    from rwaledger.audit.evidence import container
    from rwaledger.audit.evidence.signing import signed

    manifest, signatures = container.read(pack)
    after = signed(manifest, signatures, "auditor", context.open_key(key))
    if after == signatures:
        say("this key has signed the pack already; nothing was done")
    else:
        container.replace_signatures(pack, after)
    rows = [(each["role"], each["address"]) for each in json.loads(after)]
    emit(json.loads(after), table(("role", "address"), rows), as_json=as_json)


def _named_block(context: Context, block: int | None) -> int:
    """The block that a reconciliation would pin: it names the file."""
    from rwaledger.audit.pin import choose_pin

    with context.database.read() as connection:
        return choose_pin(connection, context.node, block).pin.block_number


def _require_place(place: Path) -> None:
    """Known before minutes of work."""
    if not place.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {place.absolute().parent}", "Make it first, or correct --out.")
