"""The container: any other way to write the same files is refused, and what is wrong is named."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rwaledger.verifier.container import Container
from rwaledger.verifier.errors import Refuted, WrongUse
from tests.verifier.writer import zip_of

FILES = {"manifest.json": b"{}", "signatures.json": b"[]", "a/b.jsonl": b"[1]\n[2]\n", "a/c.json": b"", "b.json": b"{}"}


def opened(tmp_path: Path, raw: bytes) -> Container:
    path = tmp_path / "some.zip"
    path.write_bytes(raw)
    return Container(path)


def test_files_are_read(tmp_path: Path) -> None:
    with opened(tmp_path, zip_of(FILES)) as container:
        assert {name: container.read(name) for name in container.entries} == FILES
        assert list(container.lines("a/b.jsonl")) == [b"[1]", b"[2]"]
        assert list(container.lines("a/c.json")) == []
        with pytest.raises(Refuted, match=r"b.json: no line feed"):
            list(container.lines("b.json"))
        with pytest.raises(Refuted, match=r"c.json: not in the pack"):
            container.read("c.json")


def with_info(**fields: object) -> bytes:
    """The files in a ZIP whose entries differ in one field."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            for field, value in fields.items():
                setattr(info, field, value)
            archive.writestr(info, content)
    return written.getvalue()


def with_comment() -> bytes:
    written = io.BytesIO(zip_of(FILES))
    with zipfile.ZipFile(written, "a") as archive:
        archive.comment = b"a word"
    return written.getvalue()


def poked(at: int, value: int) -> bytes:
    raw = bytearray(zip_of(FILES))
    raw[at] = value
    return bytes(raw)


def with_gap() -> bytes:
    """A byte before the directory that no entry names, with the end record put right."""
    raw = zip_of(FILES)
    at = raw.index(b"PK\1\2")
    moved = raw[:at] + b"x" + raw[at:]
    return moved[:-6] + struct.pack("<I", at + 1) + moved[-2:]


def renamed(name: str) -> bytes:
    return zip_of({"manifest.json": b"", "signatures.json": b"", name: b""})


REFUSED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no ZIP": lambda: b"x" * 1_000,
    "compressed": lambda: with_info(compress_type=zipfile.ZIP_DEFLATED),
    "dated": lambda: with_info(date_time=(2026, 7, 31, 12, 0, 0)),
    "another mode": lambda: with_info(external_attr=0o100755 << 16),
    "another system": lambda: with_info(create_system=0),
    "a comment on a file": lambda: with_info(comment=b"x"),
    "an extra field": lambda: with_info(extra=b"\x99\x99\x00\x00"),
    "a comment": with_comment,
    "something before": lambda: b"#!/bin/sh\n" + zip_of(FILES),
    "something behind": lambda: zip_of(FILES) + b"\0",
    "a gap": with_gap,
    "cut off": lambda: zip_of(FILES)[:-1],
    "half": lambda: zip_of(FILES)[: len(zip_of(FILES)) // 2],
    "a flag in a local header": lambda: poked(6, 1),
    "content changed": lambda: poked(30 + len("manifest.json"), ord("[")),
    "out of order": lambda: zip_of(dict(sorted(FILES.items(), reverse=True))),
    "no manifest": lambda: zip_of({name: raw for name, raw in FILES.items() if name != "manifest.json"}),
    "no signatures": lambda: zip_of({name: raw for name, raw in FILES.items() if name != "signatures.json"}),
    "upper case": lambda: renamed("A.json"),
    "a leading slash": lambda: renamed("/a.json"),
    "a way out": lambda: renamed("a/../../b"),
    "two slashes": lambda: renamed("a//b"),
    "not ASCII": lambda: renamed("é.json"),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_another_container_is_refused(make: Callable[[], bytes], tmp_path: Path) -> None:
    with pytest.raises(Refuted):
        opened(tmp_path, make())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    written = io.BytesIO(zip_of(FILES))
    with zipfile.ZipFile(written, "a") as archive:
        info = zipfile.ZipInfo("b.json")
        info.create_system, info.external_attr = 3, 0o100644 << 16
        archive.writestr(info, b"{}")
    with pytest.raises(Refuted, match=r"b.json: stands out of order in the container, or twice"):
        opened(tmp_path, written.getvalue())


def test_every_byte_of_a_container_counts(tmp_path: Path) -> None:
    raw = zip_of(FILES)
    for at in range(len(raw)):
        with pytest.raises(Refuted):
            opened(tmp_path, raw[:at] + bytes([raw[at] ^ 0x20]) + raw[at + 1 :])


def test_a_file_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="No such file"):
        Container(tmp_path / "none.zip")
