// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IRegister: the accounts of an instrument and what the registrar attests of them
interface IRegister {
    /// @notice What the registrar attests of an account.
    /// @param account the address admitted
    /// @param country residence, ISO 3166-1 numeric, below 1024
    /// @param investorClass 1 to 15
    /// @param validUntilDay last valid day, as days since 1970-01-01 UTC; the earlier of evidence and licence
    struct Admission {
        address account;
        uint16 country;
        uint8 investorClass;
        uint16 validUntilDay;
    }

    /// @notice `account` was admitted, or its attributes were renewed.
    event AccountAdmitted(address indexed account, uint16 country, uint8 investorClass, uint16 validUntilDay);

    /// @notice `account` was suspended (`true`) or reinstated (`false`) by the registrar.
    event AccountSuspended(address indexed account, bool suspended);

    /// @notice `amount` of `account` may not leave it before `until`, seconds since 1970; zeros end the lock-up.
    event LockUpSet(address indexed account, uint96 amount, uint40 until);

    /// @notice The admission names the zero address, class 0 or above 15, or a country above 1023.
    error InvalidAdmission(address account, uint16 country, uint8 investorClass);

    /// @notice `account` is not admitted.
    error AccountNotAdmitted(address account);

    /// @notice `account` was lost and recovered, and cannot be admitted again.
    error AccountRetired(address account);

    /// @notice A lock-up needs an amount and a time to come, or neither.
    error InvalidLockUp(address account, uint96 amount, uint40 until);

    /// @notice The arrays of a batch differ in length.
    error LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Admits accounts, or renews their attributes; balance, frozen amount and flags stay.
    /// @dev Role: REGISTRAR_ROLE. Emits AccountAdmitted for each. Reverts with InvalidAdmission or AccountRetired.
    function admit(Admission[] calldata admissions) external;

    /// @notice Suspends or reinstates an account: while suspended it neither sends nor receives.
    /// @dev Role: REGISTRAR_ROLE. Emits AccountSuspended. Reverts with AccountNotAdmitted.
    function setSuspended(address account, bool suspended) external;

    /// @notice Locks `amount` of an account until a time, in place of any lock-up it had; two zeros end it. What is
    /// frozen and what is locked may be the same units: the account keeps the larger of the two.
    /// @dev Role: REGISTRAR_ROLE. Emits LockUpSet. Reverts with AccountNotAdmitted or InvalidLockUp.
    function setLockUp(address account, uint96 amount, uint40 until) external;

    /// @notice The lock-up of an account: amount, and the first second at which it no longer binds (the last one set,
    /// also when it is over); zeros for none.
    function lockUpOf(address account) external view returns (uint96 amount, uint40 until);

    /// @notice All that the register holds of many accounts, for reading it at one block: the words of `AccountWord`.
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words);
}
