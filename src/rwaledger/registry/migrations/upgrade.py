"""Runs the migrations of this package on an open connection, with no alembic.ini."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from rwaledger.registry.sealing import Seal


def configuration() -> Config:
    """Alembic's configuration; its scripts are found wherever this package is installed."""
    config = Config()
    config.set_main_option("script_location", "rwaledger.registry:migrations")
    return config


def upgrade(connection: Connection, revision: str = "head", open_seal: Callable[[], Seal] | None = None) -> None:
    """Applies what is missing up to `revision`, in the transaction that is open on `connection`.

    `open_seal` opens the privacy key; it is asked only where there are names to be sealed.
    """
    config = configuration()
    config.attributes["connection"] = connection
    config.attributes["open_seal"] = open_seal
    command.upgrade(config, revision)
