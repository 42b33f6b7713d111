"""Migrations: they make the tables that the code expects, whole or not at all, on both databases."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from rwaledger.domain.errors import SchemaMismatch
from rwaledger.registry.database import Database
from rwaledger.registry.migrations import REVISIONS
from rwaledger.registry.migrations.upgrade import configuration
from rwaledger.registry.tables import metadata

_KILLED_MIDWAY = """
import os, signal, sys
from sqlalchemy import Engine, event
from rwaledger.registry.database import Database

@event.listens_for(Engine, "after_cursor_execute")
def kill(connection, cursor, statement, *_):
    if statement.strip().startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

Database(sys.argv[1]).migrate()
"""


@pytest.fixture
def engine(database_url: str) -> Any:
    opened = create_engine(database_url)
    yield opened
    opened.dispose()


def test_migrating_an_empty_database_gives_the_tables_of_the_code(database: Database) -> None:
    with database.begin() as c:
        assert compare_metadata(MigrationContext.configure(c), metadata) == []


def test_keys_and_collations_too_are_those_of_the_code(database_url: str, engine: Engine, tmp_path: Path) -> None:
    """Alembic compares no primary keys, no names of keys and no collations."""
    metadata.create_all(engine)
    expected = _details(engine)
    metadata.drop_all(engine)
    engine.dispose()
    register = Database(database_url)
    register.migrate()
    register.close()
    assert _details(engine) == expected


def _details(engine: Engine) -> dict[str, Any]:
    seen = inspect(engine)
    return {
        table: (
            seen.get_pk_constraint(table),
            sorted(seen.get_foreign_keys(table), key=str),
            sorted(seen.get_unique_constraints(table), key=str),
            [(column["name"], column["nullable"], str(column["type"])) for column in seen.get_columns(table)],
        )
        for table in metadata.tables
    }


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    assert [script.revision for script in scripts][::-1] == list(REVISIONS)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    database.require_current()


@pytest.mark.parametrize("statement", ["CREATE TABLE positions", "INSERT INTO"])
def test_a_migration_killed_midway_leaves_nothing_and_can_be_run_again(
    database_url: str, engine: Engine, statement: str
) -> None:
    command = [sys.executable, "-c", _KILLED_MIDWAY, database_url, statement]
    killed = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    register = Database(database_url)
    register.migrate()
    register.require_current()
    register.close()


def test_a_database_that_was_never_set_up_is_refused(database_url: str) -> None:
    register = Database(database_url)
    with pytest.raises(SchemaMismatch, match=r"there is no register.*\n.*rwaledger register migrate"):
        register.require_current()
    register.close()


def test_a_database_that_is_behind_is_refused(database: Database) -> None:
    with database.begin() as c:
        c.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(SchemaMismatch, match="rwaledger register migrate"):
        database.require_current()


def test_a_database_of_a_newer_version_is_refused_and_left(database: Database) -> None:
    with database.begin() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (database.require_current, database.migrate):
        with pytest.raises(SchemaMismatch, match="revision 9999, of a newer version"):
            use()
    with database.read() as c:
        assert c.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
