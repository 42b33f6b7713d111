"""docs/contracts.md holds what the contracts hold: codes, operations, layouts, functions and interface ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain.artifacts import NAMES, artifact
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.domain.instruction import Operation
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import Token, deploy_token

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docs" / "contracts.md").read_text("utf-8")
ROLES = (PROJECT / "docs" / "roles.md").read_text("utf-8")
ERC_3643_ID = "0xb97d944c"


def source(path: str) -> str:
    return (PROJECT / "contracts" / path).read_text("utf-8")


def section(title: str) -> str:
    """The text under a heading, or from a word in bold up to the next heading."""
    return re.split(r"\n## ", TEXT.partition(title)[2], maxsplit=1)[0]


def named(text: str) -> set[str]:
    """All that stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_restriction_is_listed_in_its_order() -> None:
    restriction = source("token/Restriction.sol")
    names = re.findall(r"\w+", restriction.partition("enum Restriction {")[2].partition("}")[0])
    text = restriction.partition("MESSAGES =")[2].partition(";")[0]
    messages = "".join(re.findall(r'"([^"]*)"', text)).removesuffix("|").split("|")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]+) \|", section("## The rules"), re.MULTILINE)
    expected = [(str(code), *pair) for code, pair in enumerate(zip(names, messages, strict=True))]
    assert rows == expected


def test_every_operation_is_listed_with_the_fields_that_it_reads() -> None:
    table = source("interfaces/IControlBook.sol").partition("reads of each line")[2].partition("Reverts with")[0]
    written = re.findall(r"^ +/// {3}([a-z][a-z, -]*?)(?: {2,}|$)", table, re.MULTILINE)
    operations = {name for names in written for name in names.split(", ")}
    assert operations == {operation.value for operation in Operation}
    rows = re.findall(r"^\| (`.*?`) \|", section("## Four eyes"), re.MULTILINE)
    assert {name for row in rows for name in named(row)} == operations


def test_an_operation_of_enforcement_is_listed_as_one() -> None:
    rows = re.findall(r"^\| (`.*?`) \|.*\| required \|$", section("## Four eyes"), re.MULTILINE)
    assert {name for row in rows for name in named(row)} == {each.value for each in Operation if each.needs_order}


@pytest.mark.parametrize(
    ("word", "heading"),
    [("AccountWord", "The account word"), ("InstrumentWord", "The instrument word"), ("RuleWord", "The rule word")],
)
def test_a_picture_has_the_bits_of_the_word(word: str, heading: str) -> None:
    written = re.findall(r"^/// {3}(\d+(?:-\d+)?) +(\d+) ", source(f"token/{word}.sol"), re.MULTILINE)
    picture = section(f"{heading}:").partition("```\n")[2].partition("```")[0]
    drawn = re.findall(r"│ +(\d+(?:-\d+)?) +(?=│)", picture)
    assert sorted(drawn, key=lowest) == [bits for bits, _ in written]
    assert [width_of(bits) for bits in drawn] == [dict(written)[bits] for bits in drawn]
    assert sum(int(width) for _, width in written) == 256


def lowest(bits: str) -> int:
    return int(bits.partition("-")[0])


def width_of(bits: str) -> str:
    return str(int(bits.rpartition("-")[2]) - lowest(bits) + 1)


def test_every_function_is_named() -> None:
    functions = {entry["name"] for name in NAMES for entry in artifact(name).abi if entry["type"] == "function"}
    assert not functions - named(TEXT) - named(ROLES)


def test_no_name_of_erc_3643_is_there_that_should_not_be_and_none_is_missing() -> None:
    present, absent = section("**ERC-3643, token part.**").split("Not there:")
    entries = {entry.get("name") for entry in ASSET_TOKEN.artifact.abi}
    assert named(present) <= entries
    assert not named(absent.partition("Name and symbol")[0]) & entries


@pytest.fixture(scope="module")
def token() -> Iterator[Token]:
    with anvil() as node:
        yield deploy_token(node)


def test_the_interface_ids_are_those_that_the_token_claims(token: Token) -> None:
    ids = re.findall(r"0x[0-9a-f]{8}\b", section("## Standards"))
    claimed = {each: ASSET_TOKEN.call(token.node, token.address, "supportsInterface", [each])[0] for each in ids}
    assert "0x3edbb4c4" in claimed
    assert [each for each, answer in claimed.items() if not answer] == [ERC_3643_ID]
