"""Evidence, residence and licences of holders: stated once in the register, and brought to the chain as one date."""

from __future__ import annotations

import pytest

from rwaledger.domain.dossier import EvidenceKind
from rwaledger.domain.errors import TransferRefused
from rwaledger.domain.restriction import Restriction
from tests.office import Office
from tests.operate.clerk import Clerk, killed_after, seated

CN = 156
LICENCE = ("--kind", "dealer", "--number", "AAB123")


@pytest.fixture
def clerk(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerk:
    office.write("kyc.pdf", "a passport")
    return seated(office, monkeypatch, capsys)


def refusal(office: Office, sender: str, recipient: str) -> Restriction:
    """Why a transfer by the sender's own key is refused."""
    with pytest.raises(TransferRefused) as caught:
        office.send_as(sender, "HKDS", "transfer", office.address(recipient), 1)
    return caught.value.restriction


def pays(office: Office, sender: str, recipient: str) -> None:
    before = office.balance(recipient)
    office.send_as(sender, "HKDS", "transfer", office.address(recipient), 1)
    assert office.balance(recipient) == before + 1


def test_with_a_licence_a_holder_may_move_until_its_last_day_and_not_the_day_after(clerk: Clerk) -> None:
    office, last = clerk.office, clerk.ahead(10)
    office.issue("HKDS,lantau,100\nHKDS,kowloon,100")

    clerk.run("holder", "licence", "add", "lantau", *LICENCE, "--from", clerk.ahead(-5), "--until", last, "--yes")

    assert [clerk.valid_until("lantau", name) for name in ("HKDS", "GRN28")] == [last, last]
    after = clerk.ahead(11)
    clerk.set_day(last, hour=23)
    pays(office, "lantau", "kowloon")
    pays(office, "kowloon", "lantau")
    clerk.set_day(after)
    assert refusal(office, "lantau", "kowloon") is Restriction.SENDER_LAPSED
    assert refusal(office, "kowloon", "lantau") is Restriction.RECIPIENT_LAPSED
    said = clerk.run("units", "precheck", "--instrument", "HKDS", "--from", "lantau", "--to", "kowloon",
                     "--amount", "1", code=1)  # fmt: skip
    assert f"code {Restriction.SENDER_LAPSED.value}:" in said


def test_a_licence_is_suspended_reinstated_and_ended_each_once(clerk: Clerk) -> None:
    office, until, today = clerk.office, clerk.ahead(300), clerk.ahead(0)
    add = ("holder", "licence", "add", "lantau", *LICENCE, "--from", clerk.ahead(-5), "--until", until, "--yes")
    clerk.run(*add)

    suspend = ("holder", "licence", "suspend", "lantau", *LICENCE, "--from", today, "--yes")
    clerk.run(*suspend)
    assert clerk.valid_until("lantau") == clerk.ahead(-1)
    sent = office.sent_by_maker()
    for command in (suspend, add):
        assert "nothing to do" in clerk.run(*command)
    assert (clerk.valid_until("lantau"), office.sent_by_maker()) == (clerk.ahead(-1), sent)

    clerk.run("holder", "licence", "reinstate", "lantau", *LICENCE, "--yes")
    assert clerk.valid_until("lantau") == until
    clerk.run("holder", "licence", "end", "lantau", *LICENCE, "--until", clerk.ahead(30), "--yes")
    assert clerk.valid_until("lantau") == clerk.ahead(30)
    clerk.run(*suspend)  # what was carried out before, and undone since, is a new request
    assert clerk.valid_until("lantau") == clerk.ahead(-1)
    rows = clerk.json("holder", "licence", "list", "lantau")
    assert [(row["until"], row["suspended_from"], row["in_force"]) for row in rows] == [
        (until, "", "no"),
        (until, today, "no"),
        (until, "", "no"),
        (clerk.ahead(30), "", "no"),
        (clerk.ahead(30), today, "yes"),
    ]
    said = clerk.run("holder", "licence", "end", "lantau", "--kind", "dealer", "--number", "x", "--until", until,
                     "--yes", code=2)  # fmt: skip
    assert "no dealer licence of lantau called 'x'" in said


def test_lapsed_evidence_stops_a_redemption_until_it_is_renewed(clerk: Clerk) -> None:
    office, until = clerk.office, clerk.ahead(30)
    renew = ("holder", "renew", "retail-a", "--valid-until", until, "--evidence", "kyc.pdf", "--yes")
    clerk.run(*renew)
    office.issue("HKDS,retail-a,500")
    next_year = clerk.ahead(400)
    office.write("kyc-2.pdf", "a newer passport")
    renew_again = ("holder", "renew", "retail-a", "--valid-until", next_year, "--evidence", "kyc-2.pdf", "--yes")
    clerk.set_day(clerk.ahead(31), hour=9)
    redeem = ("units", "redeem", "--instrument", "HKDS", "--account", "retail-a", "--amount", "100", "--key", "r1")
    assert f"code {Restriction.SENDER_LAPSED.value}" in clerk.run(*redeem, "--yes", code=2)

    shown = clerk.run(*renew_again[:-1], "--dry-run")
    assert f"until {until} -> HK, retail, until {next_year}" in shown
    assert clerk.valid_until("retail-a") == until
    clerk.run(*renew_again)
    clerk.run(*redeem, "--yes")

    assert office.balance("retail-a") == 400 * 10**6
    sent = office.sent_by_maker()
    for command in (renew_again, renew):
        assert "nothing to do" in clerk.run(*command)
    assert (clerk.valid_until("retail-a"), office.sent_by_maker()) == (next_year, sent)
    assert len(clerk.dossier("retail-a").evidence) == 3


def test_evidence_of_class_changes_the_class_and_ends_before_the_rest_does(clerk: Clerk) -> None:
    until = clerk.ahead(200)

    clerk.run("holder", "renew", "retail-a", "--valid-until", until, "--evidence", "kyc.pdf", "--class",
              "professional", "--yes")  # fmt: skip

    standing = clerk.standing("retail-a", "GRN28")
    assert (standing.investor_class, clerk.valid_until("retail-a", "GRN28")) == (2, until)
    assert clerk.dossier("retail-a").evidence_in_force[EvidenceKind.KYC].valid_until.year == 2099
    said = clerk.run("holder", "renew", "retail-a", "--valid-until", until, "--evidence", "kyc.pdf", "--class",
                     "retail", "--kind", "kyc", "--yes", code=2)  # fmt: skip
    assert "a class is proved by evidence of kind 'class'" in said


def test_renewals_come_in_a_file_and_all_of_it_or_nothing_is_done(clerk: Clerk) -> None:
    office = clerk.office
    sent = office.sent_by_maker()
    office.write("bad.csv", "holder,valid_until,evidence\nnobody,2030-01-01,kyc.pdf\nlapsed,2030-01-01,none.pdf\n"
                            "peak,soon,kyc.pdf\n")  # fmt: skip
    said = clerk.run("holder", "renew", "bad.csv", "--yes", code=2)
    for line, message in ((2, "no holder 'nobody'"), (3, "none.pdf cannot be read"), (4, "'soon' is no date")):
        assert any(f"bad.csv:{line}:" in row and message in row for row in said.splitlines()), said
    repeated = "holder,valid_until,evidence\npeak,2030-01-01,kyc.pdf\npeak,2031-01-01,kyc.pdf\n"
    office.write("twice.csv", repeated)
    assert "twice.csv:3: repeats line 2" in clerk.run("holder", "renew", "twice.csv", "--yes", code=2)
    assert office.sent_by_maker() == sent

    office.write(
        "renewals.csv",
        "holder,valid_until,evidence,class\nlapsed,2030-01-01,kyc.pdf,\npeak,2031-01-01,kyc.pdf,institution\n",
    )
    done = clerk.json("holder", "renew", "renewals.csv", "--yes")

    assert done["lines_done"] == 4  # two accounts on two instruments
    assert (clerk.valid_until("lapsed"), clerk.valid_until("peak")) == ("2030-01-01", "2031-01-01")
    assert clerk.standing("peak").investor_class == 3
    assert "nothing to do" in clerk.run("holder", "renew", "renewals.csv", "--yes")


def test_who_moves_to_the_mainland_receives_no_more_and_may_still_leave(clerk: Clerk) -> None:
    office = clerk.office
    office.issue("HKDS,kowloon,100\nHKDS,lantau,100")

    move = ("holder", "move", "kowloon", "--country", "CN", "--from", clerk.ahead(0), "--yes")
    clerk.run(*move)

    assert clerk.standing("kowloon").country == CN
    assert refusal(office, "lantau", "kowloon") is Restriction.COUNTRY_NOT_ALLOWED
    pays(office, "kowloon", "lantau")
    assert [each.country for each in clerk.dossier("kowloon").residences] == [344, CN]
    assert "nothing to do" in clerk.run(*move)
    said = clerk.run("holder", "move", "kowloon", "--country", "SG", "--from", clerk.ahead(-9), "--yes")
    assert f"the register states residence in CN from {clerk.ahead(0)} on, and that still holds" in said
    assert clerk.standing("kowloon").country == CN


def test_a_move_ahead_is_pushed_once_its_day_has_come(clerk: Clerk) -> None:
    clerk.run("holder", "move", "kowloon", "--country", "SG", "--from", clerk.ahead(20), "--yes")
    assert clerk.standing("kowloon").country == 344
    assert "nothing to do" in clerk.run("holder", "push", "--all", "--yes")

    clerk.set_day(clerk.ahead(20))

    shown = clerk.run("holder", "push", "--all", "--dry-run")
    assert shown.count("kowloon on ") == 2
    assert "HK, institution, until 2099-12-31 -> SG, institution, until 2099-12-31" in shown
    assert clerk.json("holder", "push", "--all", "--yes")["lines_done"] == 2
    assert clerk.standing("kowloon").country == 702
    assert "nothing to do" in clerk.run("holder", "push", "kowloon", "--yes")
    clerk.run("holder", "push", code=2)


def test_what_was_entered_and_not_sent_is_pushed_by_the_same_command(clerk: Clerk) -> None:
    """Killed once the register was written, or drafted for the checker first: the same command ends it, once."""
    renew = ("holder", "renew", "peak", "--valid-until", "2030-01-01", "--evidence", "kyc.pdf", "--yes")
    killed_after("rwaledger.operate.statements:enter", *renew)
    assert len(clerk.dossier("peak").evidence) == 2
    clerk.run(*renew, "--draft")
    assert clerk.valid_until("peak") == "2099-12-31"

    clerk.run(*renew)
    assert "nothing to do" in clerk.run(*renew)

    assert clerk.valid_until("peak") == "2030-01-01"
    assert len(clerk.dossier("peak").evidence) == 2
    listed = clerk.json("instruction", "list", "--instrument", "HKDS")
    assert [row["status"] for row in listed if row["key"].startswith("evidence renewed:")] == ["mined"]


def test_the_register_reconciles_with_the_chain_after_statements(clerk: Clerk) -> None:
    clerk.office.issue("HKDS,lantau,100")
    clerk.run("holder", "licence", "add", "lantau", *LICENCE, "--from", clerk.ahead(-5), "--yes")
    clerk.run("holder", "licence", "suspend", "lantau", *LICENCE, "--from", clerk.ahead(-2), "--yes")
    clerk.run("holder", "move", "lantau", "--country", "SG", "--from", clerk.ahead(-2), "--yes")
    clerk.office.back()
    clerk.office.settle_and_sync()

    clerk.run("reconcile", "run")


def test_show_tells_all_of_a_holder_and_where_the_chain_differs(clerk: Clerk) -> None:
    clerk.run("holder", "licence", "add", "lantau", *LICENCE, "--from", clerk.ahead(-5), "--until",
              clerk.ahead(30), "--yes")  # fmt: skip
    clerk.run("holder", "suspend", "lantau", "--instrument", "GRN28", "--key", "s", "--yes")
    document = clerk.json("holder", "show", "lantau", "--names")
    assert document["name"] == "Lantau Securities"
    assert document["valid_until"] == clerk.ahead(30)
    assert [row["number"] for row in document["licences"]] == ["AAB123"]
    assert {row["instrument"]: (row["on_chain"].endswith(", suspended"), row["as_register"])
            for row in document["standings"]} == {"HKDS": (False, "yes"), "GRN28": (True, "yes")}  # fmt: skip

    clerk.set_day(clerk.ahead(40))
    clerk.run("holder", "licence", "add", "lantau", "--kind", "dealer", "--number", "AAB124", "--from",
              clerk.ahead(0), "--dry-run")  # fmt: skip
    clerk.run("holder", "show", "lantau")
    assert "AAB124" not in clerk.out
    clerk.run("holder", "show", "nobody", code=2)
