// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {DelayedRoles} from "./access/DelayedRoles.sol";
import {IRegistryAnchor} from "./interfaces/IRegistryAnchor.sol";

/// @title RegistryAnchor: heads of an instrument's register, in sequence, each written once by two signatures
contract RegistryAnchor is DelayedRoles, EIP712, IRegistryAnchor {
    /// @notice Who may sign for the register.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// @notice Who may countersign.
    bytes32 public constant AUDITOR_ROLE = keccak256("AUDITOR_ROLE");

    bytes32 private constant HEAD_TYPEHASH = keccak256(
        "Head(address instrument,uint64 sequence,bytes32 previousHead,bytes32 head,uint64 blockNumber,"
        "bytes32 blockHash,uint256 supply,uint32 holderCount)"
    );

    struct Last {
        uint64 sequence;
        uint64 blockNumber;
    }

    mapping(address instrument => Last) private _last;
    mapping(address instrument => mapping(uint64 sequence => AnchoredHead)) private _heads;

    /// @param admin who may appoint and dismiss operators and auditors
    /// @param grantDelay_s seconds between scheduling an appointment and carrying it out
    /// @param operators who may sign for the register
    /// @param auditors who may countersign
    constructor(address admin, uint48 grantDelay_s, address[] memory operators, address[] memory auditors)
        DelayedRoles(admin, grantDelay_s)
        EIP712("rwaledger RegistryAnchor", "1")
    {
        for (uint256 i = 0; i < operators.length; ++i) {
            _grantRole(OPERATOR_ROLE, operators[i]);
        }
        for (uint256 i = 0; i < auditors.length; ++i) {
            _grantRole(AUDITOR_ROLE, auditors[i]);
        }
    }

    /// @inheritdoc IRegistryAnchor
    function anchor(
        Head calldata head,
        address operator,
        bytes calldata operatorSignature,
        address auditor,
        bytes calldata auditorSignature
    ) external {
        _checkPlace(head);
        _checkBlock(head);
        require(operator != auditor, OperatorIsAuditor(operator));
        bytes32 digest = hashHead(head);
        _checkSigner(OPERATOR_ROLE, operator, digest, operatorSignature);
        _checkSigner(AUDITOR_ROLE, auditor, digest, auditorSignature);
        _write(head, operator, auditor, digest);
    }

    /// @inheritdoc IRegistryAnchor
    function headOf(address instrument, uint64 sequence) external view returns (AnchoredHead memory) {
        return _heads[instrument][sequence];
    }

    /// @inheritdoc IRegistryAnchor
    function lastSequence(address instrument) external view returns (uint64) {
        return _last[instrument].sequence;
    }

    /// @inheritdoc IRegistryAnchor
    function hashHead(Head calldata head) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(HEAD_TYPEHASH, head)));
    }

    function _checkPlace(Head calldata head) private view {
        require(head.head != 0, InvalidHead());
        uint64 last = _last[head.instrument].sequence;
        require(head.sequence == last + 1, WrongSequence(head.instrument, head.sequence, last + 1));
        // Nothing is ever written at sequence 0, so the first head continues zero.
        bytes32 previous = _heads[head.instrument][last].head;
        require(
            head.previousHead == previous, WrongPreviousHead(head.instrument, head.previousHead, previous)
        );
    }

    function _checkBlock(Head calldata head) private view {
        uint64 number = head.blockNumber;
        uint64 last = _last[head.instrument].blockNumber;
        require(number > last, BlockNotLater(number, last));
        require(number < block.number, BlockNotMined(number));
        // Zero once the chain has forgotten it, after 256 blocks: the hash is then taken on the signatures, since an
        // auditor who countersigns a month's end may well need longer than that.
        bytes32 known = blockhash(number);
        require(known == 0 || known == head.blockHash, WrongBlockHash(number, head.blockHash, known));
    }

    /// @dev The only call out, to an ERC-1271 wallet, is a static one: it can change nothing, here or elsewhere.
    function _checkSigner(bytes32 role, address signer, bytes32 digest, bytes calldata signature)
        private
        view
    {
        _checkRole(role, signer);
        require(
            SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature),
            InvalidHeadSignature(signer, digest)
        );
    }

    function _write(Head calldata head, address operator, address auditor, bytes32 digest) private {
        _last[head.instrument] = Last(head.sequence, head.blockNumber);
        _heads[head.instrument][head.sequence] = AnchoredHead(
            head.head, head.blockHash, head.supply, operator, head.blockNumber, head.holderCount, auditor
        );
        emit HeadAnchored(
            head.instrument,
            head.sequence,
            head.head,
            head.previousHead,
            head.blockNumber,
            head.blockHash,
            head.supply,
            head.holderCount,
            operator,
            auditor,
            digest
        );
    }
}
