"""What a spreadsheet can hold and add without losing a digit, since its numbers are IEEE 754 doubles.

A decimal number of up to 15 significant digits goes into a double and comes back as it was; whole numbers up to 2^53
are added exactly. What is beyond that is written as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rwaledger.report.document import Cell, Column, Kind, Table
from rwaledger.report.values import NUMBERS

DIGITS_MAX = 15
_WHOLE_MAX = 2**53
_SHORT = 10**DIGITS_MAX
"""What is less has few enough digits, wherever its zeros are."""


@dataclass(frozen=True, slots=True)
class Total:
    """A total: how a spreadsheet adds it up from `{cells}`, or an empty formula where it cannot without loss.

    Where `in_steps`, those are the cells of a column beside the table, in which each amount stands as a whole number of
    steps of its smallest digit, `places` after the point.
    """

    value: int | Fraction
    formula: str = ""
    in_steps: bool = False
    places: int = 0


def number(cell: Cell, column: Column) -> float | None:
    """The cell as a double that shows the same digits; None where there is none, or the cell is no number."""
    if column.kind not in NUMBERS or not isinstance(cell, int | Fraction):
        return None
    if column.kind is Kind.PERCENT:
        return cell.numerator / cell.denominator
    if not isinstance(cell, int) or (abs(cell) >= _SHORT and _digits(cell) > DIGITS_MAX):
        return None
    return cell / 10**column.decimals if column.decimals else float(cell)


def total(table: Table, index: int, value: int | Fraction) -> Total:
    """How the column of that index is added up, its sum being `value`."""
    column = table.columns[index]
    cells = [row[index] for row in table.rows]
    if column.kind is Kind.PERCENT:
        return Total(value, f"ROUND(SUM({{cells}}),{column.decimals + 2})" if cells else "")
    units = [cell for cell in cells if isinstance(cell, int)]
    if not units or any(abs(each) >= _SHORT and _digits(each) > DIGITS_MAX for each in (*units, int(value))):
        return Total(value)
    return _sum(value, units, column.decimals)


def _sum(value: int | Fraction, units: Sequence[int], decimals: int) -> Total:
    """A sum in steps of the smallest digit in use; each partial sum has to stay below 2^53 such steps.

    Adding n doubles errs by less than n times the sum of their amounts times 2^-53 (Higham, Accuracy and Stability of
    Numerical Algorithms, 2002, section 4.2). Where that may reach half a step, whole numbers are added instead.
    """
    places = decimals - min(_zeros(each, decimals) for each in units)
    steps = sum(abs(each) for each in units) // 10 ** (decimals - places)
    if steps > _WHOLE_MAX:
        return Total(value)
    if places == 0:
        return Total(value, "SUM({cells})")
    if 4 * len(units) * steps < _WHOLE_MAX:
        return Total(value, f"ROUND(SUM({{cells}}),{places})", places=places)
    return Total(value, f"SUM({{cells}})/10^{places}", in_steps=True, places=places)


def _digits(units: int) -> int:
    """Significant digits; zeros at the end are none."""
    return len(str(abs(units)).rstrip("0"))


def _zeros(units: int, most: int) -> int:
    """Zeros at the end, as far as they stand after the point."""
    if units == 0:
        return most
    text = str(units)
    return min(len(text) - len(text.rstrip("0")), most)
