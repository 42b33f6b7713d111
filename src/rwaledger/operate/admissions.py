"""Whom an operator asks to admit: a holders' file or a single command becomes admissions, all valid or none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rwaledger.chain.addresses import parse_address
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import (
    FIRST_DAY,
    LAST_DAY,
    Account,
    AccountKind,
    Holder,
    InvestorClass,
    Person,
    day_number,
)
from rwaledger.domain.instruction import Line, admission_detail
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.operate import times
from rwaledger.operate.entries import COMMAND
from rwaledger.operate.names import parse_class, parse_country
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows

HOLDER_COLUMNS = ("holder", "name", "country", "class", "valid_until", "address", "account")
OPTIONAL_COLUMNS = (
    "postal_address",
    "identifier",
    "evidence",
    "licence_kind",
    "licence_number",
    "licence_until",
    "residence_since",
)

_HOLDER_ID_MAX = 64
_DEAD_END = "the zero address is the issuance account, and nobody's own"


@dataclass(frozen=True, slots=True)
class Proofs:
    """What an admission says beside the holder itself.

    `document_hash` is of the document seen, empty where there was none; `known_until` the last day on which that
    counts. `licence` is kind, number and last day, None where it has no end; `resident_since` the day from which on
    the country holds.
    """

    known_until: date
    document_hash: str = ""
    licence: tuple[str, str, date | None] | None = None
    resident_since: date | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """A holder with one account, as a row of the holders' file gives it.

    `holder.valid_until` is what goes to the chain: the earlier of evidence and licence.
    """

    row: int
    holder: Holder
    account: Account
    person: Person
    proofs: Proofs


def read_admissions(path: Path, chain_id: int) -> list[Admission]:
    """The holders and accounts of a holders' file. Documents that it names are sought beside it.

    Raises:
        InputFileError: with every bad row.
    """
    rows = read_rows(path, HOLDER_COLUMNS, OPTIONAL_COLUMNS)
    return checked_admissions(path, convert(path, rows, lambda row: _admission(row, chain_id, path.parent)))


def single_admission(chain_id: int, fields: dict[str, str]) -> list[Admission]:
    """The one admission of a single command.

    Raises:
        InputFileError: something in it is wrong.
    """
    return convert(COMMAND, [Row(0, fields)], lambda row: _admission(row, chain_id, Path()))


def admission_line(holder: Holder, address: str) -> Line:
    """The line that admits an account of a holder to an instrument, or brings up to date what is attested of it."""
    detail = admission_detail(holder.country, holder.investor_class, day_number(holder.valid_until))
    return Line(recipient=address, detail=detail)


def checked_admissions(path: Path, admissions: list[Admission]) -> list[Admission]:
    """The same admissions, held against one another.

    Raises:
        InputFileError: an address twice, or a holder with two descriptions.
    """
    problems: list[InputProblem] = []
    first_row: dict[str, int] = {}
    described: dict[str, Admission] = {}
    for admission in admissions:
        address, holder = admission.account.address, admission.holder
        if address in first_row:
            message = f"the address stands in line {first_row[address]} already"
            problems.append(InputProblem(path, admission.row, message))
        first_row.setdefault(address, admission.row)
        known = described.setdefault(holder.holder_id, admission)
        if (known.holder, known.person, known.proofs) != (holder, admission.person, admission.proofs):
            message = f"holder {holder.holder_id!r} is described otherwise in line {known.row}"
            problems.append(InputProblem(path, admission.row, message))
    if problems:
        raise InputFileError(problems)
    return admissions


def parse_day(text: str) -> date:
    """A day that the account word can hold.

    Raises:
        ValueError: no date, or one that it cannot.
    """
    day = times.parse_day(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{text} is not between {FIRST_DAY} and {LAST_DAY}")
    return day


def parse_own_address(text: str) -> str:
    """An address that can be somebody's.

    Raises:
        ValueError: mistyped, or the issuance account.
    """
    address = parse_address(text)
    if address == ISSUANCE_ACCOUNT:
        raise ValueError(_DEAD_END)
    return address


def parse_account_kind(text: str) -> AccountKind:
    """Own or omnibus.

    Raises:
        ValueError: neither.
    """
    try:
        return AccountKind(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither 'own' nor 'omnibus'") from None


def document_hash(folder: Path, name: str) -> str:
    """SHA-256 of a document, which is sought in a folder unless its path is whole.

    Raises:
        ValueError: it cannot be read.
    """
    path = folder / Path(name).expanduser()
    try:
        return "0x" + hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _admission(row: Row, chain_id: int, folder: Path) -> Admission:
    fields = FieldReader(row)
    holder_id = fields.read("holder", _holder_id)
    name = fields.read("name", str)
    country = fields.read("country", parse_country)
    investor_class = fields.read("class", parse_class)
    known_until = fields.read("valid_until", parse_day)
    address = fields.read("address", parse_own_address)
    kind = fields.read("account", parse_account_kind)
    person = Person(name or "", row.fields.get("postal_address", ""), row.fields.get("identifier", ""))
    proofs = _proofs(fields, row, folder, known_until or LAST_DAY)
    fields.finish()
    if not (holder_id and country is not None and investor_class and address and kind):
        raise RowError(["a field is missing"])
    licensed_until = proofs.licence[2] if proofs.licence else None
    until = min(proofs.known_until, licensed_until or LAST_DAY)
    return Admission(
        row.line,
        Holder(holder_id, country, InvestorClass(investor_class), until),
        Account(chain_id, address, holder_id, kind),
        person,
        proofs,
    )


def _proofs(fields: FieldReader, row: Row, folder: Path, known_until: date) -> Proofs:
    given = {name for name in OPTIONAL_COLUMNS if row.fields.get(name)}
    licence = None
    if given & {"licence_kind", "licence_number", "licence_until"}:
        kind, number = fields.read("licence_kind", str), fields.read("licence_number", str)
        until = fields.read("licence_until", parse_day) if "licence_until" in given else None
        licence = (kind or "", number or "", until)
    seen = fields.read("evidence", lambda name: document_hash(folder, name)) if "evidence" in given else None
    since = fields.read("residence_since", parse_day) if "residence_since" in given else None
    return Proofs(known_until, seen or "", licence, since)


def _holder_id(text: str) -> str:
    if len(text) > _HOLDER_ID_MAX or not text.replace("-", "").replace("_", "").isalnum() or text.startswith("0x"):
        raise ValueError(f"{text!r} is no short name: letters, digits, - and _, at most {_HOLDER_ID_MAX}")
    return text
