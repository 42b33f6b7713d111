"""Revert data as typed errors, for every error of the shipped ABIs."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from rwaledger.chain.abi import shipped_entries, type_of
from rwaledger.chain.reverts import decode_revert
from rwaledger.domain.errors import ContractRevert, TransferRefused
from rwaledger.domain.restriction import Restriction

ERRORS = shipped_entries("error")
ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
SAMPLES: dict[str, Any] = {"address": ALICE, "bytes32": b"\x11" * 32, "string": "issue"}


def revert_data(signature: str, *values: Any) -> str:
    types = signature[signature.index("(") + 1 : -1]
    return "0x" + (keccak(text=signature)[:4] + encode(types.split(",") if types else [], values)).hex()


@pytest.mark.parametrize("signature", sorted(ERRORS))
def test_every_error_is_decoded_with_its_arguments(signature: str) -> None:
    inputs = ERRORS[signature]["inputs"]
    values = [SAMPLES.get(entry["type"], 1) for entry in inputs]
    data = keccak(text=signature)[:4] + encode([type_of(entry) for entry in inputs], values)
    error = decode_revert("0x" + data.hex())
    shown = ["0x" + value.hex() if isinstance(value, bytes) else value for value in values]
    assert error.error == ERRORS[signature]["name"]
    assert error.args_by_name == dict(zip((entry["name"] for entry in inputs), shown, strict=True))


@pytest.mark.parametrize("restriction", list(Restriction)[1:])
def test_a_rule_that_refuses_a_move_is_a_transfer_refused(restriction: Restriction) -> None:
    data = revert_data("TransferRestricted(uint8,address,address,uint256)", restriction.value, ALICE, BOB, 5)
    error = decode_revert(data)
    assert isinstance(error, TransferRefused)
    assert error.restriction is restriction
    assert error.args_by_name == {"code": restriction.value, "from": ALICE, "to": BOB, "amount": 5}
    assert restriction.message in str(error)


@pytest.mark.parametrize(
    ("signature", "restriction"),
    [
        ("ERC20InsufficientBalance(address,uint256,uint256)", Restriction.INSUFFICIENT_BALANCE),
        (
            "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)",
            Restriction.INSUFFICIENT_UNFROZEN_BALANCE,
        ),
    ],
)
def test_an_amount_that_is_too_large_has_its_code_as_well(signature: str, restriction: Restriction) -> None:
    error = decode_revert(revert_data(signature, ALICE, 1, 2))
    assert isinstance(error, TransferRefused)
    assert error.restriction is restriction


@pytest.mark.parametrize("code", [0, len(Restriction), 255])
def test_a_code_that_no_rule_has_is_no_transfer_refused(code: int) -> None:
    error = decode_revert(revert_data("TransferRestricted(uint8,address,address,uint256)", code, ALICE, BOB, 5))
    assert type(error) is ContractRevert
    assert error.args_by_name["code"] == code


def test_the_message_explains_the_error() -> None:
    error = decode_revert(revert_data("MakerIsChecker(address)", ALICE))
    assert str(error) == f"MakerIsChecker(maker={ALICE}): The maker may not be the checker as well."


def test_the_message_names_the_role_that_is_missing() -> None:
    signature = "AccessControlUnauthorizedAccount(address,bytes32)"
    maker = decode_revert(revert_data(signature, ALICE, keccak(text="MAKER_ROLE")))
    admin = decode_revert(revert_data(signature, ALICE, bytes(32)))
    assert "neededRole=MAKER_ROLE" in str(maker)
    assert "neededRole=DEFAULT_ADMIN_ROLE" in str(admin)


def test_a_zero_hash_that_is_no_role_is_shown_as_it_is() -> None:
    assert "0x" + "00" * 32 in str(decode_revert(revert_data("NoLines(bytes32)", bytes(32))))


def test_a_plain_reason_is_shown() -> None:
    error = decode_revert(revert_data("Error(string)", "no more"))
    assert (error.error, error.args_by_name) == ("Error", {"reason": "no more"})
    assert str(error) == "the contract refused: no more"


def test_a_panic_is_put_into_words() -> None:
    assert "out of range (panic 0x11)" in str(decode_revert(revert_data("Panic(uint256)", 0x11)))
    assert "(panic 0x99)" in str(decode_revert(revert_data("Panic(uint256)", 0x99)))


@pytest.mark.parametrize("data", ["0x", ""])
def test_no_data_is_said_to_be_none(data: str) -> None:
    error = decode_revert(data)
    assert (error.error, error.args_by_name) == ("", {"data": "0x"})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("0xdeadbeef", id="unknown selector"),
        pytest.param("0xde", id="less than a selector"),
        pytest.param(revert_data("MakerIsChecker(address)", ALICE)[:-2], id="cut off"),
        pytest.param(revert_data("MakerIsChecker(address)", ALICE) + "00", id="too long"),
        pytest.param(revert_data("MakerIsChecker(address)", ALICE).replace("00" * 12, "01" * 12), id="no address"),
    ],
)
def test_data_that_is_no_known_error_is_kept(data: str) -> None:
    error = decode_revert(data)
    assert (error.error, error.args_by_name) == ("", {"data": data})
    assert data in str(error)
