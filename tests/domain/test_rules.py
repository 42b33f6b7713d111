"""What the contract allows, the Python rules allow, and the reverse: on random states, both give the same code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.chain.artifacts import artifact
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import AccountWord, unpack_account_word
from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instrument import Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import BOSS, Token, deploy_token

SENDER, RECIPIENT = ("0x" + digit * 40 for digit in "bc")
ATTESTOR = "0x" + "a7" * 20
TODAY = 25_000
NOON = TODAY * 86_400 + 43_200
SLOTS = artifact("AssetToken").storage_slots

# Answers with the two words of its storage, whatever it is asked.
RESERVE_CODE = "0x5f545f5260015460205260405ff3"

# Few values, so that the rules' edges are met often.
units = st.sampled_from([0, 1, 99, 100, 101, 200, 2**96 - 1])
often = st.sampled_from([False] * 9 + [True])


NO_LOCK_UP = LockUp()


@dataclass(frozen=True)
class Held:
    """An account: its balance, its standing and its lock-up."""

    balance: int
    standing: Standing
    lock_up: LockUp = NO_LOCK_UP


# Most accounts are well, for else one rule would hide the next: each field is bad once in a while.
accounts = st.builds(
    Held,
    balance=units,
    standing=st.builds(
        Standing,
        investor_class=st.sampled_from([2] * 8 + [0, 3]),
        country=st.sampled_from([344] * 8 + [156, 1023]),
        valid_until_day=st.sampled_from([TODAY] * 8 + [TODAY - 1, 2**16 - 1]),
        frozen_units=st.sampled_from([0] * 5) | units,
        address_frozen=often,
        suspended=often,
    ),
    lock_up=st.just(LockUp())
    | st.builds(LockUp, amount_units=units.filter(bool), until=st.sampled_from([NOON - 1, NOON, NOON + 1])),
)
instants = st.sampled_from([0] * 5 + [NOON - 1, NOON, NOON + 1])
rule_sets = st.builds(
    Rules,
    max_balance_units=units,
    classes=st.sampled_from([frozenset(), frozenset({2}), frozenset({2, 15}), frozenset({1})]),
    countries_restricted=st.booleans(),
    countries=st.sampled_from([frozenset({344}), frozenset({344, 0, 1023}), frozenset({156})]),
    holder_cap=st.sampled_from([0, 0, 1, 2, 3]),
    opens_at=instants,
    closes_at=instants,
    guarded_country=st.sampled_from([0, 156]),
    counts_holders=st.just(True),
).filter(lambda rules: not rules.closes_at or rules.opens_at <= rules.closes_at)
reserves = st.none() | st.builds(
    Reserve, amount_units=st.sampled_from([100, 300, 2**96 - 1]), expires_at=st.sampled_from([NOON - 1, NOON])
)
moves = st.builds(
    Move,
    sender=st.sampled_from([SENDER, SENDER, ISSUANCE_ACCOUNT]),
    recipient=st.sampled_from([RECIPIENT, RECIPIENT, SENDER, ISSUANCE_ACCOUNT]),
    amount_units=units,
).filter(lambda move: not (move.is_issue and move.is_redemption))


@dataclass(frozen=True)
class Bench:
    """A node, and a token for each of what a deployment settles: guarded country, and whether it needs a reserve."""

    node: Node
    tokens: dict[tuple[int, bool], Token]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with anvil() as node:
        node.request("anvil_setCode", [ATTESTOR, RESERVE_CODE])
        tokens = {
            (guarded, needs): deploy_token(
                node,
                f"T{guarded}{needs}",
                guarded_country=guarded,
                counts_holders=True,
                reserve_attestor=ATTESTOR if needs else ISSUANCE_ACCOUNT,
                is_active=False,
            )
            for guarded, needs in product((0, 156), (False, True))
        }
        yield Bench(node, tokens)


@settings(max_examples=700)
@given(
    sender=accounts,
    recipient=accounts,
    rules=rule_sets,
    paused=often,
    active=st.sampled_from([True] * 9 + [False]),
    reserve=reserves,
    supply=st.sampled_from([200, 300, 2**96 - 1]),
    move=moves,
)
def test_contract_and_rules_give_the_same_code(  # noqa: PLR0917 - what is drawn comes by name
    bench: Bench,
    sender: Held,
    recipient: Held,
    rules: Rules,
    paused: bool,
    active: bool,
    reserve: Reserve | None,
    supply: int,
    move: Move,
) -> None:
    held = {SENDER: sender, RECIPIENT: recipient}
    model = RegisterModel(
        rules=rules,
        now=NOON,
        paused=paused,
        active=active,
        supply_units=supply,
        holder_count=2,
        balances={account: each.balance for account, each in held.items()},
        standings={account: each.standing for account, each in held.items()},
        lock_ups={account: each.lock_up for account, each in held.items()},
        reserve=reserve,
    )

    assert model.judge(move) is _verdict_of_contract(bench, held, model, move)


@pytest.mark.parametrize("restriction", Restriction)
def test_contract_and_rules_give_the_same_reason_in_words(bench: Bench, restriction: Restriction) -> None:
    token = bench.tokens[0, False].address
    answer = ASSET_TOKEN.call(bench.node, token, "messageForTransferRestriction", [restriction.value])
    assert answer == (restriction.message,)


def test_the_contract_has_no_more_reasons(bench: Bench) -> None:
    token = bench.tokens[0, False].address
    answer = ASSET_TOKEN.call(bench.node, token, "messageForTransferRestriction", [len(Restriction)])
    assert answer == ("unknown code",)


@given(accounts, st.integers(0, 2**16 - 1), st.booleans(), st.booleans())
def test_an_account_word_is_read_as_it_is_laid_out(
    account: Held, record_date: int, has_lock_up: bool, retired: bool
) -> None:
    word = _word(account) | record_date << 218 | has_lock_up << 240 | retired << 241
    expected = AccountWord(account.balance, account.standing, record_date, has_lock_up, retired)
    assert unpack_account_word(word) == expected


@given(accounts, accounts, rule_sets, moves)
def test_a_move_that_is_carried_out_keeps_the_sum(sender: Held, recipient: Held, rules: Rules, move: Move) -> None:
    balances = {SENDER: sender.balance, RECIPIENT: recipient.balance}
    holders = sum(units > 0 for units in balances.values())
    model = RegisterModel(
        replace(rules, opens_at=0, closes_at=0),
        NOON,
        supply_units=sum(balances.values()),
        holder_count=holders,
        balances=dict(balances),
    )
    model.standings = {SENDER: sender.standing, RECIPIENT: recipient.standing}

    restriction = model.apply(move)

    assert sum(model.balances.values()) == model.supply_units
    assert sum(units > 0 for units in model.balances.values()) == model.holder_count
    if restriction is not Restriction.NONE:
        assert model.balances == balances


def _verdict_of_contract(bench: Bench, held: dict[str, Held], model: RegisterModel, move: Move) -> Restriction:
    """The contract's code on exactly this state, which the node makes for one answer and forgets."""
    token = bench.tokens[model.rules.guarded_country, model.reserve is not None]
    rules = model.rules
    window = (rules.opens_at, rules.closes_at)
    rule_set = (rules.max_balance_units, rules.holder_cap, *window, rules.class_mask, rules.countries_restricted)
    calls = [
        token.call("setRules", rule_set),
        *(token.call("setCountryAllowed", country, True) for country in rules.countries),
        *([token.call("activate", ("0x" + "00" * 12, "0x" + "00" * 9, 344, "0x" + "00" * 32))] if model.active else []),
        *([token.call("pause")] if model.paused else []),
        *(
            token.call("setLockUp", account, each.lock_up.amount_units, each.lock_up.until)
            for account, each in held.items()
            if each.standing.admitted and each.lock_up != LockUp()
        ),
    ]
    verdict = token.call("detectTransferRestriction", move.sender, move.recipient, move.amount_units)
    overrides = _overrides(bench.node, token, held, model)
    blocks = [
        {"blockOverrides": {"time": hex(NOON - 2)}, "stateOverrides": overrides, "calls": calls},
        {"blockOverrides": {"time": hex(NOON)}, "calls": [verdict]},
    ]
    simulated = bench.node.request("eth_simulateV1", [{"blockStateCalls": blocks}, "latest"])
    answers = [answer for block in simulated for answer in block["calls"]]
    assert {answer["status"] for answer in answers} == {"0x1"}
    return Restriction(int(answers[-1]["returnData"], 16))


