"""The deployed token and the Python rules side by side: after every operation, refused or not, they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from rwaledger.chain.rpc import Node
from rwaledger.domain.acts import InstrumentModel
from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instrument import Document, Particulars, Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Refusal, Restriction, Verdict
from rwaledger.domain.rules import Move
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import BOSS, deploy_token
from tests.properties.side_by_side import ACCOUNTS, PEOPLE, STRANGERS, Act, SideBySide, columns

DAY_S = 86_400
ATTESTOR = "0x" + "a9" * 20
# Answers with the two words of its storage, whatever it is asked.
RESERVE_CODE = "0x5f545f5260015460205260405ff3"
NAMES = ["0x" + digit * 64 for digit in "012"]

# Most of what is drawn is possible, for else hardly anything would happen.
somebody = st.sampled_from(PEOPLE * 3 + STRANGERS)
anybody = st.sampled_from(PEOPLE * 4 + STRANGERS + [ISSUANCE_ACCOUNT])
units = st.sampled_from([0, 1, 1, 2, 5, 10, 10, 25, 2**96 - 1])
more = st.sampled_from([0, 1, 5, 10, 2**96 - 1])
gaps = st.sampled_from([1, 1, 1, 2, 5, DAY_S])
ahead = st.sampled_from([-1, 0, 1, 2, 3, 6, DAY_S])
later = st.sampled_from([0, 1, 1, 2, 3, 6, DAY_S])
countries = st.sampled_from([344, 344, 344, 156, 0, 1023])
rarely = st.sampled_from([False] * 5 + [True])


class ContractAndRules(SideBySide):
    """Each rule asks both for the same, and holds what they answer to one another."""

    @initialize(
        guarded=st.sampled_from([0, 156]),
        counts=st.sampled_from([True, True, False]),
        backed=rarely,
        starts=st.sampled_from([True] * 5 + [False]),
    )
    def deploy(self, guarded: int, counts: bool, backed: bool, starts: bool) -> None:
        attestor = ATTESTOR if backed else ISSUANCE_ACCOUNT
        self.token = deploy_token(
            self.node,
            guarded_country=guarded,
            counts_holders=counts,
            reserve_attestor=attestor,
            is_active=False,
        )
        for account in (BOSS, *ACCOUNTS):
            self.node.request("anvil_setBalance", [account, hex(10**24)])
        latest = self.node.block("latest")
        assert latest is not None
        rules = Rules(guarded_country=guarded, counts_holders=counts)
        self.model = InstrumentModel(rules, latest.timestamp, active=False)
        if backed:
            self.model.reserve = Reserve(0, 0)
            self.attest(60, 2**39)
        today = latest.timestamp // DAY_S
        self.admit([(account, Standing(2, 344, today + 2)) for account in PEOPLE])
        if starts:
            self.activate("HK0000098761", "", 344, False)
            self.issue([(account, 10) for account in PEOPLE[:2]])
            self.lock_up(PEOPLE[0], 5, 6, False)

    # ---------------------------------------------------------------- the registrar

    @rule(accounts=st.lists(anybody, min_size=1, max_size=2), kind=st.sampled_from([2] * 5 + [1, 15, 0, 16]),
          country=countries | st.just(1024), days=st.sampled_from([-1, 0, 1, 9]))  # fmt: skip
    def admit_somebody(self, accounts: list[str], kind: int, country: int, days: int) -> None:
        standing = Standing(kind, country, self.model.now // DAY_S + days)
        self.admit([(account, standing) for account in accounts])

    def admit(self, admissions: Sequence[tuple[str, Standing]]) -> None:
        entries = [(a, s.country, s.investor_class, s.valid_until_day) for a, s in admissions]
        acts: list[Act] = [lambda m, a=a, s=s: m.admit(a, s) for a, s in admissions]  # type: ignore[misc]
        self.each(acts, "admit", entries)

    @rule(account=somebody, suspended=rarely)
    def suspend(self, account: str, suspended: bool) -> None:
        self.both(lambda m: m.set_suspended(account, suspended), "setSuspended", account, suspended)

    @rule(account=somebody, amount=more, until=ahead, ends=rarely)
    def lock_up(self, account: str, amount: int, until: int, ends: bool) -> None:
        lock_up = LockUp() if ends else LockUp(amount, self.model.now + self.gap + until)
        act: Act = lambda m: m.set_lock_up(account, lock_up)  # noqa: E731
        self.both(act, "setLockUp", account, lock_up.amount_units, lock_up.until)

    @rule(name=st.sampled_from(NAMES), uri=st.sampled_from(["", "ipfs://a", "https://example.org/" + "b" * 40]))
    def set_document(self, name: str, uri: str) -> None:
        document = Document(uri, NAMES[1])
        self.both(lambda m: m.set_document(name, document), "setDocument", name, uri, NAMES[1])

    @rule(name=st.sampled_from(NAMES))
    def remove_document(self, name: str) -> None:
        self.both(lambda m: m.remove_document(name), "removeDocument", name)

    @rule(after=later)
    def schedule_record_date(self, after: int) -> None:
        recorded = self.model.now + self.gap + after
        self.both(lambda m: m.schedule_record_date(recorded), "scheduleRecordDate", recorded)

    @precondition(lambda self: self.model.record_dates)
    @rule(back=st.sampled_from([0, 0, 1]))
    def cancel_record_date(self, back: int) -> None:
        number = max(0, len(self.model.record_dates) - back)
        self.both(lambda m: m.cancel_record_date(number), "cancelRecordDate", number)

    # ---------------------------------------------------------------- the issuer

    @precondition(lambda self: not self.model.active or len(self.model.documents) == 1)
    @rule(isin=st.sampled_from(["", "HK0000098761"]), dti=st.sampled_from(["", "4H95J0R2X"]),
          domicile=countries | st.just(1024), filed=st.booleans())  # fmt: skip
    def activate(self, isin: str, dti: str, domicile: int, filed: bool) -> None:
        settled = Particulars(isin, dti, domicile, NAMES[filed])
        raw = ("0x" + isin.encode().hex().ljust(24, "0"), "0x" + dti.encode().hex().ljust(18, "0"))
        self.both(lambda m: m.activate(settled), "activate", (*raw, domicile, NAMES[filed]))

    @rule(to=anybody, amount=units)
    def mint(self, to: str, amount: int) -> None:
        self.both(lambda m: issued(m, to, amount), "mint", to, amount)

    @rule(lines=st.lists(st.tuples(somebody, units), max_size=3))
    def issue(self, lines: list[tuple[str, int]]) -> None:
        acts = [lambda m, to=to, n=n: issued(m, to, n) for to, n in lines]
        self.each(acts, "batchMint", *columns(lines))

    @rule(source=anybody, amount=units)
    def burn(self, source: str, amount: int) -> None:
        self.both(lambda m: redeemed(m, source, amount), "burn", source, amount)

    @rule(lines=st.lists(st.tuples(somebody, units), max_size=3))
    def redeem(self, lines: list[tuple[str, int]]) -> None:
        acts = [lambda m, a=a, n=n: redeemed(m, a, n) for a, n in lines]
        self.each(acts, "batchBurn", *columns(lines))

    # ---------------------------------------------------------------- holders

    @rule(sender=somebody, to=anybody, amount=units)
    def transfer(self, sender: str, to: str, amount: int) -> None:
        self.both(lambda m: transferred(m, sender, to, amount), "transfer", to, amount, sender=sender)

    @rule(sender=somebody, to=somebody)
    def transfer_everything(self, sender: str, to: str) -> None:
        amount = self.model.balance(sender)
        self.both(lambda m: transferred(m, sender, to, amount), "transfer", to, amount, sender=sender)

    @rule(sender=somebody, lines=st.lists(st.tuples(anybody, units), max_size=3))
    def transfer_to_many(self, sender: str, lines: list[tuple[str, int]]) -> None:
        acts = [lambda m, to=to, n=n: transferred(m, sender, to, n) for to, n in lines]
        self.each(acts, "batchTransfer", *columns(lines), sender=sender)

    @rule(sender=somebody, to=somebody, amount=units)
    def transfer_by_approval(self, sender: str, to: str, amount: int) -> None:
        self.both(lambda m: Restriction.NONE, "approve", BOSS, amount, sender=sender)
        self.both(lambda m: transferred(m, sender, to, amount), "transferFrom", sender, to, amount)

    # ---------------------------------------------------------------- the enforcer

    @rule(lines=st.lists(st.tuples(anybody, more), min_size=1, max_size=2))
    def freeze(self, lines: list[tuple[str, int]]) -> None:
        acts = [lambda m, a=a, n=n: m.freeze(a, n) for a, n in lines]
        self.one_or_many(acts, "freezePartialTokens", "batchFreezePartialTokens", lines)

    @rule(lines=st.lists(st.tuples(somebody, more), min_size=1, max_size=2))
    def release(self, lines: list[tuple[str, int]]) -> None:
        acts = [lambda m, a=a, n=n: m.freeze(a, -n) for a, n in lines]
        self.one_or_many(acts, "unfreezePartialTokens", "batchUnfreezePartialTokens", lines)

    @rule(account=anybody, amount=more | st.just(2**96))
    def set_frozen(self, account: str, amount: int) -> None:
        self.both(lambda m: m.set_frozen(account, amount), "setFrozenTokens", account, amount)

    @rule(lines=st.lists(st.tuples(anybody, rarely), min_size=1, max_size=2))
    def freeze_account(self, lines: list[tuple[str, bool]]) -> None:
        acts = [lambda m, a=a, f=f: m.set_account_frozen(a, f) for a, f in lines]
        self.one_or_many(acts, "setAddressFrozen", "batchSetAddressFrozen", lines)

    @rule(lines=st.lists(st.tuples(anybody, anybody, units), min_size=1, max_size=2))
    def force_transfer(self, lines: list[tuple[str, str, int]]) -> None:
        acts = [lambda m, line=line: m.force_transfer(Move(*line)) for line in lines]
        self.one_or_many(acts, "forcedTransfer", "batchForcedTransfer", lines)

    @rule(
        lost=st.sampled_from(PEOPLE[:1] * 3 + ACCOUNTS),
        new=st.sampled_from(STRANGERS * 2 + ACCOUNTS + [ISSUANCE_ACCOUNT]),
    )
    def recover(self, lost: str, new: str) -> None:
        self.both(lambda m: m.recover(lost, new), "recoveryAddress", lost, new, ISSUANCE_ACCOUNT)

    # ---------------------------------------------------------------- the rules

    @rule(paused=rarely)
    def pause(self, paused: bool) -> None:
        self.both(lambda m: m.set_paused(paused), "pause" if paused else "unpause")

    @rule(cap=st.sampled_from([0, 0, 10, 20, 30]), holders=st.sampled_from([0, 0, 1, 2, 3]),
          opens=st.none() | ahead, closes=st.none() | ahead,
          classes=st.sampled_from([frozenset(), frozenset({1, 2, 15}), frozenset({1})]), restricted=rarely)  # fmt: skip
    def set_rules(
        self, cap: int, holders: int, opens: int | None, closes: int | None, classes: frozenset[int], restricted: bool
    ) -> None:
        now = self.model.now + self.gap
        opens_at, closes_at = (0 if each is None else now + each for each in (opens, closes))
        rules = Rules(cap, classes, restricted, holder_cap=holders, opens_at=opens_at, closes_at=closes_at)
        raw = (cap, holders, opens_at, closes_at, rules.class_mask, restricted)
        self.both(lambda m: m.set_rules(rules), "setRules", raw)

    @rule(country=countries | st.just(1024), allowed=st.sampled_from([True, True, False]))
    def set_country(self, country: int, allowed: bool) -> None:
        self.both(lambda m: m.set_country(country, allowed), "setCountryAllowed", country, allowed)

    @precondition(lambda self: self.model.reserve)
    @rule(amount=st.sampled_from([0, 20, 60, 2**96 - 1]), after=ahead)
    def attest(self, amount: int, after: int) -> None:
        """The attestor's own contract is another matter; here it says what it is told to."""
        self.model.reserve = Reserve(amount, self.model.now + after)
        for slot, value in enumerate((amount, self.model.now + after)):
            self.node.request("anvil_setStorageAt", [ATTESTOR, hex(slot), f"0x{value:064x}"])

    @rule(gap=gaps)
    def wait(self, gap: int) -> None:
        """The next operation comes so much later."""
        self.gap = gap


def issued(model: InstrumentModel, to: str, amount: int) -> Verdict:
    return moved(model, Move(ISSUANCE_ACCOUNT, to, amount), to)


def redeemed(model: InstrumentModel, source: str, amount: int) -> Verdict:
    if source == ISSUANCE_ACCOUNT:
        return Refusal.INVALID_SENDER
    return model.apply(Move(source, ISSUANCE_ACCOUNT, amount))


def transferred(model: InstrumentModel, sender: str, to: str, amount: int) -> Verdict:
    return moved(model, Move(sender, to, amount), to)


def moved(model: InstrumentModel, move: Move, to: str) -> Verdict:
    """ERC-20 knows no move to the zero address."""
    return Refusal.INVALID_RECIPIENT if to == ISSUANCE_ACCOUNT else model.apply(move)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with anvil() as started:
        started.request("anvil_setCode", [ATTESTOR, RESERVE_CODE])
        started.request("anvil_autoImpersonateAccount", [True])
        yield started


def test_contract_and_rules_agree_after_every_operation(node: Node) -> None:
    ContractAndRules.node = node
    run_state_machine_as_test(
        ContractAndRules,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
