// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {SettlementBase} from "./SettlementBase.sol";
import {SilentToken} from "./SettlementWallets.sol";
import {HonestWallet} from "./Wallets.sol";

/// @notice What settles, and what it leaves behind.
contract SettlementTradesTest is SettlementBase {
    // ---------------------------------------------------------------- two legs and more

    function test_DeliveryVersusPayment() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        vm.expectEmit(address(settlement));
        emit ISettlement.TradeSettled(trade.ref, seller, venue, settlement.hashTrade(trade), 2);
        vm.expectEmit(address(bond));
        emit IERC20.Transfer(seller, buyer, 100);
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(buyer, seller, 250);
        vm.prank(venue);
        settlement.settle(trade, signatures);

        assertHolds(seller, HELD - 100, HELD + 250, HELD);
        assertHolds(buyer, HELD + 100, HELD - 250, HELD);
        assertStatus(trade, ISettlement.Status.Settled);
    }

    function test_PaymentMayComeFirst() external {
        ISettlement.Trade memory trade = dvp();
        (trade.legs[0], trade.legs[1]) = (trade.legs[1], trade.legs[0]);
        settle(trade);
        assertHolds(seller, HELD - 100, HELD + 250, HELD);
        assertHolds(buyer, HELD + 100, HELD - 250, HELD);
        vm.assertTrue(settlement.statusOf(buyer, trade.ref) == ISettlement.Status.Settled, "the payer's");
        vm.assertTrue(settlement.statusOf(seller, trade.ref) == ISettlement.Status.Open, "not the seller's");
    }

    function test_PaymentVersusPayment() external {
        ISettlement.Trade memory trade = tradeOf(2);
        trade.legs[0] = leg(cash, seller, buyer, 850);
        trade.legs[1] = leg(euro, buyer, seller, 100);
        settle(trade);
        assertHolds(seller, HELD, HELD - 850, HELD + 100);
        assertHolds(buyer, HELD, HELD + 850, HELD - 100);
    }

    function test_ThreePartiesInARing() external {
        ISettlement.Trade memory trade = tradeOf(3);
        trade.legs[0] = leg(bond, seller, buyer, 10);
        trade.legs[1] = leg(cash, buyer, third, 20);
        trade.legs[2] = leg(euro, third, seller, 30);
        bytes[] memory signatures = signed(trade);
        vm.expectEmit(address(settlement));
        emit ISettlement.TradeSettled(trade.ref, seller, venue, settlement.hashTrade(trade), 3);
        settle(trade, signatures);
        assertHolds(seller, HELD - 10, HELD, HELD + 30);
        assertHolds(buyer, HELD + 10, HELD - 20, HELD);
        assertHolds(third, HELD, HELD + 20, HELD - 30);
    }

    /// @dev The buyer pays the seller and a fee to somebody who signs nothing, and signs once itself.
    function test_AGiverOfTwoLegsSignsOnce() external {
        ISettlement.Trade memory trade = tradeOf(3);
        trade.legs[0] = leg(bond, seller, buyer, 100);
        trade.legs[1] = leg(cash, buyer, seller, 250);
        trade.legs[2] = leg(cash, buyer, third, 5);
        settle(trade);
        assertHolds(seller, HELD - 100, HELD + 250, HELD);
        assertHolds(buyer, HELD + 100, HELD - 255, HELD);
        assertHolds(third, HELD, HELD + 5, HELD);
    }

    function test_OneGiverMayGiveAll() external {
        ISettlement.Trade memory trade = tradeOf(2);
        trade.legs[0] = leg(bond, seller, buyer, 1);
        trade.legs[1] = leg(bond, seller, third, 2);
        settle(trade);
        assertHolds(seller, HELD - 3, HELD, HELD);
    }

    /// @dev What is received in one leg can be given in a later one.
    function test_LegsMoveInTheirOrder() external {
        ISettlement.Trade memory trade = tradeOf(2);
        trade.legs[0] = leg(bond, seller, buyer, HELD);
        trade.legs[1] = leg(bond, buyer, third, 2 * HELD);
        settle(trade);
        assertHolds(third, 3 * HELD, HELD, HELD);
    }

    function test_AWholeAllowanceIsEnough() external {
        vm.prank(seller);
        bond.approve(address(settlement), 100);
        settle(dvp());
        vm.assertEq(bond.allowance(seller, address(settlement)), 0, "allowance");
    }

    function test_MoneyThatReturnsNothingIsMoney() external {
        SilentToken silent = new SilentToken();
        provide(silent, buyer);
        ISettlement.Trade memory trade = dvp();
        trade.legs[1] = leg(silent, buyer, seller, 250);
        settle(trade);
        vm.assertEq(silent.balanceOf(seller), 250, "payment");
    }

    // ---------------------------------------------------------------- who submits, and when

    function test_AnyPartySubmitsABilateralTrade() external {
        ISettlement.Trade memory trade = bilateral();
        trade.legs[1].to = third; // who only receives
        address[3] memory parties = [seller, buyer, third];
        for (uint256 i = 0; i < parties.length; ++i) {
            trade.ref = keccak256(abi.encode(i));
            bytes[] memory signatures = signed(trade);
            vm.expectEmit(address(settlement));
            emit ISettlement.TradeSettled(trade.ref, seller, address(0), settlement.hashTrade(trade), 2);
            vm.prank(parties[i]);
            settlement.settle(trade, signatures);
        }
        assertHolds(seller, HELD - 300, HELD, HELD);
    }

    function test_AVenueMayBeAPartyItself() external {
        ISettlement.Trade memory trade = dvp();
        trade.venue = third;
        trade.legs[1].from = third;
        license(third, NOON_S);
        settle(trade);
        assertHolds(third, HELD, HELD - 250, HELD);
    }

    function test_TheLastSecondCounts() external {
        ISettlement.Trade memory trade = dvp();
        license(venue, trade.notAfter);
        vm.warp(trade.notAfter);
        settle(trade);
        assertStatus(trade, ISettlement.Status.Settled);
    }

    function test_AReferenceIsItsInitiatorsOwn() external {
        settle(dvp());
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = third;
        settle(trade);
        assertHolds(buyer, HELD + 200, HELD - 500, HELD);
    }

    function test_AWalletMayGive() external {
        HonestWallet wallet = new HonestWallet();
        provide(bond, address(wallet));
        ISettlement.Trade memory trade = dvp();
        trade.legs[0].from = address(wallet);
        bytes[] memory signatures = signed(trade);
        signatures[0] = "";
        refuses(trade, signatures, badSignature(address(wallet), trade));
        wallet.agreeTo(settlement.hashTrade(trade));
        settle(trade, signatures);
        vm.assertEq(bond.balanceOf(address(wallet)), HELD - 100, "the wallet's");
    }

    /// @dev As one that has delegated to code (EIP-7702), whatever that code says of signatures.
    function test_AnAccountWithCodeSignsWithItsKey() external {
        vm.etch(seller, hex"5f5ffd");
        settle(dvp());
        assertHolds(seller, HELD - 100, HELD + 250, HELD);
    }

    // ---------------------------------------------------------------- licences

    function test_ALicenceIsGivenAndEnded() external {
        address newcomer = address(0x80);
        vm.assertEq(settlement.venueValidUntil(newcomer), 0, "never licensed");
        uint48[3] memory ends = [NOON_S + 1, NOON_S - 1, 0];
        for (uint256 i = 0; i < ends.length; ++i) {
            vm.expectEmit(address(settlement));
            emit ISettlement.VenueLicensed(newcomer, ends[i]);
            license(newcomer, ends[i]);
            vm.assertEq(settlement.venueValidUntil(newcomer), ends[i], "valid until");
        }
    }

    // ---------------------------------------------------------------- what is signed (EIP-712, ERC-5267)

    function test_TheHashIsThatOfEIP712() external view {
        ISettlement.Trade memory trade = tradeOf(3);
        trade.legs[0] = leg(bond, seller, buyer, 10);
        trade.legs[1] = leg(cash, buyer, third, type(uint256).max);
        trade.legs[2] = leg(euro, third, seller, 0);
        for (uint256 count = 0; count <= 3; ++count) {
            ISettlement.Leg[] memory legs = new ISettlement.Leg[](count);
            for (uint256 i = 0; i < count; ++i) {
                legs[i] = trade.legs[i];
            }
            ISettlement.Trade memory part = ISettlement.Trade(trade.ref, trade.venue, trade.notAfter, legs);
            bytes32 expected = typedDigest("rwaledger Settlement", address(settlement), structHashOf(part));
            vm.assertEq(settlement.hashTrade(part), expected, "digest");
        }
        assertDomain(address(settlement), "rwaledger Settlement");
    }

    function structHashOf(ISettlement.Trade memory trade) private pure returns (bytes32) {
        bytes memory legs;
        for (uint256 i = 0; i < trade.legs.length; ++i) {
            ISettlement.Leg memory each = trade.legs[i];
            legs = bytes.concat(
                legs,
                keccak256(
                    abi.encode(
                        keccak256("Leg(address token,address from,address to,uint256 amount)"),
                        each.token,
                        each.from,
                        each.to,
                        each.amount
                    )
                )
            );
        }
        bytes32 typeHash = keccak256(
            "Trade(bytes32 ref,address venue,uint48 notAfter,Leg[] legs)"
            "Leg(address token,address from,address to,uint256 amount)"
        );
        return keccak256(abi.encode(typeHash, trade.ref, trade.venue, trade.notAfter, keccak256(legs)));
    }
}
