"""Admit holders: into the register as legal persons with accounts, and onto the instruments under four eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from rwaledger.domain.dossier import Dossier, EvidenceKind
from rwaledger.domain.dossier_changes import licensed, moved, renewed
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import LAST_DAY, Account
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.admissions import Admission, admission_line
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import open_plan, stored_instructions
from rwaledger.operate.entries import Entry
from rwaledger.operate.names import Names, country_code
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.statements import chain_day
from rwaledger.registry import audit_log, dossiers, holders
from rwaledger.registry.database import Connection
from rwaledger.registry.sealing import Seal
from rwaledger.registry.types import utc_now


def admission_plan(path: Path, admissions: Sequence[Admission], instruments: Sequence[Instrument], key: str) -> Plan:
    """The instructions that admit every account to every instrument."""
    entries = [
        Entry(path, admission.row, instrument, admission_line(admission.holder, admission.account.address))
        for instrument in instruments
        for admission in admissions
    ]
    return make_plan(Operation.ADMIT, entries, key, str(path))


def enter_holders(desk: Desk, path: Path, admissions: Sequence[Admission], seal: Seal) -> None:
    """Writes holders and accounts into the register, in one transaction; known holders are brought up to date.

    Raises:
        InputFileError: as `require_enterable`; nothing was written.
        AuthorisationError: the persons on the register were sealed with another key.
    """
    today = chain_day(desk.node)
    with desk.database.begin() as connection:
        accounts = holders.accounts(connection, desk.node.chain_id)
        changed = _changes(connection, path, admissions, accounts, today)
        persons = {each.holder.holder_id: each.person for each in admissions}
        entered = [(new.holder, persons[new.holder.holder_id]) for _, new in changed]
        holders.put_holders(connection, seal, entered)
        dossiers.add_statements(connection, changed)
        holders.put_accounts(connection, [_as_known(each.account, accounts) for each in admissions])
        audit_log.record(connection, desk.maker, "holders entered", str(path), {"accounts": str(len(admissions))})


def require_enterable(desk: Desk, path: Path, admissions: Sequence[Admission]) -> None:
    """Raises what `enter_holders` would raise for the rows, and writes nothing.

    Raises:
        InputFileError: an address belongs to another holder already, or the register states of a holder what the row
            does not.
    """
    today = chain_day(desk.node)
    with desk.database.read() as connection:
        _changes(connection, path, admissions, holders.accounts(connection, desk.node.chain_id), today)


def needs_entering(desk: Desk, plan: Plan) -> bool:
    """Whether the holders of an admission have still to be written: not again where it was carried out before."""
    return bool(open_plan(desk.node, plan).parts) or not stored_instructions(desk, plan)


def names_with(names: Names, admissions: Sequence[Admission]) -> Names:
    """The names of the register together with those of holders that are about to be entered."""
    accounts = names.accounts | {each.account.address: each.account for each in admissions}
    by_holder = {holder: list(addresses) for holder, addresses in names.accounts_by_holder.items()}
    for each in admissions:
        if each.account.address not in names.accounts:
            by_holder.setdefault(each.account.holder_id, []).append(each.account.address)
    return replace(names, accounts=accounts, accounts_by_holder=by_holder)


def _changes(
    connection: Connection, path: Path, admissions: Sequence[Admission], accounts: dict[str, Account], today: date
) -> list[tuple[Dossier, Dossier]]:
    """The dossier of each holder as it is and as the rows would have it."""
    by_holder = {each.holder.holder_id: each for each in admissions}
    known = dossiers.dossiers(connection, by_holder.keys())
    now = utc_now()
    problems = [
        InputProblem(path, each.row, f"{each.account.address} belongs to {accounts[each.account.address].holder_id!r}")
        for each in admissions
        if each.account.address in accounts and accounts[each.account.address].holder_id != each.account.holder_id
    ]
    changed = []
    for holder_id, each in by_holder.items():
        old = known.get(holder_id) or Dossier(each.holder)
        new = _stated(old, each, today, now).as_of(today)
        problems += [InputProblem(path, each.row, message) for message in _contradictions(each, new)]
        changed.append((old, new))
    if problems:
        raise InputFileError(problems)
    return changed


def _stated(old: Dossier, admission: Admission, today: date, now: datetime) -> Dossier:
    """What a row states beyond what is known: residence, evidence, licence, class."""
    holder, proofs = admission.holder, admission.proofs
    new = replace(old, holder=holder)
    resident = new.residence_on(today)
    if proofs.resident_since or resident is None or resident.country != holder.country:
        new = moved(new, holder.country, proofs.resident_since or today, now)
    seen = new.evidence_in_force.get(EvidenceKind.KYC)
    same = seen and seen.valid_until == proofs.known_until and proofs.document_hash in ("", seen.document_hash)
    if not same:
        new = renewed(new, (EvidenceKind.KYC, proofs.document_hash, proofs.known_until), today, now)
    if proofs.licence:
        kind, number, until = proofs.licence
        on_record = new.licences_in_force.get((kind, number))
        since = on_record.valid_from if on_record else min(today, until or LAST_DAY)
        new = licensed(new, (kind, number), (since, until), now)
    return new


def _contradictions(admission: Admission, new: Dossier) -> list[str]:
    """Where the register states of the holder, elsewhere, what the row does not say."""
    row, on_register, found = admission.holder, new.holder, []
    if row.valid_until != on_register.valid_until:
        found.append(
            f"valid_until: evidence and licences on the register count until {on_register.valid_until};"
            " give that day, or state the newer ones first (`rwaledger holder renew`, `holder licence`)"
        )
    if row.country != on_register.country:
        found.append(
            f"country: on the register the holder is resident in {country_code(on_register.country)};"
            " state the move with `rwaledger holder move`"
        )
    return found


def _as_known(account: Account, accounts: dict[str, Account]) -> Account:
    """The account of a row; that its wallet was lost and replaced is not forgotten."""
    known = accounts.get(account.address)
    return replace(account, replaced_by=known.replaced_by) if known else account
