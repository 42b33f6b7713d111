"""Runs the migrations of this package on an open connection, with no alembic.ini."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration() -> Config:
    """Alembic's configuration; its scripts are found wherever this package is installed."""
    config = Config()
    config.set_main_option("script_location", "rwaledger.registry:migrations")
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Applies what is missing up to `revision`, in the transaction that is open on `connection`."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
