"""Chains, contracts and instruments: what exists, where, and how it is recognised again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, select

from rwaledger.domain.errors import ChainMismatch, RegisterConflict, UnknownName
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member
from rwaledger.registry.upsert import insert_if_new


class ContractKind(StrEnum):
    """What a contract of this project is."""

    ASSET_TOKEN = "asset_token"
    CONTROL_BOOK = "control_book"
    SETTLEMENT = "settlement"
    RESERVE_ATTESTOR = "reserve_attestor"
    REGISTRY_ANCHOR = "registry_anchor"


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract; `code_hash` is the keccak-256 of the bytecode found right after deployment."""

    chain_id: int
    address: str
    kind: ContractKind
    deploy_block: int
    deploy_block_hash: str
    code_hash: str


def add_chain(c: Connection, chain_id: int, genesis_hash: str) -> None:
    """Records a chain; the same again changes nothing.

    Raises:
        RegisterConflict: the chain id is recorded with another genesis.
    """
    if not insert_if_new(c, tables.chains, {"chain_id": chain_id, "genesis_hash": genesis_hash}):
        _require_same("chain", str(chain_id), _genesis_hash(c, chain_id), genesis_hash)


def genesis_hash(c: Connection, chain_id: int) -> str | None:
    """Hash of block 0 of a recorded chain; None where the chain is not recorded."""
    return _genesis_hash(c, chain_id)


def _genesis_hash(c: Connection, chain_id: int) -> str | None:
    chains = tables.chains
    return c.execute(select(chains.c.genesis_hash).where(chains.c.chain_id == chain_id)).scalar()


def require_genesis(c: Connection, chain_id: int, genesis_hash: str) -> None:
    """Raises unless the register knows the chain, by this genesis.

    Raises:
        ChainMismatch: it knows no such chain, or another one of that id.
    """
    known = _genesis_hash(c, chain_id)
    if known is None:
        raise ChainMismatch(
            f"the register knows nothing of chain {chain_id}", "Deploy to it first, or point rpc_url to its own node."
        )
    if known != genesis_hash:
        raise ChainMismatch(
            f"the register knows chain {chain_id} by genesis {known}; the node has {genesis_hash}",
            "Point rpc_url to the node of this register, or use another database for the new chain.",
        )


def add_contract(c: Connection, contract: Contract) -> None:
    """Records a contract; the same again changes nothing.

    Raises:
        RegisterConflict: the address is recorded with other values, or the chain is not recorded.
    """
    row = asdict(contract) | {"kind": str(contract.kind)}
    if not insert_if_new(c, tables.contracts, row):
        found = next(known for known in contracts(c, contract.chain_id) if known.address == contract.address)
        _require_same("contract", contract.address, found, contract)


def contracts(c: Connection, chain_id: int | None = None) -> list[Contract]:
    """The contracts of a chain, or of all, in order of chain and address."""
    query = select(tables.contracts).order_by(tables.contracts.c.chain_id, tables.contracts.c.address)
    if chain_id is not None:
        query = query.where(tables.contracts.c.chain_id == chain_id)
    return [_contract(row) for row in c.execute(query)]


def contract_of(c: Connection, chain_id: int, kind: ContractKind) -> Contract:
    """The one contract of this kind on a chain.

    Raises:
        UnknownName: the register has none, or more than one.
    """
    found = [each for each in contracts(c, chain_id) if each.kind is kind]
    if len(found) == 1:
        return found[0]
    name = f"{kind.value.replace('_', ' ')} on chain {chain_id}"
    if found:
        listed = ", ".join(each.address for each in found)
        raise UnknownName(
            "one", name, f"There are {len(found)}: {listed}; keep each control book in a register of its own."
        )
    raise UnknownName("contract", name, "`rwaledger instrument deploy FILE` deploys it, or finds what is there.")


def add_instrument(c: Connection, instrument: Instrument) -> None:
    """Records an instrument together with its token contract; the same again changes nothing.

    Raises:
        RegisterConflict: the name or the address is recorded with other values, or the chain is not recorded.
    """
    add_contract(
        c,
        Contract(
            instrument.chain_id,
            instrument.address,
            ContractKind.ASSET_TOKEN,
            instrument.deploy_block,
            instrument.deploy_block_hash,
            instrument.code_hash,
        ),
    )
    row = {name: value for name, value in asdict(instrument).items() if name in tables.instruments.c}
    row |= {"kind": str(instrument.kind), "record_of_truth": str(instrument.record_of_truth)}
    if not insert_if_new(c, tables.instruments, row):
        found = next((known for known in instruments(c) if _overlaps(known, instrument)), None)
        _require_same("instrument", instrument.instrument_id, found, instrument)


def instruments(c: Connection) -> list[Instrument]:
    """All instruments, in order of their names."""
    return [_instrument(row) for row in c.execute(_instruments_query())]


def instrument(c: Connection, instrument_id: str) -> Instrument:
    """The instrument of that name.

    Raises:
        UnknownName: there is none.
    """
    query = _instruments_query().where(tables.instruments.c.instrument_id == instrument_id)
    row = c.execute(query).one_or_none()
    if row is None:
        raise UnknownName("instrument", instrument_id, "`rwaledger instrument list` shows those there are.")
    return _instrument(row)


def _instruments_query() -> Select[Any]:
    i, k = tables.instruments.c, tables.contracts.c
    columns = (
        i.instrument_id,
        i.name,
        i.symbol,
        i.decimals,
        i.kind,
        i.record_of_truth,
        i.chain_id,
        i.address,
    )
    return (
        select(*columns, i.control_book, k.deploy_block, k.deploy_block_hash, k.code_hash)
        .join_from(tables.instruments, tables.contracts)
        .order_by(i.instrument_id)
    )


def _instrument(row: Row[*tuple[Any, ...]]) -> Instrument:
    name, title, symbol, decimals, kind, truth, *rest = row
    kinds = stored_member(InstrumentKind, kind), stored_member(RecordOfTruth, truth)
    return Instrument(name, title, symbol, decimals, *kinds, *rest)


def _contract(row: Row[*tuple[Any, ...]]) -> Contract:
    chain_id, address, kind, *rest = row
    return Contract(chain_id, address, stored_member(ContractKind, kind), *rest)


def _overlaps(known: Instrument, other: Instrument) -> bool:
    same_place = (known.chain_id, known.address) == (other.chain_id, other.address)
    return same_place or known.instrument_id == other.instrument_id


def _require_same(kind: str, name: str, found: object, given: object) -> None:
    if found != given:
        raise RegisterConflict(
            f"{kind} {name} is in the register with other values: {found}, not {given}",
            "Use a register of its own for another deployment.",
        )
