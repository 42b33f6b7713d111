// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";

/// @notice All that AssetToken answers to, so that no test has to compile it again.
interface IToken is IAssetToken, IDelayedRoles, IERC20Permit, IERC5267 {
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    function REGISTRAR_ROLE() external view returns (bytes32);
    function ISSUER_ROLE() external view returns (bytes32);
    function ENFORCER_ROLE() external view returns (bytes32);
    function PAUSER_ROLE() external view returns (bytes32);
    function RULES_ROLE() external view returns (bytes32);
    function controlBook() external view returns (address);
}
