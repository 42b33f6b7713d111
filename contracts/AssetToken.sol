// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IAssetToken} from "./interfaces/IAssetToken.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {Restriction, messageOf} from "./Restriction.sol";
import {AccountWord, CLASS_MAX, COUNTRY_MAX, MAX_UNITS} from "./words/AccountWord.sol";
import {InstrumentWord} from "./words/InstrumentWord.sol";

/// @title AssetToken: one tokenised instrument and its register of holders
/// @notice Immutable. Every issue, redemption and transfer goes through `_update`, which judges it against the
/// rules and writes it; enforcement goes through `forcedTransfer`.
contract AssetToken is ERC20, AccessControlDefaultAdminRules, IAssetToken {
    /// @notice Who may admit, suspend and reinstate accounts.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
    /// @notice Who may issue and redeem.
    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    /// @notice Who may freeze, release and move by order.
    bytes32 public constant ENFORCER_ROLE = keccak256("ENFORCER_ROLE");
    /// @notice Who may stop all moves, and let them go on.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    /// @notice Who may change the rule set and the list of countries.
    bytes32 public constant RULES_ROLE = keccak256("RULES_ROLE");

    /// @dev The rules as stored, one slot.
    struct RuleSet {
        uint96 maxBalance;
        uint16 classMask;
        bool countriesRestricted;
        uint32 version;
    }

    uint8 private immutable _decimals;
    InstrumentWord private _instrument;
    RuleSet private _ruleSet;
    mapping(address account => AccountWord) private _accounts;
    /// @dev Country n is bit n % 256 of word n / 256.
    uint256[4] private _allowedCountries;

    /// @param name_ name of the instrument
    /// @param symbol_ its ticker
    /// @param decimals_ digits after the point, 0 to 18
    /// @param rules_ the rule set at launch
    /// @param allowedCountries_ ISO 3166-1 numeric codes whose residents may receive
    /// @param controlBook the only holder of every operating role
    /// @param admin who may change roles, one transaction at a time and with a delay to hand the office over
    /// @param adminDelay_s that delay, in seconds
    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        Rules memory rules_,
        uint16[] memory allowedCountries_,
        address controlBook,
        address admin,
        uint48 adminDelay_s
    ) ERC20(name_, symbol_) AccessControlDefaultAdminRules(adminDelay_s, admin) {
        _decimals = decimals_;
        _grantRole(REGISTRAR_ROLE, controlBook);
        _grantRole(ISSUER_ROLE, controlBook);
        _grantRole(ENFORCER_ROLE, controlBook);
        _grantRole(PAUSER_ROLE, controlBook);
        _grantRole(RULES_ROLE, controlBook);
        _setRules(rules_);
        for (uint256 i = 0; i < allowedCountries_.length; ++i) {
            _setCountryAllowed(allowedCountries_[i], true);
        }
    }

    // ---------------------------------------------------------------- register of holders

    /// @inheritdoc IAssetToken
    function admit(Admission[] calldata admissions) external onlyRole(REGISTRAR_ROLE) {
        for (uint256 i = 0; i < admissions.length; ++i) {
            _admit(admissions[i]);
        }
    }

    /// @inheritdoc IAssetToken
    function setSuspended(address account, bool suspended) external onlyRole(REGISTRAR_ROLE) {
        AccountWord word = _accounts[account];
        require(word.isAdmitted(), AccountNotAdmitted(account));
        _accounts[account] = word.withSuspended(suspended);
        emit AccountSuspended(account, suspended);
    }

    function _admit(Admission calldata entry) private {
        bool valid = entry.account != address(0) && entry.investorClass != 0
            && entry.investorClass <= CLASS_MAX && entry.country <= COUNTRY_MAX;
        require(valid, InvalidAdmission(entry.account, entry.country, entry.investorClass));
        _accounts[entry.account] =
            _accounts[entry.account].withAdmission(entry.country, entry.investorClass, entry.validUntilDay);
        emit AccountAdmitted(entry.account, entry.country, entry.investorClass, entry.validUntilDay);
    }

    // ---------------------------------------------------------------- issuing and redeeming

    /// @inheritdoc IAssetToken
    function mint(address to, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _mint(to, amount);
    }

    /// @inheritdoc IAssetToken
    function batchMint(address[] calldata to, uint256[] calldata amounts) external onlyRole(ISSUER_ROLE) {
        require(to.length == amounts.length, LengthMismatch(to.length, amounts.length));
        for (uint256 i = 0; i < to.length; ++i) {
            _mint(to[i], amounts[i]);
        }
    }

    /// @inheritdoc IAssetToken
    function burn(address from, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _burn(from, amount);
    }

    // ---------------------------------------------------------------- enforcement

    /// @inheritdoc IERC7943Fungible
    /// @dev Role: ENFORCER_ROLE. Emits Frozen first where frozen units have to move, then Transfer and
    /// ForcedTransfer. Reverts with ERC20InvalidSender for the zero address, SameAccount, TransferRestricted for the
    /// recipient, or ERC20InsufficientBalance.
    function forcedTransfer(address from, address to, uint256 amount)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        require(from != address(0), ERC20InvalidSender(from));
        require(from != to, SameAccount(from));
        AccountWord sender = _accounts[from];
        AccountWord recipient = _accounts[to];
        Restriction code = _judgeRecipient(_instrument, recipient);
        require(code == Restriction.None, TransferRestricted(uint8(code), from, to, amount));
        require(amount <= sender.balance(), ERC20InsufficientBalance(from, sender.balance(), amount));

        uint256 free = sender.unfrozen();
        if (amount > free) {
            // The order takes what is free first. What was frozen beyond the balance stays frozen.
            uint256 stillFrozen = sender.frozen() - (amount - free);
            sender = sender.withFrozen(stillFrozen);
            emit Frozen(from, stillFrozen);
        }
        _accounts[from] = sender.withBalance(sender.balance() - amount);
        _accounts[to] = recipient.withBalance(recipient.balance() + amount);
        emit Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC7943Fungible
    /// @dev Role: ENFORCER_ROLE. Emits Frozen. Reverts with FrozenAmountOutOfRange.
    function setFrozenTokens(address account, uint256 amount)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        AccountWord word = _accounts[account];
        require(amount <= MAX_UNITS, FrozenAmountOutOfRange(account, word.frozen(), amount));
        _setFrozen(account, word, amount);
        return true;
    }

    /// @inheritdoc IAssetToken
    function freezePartialTokens(address account, uint256 amount) external onlyRole(ENFORCER_ROLE) {
        AccountWord word = _accounts[account];
        require(amount <= MAX_UNITS - word.frozen(), FrozenAmountOutOfRange(account, word.frozen(), amount));
        _setFrozen(account, word, word.frozen() + amount);
    }

    /// @inheritdoc IAssetToken
    function unfreezePartialTokens(address account, uint256 amount) external onlyRole(ENFORCER_ROLE) {
        AccountWord word = _accounts[account];
        require(amount <= word.frozen(), FrozenAmountOutOfRange(account, word.frozen(), amount));
        _setFrozen(account, word, word.frozen() - amount);
    }

    /// @inheritdoc IAssetToken
    function setAddressFrozen(address account, bool freeze) external onlyRole(ENFORCER_ROLE) {
        _accounts[account] = _accounts[account].withAddressFrozen(freeze);
        emit AddressFrozen(account, freeze, msg.sender);
    }

    function _setFrozen(address account, AccountWord word, uint256 amount) private {
        _accounts[account] = word.withFrozen(amount);
        emit Frozen(account, amount);
    }

    // ---------------------------------------------------------------- pause and rules

    /// @inheritdoc IAssetToken
    function pause() external onlyRole(PAUSER_ROLE) {
        _instrument = _instrument.withPaused(true);
        emit Paused(msg.sender);
    }

    /// @inheritdoc IAssetToken
    function unpause() external onlyRole(PAUSER_ROLE) {
        _instrument = _instrument.withPaused(false);
        emit Unpaused(msg.sender);
    }

    /// @inheritdoc IAssetToken
    function setRules(Rules calldata newRules) external onlyRole(RULES_ROLE) {
        _setRules(newRules);
    }

    /// @inheritdoc IAssetToken
    function setCountryAllowed(uint16 country, bool allowed) external onlyRole(RULES_ROLE) {
        _setCountryAllowed(country, allowed);
    }

    function _setRules(Rules memory next) private {
        (Rules memory previous, uint32 version) = rules();
        _ruleSet = RuleSet(next.maxBalance, next.classMask, next.countriesRestricted, version + 1);
        _instrument =
            _instrument.withRules(next.countriesRestricted, next.maxBalance != 0 || next.classMask != 0);
        emit RulesChanged(version + 1, previous, next);
    }

    function _setCountryAllowed(uint16 country, bool allowed) private {
        require(country <= COUNTRY_MAX, InvalidCountry(country));
        uint256 bit = 1 << (country & 0xff);
        uint256 word = _allowedCountries[country >> 8];
        _allowedCountries[country >> 8] = allowed ? word | bit : word & ~bit;
        emit CountryAllowed(country, allowed);
    }

    // ---------------------------------------------------------------- the move, and the rules that judge it

    /// @dev The one way in which units are issued, redeemed and transferred; the zero address is the issuance account.
    function _update(address from, address to, uint256 amount) internal override {
        InstrumentWord instrument = _instrument;
        // An issue has no sender: reading that slot would cost 2,100 gas for nothing.
        AccountWord sender = from == address(0) ? AccountWord.wrap(0) : _accounts[from];
        AccountWord recipient = _accounts[to];
        Restriction code = _judge(instrument, from, sender, to, recipient, amount);
        if (code != Restriction.None) _refuse(code, from, sender, to, amount);

        if (from == address(0)) {
            require(amount <= MAX_UNITS - instrument.supply(), SupplyExceeded(instrument.supply(), amount));
            _instrument = instrument.withSupply(instrument.supply() + amount);
            _accounts[to] = recipient.withBalance(recipient.balance() + amount);
        } else if (to == address(0)) {
            _instrument = instrument.withSupply(instrument.supply() - amount);
            _accounts[from] = sender.withBalance(sender.balance() - amount);
        } else if (from != to) {
            _accounts[from] = sender.withBalance(sender.balance() - amount);
            _accounts[to] = recipient.withBalance(recipient.balance() + amount);
        }
        emit Transfer(from, to, amount);
    }

    /// @dev The first rule that the move breaks, in a fixed order: pause, sender, recipient, amounts.
    function _judge(
        InstrumentWord instrument,
        address from,
        AccountWord sender,
        address to,
        AccountWord recipient,
        uint256 amount
    ) private view returns (Restriction code) {
        if (instrument.isPaused()) return Restriction.Paused;
        if (from != address(0)) {
            code = _judgeSender(sender);
            if (code != Restriction.None) return code;
        }
        if (to != address(0)) {
            code = _judgeRecipient(instrument, recipient);
            if (code != Restriction.None) return code;
        }
        if (from != address(0)) {
            if (amount > sender.balance()) return Restriction.InsufficientBalance;
            if (amount > sender.unfrozen()) return Restriction.InsufficientUnfrozenBalance;
        }
        // A move of nothing, or to oneself, raises no balance.
        if (to != address(0) && from != to && amount != 0 && instrument.hasRuleSet()) {
            uint256 maxBalance = _ruleSet.maxBalance;
            if (maxBalance != 0 && (amount > maxBalance || recipient.balance() > maxBalance - amount)) {
                return Restriction.BalanceCapExceeded;
            }
        }
    }

    function _judgeSender(AccountWord sender) private view returns (Restriction) {
        if (!sender.isAdmitted()) return Restriction.SenderNotAdmitted;
        if (sender.isSuspended()) return Restriction.SenderSuspended;
        if (_hasLapsed(sender)) return Restriction.SenderLapsed;
        if (sender.isFrozen()) return Restriction.SenderFrozen;
        return Restriction.None;
    }

    function _judgeRecipient(InstrumentWord instrument, AccountWord recipient)
        private
        view
        returns (Restriction)
    {
        if (!recipient.isAdmitted()) return Restriction.RecipientNotAdmitted;
        if (recipient.isSuspended()) return Restriction.RecipientSuspended;
        if (_hasLapsed(recipient)) return Restriction.RecipientLapsed;
        if (recipient.isFrozen()) return Restriction.RecipientFrozen;
        if (instrument.hasCountryRule() && !isCountryAllowed(recipient.country())) {
            return Restriction.CountryNotAllowed;
        }
        if (instrument.hasRuleSet()) {
            uint256 classMask = _ruleSet.classMask;
            if (classMask != 0 && (classMask >> recipient.investorClass()) & 1 == 0) {
                return Restriction.ClassNotAllowed;
            }
        }
        return Restriction.None;
    }

    function _hasLapsed(AccountWord word) private view returns (bool) {
        return block.timestamp / 1 days > word.validUntilDay();
    }

    /// @dev Amounts are refused with the errors of ERC-6093 and ERC-7943, everything else with its code.
    function _refuse(Restriction code, address from, AccountWord sender, address to, uint256 amount)
        private
        pure
    {
        if (code == Restriction.InsufficientBalance) {
            revert ERC20InsufficientBalance(from, sender.balance(), amount);
        }
        if (code == Restriction.InsufficientUnfrozenBalance) {
            revert ERC7943InsufficientUnfrozenBalance(from, amount, sender.unfrozen());
        }
        revert TransferRestricted(uint8(code), from, to, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IERC1404
    /// @dev The zero address as `from` asks for an issue, as `to` for a redemption.
    function detectTransferRestriction(address from, address to, uint256 amount)
        external
        view
        returns (uint8)
    {
        return uint8(_judge(_instrument, from, _accounts[from], to, _accounts[to], amount));
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        return messageOf(code);
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        if (from == address(0) || to == address(0)) return false;
        // More than the balance is more than the unfrozen balance, which the standard asks to be judged here.
        return _judge(_instrument, from, _accounts[from], to, _accounts[to], amount) == Restriction.None;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        return _judgeSender(_accounts[account]) == Restriction.None;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        return _judgeRecipient(_instrument, _accounts[account]) == Restriction.None;
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _accounts[account].frozen();
    }

    /// @inheritdoc IAssetToken
    function isFrozen(address account) external view returns (bool) {
        return _accounts[account].isFrozen();
    }

    /// @inheritdoc IAssetToken
    function paused() external view returns (bool) {
        return _instrument.isPaused();
    }

    /// @inheritdoc IAssetToken
    function rules() public view returns (Rules memory current, uint32 version) {
        RuleSet memory stored = _ruleSet;
        return (Rules(stored.maxBalance, stored.classMask, stored.countriesRestricted), stored.version);
    }

    /// @inheritdoc IAssetToken
    function isCountryAllowed(uint16 country) public view returns (bool) {
        return country <= COUNTRY_MAX && (_allowedCountries[country >> 8] >> (country & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IAssetToken
    function allowedCountries() external view returns (uint256[4] memory) {
        return _allowedCountries;
    }

    /// @inheritdoc IAssetToken
    function accountOf(address account) external view returns (Account memory) {
        AccountWord word = _accounts[account];
        return Account({
            balance: word.balance(),
            frozen: word.frozen(),
            country: word.country(),
            investorClass: word.investorClass(),
            validUntilDay: word.validUntilDay(),
            addressFrozen: word.isFrozen(),
            suspended: word.isSuspended()
        });
    }

    /// @inheritdoc IAssetToken
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words) {
        words = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[i] = AccountWord.unwrap(_accounts[accounts[i]]);
        }
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) public view override(ERC20, IERC20) returns (uint256) {
        return _accounts[account].balance();
    }

    /// @inheritdoc IERC20
    function totalSupply() public view override(ERC20, IERC20) returns (uint256) {
        return _instrument.supply();
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(AccessControlDefaultAdminRules, IERC165)
        returns (bool)
    {
        return interfaceId == type(IERC7943Fungible).interfaceId || interfaceId == type(IERC20).interfaceId
            || interfaceId == type(IERC20Metadata).interfaceId || interfaceId == type(IERC1404).interfaceId
            || super.supportsInterface(interfaceId);
    }
}
