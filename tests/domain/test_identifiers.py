"""Identifiers of instruments: what is well formed, and what is mistyped."""

from __future__ import annotations

import pytest

from rwaledger.domain.identifiers import parse_dti, parse_isin
from rwaledger.domain.instruction import Line, activation_line, particulars_of_line, rules_line, rules_of_line
from rwaledger.domain.instrument import Particulars, Rules

HASH = "0x" + "5a" * 32


@pytest.mark.parametrize("isin", ["US0378331005", "US5949181045", "GB0002634946", "HK0000069689", "DE000BAY0017"])
def test_the_isin_of_a_real_security_is_right(isin: str) -> None:
    assert parse_isin(isin) == isin


@pytest.mark.parametrize("isin", ["US0378331006", "US0738331005", "US037833100", "us0378331005", "US03783310055", ""])
def test_an_isin_with_a_slip_is_refused(isin: str) -> None:
    with pytest.raises(ValueError, match=r"ISIN|check digit"):
        parse_isin(isin)


@pytest.mark.parametrize("dti", ["4H95J0R2X", "X9J9K872S"])
def test_the_dti_of_a_real_token_is_well_formed(dti: str) -> None:
    assert parse_dti(dti) == dti


@pytest.mark.parametrize("dti", ["0H95J0R2X", "4H95J0R2", "4H95J0R2A", "4h95j0r2x", ""])
def test_a_dti_of_another_form_is_refused(dti: str) -> None:
    with pytest.raises(ValueError, match="no DTI"):
        parse_dti(dti)


@pytest.mark.parametrize(
    ("isin", "dti"), [("HK0000098761", "4H95J0R2X"), ("HK0000098761", ""), ("", "4H95J0R2X"), ("", "")]
)
def test_a_line_of_activation_says_what_was_packed_into_it(isin: str, dti: str) -> None:
    particulars = Particulars(isin, dti, 344, HASH)
    assert particulars_of_line(activation_line(particulars), HASH) == particulars


def test_what_is_no_text_is_shown_as_hex() -> None:
    assert particulars_of_line(Line(amount_units=0xFF), HASH).dti == "0xff"


def test_a_line_of_rules_says_what_was_packed_into_it() -> None:
    rules = Rules(2**96 - 1, frozenset({0, 15}), True, holder_cap=2**32 - 1, opens_at=2**40 - 2, closes_at=2**40 - 1)
    assert rules_of_line(rules_line(rules)) == rules
