// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IRegistryAnchor: what an instrument's register said at a block, written once and countersigned
/// @notice Heads form a chain: each names the one before it, and none is changed or left out. Whoever has the register
/// can recompute its head and hold it against what operator and auditor signed at the time.
interface IRegistryAnchor {
    /// @notice What operator and auditor both sign.
    /// @param instrument the AssetToken whose register it is
    /// @param sequence 1 for the first head of an instrument, then one more each time
    /// @param previousHead the head of the sequence before; zero for the first
    /// @param head hash over the register at the block; never zero
    /// @param blockNumber the block at which the register was read; later than that of the head before
    /// @param blockHash the hash of that block
    /// @param supply the supply at that block, in base units of the instrument
    /// @param holderCount the number of accounts with a balance at that block
    struct Head {
        address instrument;
        uint64 sequence;
        bytes32 previousHead;
        bytes32 head;
        uint64 blockNumber;
        bytes32 blockHash;
        uint256 supply;
        uint32 holderCount;
    }

    /// @notice What is kept of a head, and who signed it. Fields as in `Head`.
    struct AnchoredHead {
        bytes32 head;
        bytes32 blockHash;
        uint256 supply;
        address operator;
        uint64 blockNumber;
        uint32 holderCount;
        address auditor;
    }

    /// @notice A head was anchored; `digest` is the hash that `operator` and `auditor` signed.
    event HeadAnchored(
        address indexed instrument,
        uint64 indexed sequence,
        bytes32 indexed head,
        bytes32 previousHead,
        uint64 blockNumber,
        bytes32 blockHash,
        uint256 supply,
        uint32 holderCount,
        address operator,
        address auditor,
        bytes32 digest
    );

    /// @notice A head of zero says nothing.
    error InvalidHead();

    /// @notice The next head of the instrument is that of `expected`.
    error WrongSequence(address instrument, uint64 sequence, uint64 expected);

    /// @notice The head does not continue the last one, which is `expected`.
    error WrongPreviousHead(address instrument, bytes32 previousHead, bytes32 expected);

    /// @notice The block is not later than that of the last head.
    error BlockNotLater(uint64 blockNumber, uint64 lastBlockNumber);

    /// @notice The block has no hash yet.
    error BlockNotMined(uint64 blockNumber);

    /// @notice The chain knows the block by another hash.
    error WrongBlockHash(uint64 blockNumber, bytes32 blockHash, bytes32 expected);

    /// @notice The operator may not countersign its own head.
    error OperatorIsAuditor(address account);

    /// @notice `signer` did not sign exactly this head.
    error InvalidHeadSignature(address signer, bytes32 digest);

    /// @notice Anchors the next head of an instrument; anyone may, since the signatures carry it.
    /// @dev The operator holds OPERATOR_ROLE, the auditor AUDITOR_ROLE; accounts or ERC-1271 wallets that sign the
    /// EIP-712 hash of `hashHead`. The block hash is held against the chain for as long as the chain gives it out: for
    /// the last 256 blocks. For an older block it is taken on the two signatures. Emits HeadAnchored. Reverts with
    /// InvalidHead, WrongSequence, WrongPreviousHead, BlockNotLater, BlockNotMined, WrongBlockHash, OperatorIsAuditor,
    /// AccessControlUnauthorizedAccount or InvalidHeadSignature, in this order.
    function anchor(
        Head calldata head,
        address operator,
        bytes calldata operatorSignature,
        address auditor,
        bytes calldata auditorSignature
    ) external;

    /// @notice The head of an instrument at `sequence`; all zero where there is none.
    function headOf(address instrument, uint64 sequence) external view returns (AnchoredHead memory);

    /// @notice The sequence of the last head of an instrument; 0 where there is none.
    function lastSequence(address instrument) external view returns (uint64);

    /// @notice The EIP-712 hash that operator and auditor sign.
    function hashHead(Head calldata head) external view returns (bytes32);
}
