"""`rwaledger units`: all that moves or holds units, by a maker's instruction and a checker's signature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, ask, confirming_options, json_option, pass_context
from rwaledger.cli.ordering import GivenOrder, order_options
from rwaledger.cli.output import emit
from rwaledger.domain.errors import EXIT_FAILED, UsageError
from rwaledger.domain.instruction import NO_ORDER, Operation

if TYPE_CHECKING:
    from rwaledger.operate.names import Names
    from rwaledger.operate.plan import Plan

KEY_MAX = 200
_ONE_SIDED = ("account",)
_TWO_SIDED = ("from", "to")
_MOVE = {"instrument": "instrument", "from": "sender", "to": "recipient", "amount": "amount"}


@click.group("units")
def command() -> None:
    """Issue, redeem, transfer and freeze units, under four eyes.

    Each verb takes a CSV file, or one line from its options. A file's name is its idempotency key: the same file
    again does nothing, and another file of that name is refused until it has a key of its own (--key).
    """


def _verb(
    operation: Operation,
    parties: tuple[str, ...],
    text: str,
    whole: Operation | None = None,
    more: tuple[str, ...] = (),
) -> None:
    """Adds the verb of an operation.

    `whole` is the operation on the whole account, where no amount is given; `more` are columns besides the usual ones.
    """

    @pass_context
    def verb(context: Context, /, path: Path | None, key: str | None, **given: Any) -> None:
        chosen = whole if whole and path is None and given["amount"] is None else operation
        manner = Manner.of(given)
        order = GivenOrder.of(given, required=operation.needs_order)
        order.require_same(context)
        plan = _plan(context, chosen, path, given, key, order)
        act(context, plan, manner, first=order.enter)

    verb.__doc__ = text
    decorated = click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))(verb)
    for name in reversed(("instrument", *parties, "amount", *more)):
        decorated = click.option(f"--{name}", name, help=f"{name.capitalize()} of a single line.")(decorated)
    decorated = click.option("--key", help="Idempotency key.  [name of the file]")(decorated)
    decorated = order_options(hidden=not operation.needs_order)(decorated)
    command.command(operation.value)(acting_options(decorated))


def _plan(
    context: Context,
    operation: Operation,
    path: Path | None,
    fields: dict[str, str | None],
    key: str | None,
    order: GivenOrder,
) -> Plan:
    from rwaledger.operate.entries import COLUMNS, read_entries, single_entry
    from rwaledger.operate.plan import make_plan

    if order.order_hash != NO_ORDER and not operation.needs_order:
        raise UsageError(f"{operation} takes no order", "Leave out --order.")
    names = _names(context)
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
    chosen_key = default_key(operation, path) if key is None else _checked_key(key)
    return make_plan(operation, entries, chosen_key, source, order.order_hash)


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
_verb(
    Operation.SET_LOCK_UP,
    _ONE_SIDED,
    "Lock units up until a time, in place of a former lock-up; amount 0 until none ends it."
    "  File: instrument,account,amount,until",
    more=("until",),
)


@command.command()
@click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))
@click.option("--instrument", help="Its short name.")
@click.option("--from", "sender", help="Sender; leave out to judge an issue.")
@click.option("--to", "recipient", help="Recipient; leave out to judge a redemption.")
@click.option("--amount", help="Decimal amount.")
@json_option
@pass_context
def precheck(context: Context, /, path: Path | None, as_json: bool, **move: str | None) -> int:
    """Would these moves go through, each by itself?  File: instrument,from,to,amount; an empty side is the issuer's.

    Judged by the contract and by the independent rules; exit code 1 where one would not.
    """
    from rwaledger.domain.restriction import Restriction
    from rwaledger.operate.judge import judge_move, read_moves, single_move

    names = _names(context)
    given = {name: move[field] or "" for name, field in _MOVE.items()}
    moves = read_moves(path, names) if path is not None else [single_move(given, names)]
    verdicts = [(each, *judge_move(context.node, each.instrument, each.move)) for each in moves]
    document, lines = [], []
    for each, ours, contract in verdicts:
        agree = "the independent rules agree" if ours is contract else f"the independent rules say {ours.value}"
        where = f"{path}:{each.row}: " if path is not None else ""
        lines.append(f"{where}code {contract.value}: {contract.message} ({agree})")
        found = {"code": contract.value, "message": contract.message, "independent_code": ours.value}
        document.append(found | ({"row": each.row} if path is not None else {}))
    emit(document if path is not None else document[0], "\n".join(lines), as_json=as_json)
    return 0 if all(contract is Restriction.NONE for _, _, contract in verdicts) else EXIT_FAILED


@command.command()
@click.option("--instrument", required=True, help="Its short name.")
@click.option("--account", required=True, help="Keystore of the account, or dev:N on a local node.")
@click.option("--amount", required=True, help="What may be taken; replaces what could be before; 0 revokes.")
@click.option(
    "--for", "spender", type=click.Choice(["control-book", "settlement"]), default="control-book", show_default=True,
    help="Who may take it: the control book by instruction, or the settlement by trades that the account signs.",
)  # fmt: skip
@confirming_options
@pass_context
def approve(context: Context, /, instrument: str, account: str, amount: str, spender: str, **given: Any) -> None:
    """Let the control book, or the settlement, take units of an account; signed with the account's own key."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.units import parse_amount
    from rwaledger.operate.allowances import Spender, allowance, spender_address
    from rwaledger.operate.allowances import approve as send_approval

    manner = Manner.of(given)
    try:
        found = _names(context).instrument(instrument)
        units = 0 if amount == "0" else parse_amount(amount, found.decimals)
    except ValueError as error:
        raise UsageError(str(error), "Correct the command.") from None
    with context.database.read() as connection:
        taker = spender_address(connection, found, Spender(spender))
    address = context.address_of(account)
    owner, who = checksummed(address), spender.replace("-", " ")
    receipt, is_new = None, allowance(context.node, found, address, taker) != units
    if is_new and not manner.dry_run:
        ask(f"Let the {who} take {amount} {found.symbol} of {account} ({owner})?", yes=manner.yes)
        receipt = send_approval(context.database, context.node, context.open_key(account), found, taker, units)
    document = {
        "transaction": receipt.tx_hash if receipt else None,
        "account": owner,
        "amount": amount,
        "for": spender,
        "spender": checksummed(taker),
    }
    to = f" to the {who}" if spender != "control-book" else ""
    done = f"approved {amount} {found.symbol} of {account}{to}"
    text = f"{done} in block {receipt.block_number}" if receipt else f"nothing to do: {done} before"
    if is_new and manner.dry_run:
        text = f"dry run: {amount} {found.symbol} of {account} would be approved{to}; nothing was sent"
    emit(document | {"dry_run": manner.dry_run}, text, as_json=manner.as_json)
