"""The wallets of holders: proved to be theirs, added to those they have, and replaced where one was lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from rwaledger.chain import state
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.chain.wallet_proof import is_signed_by, wallet_message
from rwaledger.domain.errors import AuthorisationError, UsageError
from rwaledger.domain.holder import Account, AccountKind, WalletProof
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.desk import Desk
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.names import Names
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.statements import chain_day
from rwaledger.registry import audit_log, holders, instructions, orders, wallet_proofs
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.types import utc_now


def enter_proof(desk: Desk, holder_id: str, address: str, day: date, signature: str) -> bool:
    """Keeps the proof that a wallet is a known holder's, where its signature is right; whether it was new.

    Raises:
        AuthorisationError: the wallet has not signed the message of this holder, chain and day.
        UsageError: the day has not come yet, or the wallet is another holder's.
        UnknownName: there is no such holder.
    """
    if day > chain_day(desk.node):
        raise UsageError(f"the message is dated {day}, which has not come yet", "Correct --date.")
    message = wallet_message(holder_id, address, desk.node.chain_id, day)
    if not is_signed_by(desk.node, address, message, signature):
        raise AuthorisationError(
            f"the signature is not that of {checksummed(address)} over the message of {day}",
            "Sign what `rwaledger holder wallet-message` prints, byte for byte; --date is the day that it bears.",
        )
    proof = WalletProof(desk.node.chain_id, address, holder_id, message, signature, utc_now())
    with desk.database.begin() as connection:
        holders.holder(connection, holder_id)
        require_free(connection, desk.node.chain_id, address, holder_id)
        is_new = wallet_proofs.add_proof(connection, proof)
        if is_new:
            audit_log.record(connection, desk.maker, "wallet proved", holder_id, {"address": address})
    return is_new


def add_account(desk: Desk, account: Account, *, require_proof: bool) -> bool:
    """Enters another account of a known holder; whether it was new.

    Raises:
        UnknownName: there is no such holder.
        UsageError: the account is another holder's, is on record as the other kind, or has no proof.
    """
    with desk.database.begin() as connection:
        require_addable(connection, desk.node, account, require_proof=require_proof)
        is_new = account.address not in holders.accounts(connection, account.chain_id)
        if is_new:
            holders.put_account(connection, account)
            detail = {"address": account.address, "kind": account.kind.value}
            audit_log.record(connection, desk.maker, "account added", account.holder_id, detail)
    return is_new


def require_addable(connection: Connection, node: Node, account: Account, *, require_proof: bool) -> None:
    """Raises what `add_account` would raise, and writes nothing."""
    holders.holder(connection, account.holder_id)
    require_free(connection, account.chain_id, account.address, account.holder_id)
    known = holders.accounts(connection, account.chain_id).get(account.address)
    if known and known.kind is not account.kind:
        raise UsageError(f"{checksummed(account.address)} is an {known.kind} account already", "Correct --kind.")
    if require_proof:
        require_proved(connection, node, account.holder_id, account.address)


def require_free(connection: Connection, chain_id: int, address: str, holder_id: str) -> None:
    """Raises unless an address is nobody's, or this holder's.

    Raises:
        UsageError: it is another holder's.
    """
    known = holders.accounts(connection, chain_id).get(address)
    if known is not None and known.holder_id != holder_id:
        raise UsageError(
            f"{checksummed(address)} is an account of {known.holder_id!r}", "Two holders never share an account."
        )


def require_proved(connection: Connection, node: Node, holder_id: str, address: str) -> None:
    """Raises unless the register has a proof that a wallet is this holder's, and its signature still stands.

    Raises:
        AuthorisationError: it has none.
    """
    for each in wallet_proofs.proofs(connection, node.chain_id, holder_id):
        if each.address == address and is_signed_by(node, address, each.message, each.signature):
            return
    raise AuthorisationError(
        f"nothing proves that {checksummed(address)} is a wallet of {holder_id!r}",
        f"Have it sign `rwaledger holder wallet-message {holder_id} --address {checksummed(address)}`,"
        " and enter that with `rwaledger holder prove-wallet`.",
    )


@dataclass(frozen=True, slots=True)
class Recovery:
    """A lost wallet of a holder, and the one that takes its place; `proved` is whether it has to be proved."""

    holder_id: str
    lost: str
    new: str
    proved: bool = True


def recovery_plan(database: Database, node: Node, recovery: Recovery, key: str, order_hash: str) -> Plan:
    """The instructions that recover a lost wallet on every instrument to which it is admitted.

    Run again, it is the same plan: an instrument on which the wallet was recovered under this key stays part of it.

    Raises:
        UsageError: the wallets are the same, one of them is not this holder's, or nothing can be recovered.
        AuthorisationError: the new wallet is not proved to be the holder's.
    """
    with database.read() as connection:
        _require_recoverable(connection, node, recovery)
        names = Names.load(connection, node.chain_id)
        books = {each.control_book for each in names.instruments.values()}
        stored = [
            each.instruction.instrument_id
            for control_book in books
            for each in instructions.instructions_of_key(connection, node.chain_id, control_book, key)
        ]
    chosen = [names.instruments[name] for name in stored] or _recoverable(node, names, recovery.lost)
    if not chosen:
        raise UsageError(
            f"{checksummed(recovery.lost)} is admitted to no instrument, so nothing can be recovered",
            "Admit the new wallet with `rwaledger holder account add`.",
        )
    line = Line(sender=recovery.lost, recipient=recovery.new)
    entries = [Entry(COMMAND, 0, instrument, line) for instrument in chosen]
    return make_plan(Operation.RECOVER, entries, key, "command line", order_hash)


def enter_recovery(desk: Desk, recovery: Recovery, order: orders.Order) -> None:
    """Writes the new account, that it took the lost one's place, and the order behind it, in one transaction.

    Raises:
        UsageError, AuthorisationError: as `recovery_plan`.
        RegisterConflict: the order is on record under another reference.
    """
    with desk.database.begin() as connection:
        lost = _require_recoverable(connection, desk.node, recovery)
        orders.put_order(connection, order.order_hash, order.reference, order.document)
        new = holders.accounts(connection, desk.node.chain_id).get(recovery.new)
        if new is None:
            new = Account(desk.node.chain_id, recovery.new, recovery.holder_id, AccountKind(lost.kind))
        if lost.replaced_by != recovery.new:
            holders.put_accounts(connection, [new, replace(lost, replaced_by=recovery.new)])
            detail = {"lost": recovery.lost, "new": recovery.new, "order": order.order_hash}
            audit_log.record(connection, desk.maker, "wallet replaced", recovery.holder_id, detail)


def _require_recoverable(connection: Connection, node: Node, recovery: Recovery) -> Account:
    """The lost account, where all about the recovery is right."""
    holders.holder(connection, recovery.holder_id)
    if recovery.new == recovery.lost:
        raise UsageError("the new wallet is the lost one", "Give the new one with --new.")
    accounts = holders.accounts(connection, node.chain_id)
    lost, new = accounts.get(recovery.lost), accounts.get(recovery.new)
    if lost is None or lost.holder_id != recovery.holder_id:
        raise UsageError(
            f"{checksummed(recovery.lost)} is no account of {recovery.holder_id!r}", "See `rwaledger holder list`."
        )
    if lost.replaced_by not in ("", recovery.new):
        raise UsageError(
            f"{checksummed(recovery.lost)} was replaced by {checksummed(lost.replaced_by)} before", "Recover that one."
        )
    require_free(connection, node.chain_id, recovery.new, recovery.holder_id)
    if new is not None and new.replaced_by:
        raise UsageError(f"{checksummed(recovery.new)} was lost itself", "Give another wallet with --new.")
    if recovery.proved:
        require_proved(connection, node, recovery.holder_id, recovery.new)
    return lost


def _recoverable(node: Node, names: Names, lost: str) -> list[Instrument]:
    """The instruments to which a wallet is admitted; where there are none, those on which it was recovered before."""
    ordered = sorted(names.instruments.values(), key=lambda each: each.instrument_id)
    words = {each.instrument_id: state.account_words(node, each.address, [lost], "latest")[lost] for each in ordered}
    admitted = [each for each in ordered if words[each.instrument_id].standing.admitted]
    return admitted or [each for each in ordered if words[each.instrument_id].retired]
