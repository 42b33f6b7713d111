// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title IDelayedRoles: no power is given in an instant
/// @notice The admin schedules a grant, everyone can see it coming, and only after the delay can it be carried out
/// with `grantRole`. This holds for the admin's own role too: it is handed over by granting it to the successor, who
/// then revokes the predecessor's. A role can be taken away at once.
interface IDelayedRoles is IAccessControl {
    /// @notice `account` can be granted `role` from `grantableFrom` on, in seconds since 1970.
    event RoleGrantScheduled(bytes32 indexed role, address indexed account, uint48 grantableFrom);

    /// @notice The scheduled grant will not happen.
    event RoleGrantCancelled(bytes32 indexed role, address indexed account);

    /// @notice The zero address cannot be the first admin. (An admin may renounce later: then the roles are as they are.)
    error NoAdmin();

    /// @notice `account` has the role already.
    error RoleHeld(bytes32 role, address account);

    /// @notice No grant of `role` to `account` is scheduled.
    error RoleGrantNotScheduled(bytes32 role, address account);

    /// @notice The grant is scheduled for a later time.
    error RoleGrantTooEarly(bytes32 role, address account, uint48 grantableFrom);

    /// @notice The grant was not carried out within 14 days of its time; it has to be scheduled again.
    error RoleGrantLapsed(bytes32 role, address account, uint48 grantableFrom);

    /// @notice Schedules a grant, to be carried out with `grantRole` after the delay and within 14 days from then.
    /// Scheduled again, the delay starts again. Revoking a role does not cancel what is scheduled.
    /// @dev Role: DEFAULT_ADMIN_ROLE. Emits RoleGrantScheduled. Reverts with RoleHeld.
    function scheduleRoleGrant(bytes32 role, address account) external;

    /// @notice Takes a scheduled grant back.
    /// @dev Role: DEFAULT_ADMIN_ROLE. Emits RoleGrantCancelled. Reverts with RoleGrantNotScheduled.
    function cancelRoleGrant(bytes32 role, address account) external;

    /// @notice When the scheduled grant can be carried out, in seconds since 1970; 0 where none is scheduled.
    function roleGrantableFrom(bytes32 role, address account) external view returns (uint48);

    /// @notice Seconds between scheduling a grant and carrying it out; fixed for ever. Zero is for chains to try
    /// things on: then nobody sees a grant coming.
    function grantDelay_s() external view returns (uint48);
}
