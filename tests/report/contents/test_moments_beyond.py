"""Reports that are asked for what there is not: before the first block, in the future, beyond the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rwaledger.domain.errors import UnknownName, UsageError
from rwaledger.report.contents import (
    actions,
    ageing,
    holders,
    jurisdictions,
    reconciliations,
    redemptions,
    reserve,
    roles,
    statement,
    statistics,
    supply,
)
from rwaledger.report.contents.moment import At
from rwaledger.report.forms import FORMS
from tests.report.contents.reading import POLICY, Build, Register, column, table

OF_ALL: dict[str, Build] = {
    "supply": lambda c, at: supply.build(c, None, at),
    "roles": lambda c, at: roles.build(c, None, at),
    "jurisdictions": lambda c, at: jurisdictions.build(c, None, at),
    "statistics": lambda c, at: statistics.build(c, None, at, POLICY),
    "ageing": lambda c, at: ageing.build(c, None, at, POLICY),
    "reconciliations": lambda c, at: reconciliations.build(c, None, at),
    "statement": lambda c, at: statement.build(c, "chan", at),
}
OF_ONE: dict[str, Build] = {
    "holders": lambda c, at: holders.build(c, "HKDS", at),
    "reserve": lambda c, at: reserve.build(c, "HKDS", at, POLICY),
    "redemptions": lambda c, at: redemptions.build(c, "HKDS", at),
    "actions": lambda c, at: actions.build(c, "HKDS", at),
}
BEYOND = (
    (date(1, 1, 1), "no block up to"),
    (date(2020, 1, 1), "no block up to"),
    (date(9999, 12, 31), "edge of the calendar"),
    (datetime(1970, 1, 1, tzinfo=UTC), "no block up to"),
    (0, "not in the register"),
    (10**30, "not in the register"),
)


@pytest.mark.parametrize(("at", "said"), BEYOND, ids=lambda value: str(value)[:12])
def test_a_moment_that_the_register_does_not_have_is_refused(register: Register, at: At, said: str) -> None:
    for build in (*OF_ALL.values(), *OF_ONE.values()):
        with pytest.raises(UsageError, match=said):
            register.report(build, at)


def test_before_any_instrument_the_reports_of_all_are_empty_in_every_form(register: Register) -> None:
    first = register.rows("SELECT min(number) FROM blocks")[0][0]
    for build in OF_ALL.values():
        found = register.report(build, first)
        for form in FORMS.values():
            assert form.render(found)
    for build in OF_ONE.values():
        with pytest.raises(UsageError, match="was deployed in block"):
            register.report(build, first)


def test_a_day_to_come_is_told_as_what_it_is(register: Register) -> None:
    """The register knows nothing of it: what is shown is as at its last block, and says so."""
    found = register.report(OF_ALL["supply"], date(2030, 1, 1))
    last = register.rows("SELECT min(block_number) FROM checkpoints")[0][0]
    assert found.fact("as at") == f"the end of 2030-01-01, Asia/Hong_Kong, as far as the register goes: block {last}"
    assert found.tables == register.report(OF_ALL["supply"]).tables


def test_a_statement_may_begin_on_the_first_day_of_the_calendar(register: Register) -> None:
    first = register.report(lambda c, at: statement.build(c, "chan", at, date(1, 1, 1)))
    assert first.tables == register.report(lambda c, at: statement.build(c, "chan", at)).tables


def test_a_name_that_there_is_not_is_refused(register: Register) -> None:
    for name in ("nobody", "", "=1+1", "x" * 10_000, "\x00"):
        with pytest.raises(UnknownName):
            register.report(lambda c, at, name=name: statement.build(c, name, at))  # type: ignore[misc]
        with pytest.raises(UnknownName):
            register.report(lambda c, at, name=name: holders.build(c, name, at))  # type: ignore[misc]


def test_a_reserve_that_was_stated_before_the_first_block_is_shown(register: Register) -> None:
    register.change("UPDATE reserve_lines SET as_of = 1000000 WHERE as_of = (SELECT min(as_of) FROM reserve_lines)")
    coverage = table(register.report(OF_ONE["reserve"]), "coverage")
    assert (column(coverage, "block")[0], column(coverage, "supply")[0]) == (None, 0)
