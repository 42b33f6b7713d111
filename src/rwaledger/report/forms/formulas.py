"""A column's formula over other columns of its row, as the formula of a spreadsheet."""

from __future__ import annotations

import re

from rwaledger.report.document import Column, Kind

_TOKEN = re.compile(r"\s*(?:(?P<name>[a-z_][a-z0-9_]*)|(?P<other>[0-9]+|[-+*/()]))")


def names_in(formula: str) -> list[str]:
    """The columns that a formula takes."""
    return [name for name, _ in _tokens(formula) if name]


def row_formula(column: Column, cells: dict[str, str]) -> str:
    """The formula with the cells of one row, by their columns, put in; rounded to what its column shows."""
    body = "".join(cells[name] if name else other for name, other in _tokens(column.formula))
    return f"={body}" if column.kind is Kind.PERCENT else f"=ROUND({body},{column.decimals})"


def _tokens(formula: str) -> list[tuple[str, str]]:
    """Names of columns, and everything else: whole numbers, `+ - * /` and brackets.

    Raises:
        ValueError: there is something else in it.
    """
    tokens, at, text = [], 0, formula.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{formula!r} is no formula over columns: {text[at:]!r}")
        tokens.append((match["name"] or "", match["other"] or ""))
        at = match.end()
    return tokens
