"""What a stranger sees who gets hold of a register: every byte of its file, or every cell of its tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url


def seen_by_a_stranger(database_url: str) -> bytes:
    """All that is stored: of SQLite the file and its log, of PostgreSQL every cell as text and the tables' files."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
    engine = create_engine(database_url)
    with engine.connect() as c:
        seen = _cells(c)
        if c.execute(text("SELECT current_setting('is_superuser')")).scalar() == "on":
            c.execute(text("CHECKPOINT"))
            seen += _files(c)
    engine.dispose()
    return seen


def _cells(c: Connection) -> bytes:
    found = [
        str(row[0])
        for table in inspect(c).get_table_names()
        for row in c.execute(text(f'SELECT t::text FROM "{table}" t'))
    ]
    assert found, "there is nothing to see"
    return "\n".join(found).encode()


def _files(c: Connection) -> bytes:
    """The files of all tables, of what they keep aside (TOAST) and of their indexes, dead rows included."""
    paths = c.execute(
        text(
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i')"
            " AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
        )
    )
    read = text("SELECT pg_read_binary_file(:path)")
    return b"".join(bytes(c.execute(read, {"path": path}).scalar() or b"") for (path,) in paths.all())


def log_of_the_server(database_url: str) -> bytes:
    """PostgreSQL's write-ahead log: what was written to any of its databases, for as long as the server likes."""
    if make_url(database_url).get_backend_name() == "sqlite":
        return b""
    engine = create_engine(database_url)
    read = text("SELECT pg_read_binary_file('pg_wal/' || :name)")
    with engine.connect() as c:
        if c.execute(text("SELECT current_setting('is_superuser')")).scalar() != "on":
            return b""
        names = c.execute(text("SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'")).scalars().all()
        found = [bytes(c.execute(read, {"name": name}).scalar() or b"") for name in names]
    engine.dispose()
    assert found, "there is no log"
    return b"".join(found)
