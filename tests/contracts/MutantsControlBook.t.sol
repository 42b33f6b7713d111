// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRecordDates} from "../../contracts/interfaces/IRecordDates.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {BookBase} from "./BookBase.sol";

/// @notice The bounds of what a line can carry, found wanting by faults that were put in on purpose.
contract MutantsControlBookTest is BookBase {
    /// @dev The book refuses what a field cannot hold, and nothing less: the rest is the instrument's to judge.
    function test_TheLargestNumberOfAFieldReachesTheInstrument() external {
        uint256 largest = type(uint16).max;
        bytes memory noCountry = abi.encodeWithSelector(IRulebook.InvalidCountry.selector, largest);
        refuses(instructionTo("set-country"), one(address(0), address(0), 1, largest), noCountry);
        bytes memory noDate = abi.encodeWithSelector(IRecordDates.RecordDateNotCancellable.selector, largest);
        refuses(instructionTo("cancel-record-date"), one(address(0), address(0), 0, largest), noDate);

        token = deployToken(address(book));
        refuses(instructionTo("activate"), one(address(0), address(0), 1, largest), noCountry);
    }
}
