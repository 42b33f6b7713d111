// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {IToken} from "./IToken.sol";
import {Vm} from "./Vm.sol";

/// @notice People, dates and deployments that all tests share.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant MAKER_KEY = 0xA11;
    uint256 internal constant CHECKER_KEY = 0xC4E;
    uint256 internal constant OTHER_CHECKER_KEY = 0xC4F;

    uint16 internal constant CHINA = 156;
    uint16 internal constant HONG_KONG = 344;
    uint16 internal constant SINGAPORE = 702;
    uint8 internal constant RETAIL = 1;
    uint8 internal constant PROFESSIONAL = 2;

    bytes12 internal constant ISIN = "HK0000989999";
    bytes9 internal constant DTI = "X9J9K872S";

    /// @dev 2026-01-20 and the last valid day of everyone's evidence, as days since 1970.
    uint16 internal constant TODAY = 20_473;
    uint16 internal constant VALID_UNTIL = TODAY + 365;
    uint256 internal constant NOON_S = uint256(TODAY) * 1 days + 12 hours;
    uint48 internal constant GRANT_DELAY_S = 1 days;

    uint256 internal constant MAX_UNITS = type(uint96).max;

    address internal admin = address(0xAD);
    address internal alice = address(0xA11CE);
    address internal bob = address(0xB0B);
    address internal carol = address(0xCA801);
    address internal maker = vm.addr(MAKER_KEY);
    address internal checker = vm.addr(CHECKER_KEY);
    address internal otherChecker = vm.addr(OTHER_CHECKER_KEY);

    /// @dev No rules and no reserve; holders are counted; `operator`, a contract, holds every operating role.
    function termsFor(address operator) internal view returns (IAssetToken.Terms memory) {
        return IAssetToken.Terms({
            name: "Green Bond 2028",
            symbol: "GRN28",
            decimals: 6,
            rules: noRules(),
            allowedCountries: new uint16[](0),
            guardedCountry: CHINA,
            countsHolders: true,
            reserveAttestor: address(0),
            controlBook: operator,
            admin: admin,
            grantDelay_s: GRANT_DELAY_S
        });
    }

    function deploy(IAssetToken.Terms memory terms_) internal returns (IToken) {
        return IToken(vm.deployCode("AssetToken.sol:AssetToken", abi.encode(terms_)));
    }

    function deployToken(address operator) internal returns (IToken) {
        return deploy(termsFor(operator));
    }

    function deployBook() internal returns (IControlBook) {
        address[] memory makers = new address[](1);
        address[] memory checkers = new address[](2);
        makers[0] = maker;
        (checkers[0], checkers[1]) = (checker, otherChecker);
        bytes memory args = abi.encode(admin, GRANT_DELAY_S, makers, checkers);
        return IControlBook(vm.deployCode("ControlBook.sol:ControlBook", args));
    }

    function particularsOf(uint16 domicile, bytes32 filing)
        internal
        pure
        returns (IAssetToken.Particulars memory)
    {
        return IAssetToken.Particulars(ISIN, DTI, domicile, filing);
    }

    function noRules() internal pure returns (IRulebook.Rules memory) {
        return IRulebook.Rules(0, 0, 0, 0, 0, false);
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
        return abi.encodeWithSelector(IRulebook.TransferRestricted.selector, uint8(code), from, to, amount);
    }
}
