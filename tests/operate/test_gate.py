"""The gate: what has to be on record of an instrument before anything is paid or priced."""

from __future__ import annotations

import pytest

from rwaledger.chain.local import mine
from rwaledger.chain.rpc import Node
from rwaledger.cli.main import run
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import ReconciliationRequired
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Outcome, Reconciliation, Value
from rwaledger.operate.gate import require_reconciled
from rwaledger.registry.reconciliations import latest_reconciliation, reconciliations, record_reconciliation
from tests.office import Office
from tests.operate.paying import at, json_of, policy, reconcile


def ask(office: Office, instrument: str = "GRN28") -> None:
    require_reconciled(office.database, office.node, office.instrument(instrument), policy())


def refused(office: Office, instrument: str = "GRN28") -> str:
    with pytest.raises(ReconciliationRequired) as caught:
        ask(office, instrument)
    return caught.value.reason


def record(office: Office, *failed: tuple[str, str], block: int | None = None) -> None:
    """Puts a reconciliation of a block on record, with a check that fails for each (id, instrument) given."""
    found = office.node.block("latest" if block is None else block)
    assert found is not None
    value = Value("state", "1")
    results = [
        CheckResult(
            check,
            check,
            Outcome.FAIL,
            breaks=(Break(check, BreakClass.AMOUNT, instrument, "", "", "", value, value),) if instrument else (),
        )
        for check, instrument in failed
    ]
    passed = CheckResult("C01", "Totals agree", Outcome.PASS)
    pin = Pin(31337, found.number, found.hash, found.timestamp)
    with office.database.begin() as connection:
        names = ["GRN28", "HKDS", "HKMM"]
        record_reconciliation(connection, Reconciliation(pin, "0x00", (passed, *results)), names)


def test_what_opens_and_shuts_it(paying: Office) -> None:
    assert refused(paying) == "no reconciliation is on record"
    record(paying)
    ask(paying)
    record(paying, ("C02", "HKMM"))
    ask(paying)
    assert refused(paying, "HKMM").endswith("failed C02")
    record(paying, ("C05", ""), ("C02", "GRN28"))
    assert refused(paying).endswith("failed C05, C02")
    assert refused(paying, "HKDS").endswith("failed C05")
    record(paying, ("C05", "a control book"))
    assert refused(paying).endswith("failed C05")


def test_a_run_at_an_earlier_block_does_not_hide_what_was_found_since(paying: Office) -> None:
    mine(paying.node, 3)
    record(paying, ("C02", "GRN28"))
    record(paying, block=paying.node.head() - 2)
    assert refused(paying).endswith("failed C02")
    with paying.database.read() as connection:
        assert [each.passed for each in reconciliations(connection, "GRN28")] == [False, True]


def test_it_grows_old(paying: Office) -> None:
    at(paying, "2026-03-01T09:00:00+08:00")
    record(paying)
    at(paying, "2026-03-02T09:00:00+08:00")
    ask(paying)
    at(paying, "2026-03-02T09:00:01+08:00")
    assert refused(paying).endswith("is 24 hours old; the policy allows 24")


def test_its_age_is_that_of_its_block_whatever_the_row_says(paying: Office) -> None:
    from sqlalchemy import text

    at(paying, "2026-03-01T09:00:00+08:00")
    record(paying)
    with paying.database.begin() as connection:
        connection.execute(text("UPDATE reconciliations SET block_time = block_time + 864000"))
    at(paying, "2026-03-02T09:00:01+08:00")
    assert refused(paying).endswith("is 24 hours old; the policy allows 24")


def test_its_block_must_be_on_the_chain(paying: Office) -> None:
    snapshot = paying.node.request("evm_snapshot")
    mine(paying.node, 1)
    record(paying)
    ask(paying)
    assert paying.node.request("evm_revert", [snapshot])
    assert refused(Office(paying.desk, paying.folder)).endswith("is gone")
    paying.node.request("evm_increaseTime", [60])
    mine(Node(paying.node.url), 1)
    assert refused(paying).endswith("is gone")


def test_the_command_records_each_instrument(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    reconcile(paying)
    assert "recorded: GRN28 passed at block" in capsys.readouterr().err
    with paying.database.read() as connection:
        latest = latest_reconciliation(connection, "GRN28")
    assert latest is not None
    assert (latest.passed, latest.failed_checks) == (True, ())
    ask(paying)
    assert run(["reconcile", "run", "--record", "--check", "C01"]) == 2
    paying.send_as("dev:3", "HKDS", "transfer", paying.address("peak"), 5)
    mine(paying.node, 2)
    assert run(["register", "sync"]) == 0
    from sqlalchemy import text

    with paying.database.begin() as connection:
        change = "UPDATE positions SET balance_units = '7' WHERE instrument_id = 'HKDS' AND account = :account"
        connection.execute(text(change), {"account": paying.address("peak")})
    report = json_of(capsys, "reconcile", "run", "--record", code=3)
    assert report
    assert refused(paying, "HKDS").startswith("the latest one, at block")
    ask(paying)
