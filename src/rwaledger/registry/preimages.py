"""The bytes that the head of a period hashes: every attested field, each with its type and length.

Version 1, cells as in `encoding`: `rwaledger-period-1`, previous head, instrument, sequence, chain id, address of the
token, number, hash and time of the block, supply in base units, number of accounts with a balance, number of
sections. Then for each section: table, part, number of columns, the columns, number of rows, and SHA-256 of the rows.

Rows that are listed one by one are hashed each: table, part, then its cells in the order of the columns. The hash of
their section is over key and hash of every row that the periods up to this one list under the same columns, in the
byte order of the keys. A mirrored section is hashed over the cells of its rows, in the order of the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from rwaledger.domain.period import Section
from rwaledger.registry.encoding import decoded, encoded

FORMAT = "rwaledger-period-1"

Fields = tuple[str, str, int, int, str, int, str, int, int, int]
"""Previous head, instrument, sequence, chain id, token, number, hash and time of the block, supply, holders."""


def preimage(fields: Fields, sections: Sequence[Section]) -> bytes:
    """What is hashed."""
    rows = ((each.table, each.part, len(each.columns), *each.columns, each.count, each.digest) for each in sections)
    return encoded((FORMAT, *fields, len(sections))) + b"".join(map(encoded, rows))


def head_of(raw: bytes) -> str:
    """The head: SHA-256 of the preimage, as the anchor takes it."""
    return "0x" + hashlib.sha256(raw).hexdigest()


def parse(raw: bytes) -> tuple[Fields, tuple[Section, ...]]:
    """Fields and sections of a preimage.

    Raises:
        ValueError: the bytes are no preimage of this version.
    """
    cells = iter(decoded(raw))
    try:
        if next(cells) != FORMAT:
            raise ValueError("not the preimage of a period in the format of this version")
        fields: Fields = (
            next(cells),
            next(cells),
            int(next(cells)),
            int(next(cells)),
            next(cells),
            int(next(cells)),
            next(cells),
            int(next(cells)),
            int(next(cells)),
            int(next(cells)),
        )
        sections = []
        for _ in range(int(next(cells))):
            table, part, columns = next(cells), next(cells), int(next(cells))
            names = [next(cells) for _ in range(columns)]
            sections.append(Section(table, part, tuple(names), int(next(cells)), next(cells)))
    except StopIteration:
        raise ValueError("the preimage of a period is cut off") from None
    found = tuple(sections)
    if preimage(fields, found) != raw:
        raise ValueError("the preimage of a period holds more than a period")
    return fields, found


def row_hash(table: str, part: str, cells: Iterable[object]) -> str:
    """SHA-256, in hex, of a part of a row."""
    return hashlib.sha256(encoded((table, part, *cells))).hexdigest()


def list_digest(rows: Iterable[tuple[str, str]]) -> str:
    """SHA-256, in hex, over keys and hashes, which come in the byte order of the keys."""
    digest = hashlib.sha256()
    for key, hashed in rows:
        digest.update(encoded((key, hashed)))
    return digest.hexdigest()
