"""The register's digest anew: the one hash that reconciliations and reports name a register by, over a pack's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, compress, islice
from typing import Any

from rwaledger.verifier.pack import Pack
from rwaledger.verifier.periods import encoded
from rwaledger.verifier.tables import TABLES

FORMAT = "rwaledger-register-4"
SECTIONS = (
    *("contracts", "instruments", "holders", "accounts", "postings", "positions", "standings", "instructions"),
    *("transactions", "orders", "residences", "evidence", "licences", "wallet_proofs", "client_postings"),
    *("reserve_lines", "attestations", "redemptions", "bond_terms", "fund_terms", "actions", "entitlements", "navs"),
    *("fund_orders", "trades", "trade_signatures", "travel_records"),
)
"""The tables that it attests, in its order."""

_CLOCKS = {(table, "updated_at") for table in SECTIONS} | {("transactions", "created_at")}
"""When a row was last written, or a transaction signed, says nothing of the register."""
_BLOCK_OF_STANDING = [column.name for column in TABLES["standings"]].index("block_number")
_AT_A_TIME = 2_000


def missing(pack: Pack) -> str:
    """Why a pack does not hold all that was hashed; empty where it does."""
    pin = pack.manifest.pin
    read_upto = {row.address: row.block_number for row in pack.table("checkpoints")}
    for row in pack.table("instruments"):
        if row.chain_id != pin.chain_id:
            return f"{row.instrument_id} is on another chain"
        if read_upto.get(row.address) != pin.block_number:
            return f"the register keeps its positions of {row.instrument_id} for another block"
    return ""


def register_digest(pack: Pack) -> str:
    """SHA-256, in hex, over version and block, then of each table its name, columns, rows, and their count."""
    digest = sha256(encoded((FORMAT, pack.manifest.pin.block_number)))
    for table in SECTIONS:
        columns = [column.name for column in TABLES[table]]
        kept = [(table, name) not in _CLOCKS for name in columns]
        digest.update(encoded((table, *compress(columns, kept))))
        rows, count = iter(_rows(pack, table)), 0
        while batch := list(islice(rows, _AT_A_TIME)):
            cells = [_texts(column) for column in compress(zip(*batch, strict=True), kept)]
            digest.update("".join(chain.from_iterable(zip(*cells, strict=True))).encode())
            count += len(batch)
        digest.update(encoded((count,)))
    return digest.hexdigest()


def _texts(cells: Sequence[Any]) -> list[str]:
    """The cells of a column as `encoded` writes each, together, since a pack has millions of them."""
    types = set(map(type, cells))
    if types == {int}:
        return [f"i{len(text)}:{text}" for text in map(str, cells)]
    if types == {str} and "".join(cells).isascii():
        return [f"s{len(text)}:{text}" for text in cells]
    return [encoded((cell,)).decode() for cell in cells]


def _rows(pack: Pack, table: str) -> Iterable[tuple[Any, ...]]:
    """The rows of a table; of postings and standings those up to the pinned block."""
    if table == "postings":
        return _postings(pack)
    rows: Iterator[tuple[Any, ...]] = pack.rows(table)
    if table == "standings":
        return (row for row in rows if row[_BLOCK_OF_STANDING] <= pack.manifest.pin.block_number)
    return rows


def _postings(pack: Pack) -> Iterator[tuple[Any, ...]]:
    """In the pack's order, as which they are kept."""
    last = pack.manifest.pin.block_number
    for instrument_id, places in pack.postings.items():
        for (block_number, log_index), legs in places.items():
            if block_number <= last:
                yield from ((instrument_id, block_number, log_index, *leg) for leg in legs)
