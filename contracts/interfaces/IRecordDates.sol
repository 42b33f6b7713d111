// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IRecordDates: who held what at the end of a day that was announced
/// @notice Record dates are numbered from 1, in the order of their times. One has passed when a block is later than it;
/// the balances that count are those at the end of the last block that is not.
interface IRecordDates {
    /// @notice Record date `id` will be at `recordDate`, seconds since 1970.
    event RecordDateScheduled(uint16 indexed id, uint40 recordDate);

    /// @notice Record date `id` will not be. The next one to be scheduled has its number.
    event RecordDateCancelled(uint16 indexed id);

    /// @notice A record date has to be later than now and than those scheduled before it.
    error InvalidRecordDate(uint40 recordDate, uint256 laterThan);

    /// @notice 64 record dates are to come, or all 65,535 numbers are used.
    error TooManyRecordDates();

    /// @notice There is no record date of this number.
    error UnknownRecordDate(uint16 id);

    /// @notice The record date has not passed.
    error RecordDateNotPassed(uint16 id, uint40 recordDate);

    /// @notice Only the last record date can be cancelled, and only before it has passed.
    error RecordDateNotCancellable(uint16 id);

    /// @notice Schedules a record date ahead.
    /// @dev Role: REGISTRAR_ROLE. Emits RecordDateScheduled. Reverts with InvalidRecordDate or TooManyRecordDates.
    function scheduleRecordDate(uint40 recordDate) external returns (uint16 id);

    /// @notice Takes the last record date back, which has not passed.
    /// @dev Role: REGISTRAR_ROLE. Emits RecordDateCancelled. Reverts with RecordDateNotCancellable.
    function cancelRecordDate(uint16 id) external;

    /// @notice When each record date is or was, seconds since 1970: number 1 first.
    function recordDates() external view returns (uint40[] memory);

    /// @notice How many record dates have passed, which is the number of the last one that has.
    function recordDatesPassed() external view returns (uint16);

    /// @notice What `account` held at a record date that has passed. Answers for ever.
    /// @dev Reverts with UnknownRecordDate or RecordDateNotPassed.
    function balanceOfAt(address account, uint16 id) external view returns (uint256 amount);

    /// @notice The supply at a record date that has passed. Answers for ever.
    /// @dev Reverts with UnknownRecordDate or RecordDateNotPassed.
    function totalSupplyAt(uint16 id) external view returns (uint256 amount);
}
