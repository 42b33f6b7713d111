// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice What it means that a rule refuses a move: the move reverts with its error, and every view says so before.
abstract contract RulesBase is TokenBase {
    function setUp() public virtual override {
        super.setUp();
        admitAndIssue();
    }

    function refusesTransfer(Restriction code, uint256 amount) internal {
        refusesTransfer(code, amount, restricted(code, alice, bob, amount));
    }

    function refusesTransfer(Restriction code, uint256 amount, bytes memory refusal) internal {
        agree(code, alice, bob, amount);
        vm.prank(alice);
        vm.expectRevert(refusal);
        token.transfer(bob, amount);

        vm.prank(alice);
        token.approve(carol, amount);
        vm.prank(carol);
        vm.expectRevert(refusal);
        token.transferFrom(alice, bob, amount);

        (address[] memory to, uint256[] memory amounts) = batch(bob, 0, bob, amount);
        vm.prank(alice);
        (bool done, bytes memory answer) =
            address(token).call(abi.encodeCall(token.batchTransfer, (to, amounts)));
        vm.assertTrue(!done && bytes4(answer) == bytes4(refusal), "the batch");
    }

    function allowsTransfer(uint256 amount) internal {
        agree(Restriction.None, alice, bob, amount);
        uint256 before = token.balanceOf(bob);
        send(alice, bob, amount);
        vm.assertEq(token.balanceOf(bob), before + amount, "received");
    }

    function refusesMint(Restriction code, uint256 amount) internal {
        assertCode(address(0), bob, amount, uint8(code));
        bytes memory refusal = restricted(code, address(0), bob, amount);
        vm.expectRevert(refusal);
        token.mint(bob, amount);
        address[] memory to = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (to[0], amounts[0]) = (bob, amount);
        vm.expectRevert(refusal);
        token.batchMint(to, amounts);
    }

    function allowsMint(uint256 amount) internal {
        assertCode(address(0), bob, amount, 0);
        uint256 before = token.balanceOf(bob);
        token.mint(bob, amount);
        vm.assertEq(token.balanceOf(bob), before + amount, "issued");
    }

    function refusesBurn(Restriction code, uint256 amount) internal {
        refusesBurn(code, amount, restricted(code, alice, address(0), amount));
    }

    function refusesBurn(Restriction code, uint256 amount, bytes memory refusal) internal {
        assertCode(alice, address(0), amount, uint8(code));
        vm.expectRevert(refusal);
        token.burn(alice, amount);
    }

    function allowsBurn(uint256 amount) internal {
        assertCode(alice, address(0), amount, 0);
        uint256 before = token.balanceOf(alice);
        token.burn(alice, amount);
        vm.assertEq(token.balanceOf(alice), before - amount, "redeemed");
    }

    /// @dev All four views, against the code that a transfer is about to meet.
    function agree(Restriction code, address from, address to, uint256 amount) internal view {
        assertCode(from, to, amount, uint8(code));
        vm.assertTrue(token.canTransfer(from, to, amount) == (code == Restriction.None), "canTransfer");
        bool senderAtFault = code >= Restriction.SenderNotAdmitted && code <= Restriction.SenderFrozen;
        bool recipientAtFault =
            code >= Restriction.RecipientNotAdmitted && code <= Restriction.ClassNotAllowed;
        vm.assertTrue(token.canSend(from) == !senderAtFault, "canSend");
        vm.assertTrue(senderAtFault || token.canReceive(to) == !recipientAtFault, "canReceive");
    }
}
