// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";

bytes4 constant ERC1271_MAGIC = 0x1626ba7e;

/// @notice Says yes to one digest.
contract HonestWallet {
    bytes32 public agreedTo;

    function agreeTo(bytes32 digest) external {
        agreedTo = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == agreedTo ? ERC1271_MAGIC : bytes4(0xffffffff);
    }
}

/// @notice Answers with whatever it was given, whatever it is asked.
contract AnsweringWallet {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice Reverts, with the magic value as its reason.
contract RevertingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes memory reason = abi.encode(ERC1271_MAGIC);
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}

/// @notice Spends all the gas that it is given.
contract BurningWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return ERC1271_MAGIC;
    }
}

/// @notice Holds an instruction of its own, and sends it whenever it is called.
abstract contract Reentrant {
    IControlBook internal book;
    IControlBook.Instruction internal inner;
    bytes internal innerSignature;

    function arm(IControlBook book_, IControlBook.Instruction calldata inner_, bytes calldata signature)
        external
    {
        (book, inner, innerSignature) = (book_, inner_, signature);
    }

    function reenter() internal {
        book.execute(inner, new IControlBook.Line[](0), innerSignature);
    }
}

/// @notice Tries to have a second instruction executed while its signature on the first is checked.
contract ReentrantWallet is Reentrant {
    bool private _swallows;

    constructor(bool swallows) {
        _swallows = swallows;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        if (!_swallows) reenter();
        try this.reenterFromOutside() {} catch {}
        return ERC1271_MAGIC;
    }

    function reenterFromOutside() external {
        reenter();
    }
}

/// @notice An instrument that has a second instruction executed while it is acted on.
contract ReentrantInstrument is Reentrant {
    bool public paused;

    function pause() external {
        paused = true;
        reenter();
    }
}
