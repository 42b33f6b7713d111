"""The ISO 20022 messages: as their schemas say, and with totals that tie to the register."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from python_iso20022.semt.semt_002_001_11.models import Semt00200111  # type: ignore[import-untyped]
from python_iso20022.semt.semt_017_001_12.models import Semt01700112  # type: ignore[import-untyped]

from rwaledger.domain.errors import UsageError
from rwaledger.report.contents.moment import At
from rwaledger.report.iso20022 import HOLDINGS, POSTINGS, holdings_xml, postings_xml
from tests.report.contents.conftest import read_register, register
from tests.report.contents.reading import ISSUANCE, Register
from tests.report.iso_model import faults

__all__ = ["read_register", "register"]

DECIMALS = {"HKDS": 6, "GRN28": 0, "HKMM": 4}
TAGS = {
    HOLDINGS: "{urn:iso:std:iso:20022:tech:xsd:semt.002.001.11}",
    POSTINGS: "{urn:iso:std:iso:20022:tech:xsd:semt.017.001.12}",
}
H, P = TAGS[HOLDINGS], TAGS[POSTINGS]


def holdings(register: Register, instrument: str, at: At | None = None) -> ET.Element:
    with register.database.read() as c:
        moment = register.moment(c, at)
        return ET.fromstring("".join(holdings_xml(c, instrument, moment)))


def postings(register: Register, holder: str, since: date | None = None, at: At | None = None) -> ET.Element:
    with register.database.read() as c:
        moment = register.moment(c, at)
        return ET.fromstring("".join(postings_xml(c, holder, moment, since)))


def units(element: ET.Element, path: str, decimals: int, ns: str) -> list[int]:
    """The quantities at a path below an element, in base units."""
    steps = "/".join(f"{ns}{step}" for step in path.split("/"))
    found = (each.text or "" for each in element.iterfind(f".//{steps}//{ns}DgtlTknUnit"))
    return [int(Decimal(text).scaleb(decimals)) for text in found]


@pytest.mark.parametrize("instrument", DECIMALS)
def test_a_statement_of_holdings_is_as_its_schema_says_and_ties_to_the_register(
    register: Register, instrument: str
) -> None:
    found = holdings(register, instrument)
    assert faults(found, Semt00200111) == []
    decimals = DECIMALS[instrument]
    (whole,) = units(found, "BalForAcct/AggtBal", decimals, H)
    each = units(found, "BalForSubAcct/AggtBal", decimals, H)
    sql = "SELECT balance_units FROM positions WHERE instrument_id = ? AND account = ?"
    assert whole == sum(each) == -register.sum(sql, instrument, ISSUANCE)
    accounts = "SELECT account FROM positions WHERE instrument_id = ? AND account <> ? AND balance_units <> '0'"
    shown = {(e.text or "").lower() for e in found.iterfind(f".//{H}SubAcctDtls/{H}BlckChainAdrOrWllt/{H}Id")}
    assert shown == {row[0] for row in register.rows(accounts, instrument, ISSUANCE)}


def test_frozen_units_are_not_available(register: Register) -> None:
    found = holdings(register, "HKDS")
    (frozen,) = units(found, "BalForSubAcct/NotAvlblBal", 6, H)
    assert frozen == 50_000 * 10**6
    (free,) = units(found, "BalForSubAcct/AvlblBal", 6, H)
    assert free == 150_000 * 10**6


def test_an_instrument_with_an_isin_is_known_by_it(register: Register) -> None:
    assert {e.text for e in holdings(register, "GRN28").iter(f"{H}ISIN")} == {"HK0001020301"}
    assert not list(holdings(register, "HKDS").iter(f"{H}ISIN"))


def test_a_past_day_is_stated_as_of_its_end(register: Register) -> None:
    found = holdings(register, "GRN28", date(2026, 1, 20))
    assert faults(found, Semt00200111) == []
    assert [e.text for e in found.iter(f"{H}DtTm")] == ["2026-01-20T15:59:59Z"]
    assert units(found, "BalForSubAcct/AggtBal", 0, H) == [250_000]


@pytest.mark.parametrize("holder", ["kowloon", "chan", "peak", "mainland"])
def test_a_posting_report_is_as_its_schema_says_and_ties_to_the_register(register: Register, holder: str) -> None:
    found = postings(register, holder)
    assert faults(found, Semt01700112) == []
    moved = "SELECT * FROM postings JOIN accounts ON address = account WHERE holder_id = ?"
    assert len(list(found.iter(f"{P}Tx"))) == len(register.rows(moved, holder))
    for details in found.iter(f"{P}FinInstrmDtls"):
        name = next(e.text for e in details.iterfind(f".//{P}OthrId/{P}Id"))
        decimals = DECIMALS[str(name)]
        (opening,) = units(details, "OpngBal/OpngBal", decimals, P)
        (closing,) = units(details, "ClsgBal/ClsgBal", decimals, P)
        assert closing - opening == sum(signed(details, decimals))


def signed(details: ET.Element, decimals: int) -> Iterator[int]:
    """What each transaction brought or took."""
    for each in details.iter(f"{P}TxDtls"):
        (quantity,) = units(each, "PstngQty", decimals, P)
        yield quantity if each.findtext(f"{P}SctiesMvmntTp") == "RECE" else -quantity


def test_a_period_opens_with_what_was_there(register: Register) -> None:
    found = postings(register, "chan", since=date(2026, 5, 1), at=date(2026, 6, 30))
    assert faults(found, Semt01700112) == []
    assert [e.text for e in found.iter(f"{P}FrDtTm")] == ["2026-04-30T16:00:00Z"]
    openings = units(found, "OpngBal/OpngBal", 0, P)
    assert sorted(openings) == [0, 0, 0, 4_000, 500_000, 994_000]


def test_nobody_is_named(register: Register) -> None:
    text = ET.tostring(postings(register, "chan"), encoding="unicode")
    assert ">chan<" in text
    assert "Mei-ling" not in text


def test_an_id_that_the_message_cannot_take_is_not_cut_short(register: Register) -> None:
    register.change("PRAGMA foreign_keys = OFF")
    for table in ("holders", "accounts"):
        register.change(f"UPDATE {table} SET holder_id = ? WHERE holder_id = 'chan'", "c" * 36)
    with pytest.raises(UsageError, match="36 characters"):
        holdings(register, "GRN28")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda root: root[0].remove(root[0][0]), "0 of Pgntn"),
        (lambda root: root[0].insert(0, root[0][1]), "order of the schema"),
        (lambda root: ET.SubElement(root[0], f"{H}Bogus"), "no Bogus here"),
        (lambda root: text(root, "UpdTp/Cd", "SOME"), "not in the list"),
        (lambda root: text(root, "Pgntn/PgNb", "one"), "is not like"),
        (lambda root: text(root, "StmtGnlDtls/StmtId", "x" * 36), "too long"),
        (lambda root: text(root, "AggtBal/Qty/Qty/Qty/DgtlTknUnit", "1" * 31), "too many digits"),
    ],
)
def test_the_model_of_the_schema_finds_what_is_wrong(register: Register, change: Any, says: str) -> None:
    root = holdings(register, "GRN28")
    change(root)
    assert says in "; ".join(faults(root, Semt00200111))


def text(root: ET.Element, path: str, value: str) -> None:
    found = root.find(".//" + "/".join(f"{H}{step}" for step in path.split("/")))
    assert found is not None
    found.text = value
