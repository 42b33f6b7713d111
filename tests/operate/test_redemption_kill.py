"""`kill -9` at each step of attesting, and of paying a redemption: attested once, burnt once, paid once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.sender import next_nonce
from rwaledger.cli.main import run
from rwaledger.domain.redemption import RedemptionStatus
from rwaledger.registry import audit_log, reserves
from tests.office import Office
from tests.operate import backed
from tests.operate.queued import UNIT, ask, open_queue, pay, stored

KILLED = Path(__file__).with_name("killed.py")

PAYING = {
    "after the request is claimed": "rwaledger.operate.redemption_pay:begin",
    "after the instruction is stored": "rwaledger.operate.execute:store",
    "after the checker has signed": "rwaledger.operate.execute:approve",
    "after the transaction is signed and stored": "rwaledger.operate.send:sign_and_store",
    "after it is sent": "rwaledger.operate.dispatch:broadcast",
    "after it is mined": "rwaledger.operate.dispatch:await_receipts",
    "before the payment is written down": "rwaledger.operate.redemption_pay:run",
}

ATTESTING = {
    "after it is signed and stored": "rwaledger.operate.reserve_attest:keep_attestation",
    "after it is sent": "rwaledger.operate.dispatch:broadcast",
}


def kill(step: str, command: list[str]) -> None:
    killed = subprocess.run(
        [sys.executable, str(KILLED), step, *command], env=os.environ.copy(), capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()


@pytest.mark.parametrize("step", PAYING)
def test_a_redemption_is_burnt_and_paid_once(office: Office, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    open_queue(office, monkeypatch)
    assert run(ask("R-1", "lantau", "10")) == 0
    sent = office.sent_by_maker()
    kill(PAYING[step], pay("R-1"))

    assert run(pay("R-1", reference="BANK-2")) == 6
    assert run(pay("R-1")) == 0
    assert run(pay("R-1")) == 0

    assert (office.supply(), office.sent_by_maker()) == (220 * UNIT, sent + 1)
    assert stored(office, "R-1").status is RedemptionStatus.PAID
    with office.database.read() as connection:
        assert len(audit_log.entries(connection, action="redemption paid", subject="R-1")) == 1


@pytest.mark.parametrize(
    ("step", "cancelled"),
    [
        ("after the checker has signed", True),
        ("after the transaction is signed and stored", False),
    ],
)
def test_what_is_on_its_way_cannot_be_cancelled_and_what_is_cancelled_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str, cancelled: bool
) -> None:
    open_queue(office, monkeypatch)
    assert run(ask("R-1", "lantau", "10")) == 0
    kill(PAYING[step], pay("R-1"))

    assert run(["redemption", "cancel", "R-1", "--reason", "withdrawn", "--yes"]) == (0 if cancelled else 2)
    assert run(pay("R-1")) == (2 if cancelled else 0)

    assert office.supply() == (230 if cancelled else 220) * UNIT
    expected = RedemptionStatus.CANCELLED if cancelled else RedemptionStatus.PAID
    assert stored(office, "R-1").status is expected


@pytest.mark.parametrize("step", ATTESTING)
def test_a_reserve_is_attested_once(office: Office, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    backed.open_issuer(office, monkeypatch)
    assert run(backed.count(office, backed.deposits("100"))) == 0
    attestor = dev_address(backed.ATTESTOR)
    nonce = next_nonce(office.node, attestor)
    kill(ATTESTING[step], backed.attest(office))

    assert run(backed.attest(office)) == 0
    assert run(backed.attest(office)) == 0

    assert next_nonce(office.node, attestor) == nonce + 1
    assert run(backed.issue(office, "100", "all")) == 0
    with office.database.read() as connection:
        assert len(reserves.attestations(connection, "HKDB")) == 1
