"""Plans one after another: all judged before the first is run, each on what those before it will have done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.cli.acting import outcome_document, outcome_text
from rwaledger.domain.errors import InputFileError, UsageError
from rwaledger.domain.instruction import InstructionStatus, Line, Operation, admission_detail
from rwaledger.operate.entries import Entry
from rwaledger.operate.execute import preview_all, run_all
from rwaledger.operate.lifecycle import approve_chosen, chosen, draft_all, send_chosen
from rwaledger.operate.plan import Plan, make_plan
from tests.office import Office

NEWCOMER = dev_address("dev:9")
FILE = Path("newcomer.csv")


def admit(office: Office) -> Plan:
    line = Line(recipient=NEWCOMER, detail=admission_detail(344, 2, 40_000))
    return make_plan(Operation.ADMIT, [Entry(FILE, 2, office.instrument(), line)], "admit-newcomer", str(FILE))


def issue(office: Office, units: int = 5, key: str = "issue-newcomer") -> Plan:
    line = Line(recipient=NEWCOMER, amount_units=units)
    return make_plan(Operation.ISSUE, [Entry(FILE, 3, office.instrument(), line)], key, str(FILE))


def test_a_later_plan_is_judged_on_what_an_earlier_one_will_have_done(office: Office) -> None:
    plans = [admit(office), issue(office)]
    with pytest.raises(InputFileError, match=r"newcomer\.csv:3: would be refused"):
        preview_all(office.desk, plans[1:])
    assert [each.lines_done for each in preview_all(office.desk, plans)] == [1, 1]

    outcomes = run_all(office.desk, plans)

    assert [each.lines_done for each in outcomes] == [1, 1]
    assert office.supply() == 5
    assert outcome_text(outcomes).startswith("2 lines carried out in 2 transactions, ")
    assert [each.lines_done for each in run_all(office.desk, plans)] == [0, 0]
    assert office.supply() == 5


def test_where_one_plan_would_be_refused_none_is_run(office: Office) -> None:
    sent = office.sent_by_maker()

    with pytest.raises(InputFileError, match=r"newcomer\.csv:3: .*code 20"):
        run_all(office.desk, [admit(office), issue(office, 2**96 - 1), issue(office, 1, "more")])

    assert office.sent_by_maker() == sent


def test_one_key_cannot_stand_for_two_plans(office: Office) -> None:
    with pytest.raises(UsageError, match="'issue-newcomer' stands for two requests"):
        preview_all(office.desk, [admit(office), issue(office), issue(office, 6)])


def test_all_are_drafted_and_sent_in_order(office: Office) -> None:
    draft_all(office.desk, [admit(office), issue(office)])
    names = ["admit-newcomer", "issue-newcomer"]

    drafts = chosen(office.database, office.node.chain_id, names)
    assert [each.status for each in drafts] == [InstructionStatus.DRAFT] * 2
    approve_chosen(office.desk, drafts)
    outcome = send_chosen(office.desk, chosen(office.database, office.node.chain_id, names))

    assert (outcome.lines_done, office.supply()) == (2, 5)


def test_the_outcome_of_several_is_one_document(office: Office) -> None:
    plans = [admit(office), issue(office)]
    foreseen = outcome_document(preview_all(office.desk, plans), dry_run=True)
    assert (foreseen["lines_done"], foreseen["transactions"]) == (2, [])

    document = outcome_document(run_all(office.desk, plans))

    assert json.loads(json.dumps(document)) == document
    assert document["lines_done"] == 2
    assert document["key"] == "admit-newcomer, issue-newcomer"
    parts = document["plans"]
    assert isinstance(parts, list)
    assert [each["key"] for each in parts] == ["admit-newcomer", "issue-newcomer"]
    assert document["gas_used"] == sum(each["gas_used"] for each in parts)
