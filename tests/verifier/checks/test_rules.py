"""The verifier's rules and those of the domain, which share nothing, on the same standings: the same code."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.domain.instrument import Rules
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel
from rwaledger.verifier import rules as verifier
from tests.domain.test_rules import NOON, RECIPIENT, SENDER, Held, accounts, moves, often, reserves, rule_sets


def instrument(
    held: dict[str, Held], rules: Rules, reserve: Reserve | None, *, paused: bool, active: bool
) -> verifier.Instrument:
    """The verifier's instrument in the state of a model."""
    return verifier.Instrument(
        verifier.Rules(
            max_balance=rules.max_balance_units,
            holder_cap=rules.holder_cap,
            opens_at=rules.opens_at,
            closes_at=rules.closes_at,
            class_mask=rules.class_mask,
            countries_restricted=rules.countries_restricted,
            countries=rules.countries,
            guarded_country=rules.guarded_country,
            paused=paused,
            active=active,
        ),
        {name: account(each) for name, each in held.items()},
        supply=sum(each.balance for each in held.values()),
        holders=sum(each.balance > 0 for each in held.values()),
        reserve=(reserve.amount_units, reserve.expires_at) if reserve else None,
    )


def account(held: Held) -> verifier.Account:
    stood = held.standing
    return verifier.Account(
        balance=held.balance,
        frozen=stood.frozen_units,
        valid_day=stood.valid_until_day,
        country=stood.country,
        investor_class=stood.investor_class,
        frozen_whole=stood.address_frozen,
        suspended=stood.suspended,
        locked=held.lock_up.amount_units,
        locked_until=held.lock_up.until,
    )


@settings(max_examples=250)
@given(
    st.tuples(accounts, accounts), rule_sets, st.tuples(often, st.sampled_from([True] * 9 + [False])), reserves, moves
)
def test_both_give_the_same_code_and_move_the_same(
    pair: tuple[Held, Held], rules: Rules, flags: tuple[bool, bool], reserve: Reserve | None, move: Move
) -> None:
    held = dict(zip((SENDER, RECIPIENT), pair, strict=True))
    paused, active = flags
    model = RegisterModel(
        rules,
        NOON,
        paused=paused,
        active=active,
        supply_units=sum(each.balance for each in pair),
        holder_count=sum(each.balance > 0 for each in pair),
        balances={name: each.balance for name, each in held.items()},
        standings={name: each.standing for name, each in held.items()},
        lock_ups={name: each.lock_up for name, each in held.items()},
        reserve=reserve,
    )
    mine = instrument(held, rules, reserve, paused=paused, active=active)
    judged = model.apply(move)
    code = mine.judge(move.sender, move.recipient, move.amount_units, NOON)
    assert (code, verifier.MESSAGES[code]) == (judged.value, judged.message)
    if judged is Restriction.NONE:
        mine.move(move.sender, move.recipient, move.amount_units)
        assert {name: each.balance for name, each in mine.accounts.items() if name in held} == model.balances
        assert (mine.supply, mine.holders) == (model.supply_units, model.holder_count)


@given(accounts, accounts, rule_sets, st.integers(0, 300))
def test_an_order_is_bound_by_who_receives_and_by_what_is_there(
    sender: Held, recipient: Held, rules: Rules, amount: int
) -> None:
    model = RegisterModel(
        replace(rules, opens_at=0, closes_at=0),
        NOON,
        standings={SENDER: sender.standing, RECIPIENT: recipient.standing},
    )
    mine = instrument({SENDER: sender, RECIPIENT: recipient}, rules, None, paused=True, active=False)
    due = model.judge_recipient(RECIPIENT)
    if due is Restriction.NONE and amount > sender.balance:
        due = Restriction.INSUFFICIENT_BALANCE
    assert mine.judge_forced(SENDER, RECIPIENT, amount, NOON) == due.value
