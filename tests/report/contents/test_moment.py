"""Which block a report stands on, and what its first page says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rwaledger.domain.errors import UsageError
from rwaledger.report.contents.moment import At, Moment, chain_of
from tests.report.contents.reading import CHAIN_ID, Register


def moment(register: Register, at: At | None) -> Moment:
    with register.database.read() as c:
        return register.moment(c, at)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (date(2026, 1, 21), "2026-01-21T16:00:00"),
        (date(2026, 3, 1), "2026-03-01T16:00:00"),
        (datetime(2026, 6, 15, 2, 0, 0, tzinfo=UTC), "2026-06-15T02:00:01"),
    ],
)
def test_a_day_or_a_time_is_the_last_block_that_is_not_later(register: Register, at: At, before: str) -> None:
    ends = int(datetime.fromisoformat(before).replace(tzinfo=UTC).timestamp())
    ((number,),) = register.rows("SELECT max(number) FROM blocks WHERE timestamp < ?", ends)
    found = moment(register, at)
    assert found.block_number == number
    assert found.until == ends - 1


def test_without_a_moment_it_is_the_last_block_of_which_every_contract_was_read(register: Register) -> None:
    register.change("UPDATE checkpoints SET block_number = 50 WHERE address = (SELECT min(address) FROM checkpoints)")
    found = moment(register, None)
    assert found.block_number == 50
    assert found.until == found.timestamp


def test_the_end_of_the_register_is_not_taken_for_the_end_of_a_day_to_come(register: Register) -> None:
    last = moment(register, None)
    assert moment(register, date(2030, 1, 1)).until == last.timestamp


def test_page_one_says_what_the_report_stands_on(register: Register) -> None:
    number = register.last_block(date(2026, 3, 10))
    ((block_hash, timestamp),) = register.rows("SELECT hash, timestamp FROM blocks WHERE number = ?", number)
    facts = dict(moment(register, number).facts(("about", "something")))
    assert facts["about"] == "something"
    assert facts["chain"] == str(CHAIN_ID)
    assert (facts["block"], facts["block hash"]) == (str(number), block_hash)
    time = datetime.fromtimestamp(timestamp, UTC)
    assert facts["block time"] == f"{time:%Y-%m-%d %H:%M:%S} UTC"
    assert facts["local time"] == f"{time + timedelta(hours=8):%Y-%m-%d %H:%M:%S} Asia/Hong_Kong"
    assert len(facts["register digest"]) == 64
    assert facts["software"].startswith("rwaledger ")


@pytest.mark.parametrize(
    ("at", "says"),
    [(1, "block 1 is not in the register"), (10_000, "block 10000 is not"), (date(2025, 12, 31), "no block up to")],
)
def test_what_the_register_does_not_have_is_refused(register: Register, at: At, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        moment(register, at)


def test_a_contract_that_was_never_read_is_no_basis_for_a_report(register: Register) -> None:
    register.change("DELETE FROM checkpoints WHERE address = (SELECT min(address) FROM checkpoints)")
    with pytest.raises(UsageError, match="not synced"):
        moment(register, None)


def test_the_chain_is_the_only_one_or_the_one_that_is_named(register: Register) -> None:
    with register.database.read() as c:
        assert chain_of(c) == CHAIN_ID
        with pytest.raises(UsageError, match="no instrument on chain 1"):
            chain_of(c, 1)
