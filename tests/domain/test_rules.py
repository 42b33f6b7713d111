"""What the contract allows, the Python rules allow, and the reverse: on random states, both give the same code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.chain.artifacts import artifact
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import unpack_account_word
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel
from tests.mirror.anvil import anvil

TOKEN, SENDER, RECIPIENT = ("0x" + digit * 40 for digit in "abc")
TODAY = 20_000
SLOTS = artifact("AssetToken").storage_slots

# Few values, so that the rules' edges are met often.
units = st.sampled_from([0, 1, 99, 100, 101, 200, 2**96 - 1])
often = st.sampled_from([False] * 9 + [True])


@dataclass(frozen=True)
class Held:
    """An account: its balance and its standing."""

    balance: int
    standing: Standing


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
)
rule_sets = st.builds(
    Rules,
    max_balance_units=units,
    classes=st.sampled_from([frozenset(), frozenset({2}), frozenset({2, 15}), frozenset({1})]),
    countries_restricted=st.booleans(),
    countries=st.sampled_from([frozenset({344}), frozenset({344, 0, 1023}), frozenset({156})]),
)
moves = st.builds(
    Move,
    sender=st.sampled_from([SENDER, SENDER, ISSUANCE_ACCOUNT]),
    recipient=st.sampled_from([RECIPIENT, RECIPIENT, SENDER, ISSUANCE_ACCOUNT]),
    amount_units=units,
)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with anvil() as started:
        yield started


@settings(max_examples=600, deadline=None)
@given(sender=accounts, recipient=accounts, rules=rule_sets, paused=often, move=moves)
def test_contract_and_rules_give_the_same_code(
    node: Node, sender: Held, recipient: Held, rules: Rules, paused: bool, move: Move
) -> None:
    held = {SENDER: sender, RECIPIENT: recipient}
    model = RegisterModel(
        rules=rules,
        today=TODAY,
        paused=paused,
        balances={account: each.balance for account, each in held.items()},
        standings={account: each.standing for account, each in held.items()},
    )

    assert model.judge(move) is _verdict_of_contract(node, held, rules, paused, move)


@pytest.mark.parametrize("restriction", Restriction)
def test_contract_and_rules_give_the_same_reason_in_words(node: Node, restriction: Restriction) -> None:
    call = {"to": TOKEN, "data": ASSET_TOKEN.encode("messageForTransferRestriction", [restriction.value])}
    override = {TOKEN: {"code": artifact("AssetToken").deployed_bytecode}}
    answer = bytes.fromhex(node.request("eth_call", [call, "latest", override])[2:])
    assert decode(["string"], answer) == (restriction.message,)


@given(accounts)
def test_an_account_word_is_read_as_it_is_laid_out(account: Held) -> None:
    assert unpack_account_word(_word(account)) == (account.balance, account.standing)


@given(accounts, accounts, rule_sets, moves)
def test_a_move_that_is_carried_out_keeps_the_sum(sender: Held, recipient: Held, rules: Rules, move: Move) -> None:
    balances = {SENDER: sender.balance, RECIPIENT: recipient.balance}
    model = RegisterModel(rules, TODAY, supply_units=sum(balances.values()), balances=dict(balances))
    model.standings = {SENDER: sender.standing, RECIPIENT: recipient.standing}

    restriction = model.apply(move)

    assert sum(model.balances.values()) == model.supply_units
    if restriction is not Restriction.NONE:
        assert model.balances == balances


def _verdict_of_contract(node: Node, held: dict[str, Held], rules: Rules, paused: bool, move: Move) -> Restriction:
    """The contract's code, run on exactly this state: the node lays it over the chain's for one call."""
    rule_set = rules.max_balance_units | rules.class_mask << 96 | rules.countries_restricted << 112
    has_rule_set = bool(rules.max_balance_units or rules.class_mask)
    storage = {
        SLOTS["_instrument"]: paused << 96 | rules.countries_restricted << 97 | has_rule_set << 98,
        SLOTS["_ruleSet"]: rule_set,
        **{SLOTS["_allowedCountries"] + n: _bitmap(rules, n) for n in range(4)},
        **{_account_slot(account): _word(each) for account, each in held.items()},
    }
    override = {
        TOKEN: {
            "code": artifact("AssetToken").deployed_bytecode,
            "state": {f"0x{slot:064x}": f"0x{word:064x}" for slot, word in storage.items()},
        }
    }
    arguments = [move.sender, move.recipient, move.amount_units]
    call = {"to": TOKEN, "data": ASSET_TOKEN.encode("detectTransferRestriction", arguments)}
    block = {"time": hex(TODAY * 86_400 + 86_399)}
    return Restriction(int(node.request("eth_call", [call, "latest", override, block]), 16))


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
    return int.from_bytes(keccak(encode(["address", "uint256"], [account, SLOTS["_accounts"]])))


def _bitmap(rules: Rules, index: int) -> int:
    return sum(1 << (country & 0xFF) for country in rules.countries if country >> 8 == index)
