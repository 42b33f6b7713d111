"""`rwaledger NOUN VERB`: finds the noun's module, runs the verb, and turns every error into words and an exit code."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from rwaledger import __version__
from rwaledger.cli.context import Context
from rwaledger.cli.settings import load_settings
from rwaledger.domain.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, RwaledgerError

NOUNS = {
    "node": "Start and stop a local node.",
    "key": "Make and list keystores.",
    "instrument": "Deploy instruments, and see those that are there.",
    "holder": "Admit holders, and keep what is known of them up to date.",
    "units": "Issue, redeem, transfer and freeze units, under four eyes.",
    "instruction": "See, approve, reject and carry out what was authorised.",
    "reserve": "Keep, show and attest what backs a stablecoin.",
    "redemption": "Queue redemptions of a stablecoin, and pay them in time.",
    "terms": "Set the terms of bonds and funds, once.",
    "bond": "Pay the coupons of bonds, and redeem them.",
    "fund": "Prices, subscriptions and redemptions of funds.",
    "settlement": "Settle trades, all legs or none.",
    "rules": "See the rules of instruments, and change them.",
    "document": "Publish the documents of instruments.",
    "record-date": "Schedule the moments at which holders are counted.",
    "omnibus": "Keep the sub-ledgers of omnibus accounts.",
    "register": "Mirror the chain into the register, and read it.",
    "break": "Follow breaks from their finding to their sign-off, each step under another key.",
    "report": "Holders, statements, supply, reserve and more, as at any block or day.",
    "reconcile": "Compare chain, events, register and control book at one block.",
    "evidence": "Put a reconciliation into one file that verifies offline.",
    "verify": "Verify an evidence pack, with nothing but a block hash.",
    "period": "Sign what the register says at a block, and anchor it.",
    "scenario": "Play a story with dates on a local chain.",
    "config": "See the settings and where they come from.",
    "doctor": "Check node, contracts, register and keys.",
}


_MODULES = {"break": "breaks"}
"""Where the module is not called like its noun: this one is a word of Python."""


class Nouns(click.Group):
    """Imports the module of a noun only when that noun is used, so that help is there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        module = importlib.import_module(f"rwaledger.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Nouns"):
            formatter.write_dl(list(NOUNS.items()))


@click.command(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rwaledger")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file.  [./rwaledger.toml]")
@click.option("--rpc-url", help="JSON-RPC address of the node.")
@click.option("--database-url", help="The register: sqlite:///FILE or postgresql+psycopg://...")
@click.option("--finality", help="What counts as settled: finalized, safe, latest, or a depth in blocks.")
@click.option("--maker", help="Keystore of the maker, or dev:N on a local node.")
@click.option("--checker", help="Keystore of the checker, or dev:N on a local node.")
@click.pass_context
def rwaledger(ctx: click.Context, /, config_file: Path | None, **flags: Any) -> None:
    """A ledger for tokenised real-world assets whose reports prove themselves.

    Every verb explains itself: rwaledger NOUN VERB --help. Exit codes: 0 done, 1 failed, 2 usage, 3 breaks found,
    4 key or authorisation, 5 node or database unreachable, 6 idempotency conflict, 130 interrupted.
    """
    ctx.obj = Context(load_settings(flags, config_file))
    ctx.call_on_close(ctx.obj.close)


def main(args: list[str] | None = None) -> None:
    """Runs the program and ends the process with its exit code."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    try:
        result = rwaledger.main(args, prog_name="rwaledger", standalone_mode=False)
    except RwaledgerError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except OSError as error:
        click.echo(f"error: {error.strerror or error}: {error.filename or 'standard output'}", err=True)
        return EXIT_FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; the same command can be run again", err=True)
        return EXIT_INTERRUPTED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
