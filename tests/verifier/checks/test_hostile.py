"""What an operator may do who owns the register and writes its own reconciliation to fit: no claim that is false."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from rwaledger.policies.loading import load_policy
from rwaledger.verifier import release
from rwaledger.verifier.checks import run_all
from rwaledger.verifier.checks.c14_lanes import Lane
from rwaledger.verifier.digest import register_digest
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.report import Verification, text
from rwaledger.verifier.tables import TABLES
from rwaledger.verifier.values import CheckResult
from rwaledger.verifier.verification import verify
from tests.verifier.checks.conftest import Row, all_of, edited, removed, rewrite, rows
from tests.verifier.writer import Draft, last_heads, sha256

Change = Callable[[Draft], None]
Attack = Callable[..., Verification]


@pytest.fixture
def attacked(story: Draft, tmp_path: Path) -> Attack:
    """What the verifier makes of the scenario's pack after changes that the operator has covered up."""

    def run(*changes: Change, heads: Mapping[str, str] | None = None) -> Verification:
        draft = story.copy()
        all_of(*changes)(draft)
        cover_up(draft, tmp_path / "covered.evidence.zip")
        path = draft.write(tmp_path / "forged.evidence.zip")
        return verify(path, Expected(block_hash=story.block_hash, heads=heads or {}))

    return run


def cover_up(draft: Draft, path: Path) -> None:
    """Digest, heads and reconciliation are those of the rows as they are now, as far as these can be read at all."""
    draft.manifest["heads"] = last_heads(rows(draft, "periods"))
    with Pack(draft.write(path)) as pack:
        try:
            results = [told(each) for each in run_all(pack)]
        except (Refuted, AttributeError):
            return
        draft.manifest["register_digest"] = register_digest(pack)
    passed = all(each["outcome"] in ("PASS", "EXEMPT") for each in results)
    draft.put("reconciliation.json", {"passed": passed, "results": results})
    draft.manifest["passed"] = passed


def told(result: CheckResult) -> Row:
    """A result as reconciliation.json has it."""
    plain = ("account", "break_id", "cause", "follows_from", "holder_id", "instrument_id", "summary")
    breaks = [
        {name: getattr(each, name) for name in plain}
        | {"class": each.break_class, "left": list(each.left), "right": list(each.right)}
        for each in result.findings
    ]
    found = {name: getattr(result, name) for name in ("check", "title", "outcome", "note")}
    return found | {"coverage": dict(result.coverage), "breaks": breaks}


def added(table: str, **values: Any) -> Change:
    """One row more, like the first one but for these values."""

    def change(draft: Draft) -> None:
        before = rows(draft, table)
        keys = [column.name for column in TABLES[table] if column.is_key]
        row = {**(before[0] if before else dict.fromkeys((each.name for each in TABLES[table]), "")), **values}
        columns, *_ = draft.lines(f"register/{table}.jsonl")
        ordered = sorted([*before, row], key=lambda each: [each[name] for name in keys])
        draft.put(f"register/{table}.jsonl", [columns, *([each[name] for name in columns] for each in ordered)])

    return change


def nothing_of(*tables: str) -> Change:
    return all_of(*(lambda draft, table=table: rewrite(draft, table, lambda _: None) for table in tables))


def without(kind: str) -> Change:
    """A contract is left out of register and pack."""

    def change(draft: Draft) -> None:
        (address,) = (each["address"] for each in draft.manifest["contracts"] if each["kind"] == kind)
        draft.manifest["contracts"] = [each for each in draft.manifest["contracts"] if each["address"] != address]
        del draft.files[f"chain/proofs/{address}.json"]
        for table in ("contracts", "events", "checkpoints"):
            removed(table, address=address)(draft)

    return change


def head_of(draft: Draft, instrument_id: str) -> str:
    return str(last_heads(rows(draft, "periods"))[["GRN28", "HKDS", "HKMM"].index(instrument_id)]["head"])


UNANCHORED = without("registry_anchor")
UNSIGNED = all_of(UNANCHORED, nothing_of("periods", "period_rows"))
"""As if no period had ever been signed, so that the register can be rewritten."""


def test_the_cover_up_alone_is_proved(attacked: Attack, story: Draft) -> None:
    """Else none of the others would show anything."""
    assert attacked(heads={"HKDS": head_of(story, "HKDS")}).verdict == "PROVED: L0, L1, L3."
    assert attacked(UNSIGNED).verdict == "PROVED: L0, L1, L3."


