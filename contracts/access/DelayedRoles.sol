// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IDelayedRoles} from "../interfaces/IDelayedRoles.sol";

/// @title DelayedRoles: roles that the admin can take away at once, but give only after a delay
/// @notice Without it, one key could give itself the power to issue, use it and hand it back within one block.
abstract contract DelayedRoles is AccessControl, IDelayedRoles {
    /// @dev How long a grant that is ripe can be carried out. A grant that never lapsed could be kept in hand, and the
    /// delay would warn of it only once.
    uint256 private constant GRANT_WINDOW_S = 14 days;

    /// @inheritdoc IDelayedRoles
    uint48 public immutable grantDelay_s;
    /// @inheritdoc IDelayedRoles
    mapping(bytes32 role => mapping(address account => uint48)) public roleGrantableFrom;

    constructor(address admin, uint48 delay_s) {
        require(admin != address(0), NoAdmin());
        grantDelay_s = delay_s;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IDelayedRoles
    function scheduleRoleGrant(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        // Whoever has a role must not have the next grant of it in hand, ready for when it is taken away.
        require(!hasRole(role, account), RoleHeld(role, account));
        uint48 grantableFrom = uint48(block.timestamp) + grantDelay_s;
        roleGrantableFrom[role][account] = grantableFrom;
        emit RoleGrantScheduled(role, account, grantableFrom);
    }

    /// @inheritdoc IDelayedRoles
    function cancelRoleGrant(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _takeSchedule(role, account);
        emit RoleGrantCancelled(role, account);
    }

    /// @inheritdoc IAccessControl
    /// @dev Role: DEFAULT_ADMIN_ROLE. Emits RoleGranted. Reverts with RoleGrantNotScheduled, RoleGrantTooEarly or
    /// RoleGrantLapsed.
    function grantRole(bytes32 role, address account)
        public
        override(AccessControl, IAccessControl)
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        uint48 grantableFrom = _takeSchedule(role, account);
        require(block.timestamp >= grantableFrom, RoleGrantTooEarly(role, account, grantableFrom));
        require(
            block.timestamp <= grantableFrom + GRANT_WINDOW_S, RoleGrantLapsed(role, account, grantableFrom)
        );
        _grantRole(role, account);
    }

    function _takeSchedule(bytes32 role, address account) private returns (uint48 grantableFrom) {
        grantableFrom = roleGrantableFrom[role][account];
        require(grantableFrom != 0, RoleGrantNotScheduled(role, account));
        delete roleGrantableFrom[role][account];
    }
}
