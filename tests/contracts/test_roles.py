"""Who may do what in the five contracts: everybody tries everything, and docs/roles.md says how that ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.abi import type_of
from rwaledger.chain.contracts import revert_of
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ContractRevert, NodeError
from tests.contracts.role_calls import attempts
from tests.contracts.role_page import PAGE, Row, page, tables
from tests.contracts.suite import BINDINGS, NOTHING, Suite, callers, functions, open_suite, roles
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import NOBODY

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
_ROLE = re.compile(r"@dev Role: (?:the sender holds )?(\w+_ROLE)(?:(?!function )[\s\S])*function (\w+)\(")
# OpenZeppelin's own, whose comments are not ours.
_ELSEWHERE = {"revokeRole": "DEFAULT_ADMIN_ROLE"}


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    with anvil() as node:
        yield open_suite(node)


@pytest.fixture(scope="module")
def rows_of(suite: Suite) -> dict[str, list[Row]]:
    return tables(suite)


def test_the_page_says_what_the_contracts_answer(rows_of: dict[str, list[Row]]) -> None:
    assert page(rows_of) == PAGE.read_text("utf-8"), "docs/roles.md differs: run `make roles`"


@pytest.mark.parametrize("contract", BINDINGS)
def test_every_function_is_tried(suite: Suite, contract: str) -> None:
    assert set(attempts(suite, contract)) == set(functions(contract, writing=True)), "see tests/contracts/role_calls.py"


@pytest.mark.parametrize("contract", BINDINGS)
def test_a_function_opens_to_the_role_that_its_documentation_names(
    rows_of: dict[str, list[Row]], contract: str
) -> None:
    documented = documented_roles()
    open_to: dict[str, set[str]] = {}
    for row in rows_of[contract]:
        open_to[row.function] = open_to.get(row.function, set()) | row.allowed
    for function, allowed in open_to.items():
        role = documented.get(function)
        if role is None:
            assert allowed - set(roles(contract)) - {"control book"}, f"{function} is nobody's"
        else:
            assert allowed == holders_of(contract, role), function


def holders_of(contract: str, role: str) -> set[str]:
    """Who has a role: the one person, and the control book where a deployment gives it to it."""
    books = {"AssetToken": role != "DEFAULT_ADMIN_ROLE", "Settlement": role == "LICENSOR_ROLE"}
    person = {getter: person for person, getter in roles(contract).items()}[role]
    return {person} | ({"control book"} if books.get(contract) else set())


def documented_roles() -> dict[str, str]:
    """The role that the NatSpec of each privileged function names."""
    sources = [path.read_text("utf-8") for path in sorted(CONTRACTS.rglob("*.sol"))]
    found = {function: role for source in sources for role, function in _ROLE.findall(source)}
    assert {"mint", "setRules", "grantRole", "execute", "setVenue"} <= set(found)
    return found | _ELSEWHERE


@pytest.mark.parametrize("contract", BINDINGS)
def test_every_view_answers_everybody_alike(suite: Suite, contract: str) -> None:
    for name, entry in functions(contract, writing=False).items():
        data = BINDINGS[contract].encode(name, [zero(type_of(each)) for each in entry["inputs"]])
        answers = {
            answer(suite.node, suite.address(caller), suite.addresses[contract], data) for caller in callers(contract)
        }
        assert len(answers) == 1, f"{contract}.{name} answers {answers}"


def answer(node: Node, sender: str, contract: str, data: str) -> str:
    """What a view returns, or the error with which it reverts."""
    try:
        return str(node.request("eth_call", [{"from": sender, "to": contract, "data": data}, "latest"]))
    except NodeError as error:
        refusal = revert_of(error)
        assert isinstance(refusal, ContractRevert), refusal
        assert not refusal.error.startswith("AccessControl"), refusal
        return str(refusal)


def zero(abi_type: str) -> Any:
    """The empty value of a type."""
    if abi_type.endswith("]"):
        return []
    if abi_type.startswith("("):
        return tuple(zero(each) for each in members(abi_type))
    if abi_type.startswith("bytes"):
        return NOTHING[: 2 + 2 * int(abi_type[5:] or 0)]
    return {"address": NOBODY, "string": "", "bool": False}.get(abi_type, 0)


def members(tuple_type: str) -> list[str]:
    """The types inside a tuple type, arrays of tuples among them."""
    return re.findall(r"\([^()]*\)(?:\[\])?|[^,()]+", tuple_type[1:-1])
