// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Restriction} from "../../contracts/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Properties that hold for any account words and any rules, not only for those that were reached by calls.
contract AssetTokenFuzzTest is TokenBase {
    /// @dev Where AssetToken keeps them; test_SlotsAreThoseOfTheToken holds these numbers against the contract.
    uint256 private constant INSTRUMENT_SLOT = 8;
    uint256 private constant ACCOUNTS_SLOT = 10;

    /// @dev Balances as two accounts can have them under one supply.
    uint256 private constant BALANCE_MAX = MAX_UNITS / 2;

    function test_SlotsAreThoseOfTheToken() external {
        write(alice, 0x1234);
        vm.assertEq(wordOf(alice), 0x1234, "the slot of an account word");
        vm.store(address(token), bytes32(INSTRUMENT_SLOT), bytes32(uint256(1 << 96 | 77)));
        vm.assertTrue(token.totalSupply() == 77 && token.paused(), "the slot of the instrument word");
    }

    /// forge-config: default.fuzz.runs = 1024
    function testFuzz_CanTransferAgreesWithWhatATransferDoes(
        uint256[2] calldata words,
        uint8 situation,
        IAssetToken.Rules memory rules,
        uint256 amount
    ) external {
        arrange(words, situation, rules);
        amount = nearby(amount, token.balanceOf(alice));
        uint8 code = token.detectTransferRestriction(alice, bob, amount);
        bool allowed = token.canTransfer(alice, bob, amount);
        vm.assertTrue(allowed == (code == uint8(Restriction.None)), "canTransfer and the code");
        if (allowed) vm.assertTrue(token.canSend(alice) && token.canReceive(bob), "canSend and canReceive");
        (uint256 ofAlice, uint256 ofBob) = (token.balanceOf(alice), token.balanceOf(bob));
        vm.prank(alice);
        (bool done,) = address(token).call(abi.encodeCall(token.transfer, (bob, amount)));
        vm.assertTrue(done == allowed, "canTransfer and the transfer");
        assertBalances(done ? ofAlice - amount : ofAlice, done ? ofBob + amount : ofBob);
    }

    /// forge-config: default.fuzz.runs = 1024
    function testFuzz_TheCodeAgreesWithWhatMintAndBurnDo(
        uint256[2] calldata words,
        uint8 situation,
        IAssetToken.Rules memory rules,
        uint256 amount
    ) external {
        arrange(words, situation, rules);
        uint256 supply = token.totalSupply();
        amount = bound(amount, 0, MAX_UNITS - supply);
        bool allowed = token.detectTransferRestriction(address(0), bob, amount) == 0;
        (bool done,) = address(token).call(abi.encodeCall(token.mint, (bob, amount)));
        vm.assertTrue(done == allowed, "mint");
        vm.assertEq(token.totalSupply(), done ? supply + amount : supply, "supply after mint");

        supply = token.totalSupply();
        amount = nearby(amount, token.balanceOf(alice));
        allowed = token.detectTransferRestriction(alice, address(0), amount) == 0;
        (done,) = address(token).call(abi.encodeCall(token.burn, (alice, amount)));
        vm.assertTrue(done == allowed, "burn");
        vm.assertEq(token.totalSupply(), done ? supply - amount : supply, "supply after burn");
    }

    /// @dev Words, flags and record-date bits that no call could have written are in it as well.
    function testFuzz_ViewsNeverRevert(
        address account,
        address other,
        uint256[2] calldata words,
        uint256 instrument,
        uint256 amount
    ) external {
        write(account, words[0]);
        write(other, words[1]);
        vm.store(address(token), bytes32(INSTRUMENT_SLOT), bytes32(instrument));
        token.canSend(account);
        token.canReceive(account);
        token.canTransfer(account, other, amount);
        token.detectTransferRestriction(account, other, amount);
        token.getFrozenTokens(account);
        token.accountOf(account);
    }

    function testFuzz_FrozenUnitsNeverMoveButByOrder(uint256 word, uint256 amount, bool burning) external {
        arrange([word, uint256(0)], 0, IAssetToken.Rules(0, 0, false));
        uint256 held = token.balanceOf(alice);
        uint256 frozen = token.getFrozenTokens(alice);
        amount = nearby(amount, held);
        bytes memory move = burning
            ? abi.encodeCall(token.burn, (alice, amount))
            : abi.encodeCall(token.transferFrom, (alice, bob, amount));
        vm.prank(alice);
        token.approve(address(this), type(uint256).max);
        (bool done,) = address(token).call(move);

        uint256 free = held > frozen ? held - frozen : 0;
        vm.assertTrue(done == (amount <= free), "moves exactly what is free");
        vm.assertTrue(token.balanceOf(alice) >= (held < frozen ? held : frozen), "frozen units stayed");
        vm.assertEq(token.getFrozenTokens(alice), frozen, "and stayed frozen");
    }

    function testFuzz_ForcedTransferReleasesWhatItTakesAndNoMore(uint256 word, uint256 amount) external {
        arrange([word, uint256(0)], 0, IAssetToken.Rules(0, 0, false));
        uint256 held = token.balanceOf(alice);
        uint256 frozen = token.getFrozenTokens(alice);
        uint256 ofBob = token.balanceOf(bob);
        amount = bound(amount, 0, held);
        token.forcedTransfer(alice, bob, amount);
        assertBalances(held - amount, ofBob + amount);

        uint256 free = held > frozen ? held - frozen : 0;
        uint256 takenFromFrozen = amount > free ? amount - free : 0;
        vm.assertEq(token.getFrozenTokens(alice), frozen - takenFromFrozen, "frozen");
    }

    function testFuzz_AMoveChangesNothingButBalances(uint256[2] calldata words, uint256 amount) external {
        arrange(words, 0, IAssetToken.Rules(0, 0, false));
        (uint256 ofAlice, uint256 ofBob) = (wordOf(alice), wordOf(bob));
        amount = bound(amount, 0, token.balanceOf(alice));
        token.setFrozenTokens(alice, 0);
        ofAlice &= ~(MAX_UNITS << 96);
        vm.prank(alice);
        token.transfer(bob, amount);
        vm.assertEq(wordOf(alice), ofAlice - amount, "alice's word");
        vm.assertEq(wordOf(bob), ofBob + amount, "bob's word");
    }

    function testFuzz_AdmissionIsReadBackAsWritten(
        uint256 word,
        uint16 country,
        uint8 investorClass,
        uint16 validUntilDay
    ) external {
        write(alice, word);
        country = uint16(bound(country, 0, 1023));
        investorClass = uint8(bound(investorClass, 1, 15));
        IAssetToken.Account memory expected = token.accountOf(alice);
        (expected.country, expected.investorClass, expected.validUntilDay) =
        (country, investorClass, validUntilDay);
        admit(alice, country, investorClass, validUntilDay);
        vm.assertEq(keccak256(abi.encode(token.accountOf(alice))), keccak256(abi.encode(expected)), "account");
    }

    // ---------------------------------------------------------------- arbitrary states

    /// @dev In most situations both accounts are in order, so that amounts and caps decide as often as standing does.
    function arrange(uint256[2] memory words, uint8 situation, IAssetToken.Rules memory rules) private {
        write(alice, situation % 3 == 0 ? inOrder(words[0]) : limited(words[0]));
        write(bob, situation % 5 < 3 ? inOrder(words[1]) : limited(words[1]));
        uint256 supply = token.balanceOf(alice) + token.balanceOf(bob);
        vm.store(address(token), bytes32(INSTRUMENT_SLOT), bytes32(supply));
        if (situation % 2 == 1) {
            rules.maxBalance = uint96(nearby(rules.maxBalance, token.balanceOf(bob)));
            token.setRules(rules);
            token.setCountryAllowed(HONG_KONG, situation % 4 == 1);
        }
        if (situation % 16 == 15) token.pause();
    }

    function limited(uint256 word) private pure returns (uint256) {
        return (word & ~MAX_UNITS) | (word & MAX_UNITS) % (BALANCE_MAX + 1);
    }

    /// @dev Balance and frozen amount stay; the account is admitted, valid and has no flags.
    function inOrder(uint256 word) private pure returns (uint256) {
        uint256 amounts = limited(word) & (MAX_UNITS << 96 | MAX_UNITS);
        return
            amounts | uint256(VALID_UNTIL) << 192 | uint256(HONG_KONG) << 208 | uint256(PROFESSIONAL) << 234;
    }

    /// @dev An amount around `target` as often as any other: that is where rules change their mind.
    function nearby(uint256 amount, uint256 target) private pure returns (uint256) {
        if (amount % 3 == 0) return bound(amount / 3, 0, MAX_UNITS);
        if (amount % 3 == 1) return bound(amount / 3, 0, target);
        return target + amount / 3 % 2;
    }

    function write(address account, uint256 word) private {
        vm.store(address(token), keccak256(abi.encode(account, ACCOUNTS_SLOT)), bytes32(word));
    }
}
