"""An operator's office on a real chain: three instruments, a few holders, and maker and checker at their desk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import mine
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, next_nonce, send_and_wait
from rwaledger.domain.instruction import NO_ORDER, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reserve import ReserveLine, ReserveStatement
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.operate.activate import activation_plan
from rwaledger.operate.admissions import read_admissions
from rwaledger.operate.admit import admission_plan, enter_holders
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.desk import Desk
from rwaledger.operate.entries import read_entries
from rwaledger.operate.execute import Outcome, run
from rwaledger.operate.names import Names
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.privacy import seal_of
from rwaledger.registry import holders, instruments, reserves
from rwaledger.registry.database import Database
from rwaledger.registry.sealing import Seal

ADMIN, MAKER, CHECKER, PRIVACY = "dev:0", "dev:1", "dev:2", "dev:9"
ORDER = "0x" + "0d" * 32

INSTRUMENTS = """
[[instrument]]
id = "HKDS"
name = "Harbour Dollar"
symbol = "HKDS"
decimals = 6
kind = "stablecoin"
record_of_truth = "chain"
domicile = "HK"
[instrument.rules]
countries = ["HK", "SG"]

[[instrument]]
id = "GRN28"
name = "Green Bond"
symbol = "GRN28"
decimals = 0
kind = "bond"
record_of_truth = "hybrid"
isin = "HK0000098761"
domicile = "HK"
[instrument.rules]
max_balance = "1000"
counts_holders = true
classes = ["professional", "institution"]
countries = ["HK"]
"""

# The addresses are the dev accounts 3 to 9, so that a test can sign for each of them.
HOLDERS = """holder,name,country,class,valid_until,address,account
kowloon,Kowloon Life,HK,institution,2099-12-31,{3},own
lantau,Lantau Securities,HK,professional,2099-12-31,{4},own
retail-a,Au Wing-yan,HK,retail,2099-12-31,{5},own
mainland,Ding Xiaoyu,CN,retail,2099-12-31,{6},own
lapsed,Ho Lai-wah,HK,professional,2001-01-01,{7},own
peak,Peak Holdings,HK,professional,2099-12-31,{8},own
"""
DEV_OF = {
    "kowloon": "dev:3",
    "lantau": "dev:4",
    "retail-a": "dev:5",
    "mainland": "dev:6",
    "lapsed": "dev:7",
    "peak": "dev:8",
}


@dataclass
class Office:
    """What a test works with: the desk, and a folder for its files."""

    desk: Desk
    folder: Path

    @property
    def node(self) -> Node:
        return self.desk.node

    @property
    def database(self) -> Database:
        return self.desk.database

    @property
    def seal(self) -> Seal:
        """The privacy key, as for every office on a local node that of a dev account."""
        return seal_of(dev_signer(self.node, PRIVACY))

    def write(self, name: str, text: str) -> Path:
        """A file in the office's folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def instrument(self, name: str = "HKDS") -> Instrument:
        with self.database.read() as connection:
            return instruments.instrument(connection, name)

    def address(self, holder: str) -> str:
        with self.database.read() as connection:
            return holders.account_of(connection, self.node.chain_id, holder).address

    def names(self) -> Names:
        with self.database.read() as connection:
            return Names.load(connection, self.node.chain_id)

    def plan(self, operation: Operation, rows: str, key: str, order: str = NO_ORDER) -> Plan:
        """The plan of a file with these rows."""
        header = {2: "instrument,account", 3: "instrument,account,amount", 4: "instrument,from,to,amount"}
        fields = len(rows.strip().splitlines()[0].split(","))
        path = self.write(f"{key}.csv", f"{header[fields]}\n{rows.strip()}\n")
        return make_plan(operation, read_entries(path, operation, self.names()), key, path.name, order)

    def carry_out(self, operation: Operation, rows: str, key: str, order: str = NO_ORDER) -> Outcome:
        return run(self.desk, self.plan(operation, rows, key, order))

    def issue(self, rows: str, key: str = "issue") -> Outcome:
        return self.carry_out(Operation.ISSUE, rows, key)

    def back(self, name: str = "HKDS", units: int = 10**18) -> None:
        """Enters a reserve, counted now, that is enough for whatever is in issue."""
        latest = self.node.block("latest")
        assert latest is not None
        line = ReserveLine(2, "deposits", "Demand deposits", "HKD", units, 0, None)
        with self.database.begin() as connection:
            reserves.add_statement(connection, ReserveStatement(name, latest.timestamp, (line,), NO_ORDER))

    def balance(self, holder: str, instrument: str = "HKDS") -> int:
        """Units, as the chain has them now."""
        address = self.address(holder)
        found = state.account_states(self.node, self.instrument(instrument).address, [address], "latest")
        return found[address][0]

    def supply(self, instrument: str = "HKDS") -> int:
        return state.total_supply(self.node, self.instrument(instrument).address, "latest")

    def sent_by_maker(self) -> int:
        """How many transactions the maker's key has sent."""
        return next_nonce(self.node, self.desk.maker)

    def send_as(self, holder: str, instrument: str, function: str, *args: object) -> None:
        """A holder's own call, with the holder's own key."""
        signer = dev_signer(self.node, DEV_OF.get(holder, holder))
        address = self.instrument(instrument).address
        send_and_wait(self.node, signer, Outgoing(address, ASSET_TOKEN.encode(function, list(args))))

    def settle_and_sync(self) -> SyncSummary:
        """Two more blocks make what is there final; then the register follows."""
        mine(self.node, 2)
        return sync(self.database, self.node, Finality.parse("finalized"))


def desk_of(database: Database, node: Node, maker: str = MAKER, checker: str = CHECKER) -> Desk:
    """A desk with dev accounts as maker and checker."""
    return Desk(
        database=database,
        node=node,
        maker=dev_address(maker),
        checker=dev_address(checker),
        open_maker=lambda: dev_signer(node, maker),
        open_checker=lambda: dev_signer(node, checker),
    )


def open_office(database: Database, node: Node, folder: Path) -> Office:
    """Deploys and activates the instruments, and admits the holders."""
    office = Office(desk_of(database, node), folder)
    descriptions = read_descriptions(office.write("instruments.toml", INSTRUMENTS))
    offices = Offices(dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), admin_delay_s=60)
    deployed = deploy(database, node, dev_signer(node, ADMIN), descriptions, offices)
    run(office.desk, activation_plan(office.folder / "instruments.toml", descriptions, office.names(), "activate"))
    admit_holders(office, [each.instrument for each in deployed])
    return office


def admit_holders(office: Office, admitted_to: list[Instrument]) -> None:
    """Enters the holders, and admits them to the instruments."""
    path = office.write("holders.csv", HOLDERS.format(*(dev_address(f"dev:{n}") for n in range(10))))
    admissions = read_admissions(path, office.node.chain_id)
    enter_holders(office.desk, path, admissions, office.seal)
    run(office.desk, admission_plan(path, admissions, admitted_to, "admit"))
