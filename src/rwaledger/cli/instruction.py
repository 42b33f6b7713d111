"""`rwaledger instruction`: what was authorised, by whom, and what became of it; and the steps between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import keys_of, outcome_document, outcome_text
from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.output import counted, emit, progress, say, table
from rwaledger.cli.sheets import document_of, document_text, sheet

if TYPE_CHECKING:
    from rwaledger.registry.instructions import StoredInstruction

_STATUSES = ("draft", "approved", "sent", "mined", "final", "failed", "cancelled")
_name = click.argument("name", metavar="KEY|REF")
_names = click.argument("names", metavar="KEY|REF...", nargs=-1, required=True)


@click.group("instruction")
def command() -> None:
    """See what was authorised, approve or reject it, and carry it out.

    An instruction is named by its idempotency KEY, which stands for all of a request, or by its REF, which may be
    cut short.
    """


@command.command("list")
@click.option("--instrument", help="Of this instrument only.")
@click.option("--status", type=click.Choice(_STATUSES), help="In this status only.")
@json_option
@pass_context
def list_(context: Context, instrument: str | None, status: str | None, as_json: bool) -> None:
    """List the instructions of the control book."""
    from rwaledger.domain.instruction import InstructionStatus
    from rwaledger.registry import instructions

    wanted = InstructionStatus(status) if status else None
    with context.database.read() as connection:
        found = instructions.instructions(connection, instrument_id=instrument, status=wanted)
    document = [_summary(each) for each in found]
    header = ("ref", "instrument", "operation", "lines", "status", "key")
    rows = [(each["ref"][:18], *(str(each[name]) for name in header[1:])) for each in document]
    emit(document, table(header, rows, right=(3,)) or "no instructions", as_json=as_json)


@command.command()
@_name
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Show an instruction, or all of a key, in words and figures.

    With --json, `typed_data` is the EIP-712 message that the checker signs, for any wallet to read.
    """
    from rwaledger.operate.review import labels_of

    found = _chosen(context, (name,))
    with context.database.read() as connection:
        labels = labels_of(connection, found)
    documents = [document_of(each, labels) for each in found]
    text = "\n\n".join(document_text(each) for each in documents)
    emit(documents[0] if len(documents) == 1 else {"key": name, "instructions": documents}, text, as_json=as_json)


@command.command()
@_names
@confirming_options
@pass_context
def approve(context: Context, /, names: tuple[str, ...], **given: Any) -> None:
    """Sign drafts as their checker; only the checker's key is opened."""
    from rwaledger.operate import lifecycle

    manner, found = Manner.of(given), _chosen(context, names)
    with progress() as shown:
        desk = context.desk(shown, maker=False)
        todo = lifecycle.require_approvable(desk, found)
        if todo:
            say(_sheet(context, todo))
        if todo and not manner.dry_run:
            ask(f"Sign {counted(len(todo), 'instruction')}?", yes=manner.yes)
            shown_as = {each.instruction.ref: each for each in todo}
            found = lifecycle.approve_chosen(desk, [shown_as.get(each.instruction.ref, each) for each in found])
    done = f"{counted(len(todo), 'instruction')} {'would be approved' if manner.dry_run else 'approved'}"
    text = f"{done}\nnext: the maker runs `rwaledger instruction send {keys_of(found)}`"
    document = {"dry_run": manner.dry_run, "approved": [each.instruction.ref for each in todo], **_states(found)}
    emit(document, text if todo else "nothing to approve: all of it is approved", as_json=manner.as_json)


@command.command()
@_names
@click.option("--reason", required=True, help="Why, for whoever made it.")
@click.option(
    "--by", type=click.Choice(("maker", "checker")), default="checker", show_default=True, help="Who rejects."
)
@confirming_options
@pass_context
def reject(context: Context, /, names: tuple[str, ...], reason: str, by: str, **given: Any) -> None:
    """Reject what is not sent yet: its key is not carried out, unless the checker takes the rejection back."""
    from rwaledger.domain.instruction import InstructionStatus
    from rwaledger.operate import lifecycle

    manner, found = Manner.of(given), _chosen(context, names)
    say(_sheet(context, found))
    rejected = [each for each in found if each.status is not InstructionStatus.CANCELLED]
    if not manner.dry_run:
        ask(f"Reject {counted(len(found), 'instruction')}?", yes=manner.yes)
        actor = _opened(context, by)
        rejected = lifecycle.reject(context.database, actor, found, reason)
    document = {"dry_run": manner.dry_run, "rejected": [each.instruction.ref for each in rejected], "reason": reason}
    text = f"{counted(len(rejected), 'instruction')} {'would be rejected' if manner.dry_run else 'rejected'}"
    emit(document, "nothing to reject: all of it was before" if not rejected else text, as_json=manner.as_json)


@command.command()
@_names
@click.option("--reason", required=True, help="Why, for whoever reads the log.")
@confirming_options
@pass_context
def reopen(context: Context, /, names: tuple[str, ...], reason: str, **given: Any) -> None:
    """Take a rejection back, as the checker: drafts again, to be approved anew."""
    from rwaledger.operate import lifecycle

    manner, found = Manner.of(given), _chosen(context, names)
    say(_sheet(context, found))
    opened: list[StoredInstruction] = []
    if not manner.dry_run:
        ask(f"Take the rejection of {counted(len(found), 'instruction')} back?", yes=manner.yes)
        actor = _opened(context, "checker")
        opened = lifecycle.reopen(context.database, actor, found, reason)
    document = {"dry_run": manner.dry_run, "reopened": [each.instruction.ref for each in opened], "reason": reason}
    text = f"{counted(len(opened), 'instruction')} made a draft again"
    emit(document, "nothing to do: none is rejected" if not opened else text, as_json=manner.as_json)


