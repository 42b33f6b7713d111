"""The command line as a person or a script meets it: output, exit codes, asking, settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import local_node
from rwaledger.cli.main import NOUNS, run, rwaledger
from tests.office import HOLDERS, INSTRUMENTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def office(folder: Path) -> Iterator[Path]:
    """A folder with a node, settings, an instrument file and holders."""
    (folder / "instruments.toml").write_text(INSTRUMENTS)
    (folder / "holders.csv").write_text(HOLDERS.format(*(dev_address(f"dev:{n}") for n in range(10))))
    (folder / "allocations.csv").write_text("instrument,account,amount\nHKDS,kowloon,150.5\n")
    with local_node(folder / "node") as node:
        (folder / "rwaledger.toml").write_text(
            f'rpc_url = "{node.url}"\nmaker = "dev:1"\nchecker = "dev:2"\nadmin = "dev:0"\nprivacy = "dev:9"\n'
        )
        yield folder


def json_of(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> Any:
    """The one document on stdout; progress and talk go to stderr."""
    capsys.readouterr()
    assert run([*args, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_journey_from_deployment_to_holdings(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployed = json_of(capsys, "instrument", "deploy", "instruments.toml", "--yes")
    assert [row["created"] for row in deployed] == [True, True]
    again = json_of(capsys, "instrument", "deploy", "instruments.toml", "--yes")
    assert [row["created"] for row in again] == [False, False]

    active = json_of(capsys, "instrument", "activate", "instruments.toml", "--yes")
    assert active["lines_done"] == 2
    admitted = json_of(capsys, "holder", "admit", "holders.csv", "--yes")
    assert admitted["lines_done"] == 12
    dry = json_of(capsys, "units", "issue", "allocations.csv", "--dry-run")
    assert (dry["dry_run"], dry["lines_done"], dry["transactions"]) == (True, 1, [])
    done = json_of(capsys, "units", "issue", "allocations.csv", "--yes")
    assert (done["lines_done"], done["lines_done_before"]) == (1, 0)
    assert run(["units", "issue", "allocations.csv", "--yes"]) == 0
    assert "nothing to do: 1 line of key" in capsys.readouterr().out

    assert run(["node", "mine", "2"]) == 0
    assert run(["register", "sync"]) == 0
    holdings = json_of(capsys, "register", "holdings", "HKDS")
    assert [(row["holder"], row["amount"]) for row in holdings] == [("kowloon", "150.500000")]
    shown = json_of(capsys, "instrument", "show", "HKDS")
    assert (shown["supply"], shown["countries"]) == ("150.500000", ["HK", "SG"])
    assert (shown["active"], shown["domicile"], shown["guarded_country"]) == (True, "HK", "CN")
    listed = json_of(capsys, "instruction", "list", "--instrument", "HKDS")
    assert [(row["operation"], row["status"]) for row in listed] == [
        ("activate", "final"),
        ("admit", "final"),
        ("issue", "final"),
    ]
    activation = json_of(capsys, "instruction", "show", listed[0]["ref"])
    assert activation["entries"][0]["detail"] == "no ISIN, no DTI, underlying in HK, no filing"
    whole = json_of(capsys, "instruction", "show", listed[2]["ref"][:12])
    assert whole["entries"][0]["amount"] == "150.500000"
    admission = json_of(capsys, "instruction", "show", listed[1]["ref"])
    assert admission["entries"][0]["detail"] == "HK, institution, until 2099-12-31"
    assert run(["doctor"]) == 0


def test_exit_codes(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["instrument", "deploy", "instruments.toml", "--yes"]) == 0
    assert run(["instrument", "activate", "instruments.toml", "--yes"]) == 0
    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    assert run(["units", "issue", "allocations.csv", "--yes"]) == 0
    capsys.readouterr()

    (office / "allocations.csv").write_text("instrument,account,amount\nHKDS,kowloon,9\n")
    assert run(["units", "issue", "allocations.csv", "--yes"]) == 6
    assert (
        "was used before with other content (issue from allocations.csv); nothing was sent" in capsys.readouterr().err
    )
    (office / "bad.csv").write_text("instrument,account,amount\nHKDS,nobody,9\n")
    assert run(["units", "issue", "bad.csv", "--yes"]) == 2
    assert "bad.csv:2: account: no holder 'nobody'" in capsys.readouterr().err
    assert run(["--checker", "dev:8", "units", "issue", "allocations.csv", "--key", "other", "--yes"]) == 4
    assert run(["--checker", "nobody", "units", "issue", "allocations.csv", "--key", "other", "--yes"]) == 4
    assert run(["--rpc-url", "http://127.0.0.1:1", "register", "sync"]) == 5
    assert run(["units", "precheck", "--instrument", "HKDS", "--to", "mainland", "--amount", "1"]) == 1
    assert run(["units", "precheck", "--instrument", "HKDS", "--to", "kowloon", "--amount", "1"]) == 0
    assert run(["nothing"]) == 2
    assert run(["units", "issue"]) == 2
    assert run(["units", "force-transfer", "bad.csv", "--yes"]) == 2
    assert "--order FILE" in capsys.readouterr().err


def test_without_a_terminal_nothing_is_sent_unless_yes_is_given(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["instrument", "deploy", "instruments.toml"]) == 2
    assert "Add --yes" in capsys.readouterr().err
    assert not (office / "rwaledger.db").exists()


def test_a_holder_is_written_down_only_once_the_person_has_agreed(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["instrument", "deploy", "instruments.toml", "--yes"]) == 0
    assert run(["holder", "admit", "holders.csv"]) == 2
    assert json_of(capsys, "holder", "list") == []

    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    renewed = (office / "holders.csv").read_text().replace("HK,institution", "SG,institution")
    (office / "renewed.csv").write_text(renewed)
    assert run(["holder", "admit", "renewed.csv", "--yes"]) == 0
    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    listed = json_of(capsys, "holder", "list")
    assert {row["country"] for row in listed if row["holder"] == "kowloon"} == {"SG"}


def test_a_file_and_a_single_line_are_not_mixed_and_an_empty_amount_is_none(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["instrument", "deploy", "instruments.toml", "--yes"]) == 0
    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    capsys.readouterr()
    assert run(["units", "issue", "allocations.csv", "--account", "lantau", "--yes"]) == 2
    assert "--account would say it twice" in capsys.readouterr().err
    (office / "order.txt").write_text("an order")
    freeze = ["units", "freeze", "--instrument", "HKDS", "--account", "kowloon", "--order", "order.txt", "--key", "f"]
    assert run([*freeze, "--amount", "", "--yes"]) == 2
    assert "amount: is empty" in capsys.readouterr().err


def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / "password").write_text("secret\n")
    monkeypatch.setenv("RWALEDGER_PASSWORD_FILE", "password")
    assert run(["instrument", "deploy", "instruments.toml", "--yes"]) == 0
    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    changed = INSTRUMENTS.replace('max_balance = "1000"', 'max_balance = "2000"')
    (office / "changed.toml").write_text(changed)
    zero = HOLDERS.splitlines()[0] + f"\nzero,Nobody,HK,retail,2099-12-31,0x{0:040x},own\n"
    (office / "zero.csv").write_text(zero)
    refused = {
        ("instrument", "deploy", "changed.toml", "--dry-run"): (6, "with other terms"),
        ("holder", "admit", "zero.csv", "--yes"): (2, "zero.csv:2: address: the zero address is the issuance account"),
        ("units", "precheck", "--instrument", "HKDS", "--amount", "1"): (2, "a move needs a side"),
        ("units", "issue", "allocations.csv", "--key", "a\nb", "--yes"): (2, "printable characters"),
        ("units", "issue", "allocations.csv", "--order", "zero.csv", "--yes"): (2, "takes no order"),
        ("register", "holdings", "HKDS", "--block", "99"): (2, "has not read block 99 yet"),
        ("key", "new", "../escaped"): (4, "is no name for a keystore"),
        ("--rpc-url", "foo", "register", "sync"): (2, "rpc_url is not a URL"),
        ("--rpc-url", "http://127.0.0.1:99999", "register", "sync"): (2, "rpc_url is not a URL"),
        ("node", "start", "--port", "70000"): (2, "70000"),
        ("reconcile", "run", "--out", "zero.csv/report"): (2, "zero.csv is no folder"),
    }
    for command, (code, message) in refused.items():
        capsys.readouterr()
        assert run(["--config", "rwaledger.toml", *command]) == code, command
        assert message in capsys.readouterr().err, command


def test_errors_say_the_next_step(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["register", "sync"]) == 1
    assert "rwaledger register migrate" in capsys.readouterr().err
    assert run(["register", "migrate"]) == 0
    assert run(["--rpc-url", "http://user:secret@127.0.0.1:1/key", "register", "sync"]) == 5
    message = capsys.readouterr().err
    assert "rwaledger node start" in message
    assert "secret" not in message
    assert "/key" not in message


def test_a_setting_comes_from_the_highest_layer_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user_file = folder / ".config" / "rwaledger" / "config.toml"
    user_file.parent.mkdir(parents=True)
    user_file.write_text('maker = "user"\nchecker = "user"\nfinality = "user"\nrpc_url = "http://user"\n')
    (folder / "rwaledger.toml").write_text('checker = "project"\nfinality = "project"\nrpc_url = "http://project"\n')
    monkeypatch.setenv("RWALEDGER_FINALITY", "latest")
    monkeypatch.setenv("RWALEDGER_RPC_URL", "http://environment")

    assert run(["--rpc-url", "http://flag", "config", "show", "--json"]) == 0
    shown = {row["name"]: (row["value"], row["source"]) for row in json.loads(capsys.readouterr().out)}

    assert shown["maker"] == ("user", "~/.config/rwaledger/config.toml")
    assert shown["checker"] == ("project", "rwaledger.toml")
    assert shown["finality"] == ("latest", "environment")
    assert shown["rpc_url"] == ("http://flag", "flag")
    assert shown["admin"] == ("admin", "default")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('makr = "x"', "there is no setting 'makr'"),
        ("node_port = true", "node_port must be a whole number"),
        ("maker = 3", "maker must be text"),
        ("maker = ", "is not TOML"),
    ],
)
def test_a_settings_file_that_is_wrong_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    (folder / "rwaledger.toml").write_text(content)

    assert run(["config", "show"]) == 2
    assert message in capsys.readouterr().err


def test_keystores_are_made_listed_and_never_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "password").write_text("secret phrase\n")
    monkeypatch.setenv("RWALEDGER_PASSWORD_FILE", "password")

    made = json_of(capsys, "key", "new", "maker", "--light")
    listed = json_of(capsys, "key", "list")

    assert listed == [made]
    file = folder / ".foundry" / "keystores" / "maker"
    assert file.stat().st_mode & 0o077 == 0
    assert "secret" not in file.read_text()
    assert run(["key", "new", "maker", "--light"]) == 4
    assert "never overwritten" in capsys.readouterr().err


def verbs_of(command: click.Command) -> Iterator[click.Command]:
    """The command itself, or all the verbs of a group, those of groups in it too."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from verbs_of(each)
    else:
        yield command


def test_every_verb_explains_itself() -> None:
    context = click.Context(rwaledger)
    for noun in NOUNS:
        command = rwaledger.get_command(context, noun)
        assert command is not None
        for verb in verbs_of(command):
            assert verb.help, f"{noun} {verb.name} has no help"
            assert any(parameter.name == "as_json" for parameter in verb.params), f"{noun} {verb.name} has no --json"
            hidden = [p.name for p in verb.params if isinstance(p, click.Option) and not p.help]
            assert not hidden, f"{noun} {verb.name}: {hidden} without help"
