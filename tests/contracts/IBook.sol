// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";

/// @notice All that ControlBook answers to, so that no test has to compile it again.
interface IBook is IControlBook, IDelayedRoles, IERC5267 {
    function MAKER_ROLE() external view returns (bytes32);
    function CHECKER_ROLE() external view returns (bytes32);
}
