"""One hash of what the register attests, the same on every database that holds the same register."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Table, quoted_name, select, true

from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.posting import Posting
from rwaledger.registry import holders, tables
from rwaledger.registry.bulk import stream_columns
from rwaledger.registry.database import Connection
from rwaledger.registry.encoding import encoded, encoded_columns
from rwaledger.registry.sealing import Seal

VERSION = 4
"""Version of the preimage. A digest of an earlier one is recomputed as it was: without what came later."""

_ROWS_AT_A_TIME = 1_000
_ADDED_IN = {2: {("instructions", "text")}, 3: {("instructions", "reason"), ("accounts", "replaced_by")}}
"""Columns by the version that took them in."""

_SEALED_IN = 3
"""From this version on holders are attested by their sealed text, before by their names in clear; and the names of
tables and columns go in as plain text, before as what SQLAlchemy then took them for."""

_NOT_ATTESTED = {"updated_at"}
"""When a row was last written says nothing of the register, and differs between two that agree."""

_CLOCK = {("transactions", "created_at")}
"""When a machine signed a transaction says nothing that its nonce and its block do not."""


def register_digest(
    c: Connection,
    upto_block: int,
    version: int = VERSION,
    seal: Seal | None = None,
    postings: Sequence[Posting] | None = None,
) -> str:
    """SHA-256, in hex, of the register: postings and standings up to a block, and all else as it stands.

    The preimage is its version, the block, and then each table in the order of `_SECTIONS`: its name, the
    names of its columns, its rows in the byte order of their primary key, and their count. Every part carries
    its length and its type, so that no two registers share a preimage.

    Versions 1 and 2 attested the names of holders in clear. The register has them sealed now, so a digest of those
    versions cannot be recomputed by a stranger, only with `seal`, the privacy key.

    `postings` are all of them up to the block, in the order of their key, where they have been read already.

    Raises:
        AuthorisationError: the version needs the privacy key, or it is another one.
    """
    digest = hashlib.sha256()
    digest.update(encoded((f"rwaledger-register-{version}", upto_block)))
    later = {column for number, added in _ADDED_IN.items() if number > version for column in added}
    for table, bounded, since in _SECTIONS:
        if since > version:
            continue
        if table is tables.holders and version < _SEALED_IN:
            chunks = _holders_in_clear(c, version, seal)
        else:
            columns = _attested(table, later)
            bound = table.c.block_number <= upto_block if bounded else true()
            query = select(*columns).where(bound).order_by(*table.primary_key.columns)
            is_read = table is tables.postings and postings is not None
            rows = _columns_of(postings or ()) if is_read else stream_columns(c, query)
            chunks = _section(table, columns, rows, version)
        for chunk in chunks:
            digest.update(chunk)
    return digest.hexdigest()


def _holders_in_clear(c: Connection, version: int, seal: Seal | None) -> Iterator[bytes]:
    """The holders as they stood before their names were sealed."""
    if seal is None:
        raise AuthorisationError(
            f"a register digest of version {version} attests names in clear, which are sealed now",
            "Recompute it with the privacy key, or take a digest of the present version.",
        )
    names = {holder_id: person.name for holder_id, person in holders.people(c, seal).items()}
    header = ("holders", "holder_id", "name", "country", "investor_class", "valid_until")
    yield encoded(quoted_name(name, None) for name in header)
    for each in holders.holders(c):
        class_number = int(each.investor_class)
        yield encoded((each.holder_id, names[each.holder_id], each.country, class_number, each.valid_until))
    yield encoded((len(names),))


_SECTIONS: tuple[tuple[Table, bool, int], ...] = (
    (tables.contracts, False, 1),
    (tables.instruments, False, 1),
    (tables.holders, False, 1),
    (tables.accounts, False, 1),
    (tables.postings, True, 1),
    (tables.positions, False, 1),
    (tables.standings, True, 1),
    (tables.instructions, False, 1),
    (tables.transactions, False, 4),
    (tables.orders, False, 4),
    (tables.residences, False, 4),
    (tables.evidence, False, 4),
    (tables.licences, False, 4),
    (tables.wallet_proofs, False, 4),
    (tables.client_postings, False, 4),
    (tables.reserve_lines, False, 4),
    (tables.attestations, False, 4),
    (tables.redemptions, False, 4),
    (tables.bond_terms, False, 4),
    (tables.fund_terms, False, 4),
    (tables.actions, False, 4),
    (tables.entitlements, False, 4),
    (tables.navs, False, 4),
    (tables.fund_orders, False, 4),
    (tables.trades, False, 4),
    (tables.trade_signatures, False, 4),
    (tables.travel_records, False, 4),
)
"""Every attested table, whether the block bounds it, and the version that took it in.

Not among them: what the mirror reads again from the chain (blocks, events), what auditors leave behind (periods,
breaks, reconciliations), and the log of who did what.
"""


def _attested(table: Table, later: Collection[tuple[str, str]]) -> list[Column[Any]]:
    left_out = _CLOCK.union(later)
    return [each for each in table.c if each.name not in _NOT_ATTESTED and (table.name, each.name) not in left_out]


def _columns_of(postings: Sequence[Posting]) -> Iterator[list[Sequence[Any]]]:
    """A posting is a row of its table."""
    for start in range(0, len(postings), _ROWS_AT_A_TIME):
        yield list(zip(*postings[start : start + _ROWS_AT_A_TIME], strict=True))


def _section(
    table: Table, columns: Sequence[Column[Any]], rows: Iterable[list[Sequence[Any]]], version: int
) -> Iterator[bytes]:
    header = (table.name, *(column.name for column in columns))
    yield encoded(header if version < _SEALED_IN else map(str, header))
    count = 0
    for cells in rows:
        count += len(cells[0])
        yield encoded_columns(cells)
    yield encoded((count,))
