"""Deploy instruments and the contracts around them, and enter them into the register; again, it finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rwaledger.chain import deploy as chain
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK, REGISTRY_ANCHOR, RESERVE_ATTESTOR, SETTLEMENT, Binding
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import TermsConflict, UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.descriptions import OWN_ATTESTOR, Description
from rwaledger.operate.dispatch import send_recorded
from rwaledger.registry import audit_log, instruments
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instruments import Contract, ContractKind

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

BOOK_SALT = hashlib.sha256(b"rwaledger control book 1").digest()
SETTLEMENT_SALT = hashlib.sha256(b"rwaledger settlement 1").digest()
ATTESTOR_SALT = hashlib.sha256(b"rwaledger reserve attestor 1").digest()
ANCHOR_SALT = hashlib.sha256(b"rwaledger registry anchor 1").digest()


@dataclass(frozen=True, slots=True)
class Offices:
    """Who holds which office from the first block on, and the delay before what the admin grants takes effect.

    `attestors` sign for the reserves of instruments that have a reserve attestor of our own; `operators` and `auditors`
    for the heads that the registry anchor takes.
    """

    admin: str
    makers: tuple[str, ...]
    checkers: tuple[str, ...]
    admin_delay_s: int
    attestors: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    auditors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """An instrument on the chain and in the register; `created` tells whether this run deployed it."""

    instrument: Instrument
    created: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A contract to be: what it is made from, and the 32 bytes that its address follows from as well."""

    name: str
    kind: ContractKind
    binding: Binding
    args: list[object]
    salt: bytes

    @property
    def address(self) -> str:
        return chain.planned_address(self.binding, self.args, self.salt)


def planned_control_book(offices: Offices) -> str:
    """Address of the control book of these offices."""
    return _book(offices).address


def planned_settlement(offices: Offices) -> str:
    """Address of the settlement contract whose venues that control book licenses."""
    return _settlement(offices).address


def planned_reserve_attestor(offices: Offices) -> str:
    """Address of the reserve attestor of these offices.

    Raises:
        UsageError: nobody is named to attest.
    """
    return _attestor(offices).address


def planned_anchor(offices: Offices) -> str:
    """Address of the registry anchor of these offices."""
    return _anchor(offices).address


def planned_instrument(description: Description, offices: Offices) -> str:
    """Address of the instrument of this description under that control book."""
    return _token(description, offices).address


def needs_attestor(descriptions: Iterable[Description]) -> bool:
    """Whether one of them is issued within a reserve that our own attestor signs for."""
    return any(each.reserve_attestor == OWN_ATTESTOR for each in descriptions)


def deploy(
    database: Database, node: Node, deployer: Signer, descriptions: Sequence[Description], offices: Offices
) -> list[Deployment]:
    """Deploys what is not there yet, and enters all of it into the register, in one transaction.

    Beside the instruments that is the control book, the reserve attestor where one of them asks for it, and the
    settlement contract.

    Raises:
        TermsConflict: an instrument of that name is registered with other terms; nothing was deployed.
        ChainMismatch: the register belongs to another chain.
        UsageError: an instrument asks for the reserve attestor, and nobody is named to attest.
    """
    require_same_terms(database, node, descriptions, offices)

    def put(piece: _Piece) -> chain.Deployed:
        return _put(database, node, deployer, piece)

    attestor = [_attestor(offices)] if needs_attestor(descriptions) else []
    others = [(piece, put(piece)) for piece in (_book(offices), *attestor)]
    deployed = [put(_token(each, offices)) for each in descriptions]
    others += [(piece, put(piece)) for piece in (_settlement(offices),)]
    book = others[0][1].address
    found = [
        _instrument(node, description, book, token) for description, token in zip(descriptions, deployed, strict=True)
    ]
    with database.begin() as connection:
        _enter(connection, node, deployer.address, others, found)
    return [Deployment(each, token.created) for each, token in zip(found, deployed, strict=True)]


def deploy_anchor(database: Database, node: Node, deployer: Signer, offices: Offices) -> chain.Deployed:
    """Deploys the registry anchor, and enters it into the register; again, it finds it.

    Raises:
        ChainMismatch: the register belongs to another chain, or to none yet.
    """
    with database.read() as connection:
        instruments.require_genesis(connection, node.chain_id, node.genesis_hash)
    piece = _anchor(offices)
    deployed = _put(database, node, deployer, piece)
    with database.begin() as connection:
        _enter(connection, node, deployer.address, [(piece, deployed)], [])
    return deployed


def require_same_terms(database: Database, node: Node, descriptions: Sequence[Description], offices: Offices) -> None:
    """Raises unless what is registered under these names has these terms, on this chain.

    Raises:
        TermsConflict, ChainMismatch: it has not.
    """
    with database.read() as connection:
        _require_same(connection, node, descriptions, offices)


def _put(database: Database, node: Node, deployer: Signer, piece: _Piece) -> chain.Deployed:
    return chain.deploy(
        node,
        deployer,
        piece.binding,
        piece.args,
        piece.salt,
        send=lambda call: send_recorded(database, node, deployer, call, f"deploy {piece.name}"),
    )


