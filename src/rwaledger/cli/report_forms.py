"""How a verb shows a document: in the form that is asked for, on the terminal or in files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Command, json_option
from rwaledger.cli.output import say
from rwaledger.domain.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from rwaledger.report.document import Document
    from rwaledger.report.forms import Form

NAMES = ("terminal", "json", "csv", "xlsx", "html", "pdf")
BINARY = ("xlsx", "pdf")
STEM = "report"
"""Files in a folder are called `report.json` and so on."""


def form_options(command: Command) -> Command:
    """Adds `--form`, `--out` and `--json` to a verb; `emit_document` takes what they give."""
    command = json_option(command)
    command = click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="Write it here: a file such as report.pdf, or a folder for every form, or for that of --form.",
    )(command)
    return click.option("--form", type=click.Choice(NAMES), help="Which form.  [terminal; with --out, by its suffix]")(
        command
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form and the place that the options of a verb ask for."""

    form: str | None
    out: Path | None
    as_json: bool

    @classmethod
    def of(cls, given: dict[str, Any]) -> Wanted:
        """Takes these options out of all that a verb was given, and refuses at once what cannot be done.

        Raises:
            UsageError: a form for files only without `--out`, a suffix of no form, a place within a file, or two forms
                asked for at once.
        """
        form, out, as_json = given.pop("form"), given.pop("out"), given.pop("as_json")
        if as_json and form not in (None, "json"):
            raise UsageError("--json and --form ask for two forms", "Give one of them.")
        if out is None and form in BINARY:
            raise UsageError(f"{form} is a form for files", f"Add --out, such as --out {STEM}.{form}.")
        if out is not None and form is None and _is_file(out):
            _form_of(out)
        if out is not None:
            _require_place(out)
        return cls(form, out, as_json)


def emit_document(
    document: Document,
    form: str | None,
    out: Path | None,
    *,
    as_json: bool = False,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Prints the document, or writes it where `out` says; `fields` go into its JSON form beside the tables.

    Raises:
        UsageError: as `Wanted.of`.
        MissingExtra: the form needs a package that is not installed.
    """
    wanted = Wanted.of({"form": form, "out": out, "as_json": as_json})
    name = "json" if as_json else wanted.form
    if out is None:
        _print(document, name or "terminal", fields)
    else:
        write_document(document, name, out, fields)


def write_document(
    document: Document, form: str | None, out: Path, fields: Mapping[str, Any] | None = None
) -> list[Path]:
    """Writes the document: to a file, or into a folder in the form that is asked for, else in every form.

    Of every form those are left out that need a package which is not installed, or cannot take so much; a word says so.
    """
    from rwaledger.report.forms import FORMS

    if _is_file(out):
        paths = {out: FORMS[form or _form_of(out)]}
    else:
        names = [form] if form else [name for name in NAMES if name != "terminal"]
        paths = {out / f"{STEM}{FORMS[name].suffix}": FORMS[name] for name in names}
    written = [path for path, each in paths.items() if _write(document, each, path, fields, needed=len(paths) == 1)]
    say("written: " + ", ".join([str(written[0]), *(path.name for path in written[1:])]))
    return written


def _require_place(out: Path) -> None:
    """Known before minutes of work."""
    above = next(each for each in out.absolute().parents if each.exists())
    if not above.is_dir():
        raise UsageError(f"{above} is no folder, so that {out} cannot be written", "Name another with --out.")


def _is_file(out: Path) -> bool:
    return bool(out.suffix) and not out.is_dir()


def _form_of(out: Path) -> str:
    from rwaledger.report.forms import FORMS

    for name, each in FORMS.items():
        if each.suffix == out.suffix.lower():
            return name
    suffixes = ", ".join(each.suffix for each in FORMS.values())
    raise UsageError(
        f"no form has files that end in {out.suffix}", f"Name a folder, or a file that ends in {suffixes}."
    )


def _write(document: Document, form: Form, path: Path, fields: Mapping[str, Any] | None, *, needed: bool) -> bool:
    try:
        content = _rendered(document, form, fields)
    except (MissingExtra, UsageError) as error:
        if needed:
            raise
        say(f"no {path.name}: {error.message}. {error.next_step}")
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def _rendered(document: Document, form: Form, fields: Mapping[str, Any] | None) -> bytes:
    if form.name == "json" and fields:
        from rwaledger.report.forms import json

        return json.render(document, fields).encode("utf-8")
    return form.render(document)


def _print(document: Document, name: str, fields: Mapping[str, Any] | None) -> None:
    from rwaledger.report.forms import FORMS
    from rwaledger.report.values import visible

    if name == "terminal":
        from rwaledger.report.forms import terminal

        click.echo(terminal.render(document, colour=True), nl=False)
        return
    text = _rendered(document, FORMS[name], fields).decode("utf-8")
    if sys.stdout.isatty():
        # Programs get the very text; a screen must not be steered by a name.
        text = "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))
    click.echo(text, nl=not text.endswith("\n"))
