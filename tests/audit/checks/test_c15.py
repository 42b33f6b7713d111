"""C15: what nobody ordered is named, act by act and role by role; what was ordered passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rwaledger.audit.judgement import NO_LINE, judge_acts
from rwaledger.audit.load import load
from rwaledger.audit.past import Answered
from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK, SETTLEMENT
from rwaledger.chain.instructions import CHECKER_ROLE
from rwaledger.chain.local import let_pass
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import Break, Outcome
from rwaledger.registry import instruments, positions
from rwaledger.registry.instruments import ContractKind
from tests.audit.checks.deeds import control_book, following, found_in, named, off_book, off_book_on, roots, said
from tests.audit.seeding import account, edit, office_key, role_come_and_gone, token
from tests.played import Played

UNAUTHORISED = ("C15", "UNAUTHORISED", "HKDS")
NAME = "0x" + b"prospectus".ljust(32, b"\0").hex()
HASH = "0x" + "77" * 32
FAR = 2**39
STRANGER = "0x" + "5a" * 20


def settlement(played: Played) -> str:
    with played.database.read() as c:
        return instruments.contract_of(c, played.node.chain_id, ContractKind.SETTLEMENT).address


def test_every_change_of_the_story_was_ordered(played: Played) -> None:
    (result,) = reconcile(played.database, played.node, checks=["C15"]).results
    assert result.outcome is Outcome.PASS
    with played.database.read() as c:
        contracts = instruments.contracts(c, played.node.chain_id)
        logs = [name for each in contracts for name, _ in positions.events(c, each.chain_id, each.address)]
    granted = logs.count("RoleGranted")
    expected = {"contracts": len(contracts), "deployed_roles": granted, "role_changes": 0, "acts": 61}
    assert result.coverage == expected
    assert granted >= 25


def test_a_role_that_came_and_went_is_one_finding(played: Played) -> None:
    role_come_and_gone(played)
    found = reconcile(played.database, played.node)
    (root,) = roots(found)
    assert named([root]) == [("C15", "UNAUTHORISED", "GRN28")]
    assert root.account == office_key(played, "admin").address
    blocks = [log.block_number for log in role_logs(played, root)]
    assert said(root) == (
        "events",
        f"ISSUER_ROLE granted in block {blocks[1]}, revoked in block {blocks[2]}",
        "control book",
        "no instruction",
    )
    assert [each.check for each in following(found, root)] == ["C14"] * 3


def role_logs(played: Played, root: Break) -> list[Any]:
    first = int(root.cause.split("/")[0])
    return played.node.logs([token(played, root.instrument_id)], first, played.node.head())


def test_a_role_that_is_still_held_says_so(played: Played) -> None:
    admin, t, node = office_key(played, "admin"), token(played, "GRN28"), played.node
    (role,) = ASSET_TOKEN.call(node, t, "PAUSER_ROLE", [])
    (delay_s,) = ASSET_TOKEN.call(node, t, "grantDelay_s", [])
    for function in ("scheduleRoleGrant", "grantRole"):
        send_and_wait(node, admin, Outgoing(t, ASSET_TOKEN.encode(function, [role, STRANGER])))
        let_pass(node, delay_s)
    found = found_in(played)
    (root,) = roots(found)
    assert root.account == STRANGER
    assert root.left.value.startswith("PAUSER_ROLE granted in block ")
    assert "revoked" not in root.left.value


def test_a_grant_that_was_announced_and_taken_back_is_shown(played: Played) -> None:
    admin, t, node = office_key(played, "admin"), token(played, "HKMM"), played.node
    (role,) = ASSET_TOKEN.call(node, t, "RULES_ROLE", [])
    for function in ("scheduleRoleGrant", "cancelRoleGrant", "scheduleRoleGrant"):
        send_and_wait(node, admin, Outgoing(t, ASSET_TOKEN.encode(function, [role, STRANGER])))
    first, second = roots(found_in(played))
    assert {(each.check, each.instrument_id, each.account) for each in (first, second)} == {("C15", "HKMM", STRANGER)}
    words = [each.left.value.split() for each in (first, second)]
    assert [[w for w in each if not w.rstrip(",").isdigit()] for each in words] == [
        ["RULES_ROLE", "scheduled", "in", "block", "cancelled", "in", "block"],
        ["RULES_ROLE", "scheduled", "in", "block"],
    ]


def test_the_dismissal_of_whom_deployment_appointed_is_a_change_too(played: Played) -> None:
    admin, book, checker = office_key(played, "admin"), control_book(played), office_key(played, "checker").address
    call = Outgoing(book, CONTROL_BOOK.encode("revokeRole", [CHECKER_ROLE, checker]))
    receipt = send_and_wait(played.node, admin, call)
    (root,) = roots(found_in(played))
    assert (named([root]), root.account) == ([("C15", "UNAUTHORISED", "")], checker)
    assert root.left.value == f"CHECKER_ROLE revoked in block {receipt.block_number}"
    assert "CHECKER_ROLE of ControlBook changed" in root.summary


@dataclass(frozen=True)
class Deed:
    """A call with nobody's order; `{}` stands for Lantau's account, in the words too."""

    function: str
    args: tuple[Any, ...]
    words: str


RULES = (5 * 10**6, 0, 7, 2**40 - 1, 1 << 2 | 1 << 4, True)
RULE_WORDS = (
    "set-rules: at most 5.000000 an account, classes 2 4, countries restricted, "
    "opens 1970-01-01 00:00:07 UTC, closes second 1099511627775"
)
DEEDS = (
    Deed("admit", ([("{}", 344, 5, 40_000)],), "admit of {}: country 344, class 5, valid until 2079-07-08"),
    Deed("setSuspended", ("{}", True), "suspend of {}"),
    Deed("setSuspended", ("{}", False), "reinstate of {}"),
    Deed("setAddressFrozen", ("{}", True), "freeze-account of {}"),
    Deed("setAddressFrozen", ("{}", False), "release-account of {}"),
    Deed("setFrozenTokens", ("{}", 0), "freeze of {}: 0.000000"),
    Deed("setFrozenTokens", ("{}", 3), "freeze of {}: 0.000003"),
    Deed("freezePartialTokens", ("{}", 5), "freeze of {}: 0.000005"),
    Deed("setFrozenTokens", ("{}", 1), "release of {}: 0.000007"),
    Deed("setLockUp", ("{}", 9, FAR), "set-lock-up of {}: 0.000009 until second 549755813888"),
    Deed("setLockUp", ("{}", 0, 0), "set-lock-up of {}: none"),
    Deed("pause", (), "pause"),
    Deed("unpause", (), "unpause"),
    Deed("setRules", (RULES,), RULE_WORDS),
    Deed("setRules", ((0, 0, 0, 0, 0, False),), "set-rules: none"),
    Deed("setCountryAllowed", (840, True), "set-country: country 840 allowed"),
    Deed("setDocument", (NAME, "ipfs://x", HASH), f"set-document: prospectus at ipfs://x, hash {HASH}"),
    Deed("removeDocument", (NAME,), "remove-document: prospectus"),
    Deed("scheduleRecordDate", (4_102_444_800,), "schedule-record-date: 2100-01-01 00:00:00 UTC"),
    Deed("cancelRecordDate", (1,), "cancel-record-date: number 1"),
)


def test_every_act_without_an_instruction_is_named(played: Played) -> None:
    lantau = account(played, "lantau")
    hashes = [off_book(played, "HKDS", deed.function, *_filled(deed.args, lantau)) for deed in DEEDS]
    found = found_in(played)
    assert named(roots(found)) == [UNAUTHORISED] * len(DEEDS)
    assert [said(each) for each in roots(found)] == [
        ("events", deed.words.format(lantau), "control book", "no instruction") for deed in DEEDS
    ]
    assert [each.account for each in roots(found)] == [lantau if "{}" in deed.words else "" for deed in DEEDS]
    assert all(tx_hash in each.summary for each, tx_hash in zip(roots(found), hashes, strict=True))
    assert {each.check for each in found.breaks} == {"C11", "C15"}


def _filled(value: Any, account_: str) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(each, account_) for each in value)
    return account_ if value == "{}" else value


def test_a_freeze_that_came_and_went_is_found_although_nothing_stays_frozen(played: Played) -> None:
    who = account(played, "lantau")
    off_book(played, "HKDS", "setFrozenTokens", who, 3)
    off_book(played, "HKDS", "setFrozenTokens", who, 0)
    found = roots(found_in(played))
    assert named(found) == [UNAUTHORISED, UNAUTHORISED]
    assert [each.left.value for each in found] == [f"freeze of {who}: 0.000003", f"release of {who}: 0.000003"]


def test_a_licence_without_an_instruction_is_named(played: Played) -> None:
    off_book_on(played, SETTLEMENT, settlement(played), "setVenue", STRANGER, 4_102_444_800)
    (root,) = roots(found_in(played))
    assert (named([root]), root.account) == ([("C15", "UNAUTHORISED", "")], STRANGER)
    words = f"license-venue of {STRANGER}: until 2100-01-01 00:00:00 UTC"
    assert said(root) == ("events", words, "control book", "no instruction")


def test_what_a_forced_transfer_or_a_recovery_tells_on_its_way_is_no_act_of_its_own(played: Played) -> None:
    """Frozen units of B moved, and Lantau's wallet recovered, with nobody's order: two deeds, two findings."""
    retail_b, lantau, peak = (account(played, name) for name in ("retail-b", "lantau", "peak"))
    off_book(played, "HKDS", "forcedTransfer", retail_b, peak, 180_000 * 10**6)
    off_book(played, "HKMM", "recoveryAddress", account(played, "kowloon"), STRANGER, STRANGER)
    assert lantau
    found = found_in(played, ("C05", "C15"))
    assert [(each.check, each.instrument_id, each.account) for each in roots(found)] == [
        ("C05", "HKDS", peak),
        ("C05", "HKMM", STRANGER),
    ]
    assert [each.check for each in found.breaks] == ["C05", "C05"]


def test_an_act_beside_the_lines_of_an_instruction_has_no_line(played: Played) -> None:
    """A maker that is a contract could add one in the same transaction; here the instruction has a line less."""
    hkds = next(i for i in load(played.database, played.node).instruments if i.instrument.instrument_id == "HKDS")
    (admission, *_) = [e for e in hkds.book.executions if e.event.args["operation"] == Operation.ADMIT]
    assert admission.stored is not None
    instruction = admission.stored.instruction
    first, *rest = instruction.lines

    def judged(*lines: Any) -> Any:
        stored = replace(admission.stored, instruction=replace(instruction, lines=lines))  # type: ignore[type-var]
        others = [each for each in hkds.book.executions if each.ref != admission.ref]
        return judge_acts(hkds.token.events, [*others, replace(admission, stored=stored)], Answered())

    shorter = judged(*rest)
    assert list(shorter.objections.values()) == [NO_LINE]
    assert not shorter.lacking
    longer = judged(first, *rest, replace(first, recipient=STRANGER))
    assert longer.objections == {}
    assert [(each.number, each.deed[:2]) for each in longer.lacking] == [
        (len(instruction.lines) + 1, (Operation.ADMIT, STRANGER))
    ]


def test_a_licence_is_held_to_its_instruction_like_anything_else(played: Played) -> None:
    """C05 looks at the instructions on the settlement contract as well."""
    edit(played, "UPDATE instructions SET signature = NULL WHERE operation = 'license-venue'")
    found = found_in(played)
    (root,) = roots(found)
    assert named([root]) == [("C05", "UNAUTHORISED", "settlement")]
    assert [each.check for each in following(found, root)] == ["C15"]
    edit(played, "UPDATE instructions SET signature = '0x11', lines = '[]' WHERE operation = 'license-venue'")
    found = reconcile(played.database, played.node, checks=["C05", "C15"])
    (root,) = roots(found)
    assert named([root]) == [("C05", "TAMPER", "settlement")]


def test_an_instruction_whose_line_did_nothing_is_missed(played: Played) -> None:
    """Where C05 is not asked, C15 stands by itself."""
    lines = 'replace(lines, \']]\', \'],["0x0000000000000000000000000000000000000000","{}","0","9"]]\')'
    edit(played, f"UPDATE instructions SET lines = {lines.format(STRANGER)} WHERE operation = 'license-venue'")
    (found,) = reconcile(played.database, played.node, checks=["C15"]).breaks
    assert (named([found]), found.account) == ([("C15", "MISSING_ON_CHAIN", "")], STRANGER)
    words = f"license-venue of {STRANGER}: until 1970-01-01 00:00:09 UTC"
    assert said(found) == ("events", "nothing", "control book", words)
