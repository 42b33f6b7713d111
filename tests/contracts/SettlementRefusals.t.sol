// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {PlainToken} from "./PlainToken.sol";
import {SettlementBase} from "./SettlementBase.sol";
import {FalseToken} from "./SettlementWallets.sol";

/// @notice What does not settle, and the error it gives. Signatures have tests of their own.
contract SettlementRefusalsTest is SettlementBase {
    // ---------------------------------------------------------------- the form of a trade

    function test_RevertWhen_ThereAreTooFewLegs() external {
        for (uint256 count = 0; count < 2; ++count) {
            ISettlement.Trade memory trade = tradeOf(count);
            if (count == 1) trade.legs[0] = dvp().legs[0];
            bytes memory refusal = abi.encodeWithSelector(ISettlement.TooFewLegs.selector, count);
            refuses(trade, refusal);
            vm.prank(seller);
            vm.expectRevert(refusal);
            settlement.cancel(trade, "");
        }
    }

    function test_RevertWhen_SignaturesAreTooFewOrTooMany() external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        for (uint256 count = 0; count < 4; ++count) {
            bytes[] memory others = new bytes[](count);
            if (count == 2) continue;
            for (uint256 i = 0; i < count && i < 2; ++i) {
                others[i] = signatures[i];
            }
            refuses(trade, others, abi.encodeWithSelector(ISettlement.SignaturesMismatch.selector, 2, count));
        }
    }

    function test_RevertWhen_ALegMovesNothing() external {
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Trade memory trade = dvp();
            trade.legs[i].to = trade.legs[i].from;
            refusesLeg(trade, i);

            trade = dvp();
            trade.legs[i].amount = 0;
            refusesLeg(trade, i);

            // Nobody could ever move it again.
            trade = dvp();
            trade.legs[i].to = address(settlement);
            refusesLeg(trade, i);
        }
    }

    function test_RevertWhen_ALegNamesTheZeroAddress() external {
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Trade memory trade = dvp();
            trade.legs[i].to = address(0);
            refusesLeg(trade, i);

            trade = dvp();
            trade.legs[i].from = address(0);
            refuses(trade, badSignature(address(0), trade));
            bytes[] memory signatures = signed(trade);
            signatures[i] = new bytes(65); // which recovers nobody
            refuses(trade, signatures, badSignature(address(0), trade));
        }
        refusesToken(PlainToken(address(0)));
    }

    /// @dev Hashed as it stands, so even if it was signed: something above the 160 bits is refused where it is read.
    function test_RevertWhen_ASignedWordIsNoAddress() external {
        ISettlement.Trade memory trade = dvp();
        bytes32 before = pictureOf(trade);
        for (uint256 word = 0; word < 3; ++word) {
            bytes memory question = abi.encodeCall(ISettlement.hashTrade, (trade));
            // Before the legs: the selector, the trade's offset, its four words, the number of legs.
            question[4 + 32 * (1 + 4 + 1 + word)] = 0x01;
            (, bytes memory digest) = address(settlement).call(question);
            bytes[] memory signatures = new bytes[](2);
            signatures[0] = sign(SELLER_KEY, bytes32(digest));
            signatures[1] = sign(BUYER_KEY, bytes32(digest));
            bytes memory data = abi.encodeCall(ISettlement.settle, (trade, signatures));
            data[4 + 32 * (2 + 4 + 1 + word)] = 0x01;
            vm.prank(venue);
            (bool settled, bytes memory answer) = address(settlement).call(data);
            vm.assertTrue(!settled && answer.length == 0, "refused by the decoder");
        }
        vm.assertEq(pictureOf(trade), before, "nothing has moved");
    }

    // ---------------------------------------------------------------- time and reference

    function test_RevertWhen_TheTradeHasExpired() external {
        ISettlement.Trade memory trade = dvp();
        vm.warp(uint256(trade.notAfter) + 1);
        refuses(trade, abi.encodeWithSelector(ISettlement.TradeExpired.selector, trade.ref, trade.notAfter));
    }

    function test_RevertWhen_TheTradeHasSettled() external {
        ISettlement.Trade memory trade = dvp();
        settle(trade);
        refuses(trade, notOpen(trade, ISettlement.Status.Settled));
    }

    function test_RevertWhen_AnAmendedTradeHasTheReference() external {
        settle(dvp());
        ISettlement.Trade memory amended = dvp();
        amended.legs[0].amount += 1;
        amended.notAfter += 1 days;
        amended.venue = otherVenue;
        refuses(amended, notOpen(amended, ISettlement.Status.Settled));
    }

    // ---------------------------------------------------------------- who submits

    function test_RevertWhen_TheSenderIsNotTheVenue() external {
        ISettlement.Trade memory trade = dvp();
        address[4] memory senders = [seller, buyer, stranger, otherVenue];
        for (uint256 i = 0; i < senders.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(ISettlement.NotTheVenue.selector, senders[i], venue);
            refuses(trade, signed(trade), senders[i], refusal);
        }
    }

    function test_RevertWhen_AStrangerSubmitsABilateralTrade() external {
        ISettlement.Trade memory trade = bilateral();
        address[2] memory senders = [stranger, venue];
        for (uint256 i = 0; i < senders.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(ISettlement.NotAParty.selector, senders[i]);
            refuses(trade, signed(trade), senders[i], refusal);
        }
    }

    function test_RevertWhen_TheVenueWasNeverLicensed() external {
        ISettlement.Trade memory trade = dvp();
        trade.venue = third;
        refuses(trade, abi.encodeWithSelector(ISettlement.VenueNotValid.selector, third, uint48(0)));
    }

    function test_RevertWhen_TheLicenceHasLapsed() external {
        ISettlement.Trade memory trade = dvp();
        license(venue, NOON_S);
        vm.warp(NOON_S + 1);
        refuses(trade, abi.encodeWithSelector(ISettlement.VenueNotValid.selector, venue, NOON_S));
        license(venue, NOON_S + 1);
        settle(trade);
    }

    function test_RevertWhen_TheLicenceWasEnded() external {
        ISettlement.Trade memory trade = dvp();
        license(venue, 0);
        refuses(trade, abi.encodeWithSelector(ISettlement.VenueNotValid.selector, venue, uint48(0)));
    }

    // ---------------------------------------------------------------- one leg fails: neither moves

    function test_RevertWhen_AGiverHoldsTooLittle() external {
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Trade memory trade = dvp();
            trade.legs[i].amount = HELD + 1;
            refuses(
                trade,
                abi.encodeWithSelector(
                    IERC20Errors.ERC20InsufficientBalance.selector, trade.legs[i].from, HELD, HELD + 1
                )
            );
        }
    }

    function test_RevertWhen_AGiverHasApprovedTooLittle() external {
        ISettlement.Trade memory trade = dvp();
        vm.prank(buyer);
        cash.approve(address(settlement), 249);
        refuses(
            trade,
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(settlement), 249, 250
            )
        );
        vm.prank(buyer);
        cash.approve(address(settlement), 250);
        settle(trade);
    }

    function test_RevertWhen_ATokenSaysNo() external {
        refusesToken(new FalseToken());
    }

    function test_RevertWhen_ThereIsNoToken() external {
        refusesToken(PlainToken(address(0xDEAD)));
    }

    // ---------------------------------------------------------------- licensing

    function test_RevertWhen_TheLicensorHasNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidLicensor.selector, stranger));
        this.deploySettlement(stranger);
    }

    function test_RevertWhen_NoLicensorLicenses() external {
        address[3] memory senders = [stranger, admin, venue];
        for (uint256 i = 0; i < senders.length; ++i) {
            vm.prank(senders[i]);
            vm.expectRevert(unauthorised(senders[i], LICENSOR_ROLE));
            settlement.setVenue(stranger, NOON_S);
            vm.assertEq(settlement.venueValidUntil(stranger), 0, "licence");
        }
    }

    function test_RevertWhen_TheVenueIsTheZeroAddress() external {
        vm.prank(licensor);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidVenue.selector));
        settlement.setVenue(address(0), NOON_S);
        vm.assertEq(settlement.venueValidUntil(address(0)), 0, "licence");
    }

    function test_RevertWhen_TheAdminAppointsALicensorInAnInstant() external {
        IDelayedRoles roles = IDelayedRoles(address(settlement));
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantNotScheduled.selector, LICENSOR_ROLE, admin)
        );
        roles.grantRole(LICENSOR_ROLE, admin);
        vm.prank(admin);
        roles.revokeRole(LICENSOR_ROLE, licensor);
        vm.prank(licensor);
        vm.expectRevert(unauthorised(licensor, LICENSOR_ROLE));
        settlement.setVenue(venue, 0);
    }

    // ---------------------------------------------------------------- helpers

    function refusesLeg(ISettlement.Trade memory trade, uint256 index) private {
        refuses(trade, abi.encodeWithSelector(ISettlement.InvalidLeg.selector, index));
    }

    /// @dev In either leg: as the second, it is the first that must not have moved.
    function refusesToken(PlainToken token) private {
        for (uint256 i = 0; i < 2; ++i) {
            ISettlement.Trade memory trade = dvp();
            trade.legs[i].token = address(token);
            refuses(
                trade, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token))
            );
        }
    }
}
