"""A history that is cut into stretches, anywhere, is judged as the whole is: each move, and what let it pass."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rwaledger.audit.acts import Act
from rwaledger.audit.in_force import InForce, Terms
from rwaledger.audit.stretches import (
    Acted,
    Attested,
    Judged,
    Moved,
    Recovered,
    Step,
    carry,
    judge,
    judge_stretch,
    stretches,
)
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.instruction import Operation, admission_detail
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction

TODAY = 20_000
DAY_S = 86_400
FAR = 2**39
GUARDED = 156
ACCOUNTS = ["0x" + digit * 40 for digit in "12345"]

Deed = Callable[[int], Step]
"""A step, once it is known where it stands."""


def of_step(step: Step) -> Deed:
    return lambda _: step


def act(operation: Operation, account: str, values: tuple[object, ...], told: dict[str, object]) -> Deed:
    name = {Operation.SET_RULES: "RulesChanged", Operation.SET_COUNTRY: "CountryAllowed"}.get(operation, operation)
    told = {"account": account, **told}

    def at(place: int) -> Act:
        return Act((operation, account, values), ChainEvent(name, told, Log("", (), "", place, "", "", 0, 0)))

    authorised = bool(told.pop("authorised"))
    return lambda place: Acted(at(place), authorised)


def rules_of(fields: tuple[int, int, int, int, int, bool]) -> dict[str, object]:
    names = ("maxBalance", "holderCap", "opensAt", "closesAt", "classMask", "countriesRestricted")
    return dict(zip(names, fields, strict=True))


somebody = st.sampled_from(ACCOUNTS)
units = st.sampled_from([0, 1, 3, 5, 5, 10, 25])
times = st.sampled_from([TODAY * DAY_S] * 14 + [TODAY * DAY_S - 5, TODAY * DAY_S + 5, (TODAY + 5) * DAY_S])
mostly = st.sampled_from([True, True, False])
orders = st.sampled_from([None] * 14 + [Operation.FORCE_TRANSFER, Operation.RECOVER])
rules = st.tuples(
    st.sampled_from([0, 0, 0, 12]),
    st.sampled_from([0, 0, 2]),
    st.sampled_from([0, 0, 0, TODAY * DAY_S]),
    st.sampled_from([0, 0, 0, TODAY * DAY_S]),
    st.sampled_from([0, 0, 0b0100]),
    st.sampled_from([False, False, True]),
)


def acts(
    operation: Operation, values: tuple[object, ...] = (), **told: st.SearchStrategy[object]
) -> st.SearchStrategy[Deed]:
    of_instrument = operation in (Operation.PAUSE, Operation.UNPAUSE, Operation.SET_RULES, Operation.SET_COUNTRY)
    account = st.just("") if of_instrument else somebody
    return st.builds(
        act, st.just(operation), account, st.just(values), st.fixed_dictionaries({"authorised": mostly, **told})
    )


def admitted(account: str, country: int, investor_class: int, day: int, authorised: bool) -> Deed:
    values = (admission_detail(country, investor_class, day),)
    return act(Operation.ADMIT, account, values, {"authorised": authorised})


moves: st.SearchStrategy[Moved] = st.tuples(somebody, somebody, units, times, orders)
issues: st.SearchStrategy[Moved] = st.tuples(st.just(ISSUANCE_ACCOUNT), somebody, units, times, st.none())
redemptions: st.SearchStrategy[Moved] = st.tuples(somebody, st.just(ISSUANCE_ACCOUNT), units, times, st.none())
seldom = [
    acts(Operation.SUSPEND),
    acts(Operation.REINSTATE),
    acts(Operation.FREEZE_ACCOUNT),
    acts(Operation.RELEASE_ACCOUNT),
    acts(Operation.PAUSE),
    acts(Operation.UNPAUSE),
    acts(Operation.UNPAUSE),
    acts(Operation.SET_DOCUMENT),
    acts(Operation.SET_COUNTRY, country=st.sampled_from([344, GUARDED]), allowed=st.booleans()),
    st.builds(
        admitted,
        somebody,
        st.sampled_from([344, 344, GUARDED]),
        st.sampled_from([1, 2, 2]),
        st.sampled_from([TODAY, TODAY + 9]),
        mostly,
    ),
    st.builds(Recovered, somebody, somebody).map(of_step),
    st.builds(Attested, st.builds(Reserve, st.sampled_from([20, 500]), st.sampled_from([1, FAR]))).map(of_step),
    st.just(of_step(None)),
]
frozen = acts(Operation.FREEZE, (8,), amount=units), acts(Operation.RELEASE, (1,), amount=units)
locked = acts(Operation.SET_LOCK_UP, amount=st.sampled_from([8, 25]), until=st.sampled_from([0, FAR, FAR]))
ruled = acts(Operation.SET_RULES, current=rules.map(rules_of))
changes = st.one_of(st.one_of(*seldom), *frozen, locked, locked, ruled)
some_moves = st.one_of(moves, moves, moves, moves, issues, redemptions).map(of_step)
histories = st.lists(st.one_of(some_moves, some_moves, changes), min_size=20, max_size=60)


def opened() -> list[Deed]:
    """What it takes for anything to pass."""
    people = [admitted(account, 344, 2, TODAY + 2, authorised=True) for account in ACCOUNTS[:4]]
    attested = Attested(Reserve(500, FAR))
    start: list[Step] = [(ISSUANCE_ACCOUNT, each, 10, TODAY * DAY_S, None) for each in ACCOUNTS[:3]]
    locked = act(Operation.SET_LOCK_UP, ACCOUNTS[0], (), {"authorised": True, "amount": 8, "until": FAR})
    activated = act(Operation.ACTIVATE, "", (), {"authorised": True})
    return [activated, locked, *people, *map(of_step, [attested, *start])]


def at_deployment() -> InForce:
    return InForce.at_deployment(Terms(GUARDED, True, "attestor"), knows_reserve=True)


def together(begins: Sequence[int], results: Sequence[Judged]) -> tuple[Counter[Operation], list[object]]:
    """The results of stretches as that of the whole."""
    moves = sum((each.moves for each in results), Counter[Operation]())
    broken = [
        one._replace(at=begin + one.at) for begin, each in zip(begins, results, strict=True) for one in each.broken
    ]
    return moves, list(broken)


def test_cut_anywhere_it_is_judged_as_the_whole_is() -> None:
    met: Counter[Restriction] = Counter()
    lifted: Counter[bool] = Counter()

    # To make one that fails small takes longer than a test may.
    @settings(
        max_examples=150,
        phases=[Phase.generate],
        database=None,
    )
    @given(history=histories, cuts=st.sets(st.integers(0, 70), max_size=12))
    def cut_anywhere(history: list[Deed], cuts: set[int]) -> None:
        steps = [deed(place) for place, deed in enumerate([*opened(), *history])]
        at_once, carried, walked = at_deployment(), at_deployment(), at_deployment()
        whole = judge(at_once, steps)
        begins = sorted({0, *(cut for cut in cuts if cut < len(steps))})
        rows = [steps[begin:end] for begin, end in pairwise([*begins, len(steps)])]
        # All are cut before the first is judged, and each is judged twice: nothing of it may be shared or changed.
        cut = list(stretches(carried, rows))
        for _ in range(2):
            results = [judge_stretch(pickle.loads(pickle.dumps(each))) for each in cut]
            assert together(begins, results) == (whole.moves, list(whole.broken))
            assert [judge_stretch(each) for each in cut] == results
        carry(walked, steps)
        assert carried == walked
        assert replace(carried.model, now=at_once.model.now) == at_once.model
        assert (carried.episodes, carried.began) == (at_once.episodes, at_once.began)
        assert at_once.began.keys() >= {place for each in whole.broken for place in each.lifted_by}
        met.update(each.restriction for each in whole.broken)
        lifted.update(bool(each.lifted_by) for each in whole.broken)

    cut_anywhere()
    assert len(met) > 12, "what was drawn broke most of the rules"
    assert min(lifted[True], lifted[False]) > 3


def test_a_stretch_has_what_its_own_accounts_need_and_nothing_of_the_others() -> None:
    in_force = at_deployment()
    judge(in_force, [deed(place) for place, deed in enumerate(opened())])
    one, two, *_ = ACCOUNTS
    freeze = act(Operation.FREEZE_ACCOUNT, two, (), {"authorised": False})
    release = act(Operation.PAUSE, "", (), {"authorised": False})
    carry(in_force, [freeze(90), release(91)])
    (stretch,) = stretches(in_force, [[(one, one, 1, TODAY * DAY_S, None)]])
    model = stretch.in_force.model
    assert [set(each) for each in (model.balances, model.standings)] == [{one}, {one}]
    assert list(stretch.in_force.episodes) == [("pause", "")]
    assert (model.supply_units, model.holder_count) == (30, 3)


def test_what_let_a_move_pass_is_named_by_where_it_began_however_far_back() -> None:
    paused = act(Operation.PAUSE, "", (), {"authorised": True})
    lifted = act(Operation.UNPAUSE, "", (), {"authorised": False})
    deeds = [*opened(), paused, lifted, lifted, of_step((ACCOUNTS[1], ACCOUNTS[2], 1, TODAY * DAY_S, None))]
    steps = [deed(place) for place, deed in enumerate(deeds)]
    in_force = at_deployment()
    *_, last = [judge_stretch(each) for each in stretches(in_force, [[step] for step in steps])]
    began = (len(steps) - 3, 0)
    assert [(each.restriction, each.lifted_by) for each in last.broken] == [(Restriction.PAUSED, (began,))]
    assert in_force.began == {began: [began, (len(steps) - 2, 0)]}
