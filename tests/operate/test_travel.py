"""The travel rule: a record of who paid whom before a larger payment, sealed, and refused where a particular lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.domain.errors import AuthorisationError, RegisterConflict, TravelRuleRequired
from rwaledger.domain.holder import Account, AccountKind, Person
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.domain.policy import Figure, Policy, Threshold
from rwaledger.domain.travel import Payment
from rwaledger.operate.done import chain_time
from rwaledger.operate.travel import opened, payments_of_plans, record_travel, required_records
from rwaledger.registry import holders, tables, travel
from rwaledger.registry.sealing import Seal
from tests.market import DVP, SMALL, Market
from tests.office import DEV_OF, Office

KEY = bytes(range(64))


@pytest.fixture
def market(office: Office) -> Market:
    return Market.open(office)


def payment(market: Market, units: int, sender: str = "kowloon", to: str = "lantau", name: str = "HKDS") -> Payment:
    office = market.office
    return Payment("0x01", 0, office.instrument(name), office.address(sender), office.address(to), units)


def required(market: Market, *payments: Payment, policy: Policy | None = None) -> list[Payment]:
    with market.office.database.read() as connection:
        now = chain_time(market.office.node)
        return required_records(connection, policy or market.policy, now, payments)


@pytest.mark.parametrize(("units", "is_needed"), [(7_999_999_999, False), (8_000_000_000, True)])
def test_the_threshold_is_the_first_amount_that_needs_a_record(market: Market, units: int, is_needed: bool) -> None:
    assert bool(required(market, payment(market, units))) is is_needed


def test_only_stablecoins_between_two_holders_are_in_question(market: Market) -> None:
    office = market.office
    second = "0x" + "99" * 20
    with office.database.begin() as connection:
        holders.put_account(connection, Account(office.node.chain_id, second, "kowloon", AccountKind.OWN))
    own = Payment("0x01", 0, office.instrument(), dev_address(DEV_OF["kowloon"]), second, 10**12)
    assert required(market, own, payment(market, 10**6, sender="peak", name="GRN28")) == []
    assert office.instrument("GRN28").kind is InstrumentKind.BOND


def test_the_threshold_is_the_one_in_force_on_the_chains_day(market: Market) -> None:
    today = datetime.fromtimestamp(chain_time(market.office.node), UTC).date()
    low, high = Threshold("1", "HKD"), Threshold("9000000", "HKD")

    def versions(change: date) -> Policy:
        figures = (Figure("t", low, date(2020, 1, 1), "test"), Figure("t", high, change, "test"))
        return Policy("test", market.policy.zone, market.policy.calendar, figures, (), ())

    moved = payment(market, 5 * 10**6)
    assert required(market, moved, policy=versions(date(2099, 1, 1))) == [moved]
    assert required(market, moved, policy=versions(date(today.year, 1, 1))) == []


def test_a_stablecoin_of_another_currency_always_needs_a_record(market: Market) -> None:
    """Its currency is that of its reserve; without a rate no amount of it is surely below the threshold."""
    small = payment(market, 1)
    assert required(market, small) == []
    row = {
        "instrument_id": "HKDS", "as_of": 1, "line": 1, "kind": "deposits", "description": "bank", "currency": "USD",
        "amount_units": 1, "haircut_bp": 0, "matures_on": None, "source_hash": "0x", "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    with market.office.database.begin() as connection:
        connection.execute(tables.reserve_lines.insert().values(row))
    assert required(market, small) == [small]


def test_a_record_says_who_paid_whom_and_a_stranger_reads_nothing_of_it(market: Market, tmp_path: Path) -> None:
    market.propose("T-1", DVP)
    assert market.record_travel("T-1") == 1
    assert market.record_travel("T-1") == 0

    found = market.standing("T-1")
    with market.office.database.read() as connection:
        (record,) = travel.travel_records(connection, [found.stored.digest])
    said = opened(market.office.seal, record)
    assert record.line == 1
    assert said["originator"] == {
        "id": "lantau",
        "name": "Lantau Securities",
        "account": market.office.address("lantau"),
        "postal_address": "",
        "identifier": "BR 10203040",
    }
    assert said["beneficiary"] == {"id": "kowloon", "name": "Kowloon Life", "account": market.office.address("kowloon")}
    assert said["amount_units"] == "10015500000"
    written = b"".join(path.read_bytes() for path in tmp_path.glob("register.db*"))
    for name in (b"Lantau Securities", b"BR 10203040", b"Kowloon Life"):
        assert name not in written


def test_below_the_threshold_no_record_is_made_and_the_trade_settles(market: Market) -> None:
    market.ready("T-1", SMALL)
    assert market.record_travel("T-1") == 0
    market.settle("T-1")
    assert market.held("kowloon") == [(99, 51_001_500_000)]


def test_what_the_register_lacks_of_a_payer_is_named_and_nothing_is_recorded(market: Market) -> None:
    paying = payment(market, 9_000_000_000, sender="peak")
    with pytest.raises(TravelRuleRequired, match="peak, who pays, has neither a postal address nor an identifier"):
        record_travel(market.office.database, market.office.seal, "test", [paying, payment(market, 9 * 10**9)])
    with market.office.database.read() as connection:
        assert travel.travel_records(connection, ["0x01"]) == []


def test_a_payee_needs_a_name_and_nothing_more(market: Market) -> None:
    record_travel(market.office.database, market.office.seal, "test", [payment(market, 9 * 10**9, to="peak")])
    with market.office.database.begin() as connection:
        peak = holders.holder(connection, "peak")
        holders.put_holders(connection, market.office.seal, [(peak, Person(""))])
    nameless = [payment(market, 9 * 10**9, to="peak", sender="lantau")]
    nameless = [
        Payment("0x02", 0, each.instrument, each.sender, each.recipient, each.amount_units) for each in nameless
    ]
    with pytest.raises(TravelRuleRequired, match="peak has no name"):
        record_travel(market.office.database, market.office.seal, "test", nameless)


def test_an_account_that_is_nobodys_is_named(market: Market) -> None:
    stranger = "0x" + "77" * 20
    given = Payment("0x01", 0, market.office.instrument(), market.office.address("kowloon"), stranger, 10**10)
    assert required(market, given) == [given]
    with pytest.raises(TravelRuleRequired, match=f"{stranger} is nobody's on the register"):
        record_travel(market.office.database, market.office.seal, "test", [given])


def test_another_key_and_a_changed_row_are_found_out(market: Market) -> None:
    record_travel(market.office.database, market.office.seal, "test", [payment(market, 9 * 10**9)])
    with market.office.database.begin() as connection:
        (record,) = travel.travel_records(connection, ["0x01"])
        connection.exec_driver_sql("UPDATE travel_records SET payload_hash = '0x00'")
    with pytest.raises(AuthorisationError, match="does not open"):
        opened(Seal(KEY), record)
    with market.office.database.read() as connection:
        (changed,) = travel.travel_records(connection, ["0x01"])
    with pytest.raises(RegisterConflict, match="is not what its hash says"):
        opened(market.office.seal, changed)


def test_transfers_of_the_control_book_are_payments_and_nothing_else_of_it_is(market: Market) -> None:
    plans = [
        market.office.plan(Operation.TRANSFER, "HKDS,kowloon,lantau,8000\nHKDS,lantau,peak,1", "transfer"),
        market.office.plan(Operation.ISSUE, "HKDS,kowloon,900000", "issue-more"),
    ]
    payments = payments_of_plans(plans)
    assert [(each.line, each.amount_units) for each in payments] == [(0, 8_000_000_000), (1, 1_000_000)]
    assert {each.subject for each in payments} == {plans[0].parts[0].ref}
    assert required(market, *payments) == payments[:1]
