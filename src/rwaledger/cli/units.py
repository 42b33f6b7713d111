"""`rwaledger units`: all that moves or holds units, by a maker's instruction and a checker's signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, ask, json_option, pass_context
from rwaledger.cli.output import emit
from rwaledger.domain.errors import EXIT_FAILED, UsageError
from rwaledger.domain.instruction import NO_ORDER, Operation

if TYPE_CHECKING:
    from rwaledger.operate.names import Names
    from rwaledger.operate.plan import Plan

KEY_MAX = 200
_ONE_SIDED = ("account",)
_TWO_SIDED = ("from", "to")


@click.group("units")
def command() -> None:
    """Issue, redeem, transfer and freeze units, under four eyes.

    Each verb takes a CSV file, or one line from its options. A file's name is its idempotency key: the same file
    again does nothing, and another file of that name is refused until it has a key of its own (--key).
    """


def _verb(operation: Operation, parties: tuple[str, ...], text: str, whole: Operation | None = None) -> None:
    """Adds the verb of an operation; `whole` is the operation on the whole account, where no amount is given."""

    @pass_context
    def verb(context: Context, /, path: Path | None, key: str | None, order: Path | None, **given: Any) -> None:
        chosen = whole if whole and path is None and given["amount"] is None else operation
        manner = Manner.of(given)
        plan = _plan(context, chosen, path, given, key, order)
        act(context, plan, manner)

    verb.__doc__ = text
    decorated = click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))(verb)
    for name in reversed(("instrument", *parties, "amount")):
        decorated = click.option(f"--{name}", name, help=f"{name.capitalize()} of a single line.")(decorated)
    decorated = click.option("--key", help="Idempotency key.  [name of the file]")(decorated)
    decorated = _order_option(operation)(decorated)
    command.command(operation.value)(acting_options(decorated))


def _order_option(operation: Operation) -> Callable[[Any], Any]:
    return click.option(
        "--order",
        type=click.Path(path_type=Path),
        hidden=not operation.needs_order,
        help="The order behind it: the document, whose SHA-256 goes on the chain.",
    )


def _plan(
    context: Context,
    operation: Operation,
    path: Path | None,
    fields: dict[str, str | None],
    key: str | None,
    order: Path | None,
) -> Plan:
    from rwaledger.operate.entries import COLUMNS, read_entries, single_entry
    from rwaledger.operate.plan import make_plan

    if order is not None and not operation.needs_order:
        raise UsageError(f"{operation} takes no order", "Leave out --order.")
    names = _names(context)
    order_hash = _order_hash(order) if operation.needs_order else NO_ORDER
    if path is not None:
        also = [f"--{name}" for name in COLUMNS[operation] if fields.get(name) is not None]
        if also:
            raise UsageError(
                f"{path} says it all; {', '.join(also)} would say it twice", "Give a file or a single line."
            )
        entries, source = read_entries(path, operation, names), str(path)
    elif key is None:
        raise UsageError("a single line has no file to name its idempotency key", "Give it one with --key.")
    else:
        single = {column: fields[column] or "" for column in COLUMNS[operation]}
        entries, source = single_entry(operation, names, single), "command line"
    return make_plan(
        operation, entries, default_key(operation, path) if key is None else _checked_key(key), source, order_hash
    )


def _checked_key(key: str) -> str:
    if not (key.isprintable() and 0 < len(key) <= KEY_MAX):
        raise UsageError("the idempotency key is not 1 to 200 printable characters", "Choose another with --key.")
    return key


def default_key(operation: Operation, path: Path | None) -> str:
    """The idempotency key of a file: the operation and the file's name without its folder."""
    return f"{operation.value}:{path.name if path else ''}"


def _names(context: Context) -> Names:
    from rwaledger.operate.names import Names

    with context.database.read() as connection:
        return Names.load(connection, context.node.chain_id)


def _order_hash(order: Path | None) -> str:
    import hashlib

    if order is None:
        raise UsageError("this needs the order behind it", "Give its document with --order FILE.")
    try:
        return "0x" + hashlib.sha256(order.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"the order {order} cannot be read: {error.strerror}", "Correct --order.") from None


