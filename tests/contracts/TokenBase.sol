// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {AccountWord} from "../../contracts/token/AccountWord.sol";
import {Base} from "./Base.sol";
import {IToken} from "./IToken.sol";

/// @notice An active token of which the test itself is the control book.
abstract contract TokenBase is Base {
    IToken internal token;

    function setUp() public virtual {
        vm.warp(NOON_S);
        token = deploy(terms());
        token.activate(particularsOf(HONG_KONG, 0));
    }

    function terms() internal view virtual returns (IAssetToken.Terms memory) {
        return termsFor(address(this));
    }

    // ---------------------------------------------------------------- acts

    function admit(address account) internal {
        admit(account, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
    }

    function admit(address account, uint16 country, uint8 investorClass, uint16 validUntilDay) internal {
        IRegister.Admission[] memory admissions = new IRegister.Admission[](1);
        admissions[0] = IRegister.Admission(account, country, investorClass, validUntilDay);
        token.admit(admissions);
    }

    /// @dev Admits alice and bob and gives alice 1,000 units.
    function admitAndIssue() internal {
        admit(alice);
        admit(bob);
        token.mint(alice, 1_000);
    }

    function setRules(uint96 maxBalance, uint16 classMask, bool countriesRestricted) internal {
        token.setRules(IRulebook.Rules(maxBalance, 0, 0, 0, classMask, countriesRestricted));
    }

    function setHolderCap(uint32 holderCap) internal {
        token.setRules(IRulebook.Rules(0, holderCap, 0, 0, 0, false));
    }

    function send(address from, address to, uint256 amount) internal {
        vm.prank(from);
        vm.assertTrue(token.transfer(to, amount), "result of the transfer");
    }

    function batch(address first, uint256 firstAmount, address second, uint256 secondAmount)
        internal
        pure
        returns (address[] memory accounts, uint256[] memory amounts)
    {
        (accounts, amounts) = (pair(first, second), new uint256[](2));
        (amounts[0], amounts[1]) = (firstAmount, secondAmount);
    }

    function pair(address first, address second) internal pure returns (address[] memory accounts) {
        accounts = new address[](2);
        (accounts[0], accounts[1]) = (first, second);
    }

    // ---------------------------------------------------------------- what is stored

    function wordOf(address account) internal view returns (uint256) {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        return token.accountWords(accounts)[0];
    }

    function accountOf(address account) internal view returns (AccountWord) {
        return AccountWord.wrap(wordOf(account));
    }

    function assertBalances(uint256 ofAlice, uint256 ofBob) internal view {
        vm.assertEq(token.balanceOf(alice), ofAlice, "alice's balance");
        vm.assertEq(token.balanceOf(bob), ofBob, "bob's balance");
    }

    function assertCode(address from, address to, uint256 amount, uint8 code) internal view {
        vm.assertEq(token.detectTransferRestriction(from, to, amount), code, "code");
    }

    // ---------------------------------------------------------------- refusals

    function insufficientBalance(address account, uint256 held, uint256 amount)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, account, held, amount);
    }

    function insufficientUnfrozen(address account, uint256 amount, uint256 unfrozen)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, account, amount, unfrozen
        );
    }

    function lengthMismatch(uint256 accounts, uint256 amounts) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRegister.LengthMismatch.selector, accounts, amounts);
    }

    function unauthorised(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }
}
