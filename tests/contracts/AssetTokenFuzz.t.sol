// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {AccountWord} from "../../contracts/token/AccountWord.sol";
import {ACTIVE} from "../../contracts/token/InstrumentWord.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Properties that hold for any account words and any rules, not only for those that were reached by calls.
contract AssetTokenFuzzTest is TokenBase {
    /// @dev Balances as two accounts can have them under one supply.
    uint256 private constant BALANCE_MAX = MAX_UNITS / 2;

    bytes32 private _instrumentSlot;

    function setUp() public override {
        super.setUp();
        _instrumentSlot = slotReadBy(abi.encodeCall(token.totalSupply, ()));
    }

    function test_SlotsAreThoseOfTheToken() external {
        write(alice, 0x1234);
        vm.assertEq(wordOf(alice), 0x1234, "the slot of an account word");
        writeInstrument(77 | 1 << 96 | 1 << 240);
        vm.assertTrue(token.totalSupply() == 77 && token.paused(), "the slot of the instrument word");
        vm.assertTrue(token.holderCount() == 1 && !token.isActive(), "its fields");
    }

    /// forge-config: default.fuzz.runs = 1024
    /// forge-config: deep.fuzz.runs = 10000
    function testFuzz_CanTransferAgreesWithWhatATransferDoes(
        uint256[2] calldata words,
        uint8 situation,
        IRulebook.Rules memory rules,
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
    /// forge-config: deep.fuzz.runs = 10000
    function testFuzz_TheCodeAgreesWithWhatMintAndBurnDo(
        uint256[2] calldata words,
        uint8 situation,
        IRulebook.Rules memory rules,
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
        writeInstrument(instrument);
        token.canSend(account);
        token.canReceive(account);
        token.canTransfer(account, other, amount);
        token.detectTransferRestriction(account, other, amount);
        token.getFrozenTokens(account);
        token.isFrozen(account);
        token.lockUpOf(account);
        token.holderCount();
        token.rules();
        token.recordDatesPassed();
    }

    /// @dev The larger of what is frozen and what is locked stays, to the unit.
    function testFuzz_LockedUnitsNeverMoveButByOrder(
        uint256 word,
        uint256 amount,
        uint96 locked,
        bool burning
    ) external {
        arrange([word, uint256(0)], 0, noRules());
        uint256 held = token.balanceOf(alice);
        locked = uint96(nearby(locked, held) % MAX_UNITS + 1);
        token.setLockUp(alice, locked, uint40(NOON_S + 1));
        uint256 kept = token.getFrozenTokens(alice) > locked ? token.getFrozenTokens(alice) : locked;
        amount = nearby(amount, held > kept ? held - kept : 0);
        vm.prank(burning ? address(this) : alice);
        (bool done,) = address(token)
            .call(
                burning
                    ? abi.encodeCall(token.burn, (alice, amount))
                    : abi.encodeCall(token.transfer, (bob, amount))
            );
        vm.assertTrue(done == (amount == 0 || amount + kept <= held), "moves exactly what is free");
    }

    function testFuzz_FrozenUnitsNeverMoveButByOrder(uint256 word, uint256 amount, bool burning) external {
        arrange([word, uint256(0)], 0, noRules());
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
        arrange([word, uint256(0)], 0, noRules());
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
        arrange(words, 0, noRules());
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
        bytes memory call = abi.encodeCall(this.admitAlice, (country, investorClass, validUntilDay));
        (bool done,) = address(this).call(call);
        vm.assertTrue(done == (word >> 241 & 1 == 0), "a retired account stays out");
        if (!done) return;

        AccountWord admitted = accountOf(alice);
        vm.assertEq(admitted.country(), country, "country");
        vm.assertEq(admitted.investorClass(), investorClass, "class");
        vm.assertEq(admitted.validUntilDay(), validUntilDay, "until when");
        uint256 attested = uint256(type(uint16).max) << 192 | uint256(1023) << 208 | uint256(15) << 234;
        vm.assertEq(wordOf(alice) & ~attested, word & ~attested, "everything else");
    }

    function admitAlice(uint16 country, uint8 investorClass, uint16 validUntilDay) external {
        admit(alice, country, investorClass, validUntilDay);
    }

    // ---------------------------------------------------------------- arbitrary states

    /// @dev In most situations both accounts are in order, so that amounts and caps decide as often as standing does.
    function arrange(uint256[2] memory words, uint8 situation, IRulebook.Rules memory rules) private {
        write(alice, situation % 3 == 0 ? inOrder(words[0]) : limited(words[0]));
        write(bob, situation % 5 < 3 ? inOrder(words[1]) : limited(words[1]));
        uint256 supply = token.balanceOf(alice) + token.balanceOf(bob);
        writeInstrument(instrumentOf(supply));
        if (situation % 2 == 1) {
            rules.maxBalance = uint96(nearby(rules.maxBalance, token.balanceOf(bob)));
            rules.holderCap = uint32(rules.holderCap % 4);
            rules.opensAt = uint40(NOON_S - 2 + rules.opensAt % 4);
            rules.closesAt = rules.closesAt % 3 == 0 ? 0 : rules.opensAt + rules.closesAt % 4;
            token.setRules(rules);
            token.setCountryAllowed(HONG_KONG, situation % 4 == 1);
        }
        if (situation % 7 == 6 && accountOf(alice).isAdmitted()) {
            token.setLockUp(alice, uint96(token.balanceOf(alice) / 2 + 1), uint40(NOON_S + 1));
        }
        if (situation % 16 == 15) token.pause();
    }

    /// @dev Active, with the control book's roles; holders as many as alice and bob make.
    function instrumentOf(uint256 supply) private view returns (uint256) {
        uint256 holders = (token.balanceOf(alice) == 0 ? 0 : 1) + (token.balanceOf(bob) == 0 ? 0 : 1);
        return supply | holders << 96 | ACTIVE | uint256(0x1f) << 244;
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
        bytes32 slot = slotReadBy(abi.encodeCall(token.balanceOf, (account)));
        vm.store(address(token), slot, bytes32(word));
    }

    function writeInstrument(uint256 word) private {
        vm.store(address(token), _instrumentSlot, bytes32(word));
    }

    /// @dev The one slot that a view reads: where the token keeps what the view tells.
    function slotReadBy(bytes memory view_) private returns (bytes32) {
        vm.record();
        (bool done,) = address(token).staticcall(view_);
        (bytes32[] memory reads,) = vm.accesses(address(token));
        vm.assertTrue(done && reads.length == 1, "a view of one slot");
        return reads[0];
    }
}
