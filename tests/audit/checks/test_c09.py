"""C09: whoever lifts a rule without authority, moves and puts it back is found out by the move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.audit.checks import c09_look_back
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.records import Records
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.domain.reconciliation import BreakClass, Outcome
from tests.audit.checks.deeds import following, found_in, named, off_book, roots, said, transfer
from tests.audit.seeding import MAINLAND, account, rule_off_for_a_block, rules_tightened, token
from tests.audit.world import World
from tests.played import Played

HKMM_CAP = 4_000_000 * 10**4
NO_RULES = (0, 0, 0, 0, 0, True)
COUNTRY = "code 13: country not allowed"


def test_every_move_of_the_story_kept_the_rules(played: Played) -> None:
    found = reconcile(played.database, played.node, checks=["C09"])
    (result,) = found.results
    assert (result.outcome, result.note) == (Outcome.PASS, "")
    expected = {"issues": 14, "redemptions": 4, "transfers": 18, "forced_transfers": 0, "recoveries": 3}
    assert result.coverage == expected


def test_forced_transfers_and_a_pause_are_judged_by_what_binds_them(world: World) -> None:
    (result,) = reconcile(world.database, world.node, checks=["C09"]).results
    assert result.outcome is Outcome.PASS
    assert (result.coverage["forced_transfers"], result.coverage["transfers"]) == (2, 4)


def test_a_country_let_in_for_one_block_is_found_by_the_transfer(played: Played) -> None:
    rule_off_for_a_block(played)
    found = reconcile(played.database, played.node)
    (root,) = roots(found)
    assert (root.check, root.break_class, root.instrument_id) == ("C09", BreakClass.RULE_BREACH, "HKDS")
    assert (root.account, root.holder_id) == (account(played, "mainland"), "mainland")
    assert said(root) == ("chain", "transferred 5.000000", "authorised rules", COUNTRY)
    followers = [each for each in following(found, root) if each.check == "C15"]
    assert [each.left.value for each in followers] == [
        "set-country: country 156 allowed",
        "set-country: country 156 not allowed",
    ]


def test_only_the_changes_around_the_transfer_follow_from_it(played: Played) -> None:
    """The list was opened twice; the first time nobody made use of it, and so that stands by itself."""
    mainland = account(played, "mainland")
    for used in (False, True):
        off_book(played, "HKDS", "setCountryAllowed", MAINLAND, True)
        if used:
            transfer(played, 4, "HKDS", mainland, 1)
        off_book(played, "HKDS", "setCountryAllowed", MAINLAND, False)
    found = found_in(played)
    assert named(roots(found)) == [
        ("C09", "RULE_BREACH", "HKDS"),
        ("C15", "UNAUTHORISED", "HKDS"),
        ("C15", "UNAUTHORISED", "HKDS"),
    ]
    assert [each.check for each in following(found, roots(found)[0]) if each.check == "C15"] == ["C15", "C15"]


def test_a_cap_lifted_by_nobody_s_instruction_still_caps(played: Played) -> None:
    off_book(played, "HKMM", "setRules", NO_RULES)
    transfer(played, 6, "HKMM", account(played, "peak"), 1_200_000 * 10**4)
    off_book(played, "HKMM", "setRules", (HKMM_CAP, *NO_RULES[1:]))
    found = found_in(played)
    breach = next(each for each in roots(found) if each.check == "C09")
    assert (breach.holder_id, breach.instrument_id) == ("peak", "HKMM")
    assert said(breach) == ("chain", "transferred 1200000.0000", "authorised rules", "code 18: over balance cap")
    changes = [each.left.value for each in following(found, breach) if each.check == "C15"]
    capped = "set-rules: at most 4000000.0000 an account, countries restricted"
    assert changes == ["set-rules: countries restricted", capped]


def test_a_freeze_lifted_for_a_transfer_binds_the_sender(played: Played) -> None:
    """200,000 held, of which 50,000 are frozen by order."""
    retail_b = account(played, "retail-b")
    off_book(played, "HKDS", "setFrozenTokens", retail_b, 0)
    transfer(played, 9, "HKDS", account(played, "lantau"), 150_001 * 10**6)
    off_book(played, "HKDS", "setFrozenTokens", retail_b, 50_000 * 10**6)
    found = found_in(played)
    breach = next(each for each in found.breaks if each.check == "C09")
    assert (breach.holder_id, breach.follows_from) == ("retail-b", "")
    assert said(breach)[1:] == (
        "transferred 150001.000000",
        "authorised rules",
        "code 16: unfrozen balance too small",
    )
    assert [each.check for each in following(found, breach) if each.check == "C15"] == ["C15", "C15"]
    assert roots(found) == [breach]


def test_a_pause_lifted_for_a_transfer_is_told_of_the_sender(world: World) -> None:
    """UNIT is paused by instruction."""
    one, _, _, four, _ = world.holders
    world.steal("UNIT", "unpause")
    world.send("dev:4", "UNIT", "transfer", four, 3)
    world.steal("UNIT", "pause")
    world.sync()
    found = reconcile(world.database, world.node, checks=["C05", "C09", "C15"])
    (root,) = roots(found)
    assert (root.check, root.account) == ("C09", one)
    assert said(root) == ("chain", "transferred 3", "authorised rules", "code 1: instrument paused")
    assert [each.left.value for each in following(found, root)] == ["unpause", "pause"]


def test_rules_tightened_later_do_not_bind_what_went_before(played: Played) -> None:
    rules_tightened(played)
    assert found_in(played).breaks == ()


def test_what_an_instruction_allowed_is_allowed(played: Played) -> None:
    """The same transfer as in the breach, with two people behind the rule."""
    told = (played.folder / "instruments.toml").read_text()
    wider = played.folder / "wider.toml"
    wider.write_text(told.replace('["HK", "SG", "GB", "JP", "AU"]', '["HK", "SG", "GB", "JP", "AU", "CN"]', 1))
    assert played.run("rules", "apply", str(wider), "--key", "wider", "--yes") == 0
    transfer(played, 4, "HKDS", account(played, "mainland"), 5 * 10**6)
    found = found_in(played)
    assert found.breaks == ()


def test_an_undue_creation_is_one_finding_even_where_the_rules_forbid_it(played: Played) -> None:
    off_book(played, "HKDS", "setCountryAllowed", MAINLAND, True)
    off_book(played, "HKDS", "mint", account(played, "mainland"), 7)
    off_book(played, "HKDS", "setCountryAllowed", MAINLAND, False)
    found = found_in(played)
    assert [each.check for each in roots(found)] == ["C05", "C15", "C15"]
    (breach,) = [each for each in found.breaks if each.check == "C09"]
    assert breach.follows_from == roots(found)[0].break_id
    assert said(breach) == ("chain", "issued 0.000007", "authorised rules", COUNTRY)


def records_of(played: Played) -> Records:
    return load(played.database, played.node)


def test_an_issue_needs_the_reserve_that_was_attested_by_then(played: Played) -> None:
    records = records_of(played)
    without = tuple(
        replace(book, events=tuple(event for event in book.events if event.name != "ReserveAttested"))
        for book in records.books
    )
    found = c09_look_back.run(replace(records, books=without)).breaks
    issues = [each for each in records.instruments[1].effects if each.deed.operation == "issue"]
    assert records.instruments[1].instrument.instrument_id == "HKDS"
    assert {each.right.value for each in found} == {"code 21: reserve attestation lapsed"}
    assert len(found) == len(issues) > 0


def test_a_reserve_that_is_attested_elsewhere_is_not_judged_and_said_so(played: Played) -> None:
    records = records_of(played)
    result = c09_look_back.run(replace(records, books=()))
    assert (result.breaks, result.note) == ((), "The reserve of HKDS is attested elsewhere, and not judged.")


def test_evidence_lapses_by_itself(played: Played) -> None:
    """Every block a hundred years later: all admissions have lapsed, and only orders go on."""
    records = records_of(played)
    later = {block: time + 100 * 365 * 86_400 for block, time in records.past.times.items()}
    found = c09_look_back.run(replace(records, past=replace(records.past, times=later))).breaks
    codes = {each.right.value for each in found}
    assert codes == {"code 7: sender lapsed", "code 11: recipient lapsed"}
    assert len(found) == 14 + 4 + 18


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ((0, 0, 2**40 - 2, 0, 0, True), "code 3: transfers not open yet"),
        ((0, 0, 0, 1, 0, True), "code 4: transfers closed"),
        ((0, 0, 0, 0, 1 << 3, True), "code 14: class not allowed"),
    ],
)
def test_rules_that_were_never_in_force_on_the_chain_would_have_been_broken(
    played: Played, fields: tuple[object, ...], code: str
) -> None:
    """The rules of deployment as others, in memory: the look-back judges by what it is fed, not by what passed."""
    records = records_of(played)
    names = [each["name"] for each in _rules_of_abi()]
    current = dict(zip(names, fields, strict=True))
    changed = tuple(
        replace(
            each,
            token=replace(
                each.token,
                events=tuple(
                    e._replace(args={**e.args, "current": current}) if e.name == "RulesChanged" else e
                    for e in each.token.events
                ),
            ),
        )
        for each in records.instruments
        if each.instrument.address == token(played, "GRN28")
    )
    found = c09_look_back.run(replace(records, instruments=changed)).breaks
    assert code in {each.right.value for each in found}


def _rules_of_abi() -> list[dict[str, str]]:
    (entry,) = (e for e in ASSET_TOKEN.artifact.abi if e["type"] == "function" and e["name"] == "setRules")
    components: list[dict[str, str]] = entry["inputs"][0]["components"]
    return components