_verb(Operation.ISSUE, _ONE_SIDED, "Issue units to accounts.  File: instrument,account,amount")
_verb(Operation.REDEEM, _ONE_SIDED, "Redeem units of accounts.  File: instrument,account,amount")
_verb(
    Operation.TRANSFER,
    _TWO_SIDED,
    "Transfer units, within what the sender has approved.  File: instrument,from,to,amount",
)
_verb(
    Operation.FREEZE,
    _ONE_SIDED,
    "Freeze units by order; a single line without --amount freezes the whole account.  File: instrument,account,amount",
    whole=Operation.FREEZE_ACCOUNT,
)
_verb(
    Operation.RELEASE,
    _ONE_SIDED,
    "Release frozen units by order; without --amount the whole account.  File: instrument,account,amount",
    whole=Operation.RELEASE_ACCOUNT,
)
_verb(Operation.FORCE_TRANSFER, _TWO_SIDED, "Move units by order.  File: instrument,from,to,amount")


@command.command()
@click.option("--instrument", required=True, help="Its short name.")
@click.option("--from", "sender", help="Sender; leave out to judge an issue.")
@click.option("--to", "recipient", help="Recipient; leave out to judge a redemption.")
@click.option("--amount", required=True, help="Decimal amount.")
@json_option
@pass_context
def precheck(
    context: Context, instrument: str, sender: str | None, recipient: str | None, amount: str, as_json: bool
) -> int:
    """Would this move go through? Judged by the contract and by the independent rules; exit code 1 if not."""
    from rwaledger.domain.posting import ISSUANCE_ACCOUNT
    from rwaledger.domain.restriction import Restriction
    from rwaledger.domain.rules import Move
    from rwaledger.domain.units import parse_amount
    from rwaledger.operate.precheck import judge_move

    if not (sender or recipient):
        raise UsageError("a move needs a side", "Give --to for an issue, --from for a redemption, or both.")
    names = _names(context)
    try:
        found = names.instrument(instrument)
        move = Move(
            names.account(sender) if sender else ISSUANCE_ACCOUNT,
            names.account(recipient) if recipient else ISSUANCE_ACCOUNT,
            parse_amount(amount, found.decimals),
        )
    except ValueError as error:
        raise UsageError(str(error), "Correct the command.") from None
    ours, contract = judge_move(context.node, found, move)
    document = {"code": contract.value, "message": contract.message, "independent_code": ours.value}
    agree = "the independent rules agree" if ours is contract else f"the independent rules say {ours.value}"
    emit(document, f"code {contract.value}: {contract.message} ({agree})", as_json=as_json)
    return 0 if contract is Restriction.NONE else EXIT_FAILED


@command.command()
@click.option("--instrument", required=True, help="Its short name.")
@click.option("--account", required=True, help="Keystore of the account, or dev:N on a local node.")
@click.option(
    "--amount", required=True, help="What the control book may transfer; replaces what it could before; 0 revokes."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def approve(context: Context, instrument: str, account: str, amount: str, yes: bool, as_json: bool) -> None:
    """Let the control book transfer units of an account; signed with the account's own key."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.chain.contracts import ASSET_TOKEN
    from rwaledger.chain.sender import Outgoing, send_and_wait
    from rwaledger.domain.units import parse_amount

    try:
        found = _names(context).instrument(instrument)
        units = 0 if amount == "0" else parse_amount(amount, found.decimals)
    except ValueError as error:
        raise UsageError(str(error), "Correct the command.") from None
    owner = checksummed(context.address_of(account))
    ask(f"Let the control book transfer {amount} {found.symbol} of {account} ({owner})?", yes=yes)
    call = Outgoing(found.address, ASSET_TOKEN.encode("approve", [found.control_book, units]))
    receipt = send_and_wait(context.node, context.open_key(account), call)
    document = {"transaction": receipt.tx_hash, "account": owner, "amount": amount}
    emit(document, f"approved {amount} {found.symbol} of {account} in block {receipt.block_number}", as_json=as_json)
