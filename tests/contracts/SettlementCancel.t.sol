// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {SettlementBase} from "./SettlementBase.sol";
import {CallingWallet} from "./SettlementWallets.sol";
import {HonestWallet} from "./Wallets.sol";

/// @notice Who may close a reference, and who may not.
contract SettlementCancelTest is SettlementBase {
    // ---------------------------------------------------------------- who may

    function test_TheInitiatorCancels() external {
        cancels(dvp(), seller, "");
    }

    /// @dev Nothing else is asked of whoever owns the reference.
    function test_TheInitiatorsOwnSignatureIsNotRead() external {
        cancels(dvp(), seller, hex"bad0");
    }

    function test_AnotherGiverCancelsWhatTheInitiatorSigned() external {
        cancels(dvp(), buyer, sign(SELLER_KEY, settlement.hashTrade(dvp())));
    }

    function test_TheVenueCancelsWhatTheInitiatorSigned() external {
        license(venue, 0); // a licence is for settling
        cancels(dvp(), venue, sign(SELLER_KEY, settlement.hashTrade(dvp())));
    }

    function test_AnExpiredTradeCanBeCancelled() external {
        vm.warp(NOON_S + 365 days);
        cancels(dvp(), seller, "");
    }

    function test_AWalletsTradeCanBeCancelled() external {
        HonestWallet wallet = new HonestWallet();
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = address(wallet);
        refusesCancel(trade, buyer, "", badSignature(address(wallet), trade));
        wallet.agreeTo(settlement.hashTrade(trade));
        cancels(trade, buyer, "");
    }

    // ---------------------------------------------------------------- who may not

    function test_RevertWhen_AStrangerCancels() external {
        ISettlement.Trade memory trade = dvp();
        trade.legs[1].to = third; // who only receives
        bytes memory signature = sign(SELLER_KEY, settlement.hashTrade(trade));
        address[4] memory senders = [stranger, third, otherVenue, admin];
        for (uint256 i = 0; i < senders.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(ISettlement.NotAParty.selector, senders[i]);
            refusesCancel(trade, senders[i], signature, refusal);
        }
        settle(trade);
    }

    /// @dev A stranger writes himself into a trade of the seller's, to use up its reference before it settles.
    function test_RevertWhen_ATradeIsMadeUpToBurnAReference() external {
        ISettlement.Trade memory made = dvp();
        made.legs[1] = leg(cash, stranger, seller, 1);
        made.venue = stranger;
        bytes memory refusal = badSignature(seller, made);
        refusesCancel(made, stranger, "", refusal);
        refusesCancel(made, stranger, sign(STRANGER_KEY, settlement.hashTrade(made)), refusal);
        // Nor does what the seller did sign help with what it did not.
        refusesCancel(made, stranger, sign(SELLER_KEY, settlement.hashTrade(dvp())), refusal);
        settle(dvp());
    }

    function test_RevertWhen_TheSignatureIsAttacked() external {
        ISettlement.Trade memory trade = dvp();
        bytes32 digest = settlement.hashTrade(trade);
        bytes memory signature = sign(SELLER_KEY, digest);
        bytes memory refusal = badSignature(seller, trade);
        refusesCancel(trade, buyer, "", refusal);
        refusesCancel(trade, buyer, mirrored(SELLER_KEY, digest), refusal);
        refusesCancel(trade, buyer, sign(BUYER_KEY, digest), refusal);
        refusesCancel(trade, buyer, sign(SELLER_KEY, deploySettlement(licensor).hashTrade(trade)), refusal);
        vm.chainId(block.chainid + 1);
        refusesCancel(trade, buyer, signature, badSignature(seller, trade));
    }

    /// @dev Whom nobody can sign for: a signature that recovers nobody is not the zero address's.
    function test_RevertWhen_TheInitiatorIsTheZeroAddress() external {
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = address(0);
        bytes memory refusal = badSignature(address(0), trade);
        refusesCancel(trade, buyer, "", refusal);
        refusesCancel(trade, buyer, new bytes(65), refusal);
    }

    function test_RevertWhen_TheReferenceIsNotOpen() external {
        ISettlement.Trade memory trade = dvp();
        settle(trade);
        refusesCancel(trade, seller, "", notOpen(trade, ISettlement.Status.Settled));

        trade.ref = keccak256("trade 2");
        cancels(trade, seller, "");
        refusesCancel(trade, seller, "", notOpen(trade, ISettlement.Status.Cancelled));
    }

    function test_RevertWhen_AWalletReenters() external {
        CallingWallet wallet = new CallingWallet(false);
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = address(wallet);
        ISettlement.Trade memory other = trade;
        other.ref = keccak256("trade 2");
        wallet.arm(address(settlement), abi.encodeCall(ISettlement.cancel, (other, "")));
        trade = dvp();
        trade.legs[0].from = address(wallet);
        refusesCancel(trade, buyer, "", badSignature(address(wallet), trade));
        assertStatus(other, ISettlement.Status.Open);
    }

    // ---------------------------------------------------------------- what it does

    function test_RevertWhen_ACancelledTradeIsSettled() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        cancels(trade, buyer, signatures[0]); // before the venue's own transaction
        refuses(trade, signatures, notOpen(trade, ISettlement.Status.Cancelled));

        trade.legs[0].amount += 1;
        refuses(trade, notOpen(trade, ISettlement.Status.Cancelled));
    }

    function test_OtherReferencesStayOpen() external {
        cancels(dvp(), seller, "");
        ISettlement.Trade memory trade = dvp();
        trade.ref = keccak256("trade 2");
        settle(trade);
        assertStatus(dvp(), ISettlement.Status.Cancelled);
        assertStatus(trade, ISettlement.Status.Settled);
    }

    // ---------------------------------------------------------------- helpers

    function cancels(ISettlement.Trade memory trade, address by, bytes memory signature) private {
        address initiator = trade.legs[0].from;
        bytes32 digest = settlement.hashTrade(trade);
        vm.expectEmit(address(settlement));
        emit ISettlement.TradeCancelled(trade.ref, initiator, by, digest);
        vm.prank(by);
        settlement.cancel(trade, signature);
        assertStatus(trade, ISettlement.Status.Cancelled);
    }

    function refusesCancel(
        ISettlement.Trade memory trade,
        address by,
        bytes memory signature,
        bytes memory refusal
    ) private {
        bytes32 before = pictureOf(trade);
        vm.prank(by);
        vm.expectRevert(refusal);
        settlement.cancel(trade, signature);
        vm.assertEq(pictureOf(trade), before, "what a refused cancellation has changed");
    }
}
