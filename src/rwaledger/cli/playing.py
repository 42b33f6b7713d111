"""Play a story: set the clock, run each command, hold it to what it must do, and remember how far it came."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rwaledger.cli.output import say
from rwaledger.cli.settings import PREFIX, load_settings
from rwaledger.domain.errors import EXIT_INTERRUPTED, RwaledgerError, UsageError
from rwaledger.scenarios.story import Command

if TYPE_CHECKING:
    from rwaledger.scenarios.story import Step, Story

_PROGRESS = Path("progress.json")
_PASSWORD = "password"
_SETTINGS = """# Written by `rwaledger scenario run`; every command in this folder uses it.
rpc_url = "http://127.0.0.1:{port}"
node_port = {port}
node_folder = "node"
database_url = "{database_url}"
keystore_folder = "keystores"
password_file = "password"
"""


def refuse_foreign(folder: Path) -> None:
    """Only an empty folder, or one in which a scenario was begun, is played in."""
    if any(folder.iterdir()) and not (folder / _PROGRESS).exists():
        raise UsageError(f"{folder} is not empty, and no scenario was begun in it", "Name another with --folder.")


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """In the folder, and without settings from the environment: the scenario has its own."""
    before = dict(os.environ)
    for variable in [each for each in os.environ if each.startswith(PREFIX)]:
        del os.environ[variable]
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.update(before)


def prepare(story: Story, database_url: str) -> None:
    """Settings, a node that begins at the story's time, keys, and ether for those who pay gas."""
    from rwaledger.chain.local import free_port

    begun = _PROGRESS.exists()
    if not begun:
        Path(_PASSWORD).write_text("correct horse battery staple\n", encoding="utf-8")
        settings = _SETTINGS.format(port=free_port(), database_url=database_url)
        Path("rwaledger.toml").write_text(settings, encoding="utf-8")
        _write_progress(-1, 0)
    say(f"# {story.title}")
    command(f"node start --begins {story.begins.isoformat()}")
    for office in story.offices:
        if not (Path("keystores") / office).exists():
            command(f"key new {office} --light")
    if _progress()[0] < 0:
        command(f"node fund {' '.join(story.funded)}")
        _write_progress(0, 0)


def play(story: Story) -> None:
    """Every step that was not played before, from the command at which it was cut off."""
    first_step, first_command = _progress()
    for number, step in enumerate(story.steps):
        if number < first_step:
            continue
        done = first_command if number == first_step else 0
        _play_step(number, step, done)
        _write_progress(number + 1, 0)


def _play_step(number: int, step: Step, done: int) -> None:
    say(f"\n# {step.at:%a %-d %B %Y %H:%M}: {step.title}")
    if done == 0:
        _set_clock(step)
    for at, each in enumerate(step.commands):
        if at >= done:
            _expect(each)
            _write_progress(number, at + 1)


def _set_clock(step: Step) -> None:
    """Forward only: a step that was cut off before its first command finds its clock set."""
    from rwaledger.chain.rpc import Node

    latest = Node(load_settings({}).settings.rpc_url).block("latest")
    if latest is None or latest.timestamp < int(step.at.timestamp()):
        command(f"node clock {step.at.isoformat()}")


def command(line: str) -> None:
    """Runs one command of the program, which must succeed."""
    _expect(Command(line))


def _expect(each: Command) -> None:
    """Runs a command in this process, which saves a start-up each, and holds it to what it must do.

    Raises:
        KeyboardInterrupt: it was interrupted.
        RwaledgerError: it did something else.
    """
    from rwaledger.cli.main import run as run_command

    say(f"\n$ rwaledger {each.line}")
    told = _Told(sys.stderr)
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = run_command(each.args)
    if code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if code != each.exit_code:
        raise RwaledgerError(
            f"exit code {code} where {each.exit_code} was due: rwaledger {each.line}",
            "Look at what it said above. The same scenario in the same folder goes on from this command.",
        )
    if each.says not in told.text:
        raise RwaledgerError(f"{each.says!r} was to be said by: rwaledger {each.line}")


class _Told(io.TextIOBase):
    """Passes on what a command says, and remembers it."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return int(self._to.write(text))

    def flush(self) -> None:
        self._to.flush()


def held_against(closing: dict[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    """The balances of all holders in the register, where they are the closing figures and no others.

    Raises:
        RwaledgerError: one is not.
    """
    found = _balances()
    wrong = [
        f"{holder} has {found.get((instrument, holder), 'no')} {instrument}, not {closing.get((instrument, holder), 0)}"
        for instrument, holder in sorted(found.keys() | closing.keys())
        if _number(found.get((instrument, holder))) != _number(closing.get((instrument, holder)))
    ]
    if wrong:
        raise RwaledgerError("the scenario ends otherwise than it must:\n" + "\n".join(wrong))
    return [(instrument, holder, units) for (instrument, holder), units in closing.items()]


def _balances() -> dict[tuple[str, str], str]:
    """Units of each holder by instrument, summed over accounts, as the register has them."""
    from collections import defaultdict

    from rwaledger.domain.posting import ISSUANCE_ACCOUNT
    from rwaledger.domain.units import format_amount
    from rwaledger.registry import holders, instruments, positions
    from rwaledger.registry.database import Database

    totals: dict[tuple[str, str], int] = defaultdict(int)
    database = Database(load_settings({}).settings.database_url)
    with contextlib.closing(database), database.read() as connection:
        known = {each.instrument_id: each for each in instruments.instruments(connection)}
        for instrument in known.values():
            owners = holders.accounts(connection, instrument.chain_id)
            for position in positions.positions(connection, instrument.instrument_id):
                if position.account != ISSUANCE_ACCOUNT and position.balance_units:
                    owner = owners[position.account].holder_id if position.account in owners else position.account
                    totals[instrument.instrument_id, owner] += position.balance_units
    return {key: format_amount(units, known[key[0]].decimals) for key, units in totals.items()}


def _number(text: str | None) -> tuple[str, str]:
    """Decimal text in one spelling."""
    whole, _, fraction = (text or "0").partition(".")
    return whole, fraction.rstrip("0")


def _progress() -> tuple[int, int]:
    step, done = json.loads(_PROGRESS.read_text(encoding="utf-8"))
    return step, done


def _write_progress(step: int, done: int) -> None:
    _PROGRESS.write_text(json.dumps([step, done]), encoding="utf-8")
