// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {PlainToken} from "./PlainToken.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @notice Any trade against a model that moves numbers in an array.
contract SettlementFuzzTest is SettlementBase {
    uint256[3][3] private _model;
    address[3] private _people;
    PlainToken[3] private _tokens;

    function setUp() public override {
        super.setUp();
        _people = [seller, buyer, third];
        _tokens = [bond, cash, euro];
        for (uint256 i = 0; i < 9; ++i) {
            _model[i / 3][i % 3] = HELD;
        }
    }

    /// @dev Two to six legs, of which now and then one is more than its giver holds at that point.
    function testFuzz_BalancesAreThoseOfTheModel(uint256 seed, uint8 size) external {
        ISettlement.Trade memory trade = tradeOf(2 + size % 5);
        for (uint256 i = 0; i < trade.legs.length; ++i) {
            trade.legs[i] = randomLeg(uint256(keccak256(abi.encode(seed, i))));
        }
        bytes memory refusal = moveInModel(trade.legs);
        if (refusal.length == 0) {
            settle(trade);
            assertModel();
        } else {
            refuses(trade, refusal);
        }
        assertConserved();
    }

    /// @dev Any change of one signed bit refuses the trade.
    function testFuzz_RevertWhen_ASignatureHasAnotherBit(uint256 position, uint256 bit) external {
        ISettlement.Trade memory trade = dvp();
        bytes[] memory signatures = signed(trade);
        bytes memory altered = signatures[1];
        altered[position % 65] ^= bytes1(uint8(1 << (bit % 8)));
        refuses(trade, signatures, badSignature(buyer, trade));
    }

    function randomLeg(uint256 seed) private view returns (ISettlement.Leg memory) {
        uint256 from = seed % 3;
        uint256 to = (from + 1 + (seed >> 8) % 2) % 3;
        return leg(_tokens[(seed >> 16) % 3], _people[from], _people[to], 1 + (seed >> 24) % 700);
    }

    /// @return refusal what the token says of the first leg that cannot move; empty where all can
    function moveInModel(ISettlement.Leg[] memory legs) private returns (bytes memory refusal) {
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256[3] storage row = _model[indexOf(legs[i].token)];
            uint256 from = personOf(legs[i].from);
            uint256 amount = legs[i].amount;
            if (row[from] < amount) {
                return abi.encodeWithSelector(
                    IERC20Errors.ERC20InsufficientBalance.selector, legs[i].from, row[from], amount
                );
            }
            row[from] -= amount;
            row[personOf(legs[i].to)] += amount;
        }
    }

    function indexOf(address token) private view returns (uint256) {
        return token == address(bond) ? 0 : token == address(cash) ? 1 : 2;
    }

    function personOf(address party) private view returns (uint256) {
        return party == seller ? 0 : party == buyer ? 1 : 2;
    }

    function assertModel() private view {
        for (uint256 i = 0; i < 9; ++i) {
            vm.assertEq(_tokens[i / 3].balanceOf(_people[i % 3]), _model[i / 3][i % 3], "balance");
        }
    }

    function assertConserved() private view {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 sum;
            for (uint256 j = 0; j < 3; ++j) {
                sum += _tokens[i].balanceOf(_people[j]);
            }
            vm.assertEq(sum, 3 * HELD, "sum");
            vm.assertEq(_tokens[i].balanceOf(address(settlement)), 0, "the settlement holds nothing");
        }
    }
}
