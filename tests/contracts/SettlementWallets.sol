// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PlainToken} from "./PlainToken.sol";
import {ERC1271_MAGIC} from "./Wallets.sol";

/// @notice Burns all the gas that it is given when it is asked for its signature.
contract BurningWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice Has a call of its own ready, and makes it whenever it is called itself.
abstract contract Caller {
    address private _target;
    bytes private _data;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function callOut() internal returns (bool succeeded, bytes memory answer) {
        return _target.call(_data);
    }

    function pass(bool succeeded, bytes memory answer) internal pure {
        if (succeeded) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// @notice Calls out while its signature is checked, and then signs; or fails with its call, when it is not patient.
contract CallingWallet is Caller {
    bool private immutable _patient;

    constructor(bool patient) {
        _patient = patient;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool succeeded, bytes memory answer) = callOut();
        if (!_patient) pass(succeeded, answer);
        return ERC1271_MAGIC;
    }
}

/// @notice Calls out while it is transferred, and then moves; or fails with its call, when it is not patient.
contract CallingToken is PlainToken, Caller {
    bool private immutable _patient;

    /// @dev What came of the call.
    bool public succeeded;
    bytes public answer;

    constructor(bool patient) PlainToken("CALL") {
        _patient = patient;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        (succeeded, answer) = callOut();
        if (!_patient) pass(succeeded, answer);
        return super.transferFrom(from, to, amount);
    }
}

/// @notice Says that it has moved nothing, instead of reverting.
contract FalseToken is PlainToken {
    constructor() PlainToken("FALSE") {}

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Moves and returns nothing at all, as some money on the main chain does.
contract SilentToken is PlainToken {
    constructor() PlainToken("SILENT") {}

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}
