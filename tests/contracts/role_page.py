"""Who may do what, as the contracts answer: docs/roles.md. `python -m tests.contracts.role_page` writes it anew."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rwaledger.chain.contracts import revert_of
from rwaledger.domain.errors import ContractRevert, NodeError, TransferRefused
from tests.contracts.role_calls import Attempt, attempts
from tests.contracts.suite import BINDINGS, Suite, callers, functions, open_suite, roles
from tests.mirror.anvil import anvil

PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
ALLOWED = "✓"
NO_ROLE = "-"

# Why somebody is refused for who they are, in words and as a letter; any other refusal is a fault of the arguments.
WHO_MAY = {
    "AccessControlUnauthorizedAccount": (NO_ROLE, "the caller has not the role"),
    "AccessControlBadConfirmation": ("a", "a role is renounced by whoever holds it"),
    "ERC20InsufficientAllowance": ("b", "the giver has not approved it to the caller"),
    "TransferRestricted": ("c", "the caller is not on the register (code 5, sender not admitted)"),
    "NotTheMaker": ("d", "the caller has the role, and the instruction names another maker"),
    "NotAParty": ("e", "the caller has no part in the trade that would let it do this"),
    "NotTheVenue": ("f", "the trade names a venue, which is not the caller"),
    "InvalidPartySignature": ("g", "the initiator has not signed, and the caller is another"),
}

_HEAD = """# Who may do what

Written by `make roles`, and held against the contracts by `make test`. On a local chain each function that changes
anything is called by the holder of each role, by the others who have a part in the contract, and by a stranger, with
arguments that are valid but for the caller. Each holder of a role has no other; the control book holds those that the
deployment gives it. What the roles are for is in [contracts.md](contracts.md).

| | |
|---|---|"""


@dataclass(frozen=True, slots=True)
class Row:
    """What everybody is told who tries one call, by caller: ALLOWED, or the letter of an error in WHO_MAY."""

    function: str
    what: str
    answers: dict[str, str]

    @property
    def allowed(self) -> set[str]:
        return {caller for caller, answer in self.answers.items() if answer == ALLOWED}


def tables(suite: Suite) -> dict[str, list[Row]]:
    """The rows of each contract: every call by everybody; what is open to all comes last."""
    return {contract: _rows(suite, contract) for contract in BINDINGS}


def page(rows_of: dict[str, list[Row]]) -> str:
    """The whole page."""
    sections = [_section(contract, rows) for contract, rows in rows_of.items()]
    letters = [_line(letter, f"`{error}`: {meaning}") for error, (letter, meaning) in WHO_MAY.items()]
    return "\n".join([_HEAD, _line(ALLOWED, "allowed"), *letters, "", *sections])


def _rows(suite: Suite, contract: str) -> list[Row]:
    rows = [
        Row(function, each.what, {caller: _answer(suite, contract, each, caller) for caller in callers(contract)})
        for function, calls in attempts(suite, contract).items()
        for each in calls
    ]
    return sorted(rows, key=lambda row: (len(row.allowed) == len(row.answers), *_places(row), row.function, row.what))


def _answer(suite: Suite, contract: str, attempt: Attempt, caller: str) -> str:
    sender = suite.address(caller)
    target = suite.addresses[attempt.target or contract]
    call = {"from": sender, "to": target, "data": attempt.calldata(sender)}
    try:
        suite.node.request("eth_call", [call, "latest"])
    except NodeError as error:
        refusal = revert_of(error)
        assert isinstance(refusal, ContractRevert), refusal
        assert refusal.error in WHO_MAY, f"{contract}, by {caller}: {refusal}"
        if isinstance(refusal, TransferRefused):
            assert refusal.restriction.value == 5, refusal
        return WHO_MAY[refusal.error][0]
    return ALLOWED


def _places(row: Row) -> Iterable[bool]:
    return (answer != ALLOWED for answer in row.answers.values())


def _section(contract: str, rows: list[Row]) -> str:
    columns = callers(contract)
    held = roles(contract)
    views = sorted(functions(contract, writing=False), key=str.lower)
    lines = [
        f"## {contract}",
        "",
        _listed("Roles:", (f"{person} (`{held[person]}`)" for person in columns if person in held)),
        "",
        _line("function", *columns),
        "|---|" + ":-:|" * len(columns),
        *(_line(_named(row), *row.answers.values()) for row in rows),
        "",
        _listed("Anybody may read, and gets the same answer:", (f"`{name}`" for name in views)),
    ]
    return "\n".join([*lines, ""])


def _listed(intro: str, names: Iterable[str]) -> str:
    return textwrap.fill(f"{intro} {', '.join(names)}.", 120, break_on_hyphens=False)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _named(row: Row) -> str:
    return f"`{row.function}`" + (f", {row.what}" if row.what else "")


def main() -> None:
    """Writes the page."""
    with anvil() as node:
        PAGE.write_text(page(tables(open_suite(node))), "utf-8")


if __name__ == "__main__":
    main()
