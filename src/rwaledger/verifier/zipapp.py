"""The verifier as one file that any Python from 3.11 on runs, the same bytes on every machine."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rwaledger.verifier.errors import WrongUse

_SHEBANG = b"#!/usr/bin/env python3\n"
_MODE = 0o100644 << 16
_UNIX = 3
_MAIN = '''"""Starts the verifier."""

import sys

if sys.version_info < (3, 11):
    sys.exit("this needs Python 3.11 or newer; here is " + sys.version.split()[0])

from rwaledger.verifier.main import main

sys.exit(main(program="rwaledger-verify.pyz"))
'''


def write(path: Path) -> None:
    """Writes the program.

    Raises:
        WrongUse: the file cannot be written.
    """
    try:
        path.write_bytes(program())
        path.chmod(0o755)
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror}") from error


def program() -> bytes:
    """The bytes: a ZIP file behind a first line that names the interpreter, nothing compressed, no times."""
    package = files("rwaledger")
    contents = {"__main__.py": _MAIN.encode(), "rwaledger/__init__.py": package.joinpath("__init__.py").read_bytes()}
    contents |= {f"rwaledger/verifier/{name}": raw for name, raw in _modules(package.joinpath("verifier"))}
    written = io.BytesIO()
    written.write(_SHEBANG)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = _UNIX, _MODE
            archive.writestr(info, contents[name])
    return written.getvalue()


def _modules(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    """The modules of a package and of those in it, by their paths."""
    for each in folder.iterdir():
        if each.name.endswith(".py"):
            yield each.name, each.read_bytes()
        elif each.is_dir() and each.name != "__pycache__":
            yield from ((f"{each.name}/{name}", raw) for name, raw in _modules(each))
