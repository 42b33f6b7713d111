// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {IERC1643} from "../../contracts/interfaces/IERC1643.sol";
import {IRecordDates} from "../../contracts/interfaces/IRecordDates.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {BookBase} from "./BookBase.sol";

/// @notice Every operation with four eyes: what it does, and its own event before those of the instrument.
contract ControlBookOperationsTest is BookBase {
    function test_AnExecutedInstructionIsRememberedByItsDigest() external {
        IControlBook.Instruction memory instruction = instructionTo("admit");
        IControlBook.Line[] memory lines = two(admissionOf(alice), admissionOf(bob));
        vm.assertEq(book.digestOf(instruction.ref), bytes32(0), "free before");
        expectExecuted(instruction, lines);
        execute(instruction, lines);
        vm.assertEq(book.digestOf(instruction.ref), book.hashInstruction(instruction, lines), "used after");
    }

    function test_Admit() external {
        IControlBook.Instruction memory instruction = instructionTo("admit");
        IControlBook.Line[] memory lines = two(
            admissionOf(alice), IControlBook.Line(address(0), bob, 0, detailOf(1023, 15, type(uint16).max))
        );
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(alice, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(bob, 1023, 15, type(uint16).max);
        execute(instruction, lines);
    }

    function test_SuspendAndReinstate() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("suspend");
        IControlBook.Line[] memory lines = one(alice, address(0), 0, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRegister.AccountSuspended(alice, true);
        execute(instruction, lines);

        instruction = instructionTo("reinstate");
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRegister.AccountSuspended(alice, false);
        execute(instruction, lines);
        vm.assertTrue(token.canSend(alice), "reinstated");
    }

    function test_Issue() external {
        perform("admit", two(admissionOf(alice), admissionOf(bob)));
        IControlBook.Instruction memory instruction = instructionTo("issue");
        IControlBook.Line[] memory lines = two(
            IControlBook.Line(address(0), alice, 70, 0), IControlBook.Line(address(0), bob, MAX_UNITS - 70, 0)
        );
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 70);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), bob, MAX_UNITS - 70);
        execute(instruction, lines);
        vm.assertEq(token.totalSupply(), MAX_UNITS, "supply");
    }

    function test_Redeem() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("redeem");
        IControlBook.Line[] memory lines = one(alice, address(0), 400, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, address(0), 400);
        execute(instruction, lines);
        vm.assertEq(token.totalSupply(), 600, "supply");
    }

    function test_TransferWithinTheAllowance() external {
        admitAndIssue();
        vm.prank(alice);
        token.approve(address(book), 500);
        IControlBook.Instruction memory instruction = instructionTo("transfer");
        IControlBook.Line[] memory lines = one(alice, bob, 300, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 300);
        execute(instruction, lines);
        vm.assertEq(token.balanceOf(bob), 300, "balance");
        vm.assertEq(token.allowance(alice, address(book)), 200, "allowance");
    }

    function test_RevertWhen_TransferIsAboveTheAllowance() external {
        admitAndIssue();
        vm.prank(alice);
        token.approve(address(book), 299);
        refuses(
            instructionTo("transfer"),
            one(alice, bob, 300, 0),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(book), uint256(299), uint256(300)
            )
        );
    }

    function test_RevertWhen_TransferBreaksARule() external {
        admitAndIssue();
        vm.prank(alice);
        token.approve(address(book), type(uint256).max);
        refuses(
            instructionTo("transfer"),
            one(alice, carol, 1, 0),
            restricted(Restriction.RecipientNotAdmitted, alice, carol, 1)
        );
        perform("freeze", one(alice, address(0), 999, 0));
        refuses(
            instructionTo("transfer"),
            one(alice, bob, 2, 0),
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, uint256(2), uint256(1)
            )
        );
    }

    function test_FreezeAndRelease() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("freeze");
        IControlBook.Line[] memory lines = one(alice, address(0), 1_200, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 1_200);
        execute(instruction, lines);

        instruction = instructionTo("release");
        lines[0].amount = 700;
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 500);
        execute(instruction, lines);
    }

    function test_FreezeAndReleaseAccount() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("freeze-account");
        IControlBook.Line[] memory lines = one(alice, address(0), 0, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(alice, true, address(book));
        execute(instruction, lines);

        instruction = instructionTo("release-account");
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(alice, false, address(book));
        execute(instruction, lines);
    }

    function test_ForceTransfer() external {
        admitAndIssue();
        perform("freeze", one(alice, address(0), 900, 0));
        IControlBook.Instruction memory instruction = instructionTo("force-transfer");
        IControlBook.Line[] memory lines = one(alice, bob, 300, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 700);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 300);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.ForcedTransfer(alice, bob, 300);
        execute(instruction, lines);
    }

    function test_PauseAndUnpause() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        expectExecuted(instruction, none());
        vm.expectEmit(address(token));
        emit IRulebook.Paused(address(book));
        execute(instruction, none());

        instruction = instructionTo("unpause");
        expectExecuted(instruction, none());
        vm.expectEmit(address(token));
        emit IRulebook.Unpaused(address(book));
        execute(instruction, none());
    }

    function test_SetRules() external {
        IAssetToken.Terms memory terms = termsFor(address(book));
        terms.countsHolders = true;
        token = deploy(terms);
        IRulebook.Rules memory rules =
            IRulebook.Rules(type(uint96).max, type(uint32).max, 1, type(uint40).max, type(uint16).max, true);
        uint256 detail = uint256(rules.closesAt) << 104 | uint256(rules.opensAt) << 64
            | uint256(rules.holderCap) << 32 | 1 << 16 | rules.classMask;
        IControlBook.Instruction memory instruction = instructionTo("set-rules");
        IControlBook.Line[] memory lines = one(address(0), address(0), MAX_UNITS, detail);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRulebook.RulesChanged(2, noRules(), rules);
        execute(instruction, lines);

        vm.expectEmit(address(token));
        emit IRulebook.RulesChanged(3, rules, IRulebook.Rules(7, 5, 0, 0, uint16(1 << PROFESSIONAL), false));
        perform("set-rules", one(address(0), address(0), 7, 5 << 32 | 1 << PROFESSIONAL));
    }

    function test_SetCountry() external {
        IControlBook.Instruction memory instruction = instructionTo("set-country");
        IControlBook.Line[] memory lines = two(
            IControlBook.Line(address(0), address(0), 1, HONG_KONG),
            IControlBook.Line(address(0), address(0), 1, 1023)
        );
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRulebook.CountryAllowed(HONG_KONG, true);
        vm.expectEmit(address(token));
        emit IRulebook.CountryAllowed(1023, true);
        execute(instruction, lines);

        vm.expectEmit(address(token));
        emit IRulebook.CountryAllowed(1023, false);
        perform("set-country", one(address(0), address(0), 0, 1023));
        uint256[4] memory allowed = token.allowedCountries();
        vm.assertEq(allowed[HONG_KONG >> 8], 1 << (HONG_KONG & 0xff), "Hong Kong alone");
        vm.assertEq(allowed[3], 0, "no longer");
    }

    function test_Activate() external {
        token = deployToken(address(book));
        IControlBook.Instruction memory instruction = instructionTo("activate");
        IControlBook.Line[] memory lines = one(address(0), address(0), particularsPacked(), CHINA);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IAssetToken.InstrumentActivated(ISIN, DTI, CHINA, ORDER);
        execute(instruction, lines);
        vm.assertTrue(token.isActive(), "active");
    }

    function test_SetLockUp() external {
        admitAndIssue();
        uint40 until = uint40(NOON_S + 1);
        IControlBook.Instruction memory instruction = instructionTo("set-lock-up");
        IControlBook.Line[] memory lines = one(alice, address(0), 600, until);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(alice, 600, until);
        execute(instruction, lines);

        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(alice, type(uint96).max, type(uint40).max);
        perform("set-lock-up", one(alice, address(0), MAX_UNITS, type(uint40).max));
    }

    function test_Recover() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("recover");
        IControlBook.Line[] memory lines = one(alice, carol, 0, 0);
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(carol, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, carol, 1_000);
        vm.expectEmit(address(token));
        emit IEnforcement.RecoverySuccess(alice, carol, address(0));
        execute(instruction, lines);
    }

    function test_SetAndRemoveDocument() external {
        bytes32 name = "prospectus";
        bytes32 documentHash = keccak256("paper");
        IControlBook.Instruction memory instruction = instructionTo("set-document");
        instruction.text = "https://issuer.example/prospectus.pdf";
        IControlBook.Line[] memory lines = one(address(0), address(0), uint256(name), uint256(documentHash));
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IERC1643.DocumentUpdated(name, instruction.text, documentHash);
        execute(instruction, lines);

        vm.expectEmit(address(token));
        emit IERC1643.DocumentRemoved(name, instruction.text, documentHash);
        perform("remove-document", one(address(0), address(0), uint256(name), 0));
    }

    function test_ScheduleAndCancelRecordDate() external {
        IControlBook.Instruction memory instruction = instructionTo("schedule-record-date");
        IControlBook.Line[] memory lines = two(
            IControlBook.Line(address(0), address(0), 0, NOON_S + 1),
            IControlBook.Line(address(0), address(0), 0, type(uint40).max)
        );
        expectExecuted(instruction, lines);
        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateScheduled(1, uint40(NOON_S + 1));
        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateScheduled(2, type(uint40).max);
        execute(instruction, lines);

        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateCancelled(2);
        perform("cancel-record-date", one(address(0), address(0), 0, 2));
    }

    function test_LicenseVenue() external {
        bytes memory args = abi.encode(admin, GRANT_DELAY_S, address(book));
        ISettlement settlement = ISettlement(vm.deployCode("Settlement.sol:Settlement", args));
        IControlBook.Instruction memory instruction = instructionTo("license-venue");
        instruction.instrument = address(settlement);
        IControlBook.Line[] memory lines = one(address(0), carol, 0, type(uint48).max);
        expectExecuted(instruction, lines);
        execute(instruction, lines);
        vm.assertEq(settlement.venueValidUntil(carol), type(uint48).max, "valid until");
    }

    /// @dev One instruction of many lines leaves the same register as many of one.
    function test_ManyLinesAreDoneInTheirOrder() external {
        admitAndIssue();
        perform(
            "force-transfer",
            two(IControlBook.Line(alice, bob, 1_000, 0), IControlBook.Line(bob, alice, 400, 0))
        );
        vm.assertEq(token.balanceOf(alice), 400, "alice's balance");
        vm.assertEq(token.balanceOf(bob), 600, "bob's balance");
    }

    function test_AnInstructionMayBeExecutedUpToItsLastSecond() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        vm.warp(instruction.notAfter);
        execute(instruction, none());
        vm.assertTrue(token.paused(), "paused");
    }

    function test_OneBookGovernsManyInstruments() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.instrument = address(deployToken(address(book)));
        execute(instruction, none());
        vm.assertTrue(!token.paused(), "only the instrument that the instruction names");
    }
}
