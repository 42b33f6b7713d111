// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {DelayedRoles} from "../access/DelayedRoles.sol";
import {IAssetToken} from "../interfaces/IAssetToken.sol";
import {IRegister} from "../interfaces/IRegister.sol";
import {AccountWord} from "./AccountWord.sol";
import {BOOK_ROLES, InstrumentWord} from "./InstrumentWord.sol";

/// @title Ledger: the words of the instrument and of its accounts, and who may change them
/// @notice The id of an operating role is its bit in the instrument's word.
abstract contract Ledger is DelayedRoles {
    /// @notice Who may admit and suspend accounts, lock them up, keep the documents and schedule record dates.
    bytes32 public constant REGISTRAR_ROLE = bytes32(uint256(1) << 244);
    /// @notice Who may activate the instrument, issue and redeem.
    bytes32 public constant ISSUER_ROLE = bytes32(uint256(1) << 245);
    /// @notice Who may freeze, release, move by order and recover a lost wallet.
    bytes32 public constant ENFORCER_ROLE = bytes32(uint256(1) << 246);
    /// @notice Who may stop all moves. It may be given to one person's key: a stop cannot wait for four eyes.
    bytes32 public constant PAUSER_ROLE = bytes32(uint256(1) << 247);
    /// @notice Who may change the rule set and the list of countries, and end a pause.
    bytes32 public constant RULES_ROLE = bytes32(uint256(1) << 248);

    /// @notice The contract that holds every operating role from the beginning.
    address public immutable controlBook;

    struct LockUp {
        uint96 amount;
        uint40 until;
    }

    /// @dev All that is kept of an account. A transfer touches the word; the rest only where the word says so.
    struct AccountRecord {
        AccountWord word;
        LockUp lockUp;
        /// @dev What was held (96 bits) from after the record date `since` (the bits above) up to this one.
        mapping(uint256 recordDateId => uint256) heldAt;
    }

    InstrumentWord internal _instrument;
    mapping(address account => AccountRecord) internal _accounts;

    constructor(address controlBook_) {
        require(controlBook_.code.length != 0, IAssetToken.NotAContract(controlBook_));
        controlBook = controlBook_;
        _grantRole(REGISTRAR_ROLE, controlBook_);
        _grantRole(ISSUER_ROLE, controlBook_);
        _grantRole(ENFORCER_ROLE, controlBook_);
        _grantRole(PAUSER_ROLE, controlBook_);
        _grantRole(RULES_ROLE, controlBook_);
    }

    /// @inheritdoc IAccessControl
    /// @dev What the control book may do is in the instrument's word as well, which its calls read anyway.
    function hasRole(bytes32 role, address account)
        public
        view
        override(AccessControl, IAccessControl)
        returns (bool)
    {
        if (account == controlBook && _isOperating(role)) {
            return _instrument.has(uint256(role));
        }
        return super.hasRole(role, account);
    }

    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (granted) _note(role, account, true);
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked) _note(role, account, false);
    }

    function _note(bytes32 role, address account, bool on) private {
        if (account == controlBook && _isOperating(role)) _instrument = _instrument.with(uint256(role), on);
    }

    /// @dev Exactly one of the bits.
    function _isOperating(bytes32 role) private pure returns (bool) {
        uint256 bit = uint256(role);
        return bit & BOOK_ROLES != 0 && bit & (bit - 1) == 0;
    }

    /// @dev One act for each line of a batch, all or none.
    function _forEach(
        address[] calldata accounts,
        uint256[] calldata amounts,
        function(address, uint256) internal act
    ) internal {
        require(accounts.length == amounts.length, IRegister.LengthMismatch(accounts.length, amounts.length));
        for (uint256 i = 0; i < accounts.length; ++i) {
            act(accounts[i], amounts[i]);
        }
    }
}
