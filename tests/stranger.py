"""What a stranger sees who gets hold of a register: every byte of its file, or every cell of its tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url


def seen_by_a_stranger(database_url: str) -> bytes:
    """All that is stored: of SQLite the file and its log, of PostgreSQL every cell as text and the rows' own bytes."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
    return _cells(database_url)


def _cells(database_url: str) -> bytes:
    engine = create_engine(database_url)
    with engine.connect() as c:
        found = []
        for table in inspect(engine).get_table_names():
            found += [str(row[0]) for row in c.execute(text(f'SELECT t::text FROM "{table}" t'))]
        raw = b""
        if c.execute(text("SELECT current_setting('is_superuser')")).scalar() == "on":
            c.execute(text("CHECKPOINT"))
            raw = bytes(c.execute(text("SELECT pg_read_binary_file(pg_relation_filepath('holders'))")).scalar() or b"")
    engine.dispose()
    assert found, "there is nothing to see"
    return "\n".join(found).encode() + raw
