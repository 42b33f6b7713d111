// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Roles are given after a delay, taken away at once, and known in two places that never differ.
contract AssetTokenRolesTest is TokenBase {
    bytes32 private _role;
    uint48 private _grantableFrom;

    function setUp() public override {
        super.setUp();
        _role = token.PAUSER_ROLE();
        _grantableFrom = uint48(NOON_S) + GRANT_DELAY_S;
    }

    // ---------------------------------------------------------------- giving

    function test_AScheduledGrantIsToldAndCarriedOutAfterTheDelay() external {
        vm.expectEmit(address(token));
        emit IDelayedRoles.RoleGrantScheduled(_role, carol, _grantableFrom);
        schedule(_role, carol);
        vm.assertEq(token.roleGrantableFrom(_role, carol), _grantableFrom, "grantable from");
        vm.assertTrue(!token.hasRole(_role, carol), "not yet");
        vm.warp(_grantableFrom - 1);
        refusesGrant(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantTooEarly.selector, _role, carol, _grantableFrom)
        );
        vm.warp(_grantableFrom);
        vm.expectEmit(address(token));
        emit IAccessControl.RoleGranted(_role, carol, admin);
        grant(_role, carol);
        vm.assertEq(token.roleGrantableFrom(_role, carol), 0, "used up");
        vm.prank(carol);
        token.pause();
        vm.assertTrue(token.paused(), "paused");
    }

    function test_RevertWhen_AGrantIsKeptInHand() external {
        schedule(_role, carol);
        vm.warp(_grantableFrom + 14 days + 1);
        refusesGrant(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantLapsed.selector, _role, carol, _grantableFrom)
        );
        vm.warp(_grantableFrom + 14 days);
        grant(_role, carol);
        vm.assertTrue(token.hasRole(_role, carol), "on the last second");
    }

    function test_RevertWhen_NoGrantIsScheduled() external {
        refusesGrant(notScheduled(carol));
        schedule(_role, alice);
        vm.warp(_grantableFrom);
        refusesGrant(notScheduled(carol));
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantNotScheduled.selector, bytes32(0), alice)
        );
        token.grantRole(0, alice);
    }

    function test_RevertWhen_AGrantIsUsedTwice() external {
        give(_role, carol);
        vm.prank(admin);
        token.revokeRole(_role, carol);
        refusesGrant(notScheduled(carol));
        vm.assertTrue(!token.hasRole(_role, carol), "taken away");
    }

    function test_ScheduledAgainTheDelayStartsAgain() external {
        schedule(_role, carol);
        vm.warp(_grantableFrom);
        schedule(_role, carol);
        vm.assertEq(token.roleGrantableFrom(_role, carol), _grantableFrom + GRANT_DELAY_S, "from");
        refusesGrant(
            abi.encodeWithSelector(
                IDelayedRoles.RoleGrantTooEarly.selector, _role, carol, _grantableFrom + GRANT_DELAY_S
            )
        );
    }

    /// @dev Or the next grant could be kept in hand, and used at once when the role is taken away.
    function test_RevertWhen_ScheduledForWhoHasTheRole() external {
        give(_role, carol);
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IDelayedRoles.RoleHeld.selector, _role, carol));
        token.scheduleRoleGrant(_role, carol);
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IDelayedRoles.RoleHeld.selector, _role, address(this)));
        token.scheduleRoleGrant(_role, address(this));
        revoke(_role, carol);
        refusesGrant(notScheduled(carol));
        schedule(_role, carol);
        refusesGrant(
            abi.encodeWithSelector(
                IDelayedRoles.RoleGrantTooEarly.selector, _role, carol, token.roleGrantableFrom(_role, carol)
            )
        );
    }

    function test_AScheduledGrantCanBeCancelled() external {
        schedule(_role, carol);
        vm.expectEmit(address(token));
        emit IDelayedRoles.RoleGrantCancelled(_role, carol);
        vm.prank(admin);
        token.cancelRoleGrant(_role, carol);
        vm.assertEq(token.roleGrantableFrom(_role, carol), 0, "grantable from");
        vm.warp(_grantableFrom);
        refusesGrant(notScheduled(carol));
        vm.prank(admin);
        vm.expectRevert(notScheduled(carol));
        token.cancelRoleGrant(_role, carol);
    }

    // ---------------------------------------------------------------- taking away

    function test_ARoleIsTakenAwayAtOnce() external {
        vm.expectEmit(address(token));
        emit IAccessControl.RoleRevoked(_role, address(this), admin);
        vm.prank(admin);
        token.revokeRole(_role, address(this));
        vm.assertTrue(!token.hasRole(_role, address(this)), "has it");
        vm.expectRevert(unauthorised(address(this), _role));
        token.pause();
        token.unpause();
        give(_role, address(this));
        token.pause();
        vm.assertTrue(token.paused(), "given back");
    }

    function test_WhoHasARoleCanRenounceIt() external {
        give(_role, carol);
        vm.prank(carol);
        token.renounceRole(_role, carol);
        vm.assertTrue(!token.hasRole(_role, carol), "has it");
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector));
        token.renounceRole(_role, carol);
    }

    function test_TheAdminHandsItsRoleOverToASuccessor() external {
        give(0, carol);
        vm.prank(carol);
        token.revokeRole(0, admin);
        vm.prank(admin);
        vm.expectRevert(unauthorised(admin, 0));
        token.scheduleRoleGrant(_role, alice);
        vm.prank(carol);
        token.scheduleRoleGrant(_role, alice);
    }

    function test_OneAdminHasTheRolesOfAll() external view {
        vm.assertEq(token.getRoleAdmin(token.ISSUER_ROLE()), bytes32(0), "issuer");
        vm.assertEq(token.getRoleAdmin(token.DEFAULT_ADMIN_ROLE()), bytes32(0), "admin");
    }

    // ---------------------------------------------------------------- the control book's roles are bits of a word

    /// @dev Whatever is done with the roles of the control book, the instrument's word says the same as the events.
    function testFuzz_TheWordSaysWhatWasGrantedAndRevoked(uint8[16] calldata acts) external {
        admitAndIssue();
        bytes32[5] memory roles = operatingRoles();
        bool[5] memory has = [true, true, true, true, true];
        for (uint256 i = 0; i < acts.length; ++i) {
            uint256 chosen = acts[i] % 5;
            bool give_ = acts[i] % 2 == 0;
            if (give_) give(roles[chosen], address(this));
            else revoke(roles[chosen], address(this));
            has[chosen] = give_;
            for (uint256 j = 0; j < 5; ++j) {
                vm.assertTrue(token.hasRole(roles[j], address(this)) == has[j], "a role");
            }
        }
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertTrue(token.isActive() && !token.paused() && token.holderCount() == 1, "bits");
    }

    /// @dev Neither several bits at once nor a bit that is no role.
    function test_OnlyTheFiveBitsAreRolesOfTheControlBook() external {
        bytes32[5] memory roles = operatingRoles();
        vm.assertTrue(!token.hasRole(roles[0] | roles[1], address(this)), "two at once");
        for (uint256 bit = 240; bit < 256; ++bit) {
            bool isRole = bit >= 244 && bit <= 248;
            vm.assertTrue(token.hasRole(bytes32(1 << bit), address(this)) == isRole, "a bit");
        }
        give(bytes32(uint256(1 << 240)), address(this));
        vm.assertTrue(!token.paused(), "a bit that is no role pauses nothing");
        vm.assertTrue(token.hasRole(bytes32(uint256(1 << 240)), address(this)), "and is kept elsewhere");
        give(roles[0] | roles[1], address(this));
        revoke(roles[0] | roles[1], address(this));
        vm.assertTrue(
            token.hasRole(roles[0], address(this)) && token.hasRole(roles[1], address(this)), "each alone"
        );
    }

    function test_TheRolesOfOthersAreNotThoseOfTheControlBook() external {
        bytes32[5] memory roles = operatingRoles();
        give(roles[1], carol);
        admit(alice);
        revoke(roles[1], address(this));
        vm.expectRevert(unauthorised(address(this), roles[1]));
        token.mint(alice, 1);
        vm.prank(carol);
        token.mint(alice, 1);
        revoke(roles[1], carol);
        vm.prank(carol);
        vm.expectRevert(unauthorised(carol, roles[1]));
        token.mint(alice, 1);
    }

    // ---------------------------------------------------------------- helpers

    function operatingRoles() private view returns (bytes32[5] memory) {
        return [
            token.REGISTRAR_ROLE(),
            token.ISSUER_ROLE(),
            token.ENFORCER_ROLE(),
            token.PAUSER_ROLE(),
            token.RULES_ROLE()
        ];
    }

    function schedule(bytes32 role, address account) private {
        vm.prank(admin);
        token.scheduleRoleGrant(role, account);
    }

    function grant(bytes32 role, address account) private {
        vm.prank(admin);
        token.grantRole(role, account);
    }

    function give(bytes32 role, address account) private {
        if (token.hasRole(role, account)) return;
        schedule(role, account);
        vm.warp(token.roleGrantableFrom(role, account));
        grant(role, account);
    }

    function revoke(bytes32 role, address account) private {
        vm.prank(admin);
        token.revokeRole(role, account);
    }

    function refusesGrant(bytes memory refusal) private {
        vm.prank(admin);
        vm.expectRevert(refusal);
        token.grantRole(_role, carol);
    }

    function notScheduled(address account) private view returns (bytes memory) {
        return abi.encodeWithSelector(IDelayedRoles.RoleGrantNotScheduled.selector, _role, account);
    }
}
