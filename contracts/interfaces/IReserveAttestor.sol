// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IReserveAttestor: how much of an instrument is backed, by whose word and until when
/// @notice An attestation is never taken back: only a newer one takes its place. Whether the reserve in force allows an
/// issue is the instrument's to decide.
interface IReserveAttestor {
    /// @notice What an attestor signs of an instrument's reserve.
    /// @param instrument the AssetToken that the reserve backs
    /// @param amount reserve at market value, in base units of the instrument
    /// @param asOf when it was counted, in seconds since 1970
    /// @param expiresAt last second at which it may be relied on
    /// @param documentHash hash of the report behind it
    struct Attestation {
        address instrument;
        uint96 amount;
        uint48 asOf;
        uint48 expiresAt;
        bytes32 documentHash;
    }

    /// @notice A newer attestation took effect; `digest` is the hash that `attestor` signed.
    event ReserveAttested(
        address indexed instrument,
        address indexed attestor,
        uint96 amount,
        uint48 asOf,
        uint48 expiresAt,
        bytes32 documentHash,
        bytes32 digest
    );

    /// @notice The attestation is not newer than the one in force.
    error NotNewer(address instrument, uint48 asOf, uint48 previousAsOf);

    /// @notice The attestation counts a reserve in the future, or expires before it was counted or before now.
    error InvalidPeriod(uint48 asOf, uint48 expiresAt);

    /// @notice `attestor` did not sign exactly this attestation.
    error InvalidAttestorSignature(address attestor, bytes32 digest);

    /// @notice Publishes an attestation; anyone may, since the signature carries it.
    /// @dev The signer holds ATTESTOR_ROLE; an account or an ERC-1271 wallet that signs the EIP-712 hash of
    /// `hashAttestation`. A mistake is corrected by an attestation of a later count, and by nothing else. Emits
    /// ReserveAttested. Reverts with InvalidPeriod, NotNewer, AccessControlUnauthorizedAccount or
    /// InvalidAttestorSignature, in this order.
    function attest(Attestation calldata attestation, address attestor, bytes calldata signature) external;

    /// @notice The reserve in force: its amount in base units, and the last second at which it may be relied on (0:
    /// never attested). It is given when it has expired as well.
    function reserveOf(address instrument) external view returns (uint96 amount, uint48 expiresAt);

    /// @notice When the reserve in force was counted, and the hash of the report behind it.
    function sourceOf(address instrument) external view returns (uint48 asOf, bytes32 documentHash);

    /// @notice The EIP-712 hash that an attestor signs.
    function hashAttestation(Attestation calldata attestation) external view returns (bytes32);
}
