"""The file of a pack: a ZIP that can be written in one way only, so that the same contents are the same bytes."""

from __future__ import annotations

import filecmp
import hashlib
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from rwaledger.audit.evidence.parts import Part
from rwaledger.domain.errors import RwaledgerError, UsageError

MANIFEST = "manifest.json"
SIGNATURES = "signatures.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX, _VERSION = 3, 20
_REGULAR_FILE = 0o100644 << 16
_MAX_BYTES = 2**32 - 1
_PIECE_BYTES = 1 << 20


def write(path: Path, manifest: bytes, signatures: bytes, parts: Iterable[Part]) -> None:
    """Writes a pack beside its place and then moves it there, so that no half of one is ever found.

    Raises:
        UsageError: another file stands there; the very same pack may.
        RwaledgerError: it would be larger than a plain ZIP may be, or the place cannot be written to.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            archive.writestr(_entry(MANIFEST), manifest)
            archive.writestr(_entry(SIGNATURES), signatures)
            for part in parts:
                _copy(archive, part)
        _require_plain(unfinished)
        _require_no_other(path, unfinished)
        unfinished.replace(path)
    except zipfile.LargeZipFile:
        raise _too_large() from None
    except OSError as error:
        raise RwaledgerError(
            f"the pack {path} cannot be written: {error.strerror}", "Make room, or name another with --out."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> tuple[bytes, bytes]:
    """Manifest and signatures of a pack.

    Raises:
        UsageError: it is none, or cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(MANIFEST), archive.read(SIGNATURES)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is no evidence pack: {error}", "Name a file that `evidence export` wrote.") from None


def replace_signatures(path: Path, signatures: bytes) -> None:
    """Puts other signatures into a pack; everything else stays as it is."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with (
            zipfile.ZipFile(path) as old,
            zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED, allowZip64=False) as new,
        ):
            for name in old.namelist():
                if name == SIGNATURES:
                    new.writestr(_entry(name), signatures)
                else:
                    entry = _entry(name)
                    entry.file_size = old.getinfo(name).file_size
                    with old.open(name) as source, new.open(entry, "w") as target:
                        shutil.copyfileobj(source, target, _PIECE_BYTES)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def manifest_sha256(manifest: bytes) -> str:
    """The hash that names a pack, in hex."""
    return hashlib.sha256(manifest).hexdigest()


def _copy(archive: zipfile.ZipFile, part: Part) -> None:
    entry = _entry(part.name)
    entry.file_size = part.size_bytes
    with part.path.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, _PIECE_BYTES)


def _entry(name: str) -> zipfile.ZipInfo:
    """All that Python would take from the machine is the same everywhere."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system, entry.create_version, entry.extract_version = _UNIX, _VERSION, _VERSION
    entry.external_attr = _REGULAR_FILE
    return entry


def _require_no_other(path: Path, unfinished: Path) -> None:
    if path.exists() and not filecmp.cmp(path, unfinished, shallow=False):
        raise UsageError(f"{path} exists, and is another pack", "Name another file with --out; none is overwritten.")


def _require_plain(path: Path) -> None:
    if path.stat().st_size > _MAX_BYTES:
        raise _too_large()


def _too_large() -> RwaledgerError:
    return RwaledgerError(
        "the pack would be larger than 4 GiB, which its format does not allow",
        "Keep the instruments of this register in several registers.",
    )
