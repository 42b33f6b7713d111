"""What commands share: settings, the node, the register, the two pairs of eyes, and asking before acting."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rwaledger.cli.output import Progress, silent
from rwaledger.cli.settings import PRIVACY_VARIABLE, Settings, Sourced
from rwaledger.domain.errors import AuthorisationError, SchemaMismatch, UsageError

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer
    from rwaledger.chain.rpc import Node
    from rwaledger.domain.instrument import Instrument
    from rwaledger.domain.policy import Policy
    from rwaledger.operate.desk import Desk
    from rwaledger.registry.database import Database
    from rwaledger.registry.sealing import Seal

PASSWORD_VARIABLE = "ETH_PASSWORD"
"""cast's variable: the path of a file with the password."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Context:
    """One run of the program. Node, database and keys are opened when a command first asks for them."""

    sourced: Sourced

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.sourced.settings

    @cached_property
    def node(self) -> Node:
        """The node."""
        from rwaledger.chain.rpc import Node

        return Node(self.settings.rpc_url)

    @cached_property
    def database(self) -> Database:
        """The register, which must have the tables of this version."""
        from rwaledger.registry.database import Database

        database = Database(self.settings.database_url)
        database.require_current()
        return database

    def close(self) -> None:
        """Closes what this run has opened."""
        for name in ("database", "new_database"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @property
    def has_database(self) -> bool:
        """Whether there is a register yet."""
        try:
            return self.database is not None
        except SchemaMismatch:
            return False

    @cached_property
    def new_database(self) -> Database:
        """The register, made or brought up to this version."""
        from rwaledger.registry.database import Database

        database = Database(self.settings.database_url)
        database.migrate(lambda: self.seal)
        return database

    @cached_property
    def seal(self) -> Seal:
        """The privacy key, with which names are sealed and opened."""
        from rwaledger.operate.privacy import seal_of, seal_of_hex

        given = os.environ.get(PRIVACY_VARIABLE)
        if given:
            return seal_of_hex(given)
        return seal_of(self.open_key(self.settings.privacy, self.settings.privacy_password_file))

    @cached_property
    def policy(self) -> Policy:
        """The figures of the place, by which operations are judged."""
        from rwaledger.policies.loading import load_policy

        path = self.settings.policy_file
        return load_policy(Path(path).expanduser() if path else None)

    def instrument(self, name: str) -> Instrument:
        """The instrument of that name.

        Raises:
            UnknownName: there is none.
        """
        from rwaledger.registry import instruments

        with self.database.read() as connection:
            return instruments.instrument(connection, name)

    @property
    def keystore_folder(self) -> Path:
        """Folder of the keystores."""
        return Path(self.settings.keystore_folder)

    def address_of(self, name: str) -> str:
        """The address of a keystore, a dev account, or an address itself."""
        from rwaledger.chain import keys

        if name.startswith(keys.DEV_PREFIX):
            return keys.dev_address(name)
        if name.startswith("0x"):
            return _address(name)
        return keys.keystore_address(self.keystore_folder, name)

    def open_key(self, name: str, password_file: str = "") -> Signer:
        """The key of a keystore or a dev account, asking for the password where no file gives it."""
        from rwaledger.chain import keys

        if name.startswith(keys.DEV_PREFIX):
            return keys.dev_signer(self.node, name)
        if name.startswith("0x"):
            raise AuthorisationError(
                f"{name} is an address; its key is not at hand",
                "Whoever has it signs: `--draft` stores the instructions for the checker, `instruction approve` signs.",
            )
        keys.require_keystore(self.keystore_folder, name)
        return keys.open_keystore(self.keystore_folder, name, self.password(name, password_file))

    def password(self, name: str, password_file: str = "", *, confirm: bool = False) -> str:
        """The password of a keystore: from its file, from the common one, or asked for."""
        path = password_file or self.settings.password_file or os.environ.get(PASSWORD_VARIABLE, "")
        if path:
            return _first_line(Path(path))
        if not sys.stdin.isatty():
            raise AuthorisationError(
                f"no password for the keystore {name!r}, and no terminal to ask for it",
                f"Set password_file, or {PASSWORD_VARIABLE} to the path of a file with the password.",
            )
        return str(click.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=confirm, err=True))

    def desk(self, progress: Progress = silent, *, maker: bool = True, checker: bool = True) -> Desk:
        """The operations desk with maker and checker of the settings; who has no part in it is not looked for."""
        from rwaledger.domain.posting import ISSUANCE_ACCOUNT
        from rwaledger.operate.desk import Desk

        settings = self.settings
        return Desk(
            database=self.database,
            node=self.node,
            maker=self.address_of(settings.maker) if maker else ISSUANCE_ACCOUNT,
            checker=self.address_of(settings.checker) if checker else ISSUANCE_ACCOUNT,
            # Opened once a run, however often they are asked for: a password takes a second, or a person.
            open_maker=cache(lambda: self.open_key(settings.maker, settings.maker_password_file)),
            open_checker=cache(lambda: self.open_key(settings.checker, settings.checker_password_file)),
            lifetime_s=settings.instruction_lifetime_s,
            progress=progress,
        )


pass_context = click.make_pass_decorator(Context)


def json_option(command: Command) -> Command:
    """Adds `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def confirming_options(command: Command) -> Command:
    """Adds `--dry-run`, `--yes` and `--json` to a command that changes something; `Manner.of` reads them."""
    command = json_option(command)
    command = click.option("--yes", is_flag=True, help="Do not ask.")(command)
    return click.option("--dry-run", is_flag=True, help="Check everything; store, sign and send nothing.")(command)


def acting_options(command: Command) -> Command:
    """Adds the same, and `--draft`, to a verb that runs through `act`."""
    draft = click.option("--draft", is_flag=True, help="Store it for the checker to approve; sign and send nothing.")
    return draft(confirming_options(command))


@dataclass(frozen=True, slots=True)
class Manner:
    """How a verb is to act, as its options say."""

    dry_run: bool
    yes: bool
    as_json: bool
    draft: bool = False

    @classmethod
    def of(cls, given: dict[str, Any]) -> Manner:
        """Takes these options out of all that a verb was given."""
        return cls(given.pop("dry_run"), given.pop("yes"), given.pop("as_json"), given.pop("draft", False))


def parse_time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """A moment as an option gives it; it must say its zone, since the chain and its operators are in different ones."""
    from rwaledger.operate.times import parse_moment

    try:
        return None if text is None else parse_moment(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def ask(question: str, *, yes: bool) -> None:
    """Asks before acting.

    Raises:
        UsageError: no terminal to ask on, and no `--yes`.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("this has to be confirmed, and there is no terminal to ask on", "Add --yes.")
    click.confirm(question, abort=True, err=True)


def _first_line(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").split("\n", 1)[0]
    except (OSError, UnicodeDecodeError) as error:
        raise AuthorisationError(f"the password file {path} cannot be read: {error}", "Correct it.") from None


def _address(text: str) -> str:
    from rwaledger.chain.addresses import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise UsageError(str(error), "Correct the address.") from None
