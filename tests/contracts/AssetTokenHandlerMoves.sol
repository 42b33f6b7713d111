// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {AssetTokenHandlerReplica} from "./AssetTokenHandlerReplica.sol";
import {FakeReserve} from "./FakeReserve.sol";
import {IToken} from "./IToken.sol";
import {Vm} from "./Vm.sol";

/// @notice Moves of every kind, allowed or not: each does what every view said it would do.
abstract contract AssetTokenHandlerMoves is AssetTokenHandlerReplica {
    IToken public immutable token;
    /// @dev The control book: whoever deployed this handler.
    address public immutable book = msg.sender;
    /// @dev Someone who is given roles now and then, and has them taken away.
    address public constant DEPUTY = address(0xDE9);
    FakeReserve internal immutable _reserve = new FakeReserve();
    address[] public accounts;
    /// @dev Block time, which each call starts at.
    uint256 public clock = block.timestamp;

    modifier atItsTime() {
        vm.warp(clock);
        _;
    }

    constructor() {
        IAssetToken.Terms memory terms = termsFor(book);
        (terms.reserveAttestor, terms.grantDelay_s) = (address(_reserve), 1 hours);
        vm.recordLogs();
        token = deploy(terms);
        foldAll(vm.getRecordedLogs());
        _reserve.attest(address(token), type(uint96).max, type(uint48).max);
    }

    // ---------------------------------------------------------------- by holders

    function transfer(uint256 from, uint256 to, uint256 amount) external atItsTime {
        (address sender, address recipient) = (pick(from), pick(to));
        amount = upTo(amount, sender);
        move(sender, abi.encodeCall(token.transfer, (recipient, amount)), sender, recipient, amount);
    }

    function transferFrom(uint256 from, uint256 to, uint256 amount) external atItsTime {
        (address sender, address recipient) = (pick(from), pick(to));
        amount = upTo(amount, sender);
        attempt(sender, abi.encodeCall(token.approve, (address(this), amount)));
        bytes memory call = abi.encodeCall(token.transferFrom, (sender, recipient, amount));
        move(address(this), call, sender, recipient, amount);
    }

    function batchTransfer(uint256 from, uint256[2] calldata to, uint256[2] calldata amounts)
        external
        atItsTime
    {
        address sender = pick(from);
        (address[] memory recipients, uint256[] memory units) = two(to, amounts, sender);
        attempt(sender, abi.encodeCall(token.batchTransfer, (recipients, units)));
    }

    // ---------------------------------------------------------------- by the issuer

    function mint(uint256 to, uint96 amount) external atItsTime {
        issue(pick(to), amount);
    }

    function issue(address to, uint256 amount) internal {
        amount = amount % 8 == 7 ? amount : amount % 10_000;
        move(book, abi.encodeCall(token.mint, (to, amount)), address(0), to, amount);
    }

    function batchMint(uint256[2] calldata to, uint256[2] calldata amounts) external atItsTime {
        (address[] memory recipients, uint256[] memory units) = two(to, amounts, pick(to[0]));
        attempt(operator(amounts[1]), abi.encodeCall(token.batchMint, (recipients, units)));
    }

    function burn(uint256 from, uint256 amount) external atItsTime {
        address sender = pick(from);
        amount = upTo(amount, sender);
        move(book, abi.encodeCall(token.burn, (sender, amount)), sender, address(0), amount);
    }

    function batchBurn(uint256[2] calldata from, uint256[2] calldata amounts) external atItsTime {
        (address[] memory senders, uint256[] memory units) = two(from, amounts, pick(from[0]));
        attempt(operator(amounts[1]), abi.encodeCall(token.batchBurn, (senders, units)));
    }

    /// @dev Mostly enough for a while.
    function attest(uint96 amount, uint16 seconds_, uint8 which) external atItsTime {
        if (which % 4 == 0) _reserve.attest(address(token), amount % 30_000, uint48(clock) + seconds_);
        else _reserve.attest(address(token), type(uint96).max, uint48(clock) + 30 days);
    }

    // ---------------------------------------------------------------- by order

    function forcedTransfer(uint256 from, uint256 to, uint256 amount) external atItsTime {
        (address sender, address recipient) = (pick(from), pick(to));
        amount = upTo(amount, sender);
        bool receives = token.canReceive(recipient);
        (uint256 held, uint256 frozen) = (token.balanceOf(sender), token.getFrozenTokens(sender));
        (bool done,) = attempt(book, abi.encodeCall(token.forcedTransfer, (sender, recipient, amount)));
        vm.assertTrue(done == (receives && sender != recipient && amount <= held), "an order");
        if (!done) return;
        uint256 free = held > frozen ? held - frozen : 0;
        uint256 left = amount > free ? frozen - (amount - free) : frozen;
        vm.assertEq(token.getFrozenTokens(sender), left, "frozen after an order");
    }

    function batchForcedTransfer(
        uint256[2] calldata from,
        uint256[2] calldata to,
        uint256[2] calldata amounts
    ) external atItsTime {
        (address[] memory recipients, uint256[] memory units) = two(to, amounts, pick(from[0]));
        address[] memory senders = new address[](2);
        (senders[0], senders[1]) = (pick(from[0]), pick(from[1]));
        attempt(operator(amounts[1]), abi.encodeCall(token.batchForcedTransfer, (senders, recipients, units)));
    }

    // ---------------------------------------------------------------- what each move is held against

    function move(address caller, bytes memory call, address from, address to, uint256 amount) internal {
        uint8 code = token.detectTransferRestriction(from, to, amount);
        uint256 kept = from == address(0) || amount == 0 ? 0 : bound_(from);
        viewsAgree(code, from, to, amount);
        (bool done, bytes memory answer) = attempt(caller, call);
        vm.assertTrue(done == (code == 0), "the code and the move");
        if (!done) refusedFor(code, from, to, amount, answer);
        else vm.assertTrue(from == to || token.balanceOf(from) >= kept, "what is frozen or locked stays");
    }

    /// @dev What may not leave the account but by order.
    function bound_(address account) private view returns (uint256 kept) {
        Standing memory standing = _standings[account];
        kept = standing.frozen;
        if (clock < standing.lockedUntil && standing.locked > kept) kept = standing.locked;
        if (kept > standing.balance) kept = standing.balance;
    }

    function viewsAgree(uint8 code, address from, address to, uint256 amount) private view {
        bool isTransfer = from != address(0) && to != address(0);
        vm.assertTrue(token.canTransfer(from, to, amount) == (isTransfer && code == 0), "canTransfer");
        bool senderAtFault = code >= 5 && code <= 8;
        bool recipientAtFault = code >= 9 && code <= 14;
        if (from != address(0) && (code == 0 || code > 4)) {
            vm.assertTrue(token.canSend(from) == !senderAtFault, "canSend");
        }
        if (to != address(0) && (code == 0 || code > 8)) {
            vm.assertTrue(token.canReceive(to) == !recipientAtFault, "canReceive");
        }
    }

    function refusedFor(uint8 code, address from, address to, uint256 amount, bytes memory answer)
        private
        view
    {
        bytes memory refusal = restricted(Restriction(code), from, to, amount);
        Standing memory standing = _standings[from];
        if (code == uint8(Restriction.InsufficientBalance)) {
            refusal = abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, from, standing.balance, amount
            );
        } else if (code == uint8(Restriction.InsufficientUnfrozenBalance)) {
            uint256 free = standing.balance > standing.frozen ? standing.balance - standing.frozen : 0;
            refusal = abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, from, amount, free
            );
        }
        vm.assertEq(keccak256(answer), keccak256(refusal), "refused for another reason");
    }

    // ---------------------------------------------------------------- helpers

    function attempt(address sender, bytes memory call) internal returns (bool done, bytes memory answer) {
        vm.recordLogs();
        vm.prank(sender);
        (done, answer) = address(token).call(call);
        // The recorder keeps what a reverted call had emitted; the chain does not.
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (done) foldAll(logs);
    }

    /// @dev Now and then the deputy, who may have the role or not.
    function operator(uint256 seed) internal view returns (address) {
        return seed % 4 == 3 ? DEPUTY : book;
    }

    function pick(uint256 index) internal view returns (address) {
        return accounts[index % accounts.length];
    }

    /// @dev Mostly what the account holds or less; now and then all of it, or more.
    function upTo(uint256 amount, address account) internal view returns (uint256) {
        uint256 held = token.balanceOf(account);
        return amount % 8 == 7 ? held : bound(amount, 0, held * 5 / 4 + 1);
    }

    function two(uint256[2] calldata indexes, uint256[2] calldata amounts, address of_)
        internal
        view
        returns (address[] memory picked, uint256[] memory units)
    {
        (picked, units) = (new address[](2), new uint256[](2));
        for (uint256 i = 0; i < 2; ++i) {
            (picked[i], units[i]) = (pick(indexes[i]), upTo(amounts[i], of_) / 2);
        }
    }
}
