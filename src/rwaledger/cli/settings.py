"""Settings, and where each value came from: flag, environment, project file, user file, or default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rwaledger.domain.errors import SettingsError

PROJECT_FILE = Path("rwaledger.toml")
USER_FILE = Path("~/.config/rwaledger/config.toml")
PREFIX = "RWALEDGER_"
PRIVACY_VARIABLE = "RWALEDGER_PRIVACY_KEY"
"""The privacy key by itself, as 128 hex digits, where no keystore has it. A secret, and so no setting."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set. Each field is a key of the file, and `RWALEDGER_` with its name a variable."""

    rpc_url: str = "http://127.0.0.1:8545"
    database_url: str = "sqlite:///rwaledger.db"
    finality: str = "finalized"
    keystore_folder: str = "~/.foundry/keystores"
    maker: str = "maker"
    checker: str = "checker"
    admin: str = "admin"
    attestor: str = "attestor"
    operator: str = "operator"
    auditor: str = "auditor"
    privacy: str = "privacy"
    password_file: str = ""
    maker_password_file: str = ""
    checker_password_file: str = ""
    admin_password_file: str = ""
    attestor_password_file: str = ""
    operator_password_file: str = ""
    auditor_password_file: str = ""
    privacy_password_file: str = ""
    admin_delay_s: int = 172_800
    instruction_lifetime_s: int = 86_400
    policy_file: str = ""
    node_folder: str = ".rwaledger/node"
    node_port: int = 8545
    anvil: str = ""


MEANINGS = {
    "rpc_url": "JSON-RPC address of the node",
    "database_url": "register: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
    "finality": "what counts as settled: finalized, safe, latest, or a depth in blocks",
    "keystore_folder": "folder of the keystores",
    "maker": "keystore of the maker, or dev:N on a local node",
    "checker": "keystore of the checker, or dev:N on a local node",
    "admin": "keystore of the admin of roles, who deploys",
    "attestor": "keystore of the attestor of reserves, or dev:N on a local node",
    "operator": "keystore that signs periods for the register, or dev:N on a local node",
    "auditor": "keystore that countersigns them, or dev:N on a local node",
    "privacy": "keystore that seals the names of holders, or dev:N on a local node",
    "password_file": "file with the password of every keystore that has no file of its own (else ETH_PASSWORD)",
    "maker_password_file": "file with the maker's password",
    "checker_password_file": "file with the checker's password",
    "admin_password_file": "file with the admin's password",
    "attestor_password_file": "file with the attestor's password",
    "operator_password_file": "file with the operator's password",
    "auditor_password_file": "file with the auditor's password",
    "privacy_password_file": "file with the password of the privacy keystore",
    "admin_delay_s": "seconds between scheduling a grant of a role, the admin's own too, and carrying it out",
    "instruction_lifetime_s": "seconds for which a signed instruction may be carried out",
    "policy_file": "file with the figures of the place; without one, the packaged ones of Hong Kong",
    "node_folder": "folder where the local node keeps its state",
    "node_port": "port of the local node; 0 takes a free one",
    "anvil": "path of anvil, where it is not found by itself",
}

FIELDS: dict[str, type] = {
    name: type(getattr(Settings(), name))
    for name in Settings.__dataclass_fields__  # fields in their order
}


@dataclass(frozen=True, slots=True)
class Sourced:
    """Settings together with the source of each value."""

    settings: Settings
    sources: dict[str, str]


def load_settings(flags: Mapping[str, Any], config_file: Path | None = None) -> Sourced:
    """Merges all layers; a later one wins: default, user file, project file (or `config_file`), environment, flag.

    Raises:
        SettingsError: an unknown key, a value of the wrong type, or a file that is not TOML.
    """
    project = config_file or PROJECT_FILE
    if config_file is not None and not config_file.is_file():
        raise SettingsError(f"there is no settings file {config_file}", "Correct --config.")
    layers = [
        (str(USER_FILE), _file_layer(USER_FILE.expanduser())),
        (str(project), _file_layer(project)),
        ("environment", _environment_layer(os.environ)),
        ("flag", {name: value for name, value in flags.items() if value is not None}),
    ]
    values: dict[str, Any] = {}
    sources = dict.fromkeys(FIELDS, "default")
    for source, layer in layers:
        for name, value in layer.items():
            values[name] = _typed(source, name, value)
            sources[name] = source
    return Sourced(Settings(**values), sources)


def _file_layer(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}", "Correct the file.") from None


def _environment_layer(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != PRIVACY_VARIABLE
    }


def _typed(source: str, name: str, value: Any) -> Any:
    if name not in FIELDS:
        raise SettingsError(f"{source}: there is no setting {name!r}", f"Known are: {', '.join(FIELDS)}.")
    wanted = FIELDS[name]
    if wanted is int and isinstance(value, str) and value.isdecimal():
        return int(value)
    if type(value) is not wanted:
        kind = "a whole number" if wanted is int else "text"
        raise SettingsError(f"{source}: {name} must be {kind}, and is {value!r}", "Correct the value.")
    return value
