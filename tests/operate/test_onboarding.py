"""Onboarding from a file: persons with all that is proved of them, and their first units in the same run."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from rwaledger.domain.dossier import EvidenceKind
from rwaledger.domain.holder import Person
from rwaledger.domain.restriction import Restriction
from rwaledger.registry import holders
from tests.office import Office
from tests.operate.clerk import Clerk, killed_after, seated

HEADER = "holder,name,country,class,valid_until,address,account"
MORE = "postal_address,identifier,evidence,licence_kind,licence_number,licence_until,residence_since"


@pytest.fixture
def clerk(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerk:
    office.write("kyc.pdf", "a passport")
    return seated(office, monkeypatch, capsys)


def entered(clerk: Clerk) -> set[str]:
    with clerk.office.database.read() as connection:
        return {holder.holder_id for holder in holders.holders(connection)}


def test_a_file_states_person_evidence_licence_and_residence(clerk: Clerk) -> None:
    office = clerk.office
    office.write(
        "more.csv",
        f"{HEADER},{MORE}\n"
        f'dealer,Harbour Dealers Ltd,HK,intermediary,2090-12-31,0x{0xD1:040x},omnibus,"1 Queen\'s Road, Central",'
        f"BRN 99,kyc.pdf,dealer,AAB1,{clerk.ahead(90)},2020-05-01\n"
        f"plain,Plain Person,HK,retail,2090-12-31,0x{0xD2:040x},own,,,,,,,\n",
    )

    assert clerk.json("holder", "admit", "more.csv", "--yes")["lines_done"] == 4

    assert clerk.valid_until("dealer") == clerk.ahead(90)
    assert clerk.valid_until("plain") == "2090-12-31"
    with office.database.read() as connection:
        person = holders.person(connection, office.seal, "dealer")
    assert person == Person("Harbour Dealers Ltd", "1 Queen's Road, Central", "BRN 99")
    dealer, plain = clerk.dossier("dealer"), clerk.dossier("plain")
    document = "0x" + hashlib.sha256(b"a passport").hexdigest()
    seen = dealer.evidence_in_force[EvidenceKind.KYC]
    assert (seen.document_hash, seen.valid_until) == (document, date(2090, 12, 31))
    assert [(each.valid_from, each.country) for each in dealer.residences] == [(date(2020, 5, 1), 344)]
    assert [(each.valid_from, each.country) for each in plain.residences] == [(clerk.today, 344)]
    assert (dealer.licences[0].kind, dealer.licences[0].number) == ("dealer", "AAB1")
    assert (plain.licences, plain.evidence[0].document_hash) == ((), "")
    assert "nothing to do" in clerk.run("holder", "admit", "more.csv", "--yes")
    assert clerk.dossier("dealer") == dealer
    office.settle_and_sync()
    clerk.run("reconcile", "run")


def test_what_is_wrong_in_the_wider_columns_is_named(clerk: Clerk) -> None:
    office, rest = clerk.office, f"Ex,HK,retail,2090-12-31,0x{0xD1:040x},own"
    office.write(
        "bad.csv",
        f"{HEADER},{MORE}\n"
        f"a,{rest},,,none.pdf,,,,\n"
        f"b,{rest},,,,dealer,,,\n"
        f"c,{rest},,,,,,2030-01-01,\n"
        f"d,{rest},,,,dealer,1,soon,\n"
        f"e,{rest},,,,,,,01/01/2020\n",
    )
    said = clerk.run("holder", "admit", "bad.csv", "--yes", code=2)
    expected = {2: "none.pdf cannot be read", 3: "licence_number: is empty", 4: "licence_kind: is empty",
                5: "licence_until: 'soon'", 6: "residence_since: '01/01/2020'"}  # fmt: skip
    for line, message in expected.items():
        assert any(f"bad.csv:{line}: " in row and message in row for row in said.splitlines()), (line, said)


def test_a_row_that_contradicts_the_register_is_refused_before_anything_is_done(clerk: Clerk) -> None:
    """A licence that ends sooner than the row says would leave chain and register at odds."""
    office = clerk.office
    until = clerk.ahead(60)
    clerk.run("holder", "licence", "add", "lantau", "--kind", "dealer", "--number", "1", "--from", clerk.ahead(-1),
              "--until", until, "--yes")  # fmt: skip
    row = "lantau,Lantau Securities,HK,professional,{},0x00000000000000000000000000000000000000d3,own"
    office.write("again.csv", f"{HEADER}\n{row.format('2090-12-31')}\n")
    sent = office.sent_by_maker()
    for manner in ("--dry-run", "--yes"):
        said = clerk.run("holder", "admit", "again.csv", manner, code=2)
        assert f"again.csv:2: valid_until: evidence and licences on the register count until {until}" in said
    assert office.sent_by_maker() == sent

    office.write("again.csv", f"{HEADER}\n{row.format(until)}\n")
    clerk.run("holder", "admit", "again.csv", "--yes")
    assert clerk.valid_until("0x00000000000000000000000000000000000000d3") == until


def people(count: int) -> str:
    rows = "".join(f"h{n},Holder {n},HK,retail,2099-12-31,0x{n + 0xABC000:040x},own\n" for n in range(count))
    return f"{HEADER}\n{rows}"


def test_holders_are_admitted_and_issued_to_in_one_command(clerk: Clerk) -> None:
    office = clerk.office
    office.write("people.csv", people(130))
    office.write("units.csv", "instrument,account,amount\n" + "".join(f"HKDS,h{n},{n + 1}\n" for n in range(130)))
    command = ("holder", "admit", "people.csv", "--issue", "units.csv", "--instrument", "HKDS")

    assert "would be carried out" in clerk.run(*command, "--dry-run")
    assert "h0" not in entered(clerk)
    done = clerk.json(*command, "--yes")

    assert (done["lines_done"], len(done["transactions"])) == (260, 4)
    assert (office.supply(), office.balance("h129")) == (sum(range(1, 131)) * 10**6, 130 * 10**6)
    assert "nothing to do" in clerk.run(*command, "--yes")
    assert "nothing to do" in clerk.run("units", "issue", "units.csv", "--yes")
    assert office.supply() == sum(range(1, 131)) * 10**6


@pytest.mark.parametrize("step", ["rwaledger.operate.admit:enter_holders", "rwaledger.operate.execute:run"])
def test_an_onboarding_that_was_killed_is_ended_by_the_same_command(clerk: Clerk, step: str) -> None:
    """After the holders were entered, and between admitting and issuing."""
    clerk.office.write("people.csv", people(3))
    clerk.office.write("units.csv", "instrument,account,amount\nHKDS,h0,1\nHKDS,h1,2\nHKDS,h2,3\n")
    command = ("holder", "admit", "people.csv", "--issue", "units.csv", "--yes")
    killed_after(step, *command)
    assert clerk.office.supply() == 0

    clerk.run(*command)

    assert clerk.office.supply() == 6 * 10**6
    assert len(clerk.dossier("h0").evidence) == 1
    assert "nothing to do" in clerk.run(*command)


def test_what_either_file_has_wrong_stops_both(clerk: Clerk) -> None:
    office = clerk.office
    before, sent = entered(clerk), office.sent_by_maker()
    office.write("people.csv", people(2))
    office.write("units.csv", "instrument,account,amount\nHKDS,h0,1\nHKDS,h7,2\n")
    said = clerk.run("holder", "admit", "people.csv", "--issue", "units.csv", "--yes", code=2)
    assert "units.csv:3: account: no holder 'h7'" in said
    office.write("units.csv", "instrument,account,amount\nHKDS,h0,1\nGRN28,h1,2\n")  # for professionals only
    said = clerk.run("holder", "admit", "people.csv", "--issue", "units.csv", "--yes", code=2)
    assert f"units.csv:3: would be refused, code {Restriction.CLASS_NOT_ALLOWED.value}" in said
    assert (entered(clerk), office.sent_by_maker()) == (before, sent)


def test_a_single_holder_needs_no_file_and_a_file_no_options(clerk: Clerk) -> None:
    single = ("--holder", "solo", "--name", "Solo Ltd", "--country", "SG", "--class", "institution", "--valid-until",
              "2040-01-01", "--address", "0x00000000000000000000000000000000000000d4", "--identifier", "UEN 7",
              "--evidence", "kyc.pdf")  # fmt: skip
    clerk.run("holder", "admit", *single, "--yes", code=2)
    clerk.run("holder", "admit", *single, "--key", "solo", "--yes")
    with clerk.office.database.read() as connection:
        assert holders.person(connection, clerk.office.seal, "solo").identifier == "UEN 7"
    clerk.office.write("people.csv", people(1))
    assert "--name would say it twice" in clerk.run("holder", "admit", "people.csv", "--name", "X", "--yes", code=2)
