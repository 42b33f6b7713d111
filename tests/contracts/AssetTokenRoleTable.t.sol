// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Who may do what: every privileged function, called by the holder of every role and by a stranger.
contract AssetTokenRoleTableTest is TokenBase {
    bytes32[6] private _roles;
    address[6] private _holders;

    /// @dev One account for each role, which has no other.
    function setUp() public override {
        super.setUp();
        _roles = [
            token.DEFAULT_ADMIN_ROLE(),
            token.REGISTRAR_ROLE(),
            token.ISSUER_ROLE(),
            token.ENFORCER_ROLE(),
            token.PAUSER_ROLE(),
            token.RULES_ROLE()
        ];
        for (uint256 i = 0; i < _roles.length; ++i) {
            _holders[i] = address(uint160(0x5000 + i));
            vm.prank(admin);
            token.scheduleRoleGrant(_roles[i], _holders[i]);
        }
        vm.warp(NOON_S + GRANT_DELAY_S);
        for (uint256 i = 0; i < _roles.length; ++i) {
            vm.prank(admin);
            token.grantRole(_roles[i], _holders[i]);
        }
    }

    function test_OnlyTheAdminChangesRoles() external {
        opensTo(0, abi.encodeCall(token.scheduleRoleGrant, (_roles[2], carol)));
        opensTo(0, abi.encodeCall(token.cancelRoleGrant, (_roles[2], carol)));
        opensTo(0, abi.encodeCall(token.grantRole, (_roles[2], carol)));
        opensTo(0, abi.encodeCall(token.revokeRole, (_roles[2], carol)));
    }

    function test_OnlyTheRegistrarKeepsTheRegister() external {
        opensTo(1, abi.encodeCall(token.admit, (new IRegister.Admission[](0))));
        opensTo(1, abi.encodeCall(token.setSuspended, (alice, true)));
        opensTo(1, abi.encodeCall(token.setLockUp, (alice, 0, 0)));
        opensTo(1, abi.encodeCall(token.setDocument, ("terms", "ipfs://terms", 0)));
        opensTo(1, abi.encodeCall(token.removeDocument, ("terms")));
        opensTo(1, abi.encodeCall(token.scheduleRecordDate, (type(uint40).max)));
        opensTo(1, abi.encodeCall(token.cancelRecordDate, (1)));
    }

    function test_OnlyTheIssuerIssuesAndRedeems() external {
        (address[] memory accounts, uint256[] memory amounts) = (new address[](0), new uint256[](0));
        opensTo(2, abi.encodeCall(token.activate, (particularsOf(HONG_KONG, 0))));
        opensTo(2, abi.encodeCall(token.mint, (alice, 1)));
        opensTo(2, abi.encodeCall(token.batchMint, (accounts, amounts)));
        opensTo(2, abi.encodeCall(token.burn, (alice, 1)));
        opensTo(2, abi.encodeCall(token.batchBurn, (accounts, amounts)));
    }

    function test_OnlyTheEnforcerCarriesOutOrders() external {
        (address[] memory accounts, uint256[] memory amounts) = (new address[](0), new uint256[](0));
        opensTo(3, abi.encodeCall(token.setFrozenTokens, (alice, 1)));
        opensTo(3, abi.encodeCall(token.freezePartialTokens, (alice, 1)));
        opensTo(3, abi.encodeCall(token.batchFreezePartialTokens, (accounts, amounts)));
        opensTo(3, abi.encodeCall(token.unfreezePartialTokens, (alice, 1)));
        opensTo(3, abi.encodeCall(token.batchUnfreezePartialTokens, (accounts, amounts)));
        opensTo(3, abi.encodeCall(token.setAddressFrozen, (alice, true)));
        opensTo(3, abi.encodeCall(token.batchSetAddressFrozen, (accounts, new bool[](0))));
        opensTo(3, abi.encodeCall(token.forcedTransfer, (alice, bob, 1)));
        opensTo(3, abi.encodeCall(token.batchForcedTransfer, (accounts, accounts, amounts)));
        opensTo(3, abi.encodeCall(token.recoveryAddress, (alice, bob, address(0))));
    }

    /// @dev Whoever may only stop in an emergency cannot start again.
    function test_OnlyThePauserStops() external {
        opensTo(4, abi.encodeCall(token.pause, ()));
    }

    function test_OnlyTheRulesRoleChangesRulesAndEndsAPause() external {
        opensTo(5, abi.encodeCall(token.setRules, (noRules())));
        opensTo(5, abi.encodeCall(token.setCountryAllowed, (HONG_KONG, true)));
        opensTo(5, abi.encodeCall(token.unpause, ()));
    }

    /// @dev Whoever has the role gets past it, to do the thing or to be refused for another reason.
    function opensTo(uint256 role, bytes memory call) private {
        for (uint256 i = 0; i < _holders.length; ++i) {
            bytes memory refusal = unauthorised(_holders[i], _roles[role]);
            bool refused = keccak256(answerTo(_holders[i], call)) == keccak256(refusal);
            vm.assertTrue(refused == (i != role), "the holder of a role");
        }
        vm.assertEq(
            keccak256(answerTo(carol, call)), keccak256(unauthorised(carol, _roles[role])), "a stranger"
        );
    }

    function answerTo(address caller, bytes memory call) private returns (bytes memory answer) {
        bool done;
        vm.prank(caller);
        (done, answer) = address(token).call(call);
        if (done) return "";
    }
}
