"""Find the programs that come from npm or the PATH: anvil, forge, cast, solc."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from rwaledger.domain.errors import SettingsError

_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def find_foundry_tool(name: str, configured: str = "") -> Path:
    """The native program: the configured path, else the project's own npm install, else the PATH.

    Raises:
        SettingsError: it is nowhere; the message says how to get it.
    """
    if configured:
        if Path(configured).is_file():
            return Path(configured)
        raise SettingsError(f"{name} is not at {configured}", "Correct the setting, or leave it out to search for it.")
    package = f"{name}-{platform.system().lower()}-{_MACHINES.get(platform.machine(), platform.machine())}"
    for modules in _node_modules():
        candidate = modules / "@foundry-rs" / package / "bin" / name
        if candidate.is_file():
            return candidate
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    raise SettingsError(f"{name} was not found", "Run `make setup` in the project, or install Foundry.")


def _node_modules() -> Iterator[Path]:
    """The npm installs of the working folder and of this checkout, and of the folders above each."""
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / "node_modules").is_dir():
                yield folder / "node_modules"
