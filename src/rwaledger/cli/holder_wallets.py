"""`rwaledger holder account|wallet-message|prove-wallet|recover`: the wallets of holders."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, ask, json_option, pass_context
from rwaledger.cli.holder_views import instruments_of, names_of
from rwaledger.cli.ordering import GivenOrder, order_options
from rwaledger.cli.output import emit
from rwaledger.domain.errors import UsageError


@click.group()
def account() -> None:
    """Accounts of a holder that is on the register."""


@account.command()
@click.argument("holder")
@click.option("--address", required=True, help="Address of the account.")
@click.option("--kind", type=click.Choice(["own", "omnibus"]), default="own", show_default=True, help="Whose assets.")
@click.option("--require-proof", is_flag=True, help="Only where `holder prove-wallet` has proved it.")
@click.option("--instrument", "wanted", multiple=True, help="Admit it to this instrument too; may be repeated.")
@click.option("--key", help="Idempotency key of the admission.  [from holder and address]")
@acting_options
@pass_context
def add(context: Context, /, holder: str, address: str, kind: str, require_proof: bool, **given: Any) -> None:
    """Enter another account of HOLDER, and admit it where wanted."""
    from rwaledger.domain.holder import Account, AccountKind
    from rwaledger.domain.instruction import Operation
    from rwaledger.operate.admissions import admission_line
    from rwaledger.operate.entries import COMMAND, Entry
    from rwaledger.operate.plan import make_plan
    from rwaledger.operate.wallets import add_account, require_addable
    from rwaledger.registry import holders

    wanted, key = given.pop("wanted"), given.pop("key")
    manner = Manner.of(given)
    added = Account(context.node.chain_id, _own_address(address), holder, AccountKind(kind))
    with context.database.read() as connection:
        require_addable(connection, context.node, added, require_proof=require_proof)
        person, known = holders.holder(connection, holder), holders.accounts(connection, added.chain_id)
    if wanted:
        line = admission_line(person, added.address)
        entries = [Entry(COMMAND, 0, each, line) for each in instruments_of(names_of(context), wanted)]
        plan = make_plan(Operation.ADMIT, entries, key or f"account:{holder}:{added.address}", "command line")
        act(context, plan, manner, first=lambda desk: _discard(add_account(desk, added, require_proof=require_proof)))
        return
    is_new = added.address not in known
    if is_new and not manner.dry_run:
        ask(f"Enter {address} as an {kind} account of {holder}?", yes=manner.yes)
        add_account(context.desk(), added, require_proof=require_proof)
    done = "would be entered" if manner.dry_run else "entered"
    text = f"{address} {done} as an {kind} account of {holder}" if is_new else "nothing to do: it is on the register"
    emit({"holder": holder, "address": address, "new": is_new, "dry_run": manner.dry_run}, text, as_json=manner.as_json)


@click.command("wallet-message")
@click.argument("holder")
@click.option("--address", required=True, help="Address of the wallet.")
@click.option("--date", "day", help="Day that it bears.  [today, by the chain]")
@json_option
@pass_context
def wallet_message(context: Context, holder: str, address: str, day: str | None, as_json: bool) -> None:
    """Print what the owner of a wallet signs (a personal message, EIP-191) to prove that it is HOLDER's."""
    from rwaledger.chain import wallet_proof
    from rwaledger.registry import holders

    with context.database.read() as connection:
        holders.holder(connection, holder)
    message = wallet_proof.wallet_message(holder, _own_address(address), context.node.chain_id, _day(context, day))
    emit({"holder": holder, "message": message}, message, as_json=as_json)


@click.command("prove-wallet")
@click.argument("holder")
@click.option("--address", required=True, help="Address of the wallet.")
@click.option("--signature", help="The signature over the message of `holder wallet-message`, as hex.")
@click.option("--as", "keystore", help="Sign here, with this keystore or dev:N.")
@click.option("--date", "day", help="Day that the message bears.  [today, by the chain]")
@json_option
@pass_context
def prove_wallet(
    context: Context,
    /,
    holder: str,
    address: str,
    signature: str | None,
    keystore: str | None,
    day: str | None,
    as_json: bool,
) -> None:
    """Verify that a wallet has signed that it is HOLDER's, and keep the proof."""
    from rwaledger.chain import wallet_proof
    from rwaledger.operate.wallets import enter_proof

    if (signature is None) is (keystore is None):
        raise UsageError("a proof needs one signature", "Give --signature, or sign here with --as.")
    proved, dated = _own_address(address), _day(context, day)
    if keystore is not None:
        message = wallet_proof.wallet_message(holder, proved, context.node.chain_id, dated)
        signature = context.open_key(keystore).sign_text(message)
    is_new = enter_proof(context.desk(), holder, proved, dated, _hex(signature or ""))
    text = f"{address} is proved to be {holder}'s" if is_new else "nothing to do: the register has this proof"
    emit({"holder": holder, "address": address, "new": is_new}, text, as_json=as_json)


@click.command()
@click.argument("holder")
@click.option("--lost", required=True, help="Address of the lost wallet.")
@click.option("--new", required=True, help="Address of the wallet that takes its place.")
@click.option("--no-proof", is_flag=True, help="Without a proof that the new wallet is the holder's.")
@click.option("--key", required=True, help="Idempotency key.")
@order_options()
@acting_options
@pass_context
def recover(context: Context, /, holder: str, lost: str, new: str, no_proof: bool, key: str, **given: Any) -> None:
    """Give HOLDER all that a lost wallet has in a new one, on every instrument, by order and under four eyes."""
    from rwaledger.operate.wallets import Recovery, enter_recovery, recovery_plan
    from rwaledger.registry.orders import Order

    manner = Manner.of(given)
    order = GivenOrder.of(given, required=True)
    order.require_same(context)
    recovery = Recovery(holder, _own_address(lost), _own_address(new), proved=not no_proof)
    plan = recovery_plan(context.database, context.node, recovery, key, order.order_hash)
    entered = Order(order.order_hash, order.reference, order.document)
    act(context, plan, manner, first=lambda desk: enter_recovery(desk, recovery, entered))


def _discard(_: object) -> None:
    """What is done first gives nothing back."""


def _own_address(text: str) -> str:
    from rwaledger.operate.admissions import parse_own_address

    try:
        return parse_own_address(text)
    except ValueError as error:
        raise UsageError(str(error), "Correct the address.") from None


def _day(context: Context, text: str | None) -> date:
    from rwaledger.operate.admissions import parse_day
    from rwaledger.operate.statements import chain_day

    if text is None:
        return chain_day(context.node)
    try:
        return parse_day(text)
    except ValueError as error:
        raise UsageError(str(error), "Correct --date.") from None


def _hex(text: str) -> str:
    try:
        return "0x" + bytes.fromhex(text.strip().removeprefix("0x")).hex()
    except ValueError:
        raise UsageError("the signature is not written in hex digits", "Correct --signature.") from None
