// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {IToken} from "./IToken.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice ERC-2612: an allowance by signature, and every attack on the signature.
contract AssetTokenPermitTest is TokenBase {
    uint256 private constant OWNER_KEY = 0x0A11CE;
    uint256 private constant THIEF_KEY = 0xBAD;
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    uint256 private _deadline = NOON_S + 1 hours;

    function setUp() public override {
        super.setUp();
        alice = vm.addr(OWNER_KEY);
        admitAndIssue();
    }

    function test_APermitGivesAnAllowanceOnce() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        vm.expectEmit(address(token));
        emit IERC20.Approval(alice, carol, 300);
        token.permit(alice, carol, 300, _deadline, v, r, s);
        vm.assertEq(token.allowance(alice, carol), 300, "allowance");
        vm.assertEq(token.nonces(alice), 1, "nonce");
        vm.prank(carol);
        token.transferFrom(alice, bob, 300);
        assertBalances(700, 300);
    }

    function test_APermitIsGoodUntilItsLastSecond() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        vm.warp(_deadline);
        token.permit(alice, carol, 300, _deadline, v, r, s);
        vm.assertEq(token.allowance(alice, carol), 300, "allowance");
    }

    /// @dev An allowance is no way round the rules.
    function test_APermitDoesNotLiftARule() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        token.permit(alice, carol, 300, _deadline, v, r, s);
        token.setSuspended(bob, true);
        vm.prank(carol);
        vm.expectRevert(restricted(Restriction.RecipientSuspended, alice, bob, 300));
        token.transferFrom(alice, bob, 300);
    }

    function test_RevertWhen_APermitIsReplayed() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        token.permit(alice, carol, 300, _deadline, v, r, s);
        refusesSigner(v, r, s);
        vm.assertEq(token.nonces(alice), 1, "nonce");
    }

    function test_RevertWhen_APermitIsOfANonceToCome() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 1));
        refusesSigner(v, r, s);
    }

    function test_RevertWhen_APermitIsFromAnotherChain() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        bytes32 domain = token.DOMAIN_SEPARATOR();
        vm.chainId(block.chainid + 1);
        vm.assertTrue(token.DOMAIN_SEPARATOR() != domain, "the domain follows the chain");
        refusesSigner(v, r, s);
    }

    function test_RevertWhen_APermitIsForAnotherToken() external {
        IToken other = deploy(terms());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(other, 300, 0));
        refusesSigner(v, r, s);
        other.permit(alice, carol, 300, _deadline, v, r, s);
        vm.assertEq(other.allowance(alice, carol), 300, "there it is good");
    }

    /// @dev The other point of the curve signs the same; taking it would give one permit two forms.
    function test_RevertWhen_TheSignatureIsMalleable() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        bytes32 high = bytes32(CURVE_ORDER - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        token.permit(alice, carol, 300, _deadline, v == 27 ? 28 : 27, r, high);
        vm.assertEq(token.nonces(alice), 0, "nonce");
    }

    function test_RevertWhen_TheSignatureIsNone() external {
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        token.permit(alice, carol, 300, _deadline, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        token.permit(address(0), carol, 300, _deadline, 0, 0, 0);
    }

    function test_RevertWhen_APermitHasExpired() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        vm.warp(_deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, _deadline));
        token.permit(alice, carol, 300, _deadline, v, r, s);
    }

    function test_RevertWhen_SomeoneElseSigned() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(THIEF_KEY, digestOf(token, 300, 0));
        vm.expectRevert(
            abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, vm.addr(THIEF_KEY), alice)
        );
        token.permit(alice, carol, 300, _deadline, v, r, s);
    }

    function test_RevertWhen_WhatWasSignedIsChanged() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digestOf(token, 300, 0));
        refuses(carol, 301, _deadline, v, r, s);
        refuses(bob, 300, _deadline, v, r, s);
        refuses(carol, 300, _deadline + 1, v, r, s);
        token.permit(alice, carol, 300, _deadline, v, r, s);
    }

    function refusesSigner(uint8 v, bytes32 r, bytes32 s) private {
        refuses(carol, 300, _deadline, v, r, s);
    }

    function refuses(address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        private
    {
        (bool done, bytes memory answer) = address(token)
            .call(abi.encodeCall(token.permit, (alice, spender, value, deadline, v, r, s)));
        vm.assertTrue(!done && bytes4(answer) == ERC20Permit.ERC2612InvalidSigner.selector, "a wrong signer");
    }

    /// @dev EIP-712 and ERC-2612 by the letter.
    function digestOf(IToken token_, uint256 value, uint256 nonce) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Green Bond 2028"),
                keccak256("1"),
                block.chainid,
                address(token_)
            )
        );
        bytes32 permitHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                alice,
                carol,
                value,
                nonce,
                _deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, permitHash));
    }
}
