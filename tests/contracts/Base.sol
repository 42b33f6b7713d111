// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AssetToken} from "../../contracts/AssetToken.sol";
import {ControlBook} from "../../contracts/ControlBook.sol";
import {Restriction} from "../../contracts/Restriction.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Vm} from "./Vm.sol";

/// @notice People, dates and deployments that all tests share.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant MAKER_KEY = 0xA11;
    uint256 internal constant CHECKER_KEY = 0xC4E;
    uint256 internal constant OTHER_CHECKER_KEY = 0xC4F;

    uint16 internal constant HONG_KONG = 344;
    uint16 internal constant SINGAPORE = 702;
    uint8 internal constant RETAIL = 1;
    uint8 internal constant PROFESSIONAL = 2;

    /// @dev 2026-01-20 and the last valid day of everyone's evidence, as days since 1970.
    uint16 internal constant TODAY = 20_473;
    uint16 internal constant VALID_UNTIL = TODAY + 365;
    uint256 internal constant NOON_S = uint256(TODAY) * 1 days + 12 hours;

    uint256 internal constant MAX_UNITS = type(uint96).max;

    address internal admin = address(0xAD);
    address internal alice = address(0xA11CE);
    address internal bob = address(0xB0B);
    address internal carol = address(0xCA801);
    address internal maker = vm.addr(MAKER_KEY);
    address internal checker = vm.addr(CHECKER_KEY);
    address internal otherChecker = vm.addr(OTHER_CHECKER_KEY);

    /// @dev A token without rules, whose every operating role `operator` holds.
    function deployToken(address operator) internal returns (AssetToken) {
        return new AssetToken(
            "Green Bond 2028",
            "GRN28",
            6,
            IAssetToken.Rules(0, 0, false),
            new uint16[](0),
            operator,
            admin,
            1 days
        );
    }

    function deployBook() internal returns (ControlBook) {
        address[] memory makers = new address[](1);
        address[] memory checkers = new address[](2);
        makers[0] = maker;
        (checkers[0], checkers[1]) = (checker, otherChecker);
        return new ControlBook(admin, 1 days, makers, checkers);
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev `value` folded into first..last, so that a fuzzer need not find the range by chance.
    function bound(uint256 value, uint256 first, uint256 last) internal pure returns (uint256) {
        return first + value % (last - first + 1);
    }

    function restricted(Restriction code, address from, address to, uint256 amount)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IAssetToken.TransferRestricted.selector, uint8(code), from, to, amount);
    }
}
