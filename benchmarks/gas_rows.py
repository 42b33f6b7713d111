"""The rows of the gas table, measured.

The token's own entry points are called by the address of the control book, which the local node lets anybody use: what
four eyes add is measured apart, through `ControlBook.execute`. Everybody is admitted beforehand; "fresh" holds nothing
yet, "warm" holds something, and the first issue of an instrument, which opens its supply, is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eth_utils.crypto import keccak

from benchmarks.gas_bench import UNITS, Bench, amounts, gas_of, people, per_line, person
from rwaledger.chain import instructions, settlement, typed_data
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK, REGISTRY_ANCHOR, RESERVE_ATTESTOR, SETTLEMENT
from rwaledger.chain.keys import Signer, dev_address, dev_signer
from rwaledger.domain.instruction import NO_ORDER, Instruction, Line, Operation, admission_detail
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.settlement import Leg, Trade

HONG_KONG, CHINA, CLASS, VALID_UNTIL_DAY = 344, 156, 2, 40_000
MAX_BALANCE_UNITS, HOLDER_CAP = 10**27, 100_000
MAX_UINT = 2**256 - 1
NO_RULES = (0, 0, 0, 0, 0, False)
THREE_RULES = (MAX_BALANCE_UNITS, HOLDER_CAP, 0, 0, 0, True)
"""Country, maximum balance and holder cap."""

MAKER, CHECKER, SELLER, BUYER, VENUE = "dev:1", "dev:2", "dev:3", "dev:4", "dev:5"


@dataclass(frozen=True, slots=True)
class Market:
    """What is deployed: a control book, a settlement, and two instruments with the same rules."""

    bench: Bench
    book: str
    settlement: str
    token: str
    cash: str

    def by_book(self, token: str, function: str, *args: Any) -> int:
        """Gas of a privileged call of a token."""
        return self.bench.call(self.book, ASSET_TOKEN, token, function, *args)

    def by(self, holder: str, function: str, *args: Any) -> int:
        """Gas of a holder's call of the first token."""
        return self.bench.call(holder, ASSET_TOKEN, self.token, function, *args)

    def admit(self, accounts: list[str], token: str = "") -> int:
        """Gas of admitting accounts."""
        entries = [(account, HONG_KONG, CLASS, VALID_UNTIL_DAY) for account in accounts]
        return self.by_book(token or self.token, "admit", entries)

    def holder(self, label: str) -> str:
        """An admitted account that holds something."""
        account = person(label)
        self.admit([account])
        self.by_book(self.token, "mint", account, 100 * UNITS)
        return account


def deployments(bench: Bench) -> dict[str, int]:
    """Gas to deploy each contract, and the size of its code."""
    book, book_gas = _book(bench)
    admin = bench.deployer
    found = {
        "asset_token": (ASSET_TOKEN, bench.contract(ASSET_TOKEN, _terms(book, NO_RULES))[1]),
        "control_book": (CONTROL_BOOK, book_gas),
        "settlement": (SETTLEMENT, bench.contract(SETTLEMENT, admin, 0, book)[1]),
        "reserve_attestor": (RESERVE_ATTESTOR, bench.contract(RESERVE_ATTESTOR, admin, 0, [admin])[1]),
        "registry_anchor": (REGISTRY_ANCHOR, bench.contract(REGISTRY_ANCHOR, admin, 0, [admin], [book])[1]),
    }
    gas = {f"deploy_{name}": each for name, (_, each) in found.items()}
    sizes = {f"code_size_{name}_bytes": binding.artifact.code_size_bytes for name, (binding, _) in found.items()}
    return gas | sizes


def token_rows(bench: Bench, rules: tuple[Any, ...]) -> dict[str, int]:
    """What the entry points of a token with these rules cost."""
    market = _market(bench, rules)
    lines = people("investor")
    rows = {"register_per_100": per_line(market.admit(lines))}
    sender, warm, fresh = market.holder("sender"), market.holder("warm"), person("fresh")
    market.admit([fresh, person("fresh", 1)])
    rows["mint_fresh"] = market.by_book(market.token, "mint", fresh, UNITS)
    rows["batch_mint_per_100"] = per_line(market.by_book(market.token, "batchMint", lines, amounts()))
    rows["transfer_fresh"] = market.by(sender, "transfer", person("fresh", 1), UNITS)
    rows["transfer_warm"] = market.by(sender, "transfer", warm, UNITS)
    rows["freeze"] = market.by_book(market.token, "setAddressFrozen", market.holder("suspect"), True)
    rows["freeze_partial"] = market.by_book(market.token, "freezePartialTokens", market.holder("debtor"), UNITS)
    rows["forced_transfer"] = market.by_book(market.token, "forcedTransfer", sender, warm, UNITS)
    record_date_s = bench.now_s() + 100
    market.by_book(market.token, "scheduleRecordDate", record_date_s)
    bench.skip_to(record_date_s + 1)
    rows["transfer_after_record_date"] = market.by(sender, "transfer", warm, UNITS)
    rows["dvp"] = _dvp(market)
    return rows


