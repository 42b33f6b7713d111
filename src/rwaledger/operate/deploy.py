"""Deploy a control book and instruments, and enter them into the register; a second run finds what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rwaledger.chain import deploy as chain
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import TermsConflict
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.descriptions import Description
from rwaledger.registry import audit_log, instruments
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instruments import Contract, ContractKind

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

BOOK_SALT = hashlib.sha256(b"rwaledger control book 1").digest()


@dataclass(frozen=True, slots=True)
class Offices:
    """Who holds which office from the first block on, and the delay before what the admin grants takes effect."""

    admin: str
    makers: tuple[str, ...]
    checkers: tuple[str, ...]
    admin_delay_s: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """An instrument on the chain and in the register; `created` tells whether this run deployed it."""

    instrument: Instrument
    created: bool


def planned_control_book(offices: Offices) -> str:
    """Address of the control book of these offices."""
    return chain.planned_address(CONTROL_BOOK, _book_args(offices), BOOK_SALT)


def planned_instrument(description: Description, offices: Offices) -> str:
    """Address of the instrument of this description under that control book."""
    args = _token_args(description, planned_control_book(offices), offices)
    return chain.planned_address(ASSET_TOKEN, args, _salt(description))


def deploy(
    database: Database, node: Node, deployer: Signer, descriptions: Sequence[Description], offices: Offices
) -> list[Deployment]:
    """Deploys what is not there yet, and enters all of it into the register, in one transaction.

    Raises:
        TermsConflict: an instrument of that name is registered with other terms; nothing was deployed.
        ChainMismatch: the register belongs to another chain.
    """
    require_same_terms(database, node, descriptions, offices)
    book = chain.deploy(node, deployer, CONTROL_BOOK, _book_args(offices), BOOK_SALT)
    deployed = [
        chain.deploy(node, deployer, ASSET_TOKEN, _token_args(each, book.address, offices), _salt(each))
        for each in descriptions
    ]
    found = [
        _instrument(node, description, book.address, token)
        for description, token in zip(descriptions, deployed, strict=True)
    ]
    with database.begin() as connection:
        _enter(connection, node, deployer.address, book, found)
    return [Deployment(each, token.created) for each, token in zip(found, deployed, strict=True)]


def require_same_terms(database: Database, node: Node, descriptions: Sequence[Description], offices: Offices) -> None:
    """Raises unless what is registered under these names has these terms, on this chain.

    Raises:
        TermsConflict, ChainMismatch: it has not.
    """
    with database.read() as connection:
        _require_same(connection, node, descriptions, offices)


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


def _enter(connection: Connection, node: Node, actor: str, book: chain.Deployed, found: Sequence[Instrument]) -> None:
    """What the register has already stays as it is."""
    if instruments.genesis_hash(connection, node.chain_id) is None:
        instruments.add_chain(connection, node.chain_id, node.genesis_hash)
    known = {contract.address for contract in instruments.contracts(connection, node.chain_id)}
    if book.address not in known:
        instruments.add_contract(connection, _contract(node, book, ContractKind.CONTROL_BOOK))
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


def _book_args(offices: Offices) -> list[object]:
    return [offices.admin, offices.admin_delay_s, list(offices.makers), list(offices.checkers)]


def _token_args(description: Description, book: str, offices: Offices) -> list[object]:
    """The one argument of the constructor: the terms, in the order of `IAssetToken.Terms`."""
    rules = description.rules
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
        description.reserve_attestor,
        book,
        offices.admin,
        offices.admin_delay_s,
    )
    return [terms]


def _salt(description: Description) -> bytes:
    return hashlib.sha256(b"rwaledger instrument 1 " + description.instrument_id.encode()).digest()
