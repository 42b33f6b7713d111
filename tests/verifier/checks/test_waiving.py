"""What two keys have signed of findings: EXEMPT only with both signatures, in time, and never for C01."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from rwaledger.domain.exemption import Exemption
from rwaledger.verifier.values import CheckResult
from tests.verifier.checks.conftest import all_of, edited
from tests.verifier.writer import Draft

Change = Callable[[Draft], None]
Found = Callable[[Change], list[CheckResult]]

FIRST, SECOND = (Account.from_key("0x" + digit * 64) for digit in "12")
LATE = edited("redemptions", {"request": "R-2026-004"}, paid_at="2026-07-03T03:00:00.000000Z")
UNSIGNED = Exemption(
    chain_id=31337,
    check="C08",
    instrument_id="HKDS",
    break_id="",
    reason="the bank was closed by a storm",
    evidence_hash="",
    valid_from=date(2026, 7, 1),
    expires_on=date(2026, 12, 31),
    recorded_at=datetime(2026, 7, 31, tzinfo=UTC),
    first_signer=str(FIRST.address).lower(),
)


def signed(exemption: Exemption, *keys: Any) -> Exemption:
    """The exemption with the signatures of these keys."""
    signatures = [
        "0x" + bytes(key.sign_message(encode_defunct(text=exemption.preimage)).signature).hex() for key in keys
    ]
    first, *others = signatures
    second = str(keys[1].address).lower() if others else None
    return replace(
        exemption, first_signature=first, second_signer=second, second_signature=others[0] if others else None
    )


def put(exemption: Exemption, **forged: Any) -> Change:
    """The exemption in the pack's register."""

    def change(draft: Draft) -> None:
        columns, *rows = draft.lines("register/exemptions.jsonl")
        values = {
            "exemption_id": exemption.exemption_id,
            "chain_id": exemption.chain_id,
            "check_id": exemption.check,
            "instrument_id": exemption.instrument_id,
            "break_id": exemption.break_id,
            "reason": exemption.reason,
            "evidence_hash": exemption.evidence_hash,
            "valid_from": exemption.valid_from.isoformat(),
            "expires_on": exemption.expires_on.isoformat(),
            "preimage": exemption.preimage,
            "first_signer": exemption.first_signer,
            "first_signature": exemption.first_signature,
            "second_signer": exemption.second_signer,
            "second_signature": exemption.second_signature,
            "recorded_at": "2026-07-31T00:00:00.000000Z",
        } | forged
        draft.put("register/exemptions.jsonl", [columns, *rows, [values[name] for name in columns]])

    return change


def outcome(results: list[CheckResult], check: str) -> str:
    (found,) = (each.outcome for each in results if each.check == check)
    return found


def test_two_signatures_exempt_what_is_in_their_scope(found: Found) -> None:
    results = found(all_of(LATE, put(signed(UNSIGNED, FIRST, SECOND))))
    (late,) = (each for each in results if each.check == "C08")
    assert (late.outcome, len(late.findings)) == ("EXEMPT", 1)
    assert "until 2026-12-31: the bank was closed by a storm" in late.note
    named = signed(replace(UNSIGNED, break_id=late.findings[0].break_id), FIRST, SECOND)
    assert outcome(found(all_of(LATE, put(named))), "C08") == "EXEMPT"


NOT_EXEMPT: dict[str, Change] = {
    "one signature": put(signed(UNSIGNED, FIRST)),
    "one key twice": put(signed(UNSIGNED, FIRST, FIRST)),
    "another's signature": put(signed(UNSIGNED, FIRST, SECOND), second_signer="0x" + "5a" * 20),
    "another reason than was signed": put(signed(UNSIGNED, FIRST, SECOND), reason="none"),
    "over": put(signed(replace(UNSIGNED, expires_on=date(2026, 7, 30)), FIRST, SECOND)),
    "not begun": put(signed(replace(UNSIGNED, valid_from=date(2026, 8, 1)), FIRST, SECOND)),
    "of another instrument": put(signed(replace(UNSIGNED, instrument_id="GRN28"), FIRST, SECOND)),
    "of another break": put(signed(replace(UNSIGNED, break_id="0" * 12), FIRST, SECOND)),
    "of another check": put(signed(replace(UNSIGNED, check="C07"), FIRST, SECOND)),
}


@pytest.mark.parametrize("why", NOT_EXEMPT)
def test_anything_else_exempts_nothing(why: str, found: Found) -> None:
    assert outcome(found(all_of(LATE, NOT_EXEMPT[why])), "C08") == "FAIL"