# Heads that the caller has kept


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"block_number": 10**6}, "ends in block 1000000, behind the pinned"),
        ({"chain_id": 7}, "is of chain 7"),
        ({"instrument_id": "HKD5"}, "no period of HKDS has the head"),
    ],
)
def test_a_head_that_no_check_looks_at_holds_nothing(attacked: Attack, story: Draft, values: Row, words: str) -> None:
    """The register is rewritten, and the head is kept in a row that is not due."""
    head = head_of(story, "HKDS")
    kept = lambda row: {**row, **values} if row["head"] == head else None  # noqa: E731 - a row of the one period
    found = attacked(
        UNANCHORED, nothing_of("period_rows"), lambda draft: rewrite(draft, "periods", kept), heads={"HKDS": head}
    )
    assert found.verdict.startswith("REFUTED")
    assert words in text(found)


def test_a_head_of_an_instrument_that_was_renamed_holds_nothing(attacked: Attack, story: Draft) -> None:
    """Its periods stay under the old name, under which nothing looks at them."""
    head = head_of(story, "HKDS")
    of_it = lambda draft: rewrite(  # noqa: E731 - the periods of the one instrument
        draft, "periods", lambda row: {**row, "instrument_id": "OLD"} if row["instrument_id"] == "HKDS" else None
    )
    found = attacked(UNANCHORED, nothing_of("period_rows"), of_it, heads={"OLD": head})
    assert "is of an instrument that the pack does not have" in text(found)
    assert found.verdict.startswith("REFUTED")


def test_what_a_head_leaves_out_is_said(attacked: Attack, story: Draft) -> None:
    """Whoever signs it: nothing shows that what it does not list is as it was."""
    row = next(each for each in rows(story, "periods") if each["instrument_id"] == "HKDS")
    raw = bytes.fromhex(row["preimage"])
    at = raw.index(b"s8:evidences8:recorded")
    end = raw.index(b"s8:licences")
    count = raw.index(b"i2:", raw.index(b":" + row["supply_units"].encode()))
    fewer = str(int(raw[count + 3 : count + 5]) - 1).encode()
    thin = raw[:count] + b"i2:" + fewer + raw[count + 5 : at] + raw[end:]
    found = attacked(edited("periods", {"head": row["head"]}, preimage=thin.hex()))
    assert any("nobody has changed evidence: its head leaves them out" in each for each in found.not_proved())


def test_a_preimage_that_is_cut_off_is_a_break(attacked: Attack, story: Draft) -> None:
    row = next(each for each in rows(story, "periods") if each["instrument_id"] == "HKDS")
    raw = bytes.fromhex(row["preimage"])
    cut = raw[: raw.index(b"s9:holder_id")]
    found = attacked(edited("periods", {"head": row["head"]}, preimage=cut.hex()))
    assert "its preimage cannot be read" in text(found)
    assert "the preimage of a period is cut off" in text(found)


# Rows that nothing looks at


FAKE = "0x" + "ab" * 20


def test_an_instrument_without_a_contract_is_a_break(attacked: Attack) -> None:
    found = attacked(UNSIGNED, added("instruments", instrument_id="FAKE", address=FAKE))
    assert f"FAKE is at {FAKE}, which is none of the contracts" in text(found)
    assert found.verdict.startswith("BREAKS")


@pytest.mark.parametrize("table", ["positions", "postings", "standings"])
def test_units_of_an_instrument_elsewhere_are_a_break(attacked: Attack, table: str) -> None:
    """It is said to be on another chain, where no proof reaches."""
    found = attacked(
        UNSIGNED,
        added("instruments", instrument_id="FAKE", address=FAKE, chain_id=7),
        added(table, instrument_id="FAKE"),
    )
    assert found.verdict.startswith("BREAKS")
    assert f"register/{table}.jsonl: 1 rows are of FAKE" in text(found)


def test_positions_of_another_block_are_refuted(attacked: Attack, story: Draft) -> None:
    """No check compares them with a block that they are not of."""
    (token,) = (each["address"] for each in story.manifest["contracts"] if each["instrument_id"] == "HKDS")
    richer = edited("positions", {"instrument_id": "HKDS"}, balance_units="1")
    found = attacked(UNSIGNED, richer, edited("checkpoints", {"address": token}, block_number=10**6))
    assert "register/positions.jsonl: has positions of HKDS" in text(found)
    assert found.verdict.startswith("REFUTED")


def test_a_checkpoint_of_another_chain_is_refuted(attacked: Attack) -> None:
    found = attacked(UNSIGNED, edited("checkpoints", {}, block_hash="0x" + "77" * 32))
    assert "register/checkpoints.jsonl: " in text(found)
    assert found.verdict.startswith("REFUTED")


def test_lines_of_numbers_where_addresses_belong_are_refuted(attacked: Attack) -> None:
    """No check can work with them, and none ends in a failure of the program."""
    found = attacked(UNSIGNED, edited("instructions", {}, lines="[[1,2,3,4]]"))
    assert found.verdict.startswith("REFUTED")
    assert "in C05, rwaledger.verifier." in text(found)
    assert "the pack holds what cannot be worked with" in text(found)


