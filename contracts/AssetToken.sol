// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {DelayedRoles} from "./access/DelayedRoles.sol";
import {IAssetToken} from "./interfaces/IAssetToken.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC1643} from "./interfaces/IERC1643.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {AccountWord, COUNTRY_MAX} from "./token/AccountWord.sol";
import {Documents} from "./token/Documents.sol";
import {Enforcement} from "./token/Enforcement.sol";
import {ACTIVE, InstrumentWord} from "./token/InstrumentWord.sol";
import {Ledger} from "./token/Ledger.sol";
import {Posting} from "./token/Posting.sol";
import {Rulebook} from "./token/Rulebook.sol";

/// @title AssetToken: one tokenised instrument and its register of holders
/// @notice Immutable. Every issue, redemption and transfer goes through `_update`: it is judged against the rules
/// (`Rulebook`), then written (`Posting`). What is done by order goes through `Enforcement`.
contract AssetToken is IAssetToken, ERC20Permit, Enforcement, Documents {
    uint8 private immutable _decimals;
    Particulars private _particulars;

    /// @param terms what the instrument is, for ever. Reverts with InvalidDecimals, NotAContract, InvalidRules,
    /// InvalidCountry or NoAdmin. Emits RoleGranted, RulesChanged and CountryAllowed
    constructor(Terms memory terms)
        ERC20(terms.name, terms.symbol)
        ERC20Permit(terms.name)
        DelayedRoles(terms.admin, terms.grantDelay_s)
        Ledger(terms.controlBook)
        Posting(terms.countsHolders)
        Rulebook(terms.rules, terms.allowedCountries, terms.guardedCountry, terms.reserveAttestor)
    {
        require(terms.decimals <= 18, InvalidDecimals(terms.decimals));
        address reserve = terms.reserveAttestor;
        require(reserve == address(0) || reserve.code.length != 0, NotAContract(reserve));
        _decimals = terms.decimals;
    }

    // ---------------------------------------------------------------- activating, issuing and redeeming

    /// @inheritdoc IAssetToken
    function activate(Particulars calldata particulars_) external onlyRole(ISSUER_ROLE) {
        uint16 domicile = particulars_.domicile;
        require(!isActive(), AlreadyActive());
        require(domicile != 0 && domicile <= COUNTRY_MAX, InvalidCountry(domicile));
        require(domicile != guardedCountry() || particulars_.filing != 0, FilingRequired(domicile));
        _particulars = particulars_;
        _instrument = _instrument.with(ACTIVE, true);
        emit InstrumentActivated(particulars_.isin, particulars_.dti, domicile, particulars_.filing);
    }

    /// @inheritdoc IAssetToken
    function mint(address to, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _mint(to, amount);
    }

    /// @inheritdoc IAssetToken
    function batchMint(address[] calldata to, uint256[] calldata amounts) external onlyRole(ISSUER_ROLE) {
        require(to.length == amounts.length, LengthMismatch(to.length, amounts.length));
        InstrumentWord instrument = _settled(_instrument);
        for (uint256 i = 0; i < to.length; ++i) {
            // The zero address is never admitted, and so refused.
            instrument = _issue(instrument, to[i], amounts[i]);
        }
        _instrument = instrument;
    }

    /// @inheritdoc IAssetToken
    function burn(address from, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _burn(from, amount);
    }

    /// @inheritdoc IAssetToken
    function batchBurn(address[] calldata from, uint256[] calldata amounts) external onlyRole(ISSUER_ROLE) {
        _forEach(from, amounts, _burn);
    }

    /// @inheritdoc IAssetToken
    function batchTransfer(address[] calldata to, uint256[] calldata amounts) external {
        _forEach(to, amounts, _transferOwn);
    }

    function _transferOwn(address to, uint256 amount) private {
        _transfer(msg.sender, to, amount);
    }

    // ---------------------------------------------------------------- the three moves

    /// @dev The hook of ERC-20: the zero address as `from` is an issue, as `to` a redemption.
    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0)) _instrument = _issue(_settled(_instrument), to, amount);
        else if (to == address(0)) _redeem(from, amount);
        else _transferUnits(from, to, amount);
    }

    /// @dev The caller settles the instrument's word and writes the one that is returned: a batch once for all lines.
    function _issue(InstrumentWord instrument, address to, uint256 amount) private returns (InstrumentWord) {
        AccountRecord storage target = _accounts[to];
        AccountWord recipient = target.word;
        uint256 code = _judgeIssue(instrument, recipient, amount);
        if (code != 0) _refuse(code, address(0), AccountWord.wrap(0), to, amount);
        emit Transfer(address(0), to, amount);
        return _postIssue(instrument, target, recipient, amount);
    }

    function _redeem(address from, uint256 amount) private {
        InstrumentWord instrument = _instrument;
        AccountRecord storage source = _accounts[from];
        AccountWord sender = source.word;
        uint256 code = _judgeRedemption(instrument, source, sender, amount);
        if (code != 0) _refuse(code, from, sender, address(0), amount);
        _instrument = _postRedemption(instrument, source, sender, amount);
        emit Transfer(from, address(0), amount);
    }

    function _transferUnits(address from, address to, uint256 amount) private {
        InstrumentWord instrument = _instrument;
        AccountRecord storage source = _accounts[from];
        AccountRecord storage target = _accounts[to];
        AccountWord sender = source.word;
        AccountWord recipient = target.word;
        bool own = from == to;
        uint256 code = _judgeTransfer(instrument, source, sender, recipient, amount, own);
        if (code != 0) _refuse(code, from, sender, to, amount);
        if (!own) _postTransfer(instrument, source, sender, target, recipient, amount);
        emit Transfer(from, to, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IAssetToken
    function particulars() external view returns (Particulars memory) {
        return _particulars;
    }

    /// @inheritdoc IAssetToken
    function isActive() public view returns (bool) {
        return _instrument.has(ACTIVE);
    }

    /// @inheritdoc IAssetToken
    function holderCount() external view returns (uint256) {
        return _instrument.holders();
    }

    /// @inheritdoc IAssetToken
    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) public view override(ERC20, IERC20) returns (uint256) {
        return _accounts[account].word.balance();
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
        override(AccessControl, IERC165)
        returns (bool)
    {
        return interfaceId == type(IERC7943Fungible).interfaceId || interfaceId == type(IERC20).interfaceId
            || interfaceId == type(IERC20Metadata).interfaceId
            || interfaceId == type(IERC20Permit).interfaceId || interfaceId == type(IERC5267).interfaceId
            || interfaceId == type(IERC1404).interfaceId || interfaceId == type(IERC1643).interfaceId
            || super.supportsInterface(interfaceId);
    }
}