def plain_rows(bench: Bench, code: str) -> dict[str, int]:
    """The same moves of OpenZeppelin's ERC-20."""
    token, _ = bench.deploy(code)
    sender, warm = person("sender"), person("warm")

    def mint(to: str) -> None:
        bench.call(bench.deployer, ASSET_TOKEN, token, "mint", to, 100 * UNITS)

    mint(sender)
    mint(warm)
    batch = bench.call(bench.deployer, ASSET_TOKEN, token, "batchMint", people("investor"), amounts())
    return {
        "erc20_mint_fresh": bench.call(bench.deployer, ASSET_TOKEN, token, "mint", person("minted"), UNITS),
        "erc20_batch_mint_per_100": per_line(batch),
        "erc20_transfer_fresh": bench.call(sender, ASSET_TOKEN, token, "transfer", person("fresh"), UNITS),
        "erc20_transfer_warm": bench.call(sender, ASSET_TOKEN, token, "transfer", warm, UNITS),
    }


def control_rows(bench: Bench) -> dict[str, int]:
    """The privileged operations under four eyes, through the control book."""
    desk = _FourEyes(_market(bench, NO_RULES), dev_signer(bench.node, CHECKER))
    accounts = people("client")
    detail = admission_detail(HONG_KONG, CLASS, VALID_UNTIL_DAY)
    held = desk.market.holder("held")
    return {
        "control_register_per_100": per_line(
            desk.execute(Operation.ADMIT, *(Line(recipient=account, detail=detail) for account in accounts))
        ),
        "control_issue_per_100": per_line(
            desk.execute(
                Operation.ISSUE,
                *(Line(recipient=to, amount_units=units) for to, units in zip(accounts, amounts(), strict=True)),
            )
        ),
        "control_issue": desk.execute(Operation.ISSUE, Line(recipient=held, amount_units=UNITS)),
        "control_redeem": desk.execute(Operation.REDEEM, Line(held, amount_units=UNITS)),
        "control_freeze": desk.execute(Operation.FREEZE, Line(held, amount_units=UNITS)),
        "control_force_transfer": desk.execute(Operation.FORCE_TRANSFER, Line(held, accounts[0], UNITS)),
        "control_pause": desk.execute(Operation.PAUSE),
    }


class _FourEyes:
    """Maker and checker of a market's control book."""

    def __init__(self, market: Market, checker: Signer) -> None:
        self.market = market
        self._checker = checker
        self._draft = Instruction(
            ref=NO_ORDER,
            chain_id=market.bench.node.chain_id,
            control_book=market.book,
            instrument_id="GAS",
            instrument=market.token,
            operation=Operation.PAUSE,
            maker=dev_address(MAKER),
            checker=checker.address,
            not_after=2**48 - 1,
            order="0x" + "0d" * 32,
            lines=(),
        )

    def execute(self, operation: Operation, *lines: Line) -> int:
        """Gas of one instruction."""
        ref = "0x" + keccak(text=f"{operation} {len(lines)}").hex()
        instruction = replace(self._draft, ref=ref, operation=operation, lines=lines)
        signature = self._checker.sign_typed_data(*typed_data.hashes(instruction))
        call = instructions.execution(instruction, signature)
        return gas_of(self.market.bench.send(instruction.maker, call.to, call.data))


def _market(bench: Bench, rules: tuple[Any, ...]) -> Market:
    book, _ = _book(bench)
    venue, _ = bench.contract(SETTLEMENT, bench.deployer, 0, book)
    tokens = [bench.contract(ASSET_TOKEN, _terms(book, rules))[0] for _ in range(2)]
    market = Market(bench, book, venue, *tokens)
    opener = person("opener")
    for token in tokens:
        market.by_book(token, "activate", (b"HK0000000000", b"\0" * 9, HONG_KONG, b"\0" * 32))
        market.admit([opener], token)
        market.by_book(token, "mint", opener, UNITS)
    return market


def _book(bench: Bench) -> tuple[str, int]:
    return bench.contract(CONTROL_BOOK, bench.deployer, 0, [dev_address(MAKER)], [dev_address(CHECKER)])


def _terms(book: str, rules: tuple[Any, ...]) -> tuple[Any, ...]:
    counts_holders = rules != NO_RULES
    roles = (ISSUANCE_ACCOUNT, book, dev_address("dev:0"), 0)
    return ("Gas Bond", "GAS", 18, rules, [HONG_KONG], CHINA, counts_holders, *roles)


def _dvp(market: Market) -> int:
    """Units against cash between two keys, sent by a licensed venue; both have held both before."""
    bench = market.bench
    seller, buyer = dev_signer(bench.node, SELLER), dev_signer(bench.node, BUYER)
    venue = dev_address(VENUE)
    bench.call(market.book, SETTLEMENT, market.settlement, "setVenue", venue, 2**48 - 1)
    for token in (market.token, market.cash):
        market.admit([seller.address, buyer.address], token)
        for party in (seller, buyer):
            market.by_book(token, "mint", party.address, 100 * UNITS)
            bench.call(party.address, ASSET_TOKEN, token, "approve", market.settlement, MAX_UINT)
    legs = (
        Leg(market.token, seller.address, buyer.address, UNITS),
        Leg(market.cash, buyer.address, seller.address, UNITS),
    )
    trade = Trade("0x" + keccak(text="trade").hex(), venue, 2**48 - 1, legs)
    hashes = settlement.hashes(bench.node.chain_id, market.settlement, trade)
    call = settlement.settling(market.settlement, trade, [each.sign_typed_data(*hashes) for each in (seller, buyer)])
    return gas_of(bench.send(venue, call.to, call.data))
