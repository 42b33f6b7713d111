"""Sealing: what the register keeps of persons is closed to whoever has no key, also what was written in clear once."""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from rwaledger.domain.dossier import EvidenceKind
from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.holder import Person
from rwaledger.registry import dossiers, holders, sealing
from rwaledger.registry.database import Database
from rwaledger.registry.migrations.upgrade import upgrade
from rwaledger.registry.sealing import Seal
from tests.registry.samples import KOWLOON, KOWLOON_LIFE, SEAL, add_instruments, add_kowloon
from tests.stranger import seen_by_a_stranger

OTHER = Seal(bytes(64))
NAMES = {"kowloon": "Kowloon Life 九龍人壽", "au": "Au Wing-yan", "peak": "Peak Holdings"}


def test_what_is_sealed_opens_with_its_key_at_its_place_only() -> None:
    sealed = SEAL.seal("Au Wing-yan 歐", "holders/au")

    assert SEAL.open(sealed, "holders/au") == "Au Wing-yan 歐"
    assert sealed == Seal(bytes(range(64))).seal("Au Wing-yan 歐", "holders/au")
    assert sealed != SEAL.seal("Au Wing-yan 歐", "holders/peak")
    last = "A" if sealed[-2] != "A" else "B"
    for seal, found, place in (
        (OTHER, sealed, "holders/au"),
        (SEAL, sealed, "holders/peak"),
        (SEAL, sealed[:-2] + last + sealed[-1], "holders/au"),
        (SEAL, "Au Wing-yan", "holders/au"),
        (SEAL, "", "holders/au"),
    ):
        with pytest.raises(AuthorisationError, match=f"what is sealed at {place} does not open"):
            seal.open(found, place)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 300])
def test_a_text_of_any_length_opens(length: int) -> None:
    """What seals is written here and what opens is the library's: they agree at every edge of a block."""
    for place in ("x" * length, "holders/au"):
        for seal in (SEAL, OTHER, Seal(b"\xff" * 64)):
            assert seal.open(seal.seal("x" * length, place), place) == "x" * length


class Raw(str):
    """Bytes that are no text, in hex, where a text is expected."""

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return bytes.fromhex(self)


def test_it_seals_as_the_rfc_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5297, appendix A.1, whose keys are half as long as ours."""
    monkeypatch.setattr(sealing, "KEY_BYTES", 32)
    seal = Seal(bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))

    sealed = seal.seal(Raw("112233445566778899aabbccddee"), Raw("101112131415161718191a1b1c1d1e1f2021222324252627"))

    assert b64decode(sealed.removeprefix("siv1:")).hex() == (
        "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"
    )


def test_a_key_of_the_wrong_length_is_refused_and_none_shows_itself() -> None:
    with pytest.raises(AuthorisationError, match="64 bytes, not 32"):
        Seal(bytes(32))
    assert repr(SEAL) == "Seal()"


def test_a_second_privacy_key_writes_and_reads_nothing(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c)
        add_kowloon(c)
    with database.begin() as c, pytest.raises(AuthorisationError, match="holders/kowloon does not open"):
        holders.put_holder(c, OTHER, KOWLOON, KOWLOON_LIFE)
    with database.read() as c, pytest.raises(AuthorisationError, match="another privacy key"):
        holders.people(c, OTHER)


def test_writing_the_same_person_again_leaves_the_register_as_it_is(database: Database) -> None:
    seen = []
    for _ in range(2):
        with database.begin() as c:
            add_instruments(c)
            add_kowloon(c)
            seen.append([tuple(row) for row in c.execute(text("SELECT * FROM holders"))])
    assert seen[0] == seen[1]


@pytest.fixture
def register_in_clear(database_url: str) -> str:
    """A register of revision 0002, with names; each has had another one before."""
    return fill_in_clear(database_url)


def fill_in_clear(database_url: str) -> str:
    engine = create_engine(database_url)
    with engine.begin() as c:
        upgrade(c, "0002")
        for holder_id, name in NAMES.items():
            values = {"id": holder_id, "name": name, "until": "2027-06-30"}
            c.execute(text("INSERT INTO holders VALUES (:id, 'Old Name Ltd', 344, 2, :until)"), values)
            c.execute(text("UPDATE holders SET name = :name WHERE holder_id = :id"), values)
    engine.dispose()
    return database_url


def test_migrating_seals_the_names_and_no_byte_keeps_them(register_in_clear: str) -> None:
    assert NAMES["au"].encode() in seen_by_a_stranger(register_in_clear)
    register = Database(register_in_clear)

    register.migrate(lambda: SEAL)

    register.require_current()
    with register.read() as c:
        assert holders.people(c, SEAL) == {holder_id: Person(name) for holder_id, name in NAMES.items()}
        stated = dossiers.dossier(c, "au")
    assert [each.country for each in stated.residences] == [344]
    assert stated.evidence_in_force[EvidenceKind.KYC].valid_until == date(2027, 6, 30)
    seen = seen_by_a_stranger(register_in_clear)
    assert b"kowloon" in seen
    assert [name for name in (*NAMES.values(), "Old Name") if name.encode() in seen] == []
    register.close()


def test_without_a_key_names_stay_where_they_are_and_the_error_says_what_to_do(register_in_clear: str) -> None:
    register = Database(register_in_clear)
    with pytest.raises(AuthorisationError, match=r"names in clear(.|\n)*rwaledger key new privacy"):
        register.migrate()
    register.close()
    engine = create_engine(register_in_clear)
    with engine.connect() as c:
        assert {name for (name,) in c.execute(text("SELECT name FROM holders"))} == set(NAMES.values())
        assert not inspect(c).has_table("evidence")
    engine.dispose()


def test_the_key_is_asked_for_only_where_there_are_names(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as c:
        upgrade(c, "0002")
    engine.dispose()

    def refuse() -> Seal:
        raise AssertionError("nobody needs the key")

    register = Database(database_url)
    register.migrate(refuse)
    register.migrate(refuse)
    register.require_current()
    register.close()


def test_a_migration_that_was_cut_off_before_old_pages_were_cleared_is_made_up_for(tmp_path: Path) -> None:
    """As if the process had ended between the commit and what follows it, which only SQLite needs."""
    url = fill_in_clear(f"sqlite:///{tmp_path / 'register.db'}")
    register = Database(url)
    register.migrate(lambda: SEAL)
    with register.begin() as c:
        c.exec_driver_sql("PRAGMA user_version = 0")
        c.exec_driver_sql("PRAGMA secure_delete = OFF")
        c.exec_driver_sql("CREATE TABLE rest (name TEXT)")
        c.exec_driver_sql("INSERT INTO rest VALUES ('Au Wing-yan')")
        c.exec_driver_sql("DROP TABLE rest")
    assert b"Au Wing-yan" in seen_by_a_stranger(url)

    register.migrate()

    assert b"Au Wing-yan" not in seen_by_a_stranger(url)
    register.close()