def _overrides(node: Node, token: Token, held: dict[str, Held], model: RegisterModel) -> dict[str, Any]:
    """What no call can bring about at once: accounts as they are, supply, number of holders, and the reserve."""
    instrument = int(node.request("eth_getStorageAt", [token.address, hex(SLOTS["_instrument"]), "latest"]), 16)
    storage = {SLOTS["_instrument"]: instrument | model.supply_units | model.holder_count << 96}
    for account, each in held.items():
        storage[_account_slot(account)] = _word(each)
    overrides = {token.address: storage}
    if model.reserve:
        overrides[ATTESTOR] = {0: model.reserve.amount_units, 1: model.reserve.expires_at}
    return {
        address: {"stateDiff": {f"0x{slot:064x}": f"0x{word:064x}" for slot, word in slots.items()}}
        for address, slots in overrides.items()
    } | {BOSS: {"balance": hex(10**24)}}


def _word(account: Held) -> int:
    standing = account.standing
    return (
        account.balance
        | standing.frozen_units << 96
        | standing.valid_until_day << 192
        | standing.country << 208
        | standing.investor_class << 234
        | standing.address_frozen << 238
        | standing.suspended << 239
    )


def _account_slot(account: str) -> int:
    """Whatever else is kept of an account, its word comes first."""
    return int.from_bytes(keccak(encode(["address", "uint256"], [account, SLOTS["_accounts"]])))
