// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {SettlementBase} from "./SettlementBase.sol";
import {BurningWallet, CallingToken, CallingWallet} from "./SettlementWallets.sol";
import {AnsweringWallet, ERC1271_MAGIC, RevertingWallet} from "./Wallets.sol";

/// @notice No trade settles that its givers did not sign, and no call within one starts another.
contract SettlementSignaturesTest is SettlementBase {
    // ---------------------------------------------------------------- accounts

    function test_RevertWhen_AGiverDidNotSign() external {
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Trade memory trade = dvp();
            bytes[] memory signatures = signed(trade);
            bytes32 digest = settlement.hashTrade(trade);
            address party = trade.legs[i].from;
            uint256 key = keyOf(party);
            bytes[7] memory bad = [
                bytes(""),
                new bytes(65),
                abi.encodePacked(signatures[i], uint8(0)),
                compact(key, digest),
                mirrored(key, digest),
                signatures[1 - i],
                sign(STRANGER_KEY, digest)
            ];
            for (uint256 j = 0; j < bad.length; ++j) {
                signatures[i] = bad[j];
                refuses(trade, signatures, badSignature(party, trade));
            }
        }
    }

    function test_RevertWhen_AnythingSignedIsAltered() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);

        trade.ref = keccak256("another");
        refusesAltered(trade, signatures);
        trade.ref = dvp().ref;

        trade.venue = otherVenue;
        refusesAltered(trade, signatures);
        trade.venue = address(0);
        refusesAltered(trade, signatures);
        trade.venue = venue;

        trade.notAfter += 1;
        refusesAltered(trade, signatures);
        trade.notAfter -= 1;

        for (uint256 i = 0; i < 2; ++i) {
            trade.legs[i].token = address(euro);
            refusesAltered(trade, signatures);
            trade.legs[i] = dvp().legs[i];
            trade.legs[i].from = third;
            refusesAltered(trade, signatures);
            trade.legs[i] = dvp().legs[i];
            trade.legs[i].to = third;
            refusesAltered(trade, signatures);
            trade.legs[i] = dvp().legs[i];
            trade.legs[i].amount += 1;
            refusesAltered(trade, signatures);
            trade.legs[i] = dvp().legs[i];
        }
        settle(trade, signatures);
    }

    function test_RevertWhen_LegsAreExchangedAddedOrLeftOut() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        (trade.legs[0], trade.legs[1]) = (trade.legs[1], trade.legs[0]);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        refusesAltered(trade, signatures);

        signatures = signed(dvp());
        trade = tradeOf(3);
        (trade.legs[0], trade.legs[1]) = (dvp().legs[0], dvp().legs[1]);
        trade.legs[2] = leg(euro, buyer, third, 1);
        bytes[] memory three = new bytes[](3);
        (three[0], three[1]) = (signatures[0], signatures[1]);
        refusesAltered(trade, three);

        three = signed(trade);
        (signatures[0], signatures[1]) = (three[0], three[1]);
        refusesAltered(dvp(), signatures);
    }

    function test_RevertWhen_SignedForAnotherSettlement() external {
        ISettlement.Trade memory trade = dvp();
        bytes32 digest = deploySettlement(licensor).hashTrade(trade);
        bytes[] memory signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (sign(SELLER_KEY, digest), sign(BUYER_KEY, digest));
        refusesAltered(trade, signatures);
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        vm.chainId(block.chainid + 1);
        refusesAltered(trade, signatures);
    }

    function test_RevertWhen_AGiverSignsTwice() external {
        ISettlement.Trade memory trade = tradeOf(3);
        trade.legs[0] = leg(bond, seller, buyer, 100);
        trade.legs[1] = leg(cash, buyer, seller, 250);
        trade.legs[2] = leg(cash, buyer, third, 5);
        bytes[] memory signatures = signed(trade);
        bytes[2] memory superfluous = [signatures[1], bytes(hex"00")];
        for (uint256 i = 0; i < superfluous.length; ++i) {
            signatures[2] = superfluous[i];
            refuses(trade, signatures, abi.encodeWithSelector(ISettlement.UnexpectedSignature.selector, 2));
        }
    }

    function test_RevertWhen_OnlyTheLaterLegIsSigned() external {
        ISettlement.Trade memory trade = tradeOf(2);
        trade.legs[0] = leg(bond, seller, buyer, 1);
        trade.legs[1] = leg(cash, seller, buyer, 1);
        bytes[] memory signatures = signed(trade);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        refuses(trade, signatures, badSignature(seller, trade));
    }

    // ---------------------------------------------------------------- wallets (ERC-1271)

    function test_RevertWhen_AWalletLies() external {
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes4(0xffffffff)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(uint256(1)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(uint256(uint32(ERC1271_MAGIC))))));
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes32(ERC1271_MAGIC) | bytes32(uint256(1))))));
    }

    function test_RevertWhen_AWalletAnswersTooShort() external {
        refusesWallet(address(new AnsweringWallet("")));
        refusesWallet(address(new AnsweringWallet(abi.encodePacked(ERC1271_MAGIC))));
        refusesWallet(address(new AnsweringWallet(abi.encodePacked(ERC1271_MAGIC, new bytes(27)))));
    }

    function test_RevertWhen_AWalletReverts() external {
        refusesWallet(address(new RevertingWallet()));
    }

    function test_RevertWhen_AWalletBurnsAllGas() external {
        refusesWallet(address(new BurningWallet()));
    }

    function test_RevertWhen_ATokenIsNoWallet() external {
        refusesWallet(address(cash));
    }

    // ---------------------------------------------------------------- re-entrancy

    function test_RevertWhen_AWalletReenters() external {
        CallingWallet wallet = new CallingWallet(false);
        wallet.arm(address(settlement), innerCall(address(wallet)));
        refusesWallet(address(wallet));
        vm.assertTrue(settlement.statusOf(third, innerTrade(address(wallet)).ref) == open(), "the inner one");
    }

    /// @dev It signs as it may, and its second trade comes to nothing.
    function test_AWalletThatReentersInSecretGainsNothing() external {
        CallingWallet wallet = new CallingWallet(true);
        wallet.arm(address(settlement), innerCall(address(wallet)));
        provide(bond, address(wallet));
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = address(wallet);
        settle(trade);
        vm.assertTrue(settlement.statusOf(third, innerTrade(address(wallet)).ref) == open(), "the inner one");
        assertHolds(third, HELD, HELD, HELD);
    }

    function test_RevertWhen_ATokenReenters() external {
        for (uint256 i = 0; i < 2; ++i) {
            CallingToken token = new CallingToken(false);
            ISettlement.Trade memory trade = throughToken(token, i);
            token.arm(address(settlement), innerCall(address(token)));
            refuses(trade, reentrant());
            token.arm(address(settlement), abi.encodeCall(ISettlement.cancel, (trade, "")));
            refuses(trade, reentrant());
        }
    }

    function test_ATokenThatReentersInSecretGainsNothing() external {
        CallingToken token = new CallingToken(true);
        ISettlement.Trade memory trade = throughToken(token, 1);
        token.arm(address(settlement), innerCall(address(token)));
        settle(trade);
        vm.assertTrue(!token.succeeded(), "the call");
        vm.assertEq(keccak256(token.answer()), keccak256(reentrant()), "its refusal");
        vm.assertTrue(settlement.statusOf(third, innerTrade(address(token)).ref) == open(), "the inner one");
        assertHolds(third, HELD, HELD, HELD);
    }

    /// @dev A token may look at the reference meanwhile: it is gone before anything moves.
    function test_TheReferenceIsGoneBeforeATokenIsCalled() external {
        CallingToken token = new CallingToken(false);
        ISettlement.Trade memory trade = throughToken(token, 0);
        token.arm(address(settlement), abi.encodeCall(ISettlement.statusOf, (seller, trade.ref)));
        settle(trade);
        vm.assertEq(bytes32(token.answer()), bytes32(uint256(ISettlement.Status.Settled)), "meanwhile");
    }

    // ---------------------------------------------------------------- helpers

    function refusesAltered(ISettlement.Trade memory trade, bytes[] memory signatures) private {
        refuses(trade, signatures, badSignature(trade.legs[0].from, trade));
    }

    function refusesWallet(address wallet) private {
        ISettlement.Trade memory trade = dvp();
        for (uint256 i = 0; i < 2; ++i) {
            trade.legs[i].from = wallet;
            bytes[] memory signatures = signed(trade);
            signatures[i] = "";
            refuses(trade, signatures, badSignature(wallet, trade));
            trade.legs[i] = dvp().legs[i];
        }
    }

    function throughToken(CallingToken token, uint256 index)
        private
        returns (ISettlement.Trade memory trade)
    {
        provide(token, seller);
        provide(token, buyer);
        trade = dvp();
        trade.legs[index].token = address(token);
    }

    /// @dev A trade in good order that `attacker` may submit, as the receiver of a leg.
    function innerTrade(address attacker) private view returns (ISettlement.Trade memory trade) {
        trade = tradeOf(2);
        (trade.ref, trade.venue) = (keccak256("inner"), address(0));
        trade.legs[0] = leg(cash, third, attacker, 1);
        trade.legs[1] = leg(euro, third, attacker, 1);
    }

    function innerCall(address attacker) private view returns (bytes memory) {
        ISettlement.Trade memory trade = innerTrade(attacker);
        return abi.encodeCall(ISettlement.settle, (trade, signed(trade)));
    }

    function open() private pure returns (ISettlement.Status) {
        return ISettlement.Status.Open;
    }

    function reentrant() private pure returns (bytes memory) {
        return abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }
}
