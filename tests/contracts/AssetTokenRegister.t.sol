// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {AccountWord} from "../../contracts/token/AccountWord.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Who is admitted, suspended and reinstated, and the word that says so.
contract AssetTokenRegisterTest is TokenBase {
    function test_AdmitStoresWhatIsAttested() external {
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(alice, 1023, 15, type(uint16).max);
        admit(alice, 1023, 15, type(uint16).max);
        AccountWord word = accountOf(alice);
        vm.assertEq(word.country(), 1023, "country");
        vm.assertEq(word.investorClass(), 15, "class");
        vm.assertEq(word.validUntilDay(), type(uint16).max, "day");
        vm.assertEq(word.balance() + word.frozen(), 0, "amounts");
        vm.assertTrue(word.isAdmitted(), "admitted");
        vm.assertTrue(!word.isFrozen() && !word.isSuspended() && !word.isRetired(), "flags");
    }

    function test_AdmitTakesMany() external {
        IRegister.Admission[] memory admissions = new IRegister.Admission[](2);
        admissions[0] = IRegister.Admission(alice, HONG_KONG, RETAIL, TODAY);
        admissions[1] = IRegister.Admission(bob, SINGAPORE, PROFESSIONAL, VALID_UNTIL);
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(alice, HONG_KONG, RETAIL, TODAY);
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(bob, SINGAPORE, PROFESSIONAL, VALID_UNTIL);
        token.admit(admissions);
        vm.assertTrue(token.canReceive(alice) && token.canReceive(bob), "both may receive");

        admissions[1].investorClass = 0;
        admissions[0].country = 1;
        vm.expectRevert(abi.encodeWithSelector(IRegister.InvalidAdmission.selector, bob, SINGAPORE, uint8(0)));
        token.admit(admissions);
        vm.assertEq(accountOf(alice).country(), HONG_KONG, "all or none");
    }

    function test_AdmitKeepsBalanceFrozenAmountAndFlags() external {
        admitAndIssue();
        token.setFrozenTokens(alice, 5_000);
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        admit(alice, SINGAPORE, RETAIL, VALID_UNTIL + 1);
        AccountWord word = accountOf(alice);
        vm.assertEq(word.balance(), 1_000, "balance");
        vm.assertEq(word.frozen(), 5_000, "frozen");
        vm.assertTrue(word.isFrozen() && word.isSuspended(), "flags");
        vm.assertEq(word.country(), SINGAPORE, "country");
        vm.assertEq(word.investorClass(), RETAIL, "class");
        vm.assertEq(word.validUntilDay(), VALID_UNTIL + 1, "day");
    }

    function test_RevertWhen_AdmissionIsInvalid() external {
        refusesAdmission(address(0), HONG_KONG, PROFESSIONAL);
        refusesAdmission(alice, HONG_KONG, 0);
        refusesAdmission(alice, HONG_KONG, 16);
        refusesAdmission(alice, 1024, PROFESSIONAL);
    }

    function refusesAdmission(address account, uint16 country, uint8 investorClass) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRegister.InvalidAdmission.selector, account, country, investorClass)
        );
        admit(account, country, investorClass, VALID_UNTIL);
    }

    function test_SuspendAndReinstate() external {
        admit(alice);
        vm.expectEmit(address(token));
        emit IRegister.AccountSuspended(alice, true);
        token.setSuspended(alice, true);
        vm.assertTrue(accountOf(alice).isSuspended(), "suspended");
        vm.assertTrue(!token.canSend(alice) && !token.canReceive(alice), "neither sends nor receives");

        vm.expectEmit(address(token));
        emit IRegister.AccountSuspended(alice, false);
        token.setSuspended(alice, false);
        vm.assertTrue(!accountOf(alice).isSuspended(), "reinstated");
        vm.assertTrue(token.canSend(alice) && token.canReceive(alice), "sends and receives");
    }

    function test_RevertWhen_SuspendingAnAccountNeverAdmitted() external {
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountNotAdmitted.selector, alice));
        token.setSuspended(alice, true);
    }

    /// @dev Every field has its place, and no two share a bit.
    function test_TheWordHasItsLayout() external {
        admitAndIssue();
        token.setFrozenTokens(alice, 7);
        uint256 expected = 1_000 | 7 << 96 | uint256(VALID_UNTIL) << 192 | uint256(HONG_KONG) << 208
            | uint256(PROFESSIONAL) << 234;
        vm.assertEq(wordOf(alice), expected, "alice's word");
        token.setAddressFrozen(alice, true);
        vm.assertEq(wordOf(alice), expected | 1 << 238, "frozen as a whole");
        token.setSuspended(alice, true);
        vm.assertEq(wordOf(alice), expected | 3 << 238, "suspended");
        token.setLockUp(alice, 5, uint40(NOON_S + 2));
        vm.assertEq(wordOf(alice), expected | 7 << 238, "locked up");
        token.scheduleRecordDate(uint40(NOON_S + 1));
        vm.warp(NOON_S + 2);
        token.forcedTransfer(alice, bob, 0);
        vm.assertEq(wordOf(alice), expected | 7 << 238 | 1 << 218, "settled up to the first record date");
        token.recoveryAddress(alice, carol, address(0));
        vm.assertEq(wordOf(alice), 1 << 241 | 1 << 218, "retired");
        vm.assertEq(wordOf(carol), expected | 7 << 238 | 1 << 218, "carol's word");
        vm.assertEq(wordOf(address(0xDEAD)), 0, "a word nobody wrote");
    }

    function test_WordsAreReadInTheOrderAskedFor() external {
        admitAndIssue();
        uint256[] memory words = token.accountWords(pair(bob, alice));
        vm.assertEq(words.length, 2, "words");
        vm.assertEq(words[0], wordOf(bob), "first");
        vm.assertEq(words[1], wordOf(alice), "second");
        vm.assertEq(token.accountWords(new address[](0)).length, 0, "none asked for");
    }
}
