"""Bad files: every bad row is named with its line, and nothing is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rwaledger.domain.errors import InputFileError
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import Particulars, Rules
from rwaledger.operate.admissions import read_admissions
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.entries import read_entries
from tests.office import Office

HEADER = "instrument,account,amount\n"
GOOD = "HKDS,kowloon,1\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER + GOOD + "HKDS,nobody,1\n", [(3, "no holder 'nobody'")]),
        (HEADER + "NOPE,kowloon,1\n", [(2, "no instrument 'NOPE'")]),
        (HEADER + "HKDS,kowloon,-5\n", [(2, "'-5' is not a positive decimal amount")]),
        (HEADER + "HKDS,kowloon,0\n", [(2, "0 is zero")]),
        (HEADER + "HKDS,kowloon,0.000000\n", [(2, "is zero")]),
        (HEADER + "HKDS,kowloon,1.0000001\n", [(2, "7 digits after the point")]),
        (HEADER + "GRN28,kowloon,1.5\n", [(2, "the instrument has 0")]),
        (HEADER + "HKDS,kowloon,79228162514264337593544\n", [(2, "above the largest amount")]),
        (HEADER + f"HKDS,kowloon,{10**200}\n", [(2, "above the largest amount")]),
        (HEADER + "HKDS,kowloon,1e6\n", [(2, "not a positive decimal amount")]),
        (HEADER + 'HKDS,kowloon,"1,000"\n', [(2, "not a positive decimal amount")]),
        (HEADER + "HKDS,kowloon,\n", [(2, "amount: is empty")]),
        (HEADER + GOOD + "HKDS,lantau,2\n" + "HKDS,kowloon,3\n", [(4, "repeats line 2")]),
        (HEADER + "HKDS,0x12,1\n", [(2, "is not an address")]),
        (HEADER + "HKDS,0x90F79bf6EB2c4f870365E785982E1f101E93b907,1\n", [(2, "wrong checksum")]),
        (HEADER + "HKDS,0x000000000000000000000000000000000000dEaD,1\n", [(2, "is no account on the register")]),
        (HEADER + "HKDS,nobody,-1\n", [(2, "no holder"), (2, "not a positive")]),
        (HEADER + "HKDS,nobody,1\n" + GOOD + "YYYY,kowloon,1\n", [(2, "no holder"), (4, "no instrument")]),
        ("instrument,account\nHKDS,kowloon\n", [(1, "the header must be")]),
        ("instrument,account,amount,amount\nHKDS,kowloon,1,1\n", [(1, "the header must be")]),
        (HEADER + "HKDS,kowloon\n", [(2, "has 2 fields")]),
        (HEADER + '\nHKDS,kowloon,"1\n', [(3, "not CSV")]),
        (HEADER + 'HKDS,"kow\nloon",1\nHKDS,nobody,1\n', [(2, "line break inside a field")]),
        (HEADER + "HKDS,kow\u2028loon,1\nHKDS,nobody,1\n", [(2, "no holder"), (3, "no holder")]),
        ("", [(0, "is empty")]),
        ("\n\n", [(0, "is empty")]),
        (HEADER, [(0, "no rows")]),
    ],
)
def test_every_bad_row_is_named_with_its_line(office: Office, content: str, expected: list[tuple[int, str]]) -> None:
    path = office.write("allocations.csv", content)

    with pytest.raises(InputFileError) as caught:
        read_entries(path, Operation.ISSUE, office.names())

    found = [(problem.line, problem.message) for problem in caught.value.problems]
    assert len(found) == len(expected), found
    for (line, message), (expected_line, part) in zip(found, expected, strict=True):
        assert line == expected_line
        assert part in message
    assert f"{path}:{expected[0][0]}" in str(caught.value) or expected[0][0] == 0


def test_text_that_is_not_utf8_is_refused_with_its_line(office: Office) -> None:
    path = office.folder / "latin.csv"
    path.write_bytes(HEADER.encode() + GOOD.encode() + "HKDS,caf\xe9,1\n".encode("latin-1"))

    with pytest.raises(InputFileError, match=r"latin\.csv:3: not UTF-8 text \(byte 0xe9\)"):
        read_entries(path, Operation.ISSUE, office.names())


def test_a_byte_order_mark_and_windows_line_ends_are_read(office: Office) -> None:
    path = office.folder / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + GOOD).replace("\n", "\r\n").encode())

    (entry,) = read_entries(path, Operation.ISSUE, office.names())

    assert entry.line.amount_units == 10**6


def test_100_000_good_rows_and_one_bad_send_nothing(office: Office) -> None:
    before = office.sent_by_maker()
    rows = (f"HKDS,0x{n:040x},1\n" for n in range(1, 100_001))
    accounts = "".join(rows)
    path = office.write("many.csv", HEADER + accounts + "HKDS,kowloon,nothing\n")
    names = office.names()
    known = next(iter(names.accounts.values()))
    names.accounts.update({f"0x{n:040x}": known for n in range(1, 100_001)})

    with pytest.raises(InputFileError, match=r"many\.csv:100002: amount: 'nothing'"):
        read_entries(path, Operation.ISSUE, names)

    assert office.sent_by_maker() == before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,Name,XX,retail,2030-01-01,0x000000000000000000000000000000000000dEaD,own", "no ISO 3166-1 country"),
        ("x,Name,HK,rich,2030-01-01,0x000000000000000000000000000000000000dEaD,own", "no investor class"),
        ("x,Name,HK,retail,01/01/2030,0x000000000000000000000000000000000000dEaD,own", "is no date"),
        ("x,Name,HK,retail,2200-01-01,0x000000000000000000000000000000000000dEaD,own", "is not between"),
        ("x,Name,HK,retail,2030-01-01,0x000000000000000000000000000000000000dEAD,own", "wrong checksum"),
        ("x,Name,HK,retail,2030-01-01,0x000000000000000000000000000000000000dEaD,shared", "neither 'own' nor"),
        ("0xabc,Name,HK,retail,2030-01-01,0x000000000000000000000000000000000000dEaD,own", "no short name"),
        ("x,,HK,retail,2030-01-01,0x000000000000000000000000000000000000dEaD,own", "name: is empty"),
    ],
)
def test_a_holder_that_is_not_well_described_is_refused(office: Office, row: str, message: str) -> None:
    path = office.write("h.csv", f"holder,name,country,class,valid_until,address,account\n{row}\n")

    with pytest.raises(InputFileError, match=rf"h\.csv:2: .*{message}"):
        read_admissions(path, office.node.chain_id)


def test_an_address_twice_and_a_holder_described_twice_are_refused(office: Office) -> None:
    one, two = "0x" + "11" * 20, "0x" + "22" * 20
    path = office.write(
        "h.csv",
        "holder,name,country,class,valid_until,address,account\n"
        f"x,Ex,HK,retail,2030-01-01,{one},own\n"
        f"y,Why,HK,retail,2030-01-01,{one},own\n"
        f"x,Ex,SG,retail,2030-01-01,{two},own\n",
    )

    with pytest.raises(InputFileError) as caught:
        read_admissions(path, office.node.chain_id)

    assert [problem.line for problem in caught.value.problems] == [3, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("decimals = 6", "decimals = 19"), "decimals"),
        (('kind = "stablecoin"', 'kind = "coin"'), "kind"),
        (('symbol = "HKDS"', 'symbol = "HK DS"'), "symbol"),
        (('countries = ["HK", "SG"]', 'countries = ["HX"]'), "no ISO 3166-1 country"),
        (('name = "Harbour Dollar"', 'nome = "Harbour Dollar"'), "nome"),
        (('id = "GRN28"', 'id = "HKDS"'), "twice"),
        (("[[instrument]]", "[[instrument"), "Expected"),
        (('"HK0000098761"', '"HK0000098762"'), "wrong check digit"),
        (('"HK0000098761"', '"HK9876"'), "no ISIN"),
        (('isin = "HK0000098761"', 'dti = "ABCDEFGHI"'), "no DTI"),
        (('isin = "HK0000098761"\ndomicile = "HK"', 'isin = "HK0000098761"'), "need the domicile"),
        (('domicile = "HK"', 'domicile = "HX"'), "no ISO 3166-1 country"),
        (('domicile = "HK"', 'domicile = "HK"\nfiling = "nothing.pdf"'), r"nothing\.pdf cannot be read"),
        (('domicile = "HK"', 'domicile = "HK"\nreserve_attestor = "0x12"'), "is not an address"),
        (("counts_holders = true", "holder_cap = 5"), "needs counts_holders"),
        (("counts_holders = true", 'guarded_country = "HX"'), "no ISO 3166-1 country"),
        (("counts_holders = true", "opens_at = 2026-12-01T09:00:00"), "opens_at"),
        (
            ("counts_holders = true", "opens_at = 2027-01-01T00:00:00Z\ncloses_at = 2026-12-31T00:00:00Z"),
            "closes_at is before opens_at",
        ),
    ],
)
def test_an_instrument_that_is_not_well_described_is_refused(
    office: Office, change: tuple[str, str], message: str
) -> None:
    text = (office.folder / "instruments.toml").read_text().replace(*change)
    path = office.write("bad.toml", text)

    with pytest.raises(InputFileError, match=message):
        read_descriptions(path)


def test_toml_and_csv_describe_the_same_instruments(office: Office) -> None:
    path = office.write(
        "instruments.csv",
        "id,name,symbol,decimals,kind,record_of_truth,max_balance,classes,countries,counts_holders,isin,domicile\n"
        "HKDS,Harbour Dollar,HKDS,6,stablecoin,chain,,,HK;SG,,,HK\n"
        "GRN28,Green Bond,GRN28,0,bond,hybrid,1000,professional;institution,HK,yes,HK0000098761,HK\n",
    )

    assert read_descriptions(path) == read_descriptions(office.folder / "instruments.toml")


EVERY_KEY_TOML = """
[[instrument]]
id = "CAPPED"
name = "Capped Fund"
symbol = "CAP"
decimals = 2
kind = "fund"
record_of_truth = "chain"
reserve_attestor = "0x00000000000000000000000000000000000000A7"
isin = "HK0001020301"
dti = "4H95J0R2X"
domicile = "CN"
filing = "filing.txt"
[instrument.rules]
holder_cap = 50
counts_holders = true
opens_at = 2026-12-01T09:00:00+08:00
closes_at = 2027-12-01T00:00:00Z
guarded_country = "none"
"""
EVERY_KEY_CSV = (
    "id,name,symbol,decimals,kind,record_of_truth,max_balance,classes,countries,holder_cap,counts_holders,opens_at,"
    "closes_at,guarded_country,reserve_attestor,isin,dti,domicile,filing\n"
    "CAPPED,Capped Fund,CAP,2,fund,chain,,,,50,yes,2026-12-01T09:00:00+08:00,2027-12-01T00:00:00Z,none,"
    "0x00000000000000000000000000000000000000A7,HK0001020301,4H95J0R2X,CN,filing.txt\n"
)


@pytest.mark.parametrize(("name", "text"), [("all.toml", EVERY_KEY_TOML), ("all.csv", EVERY_KEY_CSV)])
def test_every_optional_key_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "filing.txt").write_bytes(b"filed")

    (description,) = read_descriptions(tmp_path / name)

    assert description.rules == Rules(
        holder_cap=50, counts_holders=True, opens_at=1_796_086_800, closes_at=1_827_619_200, guarded_country=0
    )
    assert description.reserve_attestor == "0x00000000000000000000000000000000000000a7"
    filing = "0x" + hashlib.sha256(b"filed").hexdigest()
    assert description.particulars == Particulars("HK0001020301", "4H95J0R2X", 156, filing)


def test_the_mainland_is_guarded_where_the_file_says_nothing(office: Office) -> None:
    for description in read_descriptions(office.folder / "instruments.toml"):
        assert description.rules.guarded_country == 156
