"""A market on an office's chain: cash and bonds in hand, and trades between those who have them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rwaledger.chain.keys import Signer, dev_address, dev_signer
from rwaledger.domain.holder import Person
from rwaledger.domain.policy import Policy
from rwaledger.operate.allowances import Spender, approve, spender_address
from rwaledger.operate.settlement import Conditions, Proposed, propose, sign
from rwaledger.operate.settlement_close import Closed, required_of_trade, settle
from rwaledger.operate.settlement_rows import Proposal, read_trades
from rwaledger.operate.settlement_state import Standing, standing
from rwaledger.operate.travel import record_travel
from rwaledger.policies.loading import load_policy
from rwaledger.registry import holders
from tests.office import DEV_OF, Office

DVP = "GRN28,kowloon,lantau,10\nHKDS,lantau,kowloon,10015.5"
SMALL = "GRN28,kowloon,lantau,1\nHKDS,lantau,kowloon,1001.5"
PEOPLE = {
    "kowloon": Person("Kowloon Life", "1 Harbour Road, Wan Chai", ""),
    "lantau": Person("Lantau Securities", "", "BR 10203040"),
    "peak": Person("Peak Holdings"),
}


@dataclass
class Market:
    """An office whose holders have something to trade."""

    office: Office
    policy: Policy

    @classmethod
    def open(cls, office: Office) -> Market:
        """Kowloon and Lantau hold bonds and HKDS, Peak holds HKDS; all three are known by their particulars."""
        with office.database.begin() as connection:
            known = {each.holder_id: each for each in holders.holders(connection)}
            holders.put_holders(connection, office.seal, [(known[name], person) for name, person in PEOPLE.items()])
        office.issue("GRN28,kowloon,100\nGRN28,lantau,100\nHKDS,kowloon,50000\nHKDS,lantau,50000\nHKDS,peak,50000")
        return cls(office, load_policy(None))

    def signer(self, holder: str) -> Signer:
        return dev_signer(self.office.node, DEV_OF[holder])

    def trades_file(self, name: str, legs: str) -> Path:
        rows = "".join(f"{name},{leg}\n" for leg in legs.strip().splitlines())
        return self.office.write(f"{name}.csv", f"trade,instrument,from,to,amount\n{rows}")

    def proposals(self, name: str, legs: str) -> list[Proposal]:
        return read_trades(self.trades_file(name, legs), self.office.names())

    def propose(self, name: str, legs: str = DVP, conditions: Conditions | None = None) -> list[Proposed]:
        return propose(self.office.desk, self.proposals(name, legs), conditions or Conditions())

    def approve(self, holder: str, instrument: str, units: int) -> None:
        token = self.office.instrument(instrument)
        with self.office.database.read() as connection:
            taker = spender_address(connection, token, Spender.SETTLEMENT)
        approve(self.office.database, self.office.node, self.signer(holder), token, taker, units)

    def sign(self, name: str, *parties: str) -> None:
        for party in parties:
            sign(self.office.desk, name, self.signer(party))

    def ready(self, name: str, legs: str = DVP, conditions: Conditions | None = None) -> Standing:
        """Proposed, signed and approved, with the travel-rule records that it needs."""
        self.propose(name, legs, conditions)
        found = self.standing(name)
        by_address = {dev_address(dev): holder for holder, dev in DEV_OF.items()}
        tokens = {self.office.instrument(leg.split(",")[0]).address: leg.split(",")[0] for leg in legs.splitlines()}
        for (giver, token), units in found.stored.trade.given.items():
            self.approve(by_address[giver], tokens[token], units)
        self.sign(name, *(by_address[giver] for giver in found.stored.trade.givers))
        self.record_travel(name)
        return self.standing(name)

    def record_travel(self, name: str) -> int:
        required = required_of_trade(self.office.desk, self.standing(name), self.policy)
        return record_travel(self.office.database, self.office.seal, self.office.desk.maker, required)

    def settle(self, name: str, holder: str = "kowloon") -> Closed:
        signer = self.signer(holder)
        return settle(self.office.desk, name, signer.address, lambda: signer, self.policy)

    def standing(self, name: str) -> Standing:
        return standing(self.office.desk, name)

    def held(self, *holders_: str) -> list[tuple[int, int]]:
        """Bonds and HKDS units of each holder."""
        return [(self.office.balance(each, "GRN28"), self.office.balance(each)) for each in holders_]
