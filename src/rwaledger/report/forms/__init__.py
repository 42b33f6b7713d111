"""The forms in which any document is read. Each module has `render(document)`, and is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from rwaledger.domain.errors import UsageError
from rwaledger.report.document import Document

Render = Callable[[Document], str | bytes]

PAGE_ROWS_MAX = 250_000
"""Rows that pages take: a PDF of so many has some 4,000 of them, and needs 5 GB of memory to be set."""


def require_readable(document: Document) -> None:
    """Raises where a document is too long to be laid out as pages.

    Raises:
        UsageError: it is.
    """
    rows = sum(len(table.rows) for table in document.tables)
    if rows > PAGE_ROWS_MAX:
        raise UsageError(
            f"{document.title} has {rows:,} rows, and pages take {PAGE_ROWS_MAX:,}",
            "Take it as XLSX, which takes a million rows a table and prints on A4, or as CSV or JSON, without a bound.",
        )


@dataclass(frozen=True, slots=True)
class Form:
    """A form by its name: the suffix of its files, and where it lives."""

    name: str
    suffix: str
    module: str

    def render(self, document: Document) -> bytes:
        """The document in this form, as the bytes of its file.

        Raises:
            MissingExtra: the form needs a package that is not installed.
            UsageError: the document is too large for the form.
        """
        made = cast(Render, import_module(self.module).render)(document)
        return made if isinstance(made, bytes) else made.encode("utf-8")


FORMS = {
    form.name: form
    for form in (
        Form("terminal", ".txt", "rwaledger.report.forms.terminal"),
        Form("json", ".json", "rwaledger.report.forms.json"),
        Form("csv", ".csv", "rwaledger.report.forms.csv"),
        Form("xlsx", ".xlsx", "rwaledger.report.forms.xlsx"),
        Form("html", ".html", "rwaledger.report.forms.html"),
        Form("pdf", ".pdf", "rwaledger.report.forms.pdf"),
    )
}
