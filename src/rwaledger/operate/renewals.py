"""Renewals of evidence in bulk: a file of documents becomes changes of dossiers, all valid or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rwaledger.domain.dossier import Dossier, EvidenceKind
from rwaledger.domain.dossier_changes import renewed
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import InvestorClass
from rwaledger.operate.admissions import document_hash, parse_day
from rwaledger.operate.entries import COMMAND
from rwaledger.operate.names import parse_class
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.statements import Change

COLUMNS = ("holder", "valid_until", "evidence")
OPTIONAL_COLUMNS = ("class", "kind")


@dataclass(frozen=True, slots=True)
class Renewal:
    """A document on a holder: what it proves, its SHA-256, until when it counts, and the class that it proves."""

    row: int
    holder_id: str
    kind: EvidenceKind
    document_hash: str
    valid_until: date
    investor_class: InvestorClass | None

    def apply(self, dossier: Dossier, today: date, now: datetime) -> Dossier:
        """The dossier with this document in it, as seen today."""
        return renewed(dossier, (self.kind, self.document_hash, self.valid_until), today, now, self.investor_class)


def read_renewals(path: Path, known: Sequence[str]) -> list[Renewal]:
    """The renewals of a file, of holders that are known. Documents are sought beside the file.

    Raises:
        InputFileError: with every bad row.
    """
    rows = read_rows(path, COLUMNS, OPTIONAL_COLUMNS)
    found = convert(path, rows, lambda row: _renewal(row, path.parent, set(known)))
    seen: dict[tuple[str, EvidenceKind], int] = {}
    problems = [
        InputProblem(path, each.row, f"repeats line {first}; state one document of a kind")
        for each in found
        if (first := seen.setdefault((each.holder_id, each.kind), each.row)) != each.row
    ]
    if problems:
        raise InputFileError(problems)
    return found


def single_renewal(fields: dict[str, str], known: Sequence[str]) -> list[Renewal]:
    """The one renewal of a single command.

    Raises:
        InputFileError: something in it is wrong.
    """
    return convert(COMMAND, [Row(0, fields)], lambda row: _renewal(row, Path(), set(known)))


def changes_of(renewals: Sequence[Renewal]) -> dict[str, Change]:
    """What the renewals change, by holder."""
    by_holder: dict[str, list[Renewal]] = {}
    for each in renewals:
        by_holder.setdefault(each.holder_id, []).append(each)
    return {holder_id: _all_of(own) for holder_id, own in by_holder.items()}


def _all_of(renewals: Sequence[Renewal]) -> Change:
    def change(dossier: Dossier, today: date, now: datetime) -> Dossier:
        for each in renewals:
            dossier = each.apply(dossier, today, now)
        return dossier

    return change


def _renewal(row: Row, folder: Path, known: set[str]) -> Renewal:
    fields = FieldReader(row)
    holder_id = fields.read("holder", lambda text: _known(text, known))
    until = fields.read("valid_until", parse_day)
    seen = fields.read("evidence", lambda name: document_hash(folder, name))
    investor_class = fields.read("class", parse_class) if row.fields.get("class") else None
    kind = fields.read("kind", lambda text: _kind(text, investor_class)) if row.fields.get("kind") else None
    fields.finish()
    if not (holder_id and until and seen):
        raise RowError(["a field is missing"])
    chosen = kind or (EvidenceKind.CLASS if investor_class else EvidenceKind.KYC)
    return Renewal(row.line, holder_id, chosen, seen, until, investor_class)


def _known(text: str, known: set[str]) -> str:
    if text not in known:
        raise ValueError(f"no holder {text!r} on the register; admit the holder first")
    return text


def _kind(text: str, investor_class: InvestorClass | None) -> EvidenceKind:
    try:
        kind = EvidenceKind(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither {' nor '.join(map(repr, map(str, EvidenceKind)))}") from None
    if investor_class and kind is not EvidenceKind.CLASS:
        raise ValueError("a class is proved by evidence of kind 'class'")
    return kind
