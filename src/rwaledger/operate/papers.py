"""Documents and record dates of an instrument: what is published of it, and when its holders are counted."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.plan import Plan, make_plan

_NAME_BYTES = 32


def document_plan(instrument: Instrument, name: str, document: Path, uri: str, key: str) -> Plan:
    """Publishes a document under a name (ERC-1643): its SHA-256 and where it is; a former one is replaced.

    Raises:
        UsageError: the name or the place cannot be used, or the document cannot be read.
    """
    if not uri:
        raise UsageError("the document needs a place where people find it", "Give it with --uri.")
    try:
        digest = hashlib.sha256(document.read_bytes()).digest()
    except OSError as error:
        raise UsageError(f"{document} cannot be read: {error.strerror}", "Correct the file.") from None
    line = Line(amount_units=_packed(name), detail=int.from_bytes(digest))
    return make_plan(Operation.SET_DOCUMENT, [Entry(COMMAND, 0, instrument, line)], key, document.name, text=uri)


def document_removal_plan(instrument: Instrument, name: str, key: str) -> Plan:
    """Takes a document back.

    Raises:
        UsageError: the name cannot be one.
    """
    line = Line(amount_units=_packed(name))
    return make_plan(Operation.REMOVE_DOCUMENT, [Entry(COMMAND, 0, instrument, line)], key, "command line")


def record_date_plan(instrument: Instrument, at: datetime, key: str) -> Plan:
    """Schedules a record date: what each account holds at the end of that second is kept for ever."""
    line = Line(detail=int(at.timestamp()))
    return make_plan(Operation.SCHEDULE_RECORD_DATE, [Entry(COMMAND, 0, instrument, line)], key, "command line")


def record_date_cancel_plan(instrument: Instrument, number: int, key: str) -> Plan:
    """Takes the last record date back, which has not passed."""
    line = Line(detail=number)
    return make_plan(Operation.CANCEL_RECORD_DATE, [Entry(COMMAND, 0, instrument, line)], key, "command line")


def document_name(packed: str) -> str:
    """The name of a document as people write it, from its 32 bytes in hex."""
    raw = bytes.fromhex(packed[2:]).rstrip(b"\0")
    return raw.decode("ascii") if raw.isascii() else packed


def _packed(name: str) -> int:
    raw = name.encode()
    if not (name.isascii() and name.isprintable() and 0 < len(raw) <= _NAME_BYTES):
        raise UsageError(f"{name!r} is no name for a document", "Use 1 to 32 plain letters, such as prospectus.")
    return int.from_bytes(raw.ljust(_NAME_BYTES, b"\0"))
