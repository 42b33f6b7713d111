// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Says of each instrument what it was told to say.
contract FakeReserve {
    mapping(address instrument => uint96) private _amounts;
    mapping(address instrument => uint48) private _expiries;

    function attest(address instrument, uint96 amount, uint48 expiresAt) external {
        (_amounts[instrument], _expiries[instrument]) = (amount, expiresAt);
    }

    function reserveOf(address instrument) external view returns (uint96 amount, uint48 expiresAt) {
        return (_amounts[instrument], _expiries[instrument]);
    }
}
