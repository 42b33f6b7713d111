// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {DelayedRoles} from "./access/DelayedRoles.sol";
import {IReserveAttestor} from "./interfaces/IReserveAttestor.sol";

/// @title ReserveAttestor: what backs an instrument, by an attestor's signature and until it expires
contract ReserveAttestor is DelayedRoles, EIP712, IReserveAttestor {
    /// @notice Who may sign attestations.
    bytes32 public constant ATTESTOR_ROLE = keccak256("ATTESTOR_ROLE");

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(address instrument,uint96 amount,uint48 asOf,uint48 expiresAt,bytes32 documentHash)"
    );

    /// @dev One slot, since every issue of the instrument reads it.
    struct Reserve {
        uint96 amount;
        uint48 asOf;
        uint48 expiresAt;
    }

    mapping(address instrument => Reserve) private _reserves;
    mapping(address instrument => bytes32) private _documentHashes;

    /// @param admin who may appoint and dismiss attestors
    /// @param grantDelay_s seconds between scheduling an appointment and carrying it out
    /// @param attestors who may sign attestations
    constructor(address admin, uint48 grantDelay_s, address[] memory attestors)
        DelayedRoles(admin, grantDelay_s)
        EIP712("rwaledger ReserveAttestor", "1")
    {
        for (uint256 i = 0; i < attestors.length; ++i) {
            _grantRole(ATTESTOR_ROLE, attestors[i]);
        }
    }

    /// @inheritdoc IReserveAttestor
    function attest(Attestation calldata attestation, address attestor, bytes calldata signature) external {
        bytes32 digest = hashAttestation(attestation);
        _checkPeriod(attestation);
        _checkRole(ATTESTOR_ROLE, attestor);
        // The only call out, to an ERC-1271 wallet, is a static one: it can change nothing, here or elsewhere.
        require(
            SignatureChecker.isValidSignatureNowCalldata(attestor, digest, signature),
            InvalidAttestorSignature(attestor, digest)
        );

        _reserves[attestation.instrument] =
            Reserve(attestation.amount, attestation.asOf, attestation.expiresAt);
        _documentHashes[attestation.instrument] = attestation.documentHash;
        emit ReserveAttested(
            attestation.instrument,
            attestor,
            attestation.amount,
            attestation.asOf,
            attestation.expiresAt,
            attestation.documentHash,
            digest
        );
    }

    /// @inheritdoc IReserveAttestor
    function reserveOf(address instrument) external view returns (uint96 amount, uint48 expiresAt) {
        Reserve storage reserve = _reserves[instrument];
        return (reserve.amount, reserve.expiresAt);
    }

    /// @inheritdoc IReserveAttestor
    function sourceOf(address instrument) external view returns (uint48 asOf, bytes32 documentHash) {
        return (_reserves[instrument].asOf, _documentHashes[instrument]);
    }

    /// @inheritdoc IReserveAttestor
    function hashAttestation(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, attestation)));
    }

    function _checkPeriod(Attestation calldata attestation) private view {
        (uint48 asOf, uint48 expiresAt) = (attestation.asOf, attestation.expiresAt);
        // Counted by now and good until now at least, so it cannot expire before it was counted.
        require(asOf <= block.timestamp && block.timestamp <= expiresAt, InvalidPeriod(asOf, expiresAt));
        uint48 previousAsOf = _reserves[attestation.instrument].asOf;
        require(asOf > previousAsOf, NotNewer(attestation.instrument, asOf, previousAsOf));
    }
}