@command.command()
@_names
@confirming_options
@pass_context
def send(context: Context, /, names: tuple[str, ...], **given: Any) -> None:
    """Carry out what is approved; only the maker's key is opened."""
    from rwaledger.operate import lifecycle
    from rwaledger.operate.gate import require_keys_reconciled

    manner, found = Manner.of(given), _chosen(context, names)
    with progress() as shown:
        desk = context.desk(shown, checker=False)
        todo = lifecycle.require_sendable(desk, found)
        require_keys_reconciled(desk.database, desk.node, [each.idempotency_key for each in todo], context.policy)
        outcome = lifecycle.foreseen(found, todo)
        if todo and not manner.dry_run:
            say(_sheet(context, todo))
            ask("Carry this out?", yes=manner.yes)
            outcome = lifecycle.send_chosen(desk, found)
    document, text = outcome_document([outcome], manner.dry_run), outcome_text([outcome], manner.dry_run)
    emit(document, text, as_json=manner.as_json)


@command.command()
@_names
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
@json_option
@pass_context
def export(context: Context, names: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Write drafts to a file, for a checker who has neither node nor register."""
    from rwaledger.operate.courier import hand_out

    found = _chosen(context, names)
    with progress() as shown:
        paper = hand_out(context.desk(shown, maker=False, checker=False), found)
    output.write_bytes(paper.to_json())
    refs = [each.instruction.ref for each in paper.instructions]
    next_ = f"rwaledger instruction sign {output} -o {output.with_suffix('.signed.json')}"
    text = f"{counted(len(refs), 'instruction')} in {output}\nnext: the checker runs `{next_}`"
    emit({"file": str(output), "instructions": refs}, text, as_json=as_json)


@command.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The signed file to write.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def sign(context: Context, path: Path, output: Path, yes: bool, as_json: bool) -> None:
    """Sign a file of instructions as their checker; it needs neither node nor register."""
    from rwaledger.operate.approval_file import read_paper, sign_paper
    from rwaledger.operate.lifecycle import require_is_checker

    paper = read_paper(path)
    checker = context.address_of(context.settings.checker)
    for each in paper.instructions:
        require_is_checker(each.instruction, checker)
    say(sheet([(each.instruction, each.digest) for each in paper.instructions], paper.labels, raw=True))
    say(f"  Names, symbols and decimals are the claim of {path}; what is signed are the addresses and the raw units.")
    ask(f"Sign {counted(len(paper.instructions), 'instruction')}?", yes=yes)
    signer = context.open_key(context.settings.checker, context.settings.checker_password_file)
    output.write_bytes(sign_paper(paper, signer).to_json())
    refs = [each.instruction.ref for each in paper.instructions]
    text = f"{counted(len(refs), 'instruction')} signed in {output}\nnext: `rwaledger instruction import {output}`"
    emit({"file": str(output), "instructions": refs}, text, as_json=as_json)


@command.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@pass_context
def import_(context: Context, path: Path, as_json: bool) -> None:
    """Take the checker's signatures out of a signed file into the register."""
    from rwaledger.operate.approval_file import read_paper
    from rwaledger.operate.courier import take_in

    paper = read_paper(path)
    with progress() as shown:
        approved = take_in(context.desk(shown, maker=False, checker=False), paper)
    done = f"{counted(len(approved), 'instruction')} approved"
    text = f"{done}\nnext: the maker runs `rwaledger instruction send {keys_of(approved)}`"
    text = text if approved else "nothing to do: all of it was carried out before"
    emit(_states(approved), text, as_json=as_json)


def _opened(context: Context, office: str) -> str:
    """The address of an office, by its key: who rejects in its name has to have it."""
    settings = context.settings
    if office == "maker":
        return context.open_key(settings.maker, settings.maker_password_file).address
    return context.open_key(settings.checker, settings.checker_password_file).address


def _chosen(context: Context, names: tuple[str, ...]) -> list[StoredInstruction]:
    from rwaledger.operate.lifecycle import chosen

    return chosen(context.database, context.node.chain_id, names)


def _sheet(context: Context, shown: list[StoredInstruction]) -> str:
    from rwaledger.operate.review import labels_of

    with context.database.read() as connection:
        labels = labels_of(connection, shown)
    return sheet([(each.instruction, each.digest) for each in shown], labels)


def _states(found: list[StoredInstruction]) -> dict[str, Any]:
    return {
        "keys": list(dict.fromkeys(each.idempotency_key for each in found)),
        "instructions": [each.instruction.ref for each in found],
        "statuses": [each.status.value for each in found],
        "digests": [each.digest for each in found],
        "not_after": [each.instruction.not_after for each in found],
    }


def _summary(stored: StoredInstruction) -> dict[str, Any]:
    return {
        "ref": stored.instruction.ref,
        "instrument": stored.instruction.instrument_id,
        "operation": stored.instruction.operation.value,
        "lines": len(stored.instruction.lines),
        "status": stored.status.value,
        "key": stored.idempotency_key,
    }
