"""A small ledger with a history, made through the front door: deployed, admitted, issued, moved, frozen, mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_signer
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass, Person
from rwaledger.domain.instruction import NO_ORDER, Line, Operation, activation_line
from rwaledger.domain.instrument import Instrument, InstrumentKind, Particulars, RecordOfTruth, Rules
from rwaledger.domain.units import MAX_UNITS
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.operate import execute
from rwaledger.operate.admissions import Admission, Proofs
from rwaledger.operate.admit import admission_plan, enter_holders
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import Description
from rwaledger.operate.desk import Desk
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.plan import make_plan
from rwaledger.operate.privacy import seal_of
from rwaledger.registry.database import Database
from rwaledger.registry.sealing import Seal

ORDER = "0x" + "0d" * 32
PARTICULARS = Particulars("HK0000098761", "", 344, NO_ORDER)
HUGE_UNITS = MAX_UNITS - 10**15


def description(instrument_id: str, decimals: int, kind: InstrumentKind) -> Description:
    return Description(
        instrument_id, f"{instrument_id} of the tests", instrument_id, decimals, kind, RecordOfTruth.CHAIN, Rules()
    )


@dataclass(slots=True)
class World:
    """The people of the ledger are dev accounts: 0 deploys, 1 makes, 2 checks, 4 to 8 hold."""

    node: Node
    database: Database
    instruments: dict[str, Instrument] = field(default_factory=dict)
    keys: int = 0

    @property
    def holders(self) -> list[str]:
        return [dev_signer(self.node, f"dev:{n}").address for n in range(4, 9)]

    @property
    def desk(self) -> Desk:
        maker, checker = dev_signer(self.node, "dev:1"), dev_signer(self.node, "dev:2")
        return Desk(self.database, self.node, maker.address, checker.address, lambda: maker, lambda: checker)

    @property
    def seal(self) -> Seal:
        return seal_of(dev_signer(self.node, "dev:9"))

    def operate(self, operation: Operation, instrument_id: str, *lines: Line, order: str = NO_ORDER) -> str:
        """Carries out an instruction under four eyes, and returns its reference."""
        self.keys += 1
        entries = [Entry(COMMAND, n, self.instruments[instrument_id], line) for n, line in enumerate(lines)]
        plan = make_plan(operation, entries, f"request {self.keys}", "tests", order)
        return execute.run(self.desk, plan).refs[0]

    def document(self, instrument_id: str, line: Line, text: str) -> None:
        """Sets a document: the one instruction with a text, for which there is no verb yet."""
        self.keys += 1
        entry = Entry(COMMAND, 0, self.instruments[instrument_id], line)
        plan = make_plan(Operation.SET_DOCUMENT, [entry], f"request {self.keys}", "tests", text=text)
        execute.run(self.desk, plan)

    def issue(self, instrument_id: str, *allocations: tuple[str, int]) -> str:
        lines = [Line(recipient=account, amount_units=units) for account, units in allocations]
        return self.operate(Operation.ISSUE, instrument_id, *lines)

    def send(self, signer: str, instrument_id: str, function: str, *args: object) -> str:
        """A call of the token by a dev account, mined; returns the transaction's hash."""
        data = ASSET_TOKEN.encode(function, args)
        call = Outgoing(self.instruments[instrument_id].address, data)
        return send_and_wait(self.node, dev_signer(self.node, signer), call).tx_hash

    def steal(self, instrument_id: str, function: str, *args: object) -> str:
        """A call of the token in the name of its control book, as with a stolen key."""
        token = self.instruments[instrument_id]
        self.node.request("anvil_setBalance", [token.control_book, hex(10**20)])
        self.node.request("anvil_impersonateAccount", [token.control_book])
        data = ASSET_TOKEN.encode(function, args)
        transaction = {"from": token.control_book, "to": token.address, "data": data, "gas": hex(2_000_000)}
        tx_hash: str = self.node.request("eth_sendTransaction", [transaction])
        self.node.request("anvil_stopImpersonatingAccount", [token.control_book])
        while self.node.request("eth_getTransactionReceipt", [tx_hash]) is None:
            pass
        return tx_hash

    def sync(self) -> None:
        sync(self.database, self.node, Finality.parse("latest"))


def admissions(world: World, accounts: Sequence[str]) -> list[Admission]:
    holders = [Holder(f"holder-{n}", 344, InvestorClass.PROFESSIONAL, date(2100, 12, 31)) for n in range(len(accounts))]
    return [
        Admission(
            n,
            holder,
            Account(world.node.chain_id, account, holder.holder_id, AccountKind.OWN),
            Person(f"Holder No. {n} Ltd"),
            Proofs(holder.valid_until),
        )
        for n, (holder, account) in enumerate(zip(holders, accounts, strict=True))
    ]


def build_world(node: Node, database: Database, *, with_history: bool = True) -> World:
    """Two instruments, five holders, and where wanted every operation at least once; all mirrored."""
    world = World(node, database)
    deployer = dev_signer(node, "dev:0")
    offices = Offices(deployer.address, (world.desk.maker,), (world.desk.checker,), 0)
    # Without terms nothing of either is recomputed; a stablecoin would have to have a reserve and redemption requests.
    wanted = [description("BIG", 6, InstrumentKind.FUND), description("UNIT", 0, InstrumentKind.BOND)]
    for deployment in deploy(database, node, deployer, wanted, offices):
        world.instruments[deployment.instrument.instrument_id] = deployment.instrument
    for instrument_id in world.instruments:
        world.operate(Operation.ACTIVATE, instrument_id, activation_line(PARTICULARS))
    entered = admissions(world, world.holders)
    path = Path("holders.csv")
    enter_holders(world.desk, path, entered, world.seal)
    execute.run(world.desk, admission_plan(path, entered, list(world.instruments.values()), "admit"))
    if with_history:
        _history(world)
    world.sync()
    return world


def _history(world: World) -> None:
    one, two, three, four, five = world.holders
    world.issue("BIG", (one, HUGE_UNITS), (two, 5_000_000), (three, 7_000_000))
    world.issue("UNIT", (one, 100), (two, 60))
    world.send("dev:4", "BIG", "transfer", two, 1_500_000)
    world.send("dev:5", "BIG", "transfer", three, 250_000)
    world.send("dev:5", "BIG", "transfer", two, 1)
    world.send("dev:4", "UNIT", "transfer", four, 0)
    world.operate(Operation.REDEEM, "BIG", Line(sender=two, amount_units=1_000_000))
    world.operate(Operation.FREEZE, "BIG", Line(sender=three, amount_units=7_000_000), order=ORDER)
    world.operate(Operation.FREEZE_ACCOUNT, "BIG", Line(sender=two), order=ORDER)
    world.operate(Operation.FORCE_TRANSFER, "BIG", Line(three, five, 500_000), order=ORDER)
    world.operate(Operation.FORCE_TRANSFER, "BIG", Line(two, five, 10), order=ORDER)
    world.operate(Operation.RELEASE, "BIG", Line(sender=three, amount_units=500_000), order=ORDER)
    world.operate(Operation.SUSPEND, "UNIT", Line(sender=two))
    world.operate(Operation.PAUSE, "UNIT", Line())
