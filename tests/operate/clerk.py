"""A clerk at the office: runs commands in its folder with its settings, and reads what the chain says afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain import state
from rwaledger.chain.local import set_clock
from rwaledger.cli.main import run
from rwaledger.domain.dossier import Dossier
from rwaledger.domain.holder import Standing, date_of_day_number
from rwaledger.operate.statements import chain_day
from rwaledger.registry.dossiers import dossier
from tests.office import CHECKER, MAKER, Office

_KILLED = Path(__file__).with_name("killed.py")


@dataclass
class Clerk:
    """Commands end with the exit code that is expected, and what they print is kept in `out` and `err`."""

    office: Office
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def run(self, *args: str, code: int = 0) -> str:
        self.capsys.readouterr()
        ended = run(list(args))
        self.out, self.err = self.capsys.readouterr()
        assert ended == code, f"{' '.join(args)}: {ended}\n{self.out}{self.err}"
        return self.out + self.err

    def json(self, *args: str) -> Any:
        self.run(*args, "--json")
        return json.loads(self.out)

    @property
    def today(self) -> date:
        return chain_day(self.office.node)

    def ahead(self, days: int) -> str:
        """A day from today, as an option takes it."""
        return (self.today + timedelta(days=days)).isoformat()

    def set_day(self, day: str, hour: int = 0) -> None:
        """Sets the chain's clock to a day."""
        moment = datetime.combine(date.fromisoformat(day), time(hour), UTC)
        set_clock(self.office.node, int(moment.timestamp()))

    def standing(self, holder: str, instrument: str = "HKDS") -> Standing:
        address = holder if holder.startswith("0x") else self.office.address(holder)
        token = self.office.instrument(instrument).address
        return state.account_words(self.office.node, token, [address], "latest")[address].standing

    def valid_until(self, holder: str, instrument: str = "HKDS") -> str:
        return date_of_day_number(self.standing(holder, instrument).valid_until_day).isoformat()

    def dossier(self, holder: str) -> Dossier:
        with self.office.database.read() as connection:
            return dossier(connection, holder)


def killed_after(step: str, *command: str) -> None:
    """Runs a command in a process that kills itself right after a step (see killed.py)."""
    killed = subprocess.run([sys.executable, str(_KILLED), step, *command], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()


def seated(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk with the settings of the office, in its folder."""
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    monkeypatch.chdir(office.folder)
    return Clerk(office, capsys)
