// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title PlainToken: OpenZeppelin's ERC-20 as it stands, the floor that the gas of AssetToken is held against
contract PlainToken is ERC20("Plain Token", "PLAIN") {
    /// @notice Anybody may issue: a look at a role would make the floor higher.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Issues to many accounts.
    function batchMint(address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < to.length; ++i) {
            _mint(to[i], amounts[i]);
        }
    }
}
