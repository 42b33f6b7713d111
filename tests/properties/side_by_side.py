"""Ask the deployed token and the Python rules for the same, and hold what they answer, and then are, to one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from rwaledger.chain import state
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.reverts import decode_revert
from rwaledger.chain.rpc import Node
from rwaledger.domain.acts import InstrumentModel
from rwaledger.domain.errors import TransferRefused
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Refusal, Restriction, Verdict
from rwaledger.domain.rules import Move
from tests.mirror.asset_token import BOSS, Token

ACCOUNTS = ["0x" + f"{n:02x}" * 20 for n in range(0xA1, 0xA8)]
PEOPLE, STRANGERS = ACCOUNTS[:4], ACCOUNTS[4:]

Act = Callable[[InstrumentModel], Verdict]


@cache
def calldata(function: str, *args: Any) -> str:
    return ASSET_TOKEN.encode(function, args)


MOVES = [
    Move(sender, recipient, amount)
    for sender in (*PEOPLE, ISSUANCE_ACCOUNT)
    for recipient in (*PEOPLE[1:], STRANGERS[0], ISSUANCE_ACCOUNT)
    for amount in (1, 10)
    if sender != ISSUANCE_ACCOUNT or recipient != ISSUANCE_ACCOUNT
]


class SideBySide(RuleBasedStateMachine):
    """A token on a node, its model, and the seconds between the last operation and the next."""

    node: ClassVar[Node]

    def __init__(self) -> None:
        super().__init__()
        self.token: Token
        self.model: InstrumentModel
        self.gap = 1

    def both(self, act: Act, function: str, *args: Any, sender: str = BOSS) -> None:
        """Asks the rules and the contract, at the same second; they give the same verdict."""
        now = self.model.now + self.gap
        self.gap = 1
        self.model.advance_to(now)
        before = deepcopy(self.model)
        verdict = act(self.model)
        if verdict is not Restriction.NONE:
            self.model = before
        assert verdict is self.verdict_of_contract(now, self.token.call(function, *args, sender=sender)), function

    def each(self, acts: Sequence[Act], function: str, *args: Any, sender: str = BOSS) -> None:
        """A batch: the first verdict that is not good stands for all."""

        def act(model: InstrumentModel) -> Verdict:
            verdicts = (each(model) for each in acts)
            return next((verdict for verdict in verdicts if verdict is not Restriction.NONE), Restriction.NONE)

        self.both(act, function, *args, sender=sender)

    def one_or_many(self, acts: Sequence[Act], one: str, many: str, lines: Sequence[tuple[Any, ...]]) -> None:
        if len(lines) == 1:
            self.both(acts[0], one, *lines[0])
        else:
            self.each(acts, many, *columns(lines))

    def verdict_of_contract(self, now: int, call: dict[str, str]) -> Verdict:
        """Tried first, for the reason that no receipt has; then sent, refused or not."""
        block = {"blockOverrides": {"time": hex(now)}, "calls": [call]}
        ((tried,),) = [each["calls"] for each in self.node.request("eth_simulateV1", [{"blockStateCalls": [block]}])]
        self.node.request("evm_setNextBlockTimestamp", [hex(now)])
        sent = self.node.request("eth_sendTransaction", [call])
        while (receipt := self.node.request("eth_getTransactionReceipt", [sent])) is None:
            pass
        assert receipt["status"] == tried["status"]
        if tried["status"] == "0x1":
            return Restriction.NONE
        error = decode_revert(tried["error"].get("data") or tried["returnData"])
        return error.restriction if isinstance(error, TransferRefused) else Refusal(error.error)

    @invariant()
    def state_and_judgement_are_the_same(self) -> None:
        """In one request: what everybody holds, held and stands like, and every move between them that might be."""
        if not hasattr(self, "model"):
            return
        model = self.model
        passed = range(1, len(model.snapshots) + 1)
        calls: list[tuple[Any, ...]] = [
            ("accountWords", tuple(ACCOUNTS)),
            ("totalSupply",),
            ("holderCount",),
            ("recordDatesPassed",),
            *(("lockUpOf", account) for account in ACCOUNTS),
            *(("canSend", account) for account in ACCOUNTS),
            *(("canReceive", account) for account in ACCOUNTS),
            *(("totalSupplyAt", number) for number in passed),
            *(("balanceOfAt", account, number) for number in passed for account in ACCOUNTS),
            *(("detectTransferRestriction", move.sender, move.recipient, move.amount_units) for move in MOVES),
        ]
        none = Restriction.NONE
        expected: list[tuple[Any, ...]] = [
            (model.supply_units,),
            (model.holder_count,),
            (len(model.snapshots),),
            *((model.lock_up(account).amount_units, model.lock_up(account).until) for account in ACCOUNTS),
            *((model.judge_sender(account) is none,) for account in ACCOUNTS),
            *((model.judge_recipient(account) is none,) for account in ACCOUNTS),
            *((snapshot.supply_units,) for snapshot in model.snapshots),
            *((snapshot.balances.get(a, 0),) for snapshot in model.snapshots for a in ACCOUNTS),
            *((model.judge(move).value,) for move in MOVES),
        ]
        (_, _, *raw), *answers = self.ask(calls)
        assert answers == expected
        words = {account: state.unpack_account_word(word) for account, word in zip(ACCOUNTS, raw, strict=True)}
        assert {a: word.balance_units for a, word in words.items()} == {a: model.balance(a) for a in ACCOUNTS}
        assert {a: word.standing for a, word in words.items()} == {a: model.standing(a) for a in ACCOUNTS}
        assert {a for a, word in words.items() if word.retired} == model.retired
        assert sum(model.balances.values()) == model.supply_units
        if model.rules.counts_holders:
            assert model.holder_count == sum(units > 0 for units in model.balances.values())

    def ask(self, calls: Sequence[tuple[Any, ...]]) -> list[tuple[int, ...]]:
        """The words that the token answers; every calldata is encoded once in a run."""
        to = self.token.address
        requests = [("eth_call", [{"to": to, "data": calldata(*call)}, "latest"]) for call in calls]
        answers = [bytes.fromhex(answer[2:]) for answer in self.node.batch(requests)]
        return [tuple(int.from_bytes(raw[at : at + 32]) for at in range(0, len(raw), 32)) for raw in answers]

    def teardown(self) -> None:
        """At the end, all that the client reads."""
        if not hasattr(self, "model"):
            return
        node, token, model = self.node, self.token.address, self.model
        held = state.account_states(node, token, ACCOUNTS, "latest")
        assert held == {account: (model.balance(account), model.standing(account)) for account in ACCOUNTS}
        assert state.lock_ups(node, token, ACCOUNTS, "latest") == {a: model.lock_up(a) for a in ACCOUNTS}
        assert state.total_supply(node, token, "latest") == model.supply_units
        assert state.holder_count(node, token, "latest") == model.holder_count
        assert state.rules(node, token, "latest") == model.rules
        assert state.reserve(node, token, "latest") == model.reserve
        assert state.paused(node, token, "latest") == model.paused
        assert state.active(node, token, "latest") == model.active
        assert state.particulars(node, token, "latest") == model.particulars
        assert state.documents(node, token, "latest") == model.documents
        assert state.record_dates(node, token, "latest") == model.record_dates
        assert state.record_dates_passed(node, token, "latest") == len(model.snapshots)
        for number, snapshot in enumerate(model.snapshots, 1):
            balances = {account: snapshot.balances.get(account, 0) for account in ACCOUNTS}
            assert state.balances_at(node, token, ACCOUNTS, number) == balances
            assert state.supply_at(node, token, number) == snapshot.supply_units


def columns(lines: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Lines as the arrays that a batch takes."""
    width = len(lines[0]) if lines else 2
    return [[line[at] for line in lines] for at in range(width)]