def test_a_gap_of_nonces_without_end_takes_no_memory() -> None:
    """Whoever runs a node can set a nonce, and a pack may hold any before L3 has looked at it."""
    lane = Lane(unrecorded=dict.fromkeys((3, 2**62)))  # type: ignore[arg-type] # what they are is not looked at
    assert lane.wanted([1, 2, 3, 4, 2**62 + 1, 2**63]) == {2, 4, 2**62 + 1}


# What people have signed


def exemption(check: str, instrument_id: str) -> Change:
    """All findings of a check on an instrument are let pass by two keys of the operator's own."""
    keys = ["0x" + digit * 64 for digit in "12"]
    first, second = (Account.from_key(key).address.lower() for key in keys)
    days = {"valid from": "2020-01-01", "expires on": "2030-01-01"}
    fields = {"chain": "31337", "check": check, "instrument": instrument_id, "break": "", "reason": "x", "evidence": ""}
    fields |= {**days, "first signer": first}
    lines = [f"{name}: {len(value)} {value}" for name, value in fields.items()]
    preimage = "\n".join(["rwaledger-exemption-1", *lines])
    one, two = ("0x" + bytes(Account.sign_message(encode_defunct(text=preimage), key).signature).hex() for key in keys)
    row: Row = {"check_id": check, "instrument_id": instrument_id, "break_id": "", "reason": "x", "evidence_hash": ""}
    row |= {"exemption_id": sha256(preimage.encode()).hex()[:12], "chain_id": 31337, "preimage": preimage}
    row |= {"first_signer": first, "first_signature": one, "second_signer": second, "second_signature": two}
    row |= {"valid_from": "2020-01-01", "expires_on": "2030-01-01", "recorded_at": "2026-01-01T00:00:00.000000Z"}
    return added("exemptions", **row)


def test_what_follows_from_a_finding_that_is_let_pass_is_not_let_pass(attacked: Attack) -> None:
    """The root alone is exempt: what fails besides would have nobody to tell of it."""

    def not_posted(draft: Draft) -> None:
        last = [row for row in rows(draft, "postings") if row["instrument_id"] == "HKDS"][-1]
        where = {name: last[name] for name in ("instrument_id", "block_number", "log_index")}
        removed("postings", **where)(draft)

    found = attacked(UNSIGNED, not_posted, exemption("C02", "HKDS"))
    outcomes = {each.check: each.outcome for each in found.results if each.outcome != "PASS"}
    assert outcomes == {"C02": "EXEMPT", "C12": "FAIL"}
    assert found.verdict.startswith("BREAKS")
    assert {each.check for each in found.findings} == {"C12"}


# By what is judged


def policy(change: Callable[[Row], Row]) -> Change:
    return lambda draft: draft.put("policy.json", change(draft.json("policy.json")))


def test_days_that_are_no_holidays_are_named(attacked: Attack) -> None:
    """Each of them gives an issuer one day more to redeem."""
    more = attacked(policy(lambda it: {**it, "holidays": sorted({*it["holidays"], "2026-09-16"} - {"2026-05-25"})}))
    assert any("which are NOT those of this release on 2026-05-25, 2026-09-16" in each for each in more.trusted())
    assert not any("NOT those of this release" in each for each in attacked().trusted())


@pytest.mark.parametrize("year", release.HOLIDAYS["Hong Kong"])
def test_the_release_knows_the_holidays_of_the_policy(year: str) -> None:
    days = load_policy(None).calendar.holidays(date(int(year), 1, 1), date(int(year), 12, 31))
    assert release.HOLIDAYS["Hong Kong"][year].split() == [day.isoformat()[5:] for day in days]


def test_another_clock_is_named(attacked: Attack) -> None:
    later = attacked(policy(lambda it: {**it, "utc_offsets": [[it["utc_offsets"][0][0], 28_801]]}))
    assert any("its clock, which is NOT that of this release: +28801 s" in each for each in later.trusted())


def test_what_instruments_are_called_is_said(attacked: Attack) -> None:
    """A stablecoin that is called a bond needs no reserve."""
    as_bond = edited("instruments", {"instrument_id": "HKDS"}, kind="bond")
    found = attacked(UNSIGNED, nothing_of("reserve_lines", "attestations", "redemptions"), as_bond)
    assert any("HKDS a bond" in each for each in found.trusted())


def test_an_attestor_that_was_left_out_is_named(attacked: Attack) -> None:
    """What it has published of the reserve may be anything."""
    found = attacked(UNSIGNED, without("reserve_attestor"), nothing_of("attestations"))
    assert any("was attested on the chain of the reserve of HKDS" in each for each in found.not_proved())