def _require_same(connection: Connection, node: Node, descriptions: Sequence[Description], offices: Offices) -> None:
    if instruments.genesis_hash(connection, node.chain_id) is not None:
        instruments.require_genesis(connection, node.chain_id, node.genesis_hash)
    registered = {each.instrument_id: each for each in instruments.instruments(connection)}
    for description in descriptions:
        known = registered.get(description.instrument_id)
        if known is None:
            continue
        terms = (planned_instrument(description, offices), description.kind, description.record_of_truth)
        if (known.address, known.kind, known.record_of_truth) != terms:
            raise TermsConflict(description.instrument_id, known.address)


def _enter(
    connection: Connection,
    node: Node,
    actor: str,
    others: Sequence[tuple[_Piece, chain.Deployed]],
    found: Sequence[Instrument],
) -> None:
    """What the register has already stays as it is."""
    if instruments.genesis_hash(connection, node.chain_id) is None:
        instruments.add_chain(connection, node.chain_id, node.genesis_hash)
    known = {contract.address for contract in instruments.contracts(connection, node.chain_id)}
    for piece, deployed in others:
        if deployed.address not in known:
            instruments.add_contract(connection, _contract(node, deployed, piece.kind))
            detail = {"address": deployed.address, "block": str(deployed.block_number)}
            audit_log.record(connection, actor, "contract entered", piece.name, detail)
    for instrument in found:
        if instrument.address in known:
            continue
        token = chain.find(node, instrument.address)
        instruments.add_contract(connection, _contract(node, token, ContractKind.ASSET_TOKEN))
        instruments.add_instrument(connection, instrument)
        detail = {"address": instrument.address, "block": str(instrument.deploy_block)}
        audit_log.record(connection, actor, "instrument entered", instrument.instrument_id, detail)


def _contract(node: Node, deployed: chain.Deployed, kind: ContractKind) -> Contract:
    return Contract(
        chain_id=node.chain_id,
        address=deployed.address,
        kind=kind,
        deploy_block=deployed.block_number,
        deploy_block_hash=deployed.block_hash,
        code_hash=deployed.code_hash,
    )


def _instrument(node: Node, description: Description, book: str, token: chain.Deployed) -> Instrument:
    return Instrument(
        instrument_id=description.instrument_id,
        name=description.name,
        symbol=description.symbol,
        decimals=description.decimals,
        kind=description.kind,
        record_of_truth=description.record_of_truth,
        chain_id=node.chain_id,
        address=token.address,
        control_book=book,
        deploy_block=token.block_number,
        deploy_block_hash=token.block_hash,
        code_hash=token.code_hash,
    )


def _book(offices: Offices) -> _Piece:
    args = [offices.admin, offices.admin_delay_s, list(offices.makers), list(offices.checkers)]
    return _Piece("control book", ContractKind.CONTROL_BOOK, CONTROL_BOOK, args, BOOK_SALT)


def _settlement(offices: Offices) -> _Piece:
    args = [offices.admin, offices.admin_delay_s, planned_control_book(offices)]
    return _Piece("settlement", ContractKind.SETTLEMENT, SETTLEMENT, args, SETTLEMENT_SALT)


def _attestor(offices: Offices) -> _Piece:
    if not offices.attestors:
        raise UsageError("nobody is named to attest the reserve", "Name the attestor's keystore (setting attestor).")
    args = [offices.admin, offices.admin_delay_s, list(offices.attestors)]
    return _Piece("reserve attestor", ContractKind.RESERVE_ATTESTOR, RESERVE_ATTESTOR, args, ATTESTOR_SALT)


def _anchor(offices: Offices) -> _Piece:
    args = [offices.admin, offices.admin_delay_s, list(offices.operators), list(offices.auditors)]
    return _Piece("registry anchor", ContractKind.REGISTRY_ANCHOR, REGISTRY_ANCHOR, args, ANCHOR_SALT)


def _token(description: Description, offices: Offices) -> _Piece:
    """The one argument of the constructor: the terms, in the order of `IAssetToken.Terms`."""
    rules, attestor = description.rules, description.reserve_attestor
    terms = (
        description.name,
        description.symbol,
        description.decimals,
        (
            rules.max_balance_units,
            rules.holder_cap,
            rules.opens_at,
            rules.closes_at,
            rules.class_mask,
            rules.countries_restricted,
        ),
        sorted(rules.countries),
        rules.guarded_country,
        rules.counts_holders,
        planned_reserve_attestor(offices) if attestor == OWN_ATTESTOR else attestor,
        planned_control_book(offices),
        offices.admin,
        offices.admin_delay_s,
    )
    salt = hashlib.sha256(b"rwaledger instrument 1 " + description.instrument_id.encode()).digest()
    return _Piece(description.instrument_id, ContractKind.ASSET_TOKEN, ASSET_TOKEN, [terms], salt)
