// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ISettlement: delivery versus payment, and payment versus payment, in one transaction
/// @notice Every party that gives something signs the whole trade (EIP-712); all legs move, or none does. A
/// reference of the party that gives first is used once, for ever.
interface ISettlement {
    /// @notice One movement of a trade.
    /// @param token the ERC-20 that moves
    /// @param from who gives it, and signs; it has approved this contract
    /// @param to who receives it
    /// @param amount how much, in base units of `token`
    struct Leg {
        address token;
        address from;
        address to;
        uint256 amount;
    }

    /// @notice What the parties sign.
    /// @param ref the trade reference; one-time for `legs[0].from`, the initiator
    /// @param venue who alone may submit it, under a licence; zero for a bilateral trade, which a party submits
    /// @param notAfter last second at which it may settle
    /// @param legs two or more, in the order in which they move
    struct Trade {
        bytes32 ref;
        address venue;
        uint48 notAfter;
        Leg[] legs;
    }

    /// @notice What has become of a reference.
    enum Status {
        Open,
        Settled,
        Cancelled
    }

    /// @notice All legs of the trade moved. Emitted before them, so that all Transfer events that follow in the
    /// transaction, up to the next TradeSettled, are its effects.
    event TradeSettled(
        bytes32 indexed ref, address indexed initiator, address indexed venue, bytes32 digest, uint256 legs
    );

    /// @notice The reference will never settle; `digest` is the hash of the trade that `by` cancelled it with.
    event TradeCancelled(bytes32 indexed ref, address indexed initiator, address indexed by, bytes32 digest);

    /// @notice The licence of `venue` lasts until `validUntil`, in seconds since 1970; a time gone by ends it.
    event VenueLicensed(address indexed venue, uint48 validUntil);

    /// @notice The licensor of a settlement is a contract under four eyes, and this address has no code.
    error InvalidLicensor(address licensor);

    /// @notice The zero address is no venue: a trade that names it is bilateral.
    error InvalidVenue();

    /// @notice A trade has two legs or more.
    error TooFewLegs(uint256 legs);

    /// @notice There is one signature a leg.
    error SignaturesMismatch(uint256 legs, uint256 signatures);

    /// @notice The leg moves nothing, goes to its giver, to the zero address or to this contract.
    error InvalidLeg(uint256 leg);

    /// @notice The reference has settled or was cancelled, with this trade or with another.
    error ReferenceNotOpen(address initiator, bytes32 ref, Status status);

    /// @notice The trade was to be settled by `notAfter`.
    error TradeExpired(bytes32 ref, uint48 notAfter);

    /// @notice The sender has no part in the trade that would let it do this.
    error NotAParty(address sender);

    /// @notice The trade is to be submitted by its venue.
    error NotTheVenue(address sender, address venue);

    /// @notice The venue holds no licence now; `validUntil` is 0 where it never did.
    error VenueNotValid(address venue, uint48 validUntil);

    /// @notice `party` did not sign exactly this trade.
    error InvalidPartySignature(address party, bytes32 digest);

    /// @notice The giver of this leg has signed with an earlier one, and its signature here must be empty.
    error UnexpectedSignature(uint256 leg);

    /// @notice Settles a trade, whole or not at all.
    /// @dev Who: the venue that the trade names, under a valid licence; where it names none, whoever gives or
    /// receives in a leg. `signatures[i]` is that of `legs[i].from` over `hashTrade(trade)`, an account's or an
    /// ERC-1271 wallet's; it is empty where the same giver stands in an earlier leg. Each leg moves by the
    /// ERC-20 `transferFrom`, within what its giver has approved to this contract and under all rules of the token.
    /// What a token that takes a fee delivers is what it delivers: the parties sign for the token as well.
    /// A leg from the zero address fails for want of a signature, one in the token zero for want of a token.
    /// Emits TradeSettled. Reverts with TooFewLegs, SignaturesMismatch, TradeExpired, NotTheVenue, VenueNotValid,
    /// NotAParty, ReferenceNotOpen, InvalidLeg, UnexpectedSignature, InvalidPartySignature, OpenZeppelin's
    /// SafeERC20FailedOperation and ReentrancyGuardReentrantCall, and the errors of the tokens.
    function settle(Trade calldata trade, bytes[] calldata signatures) external;

    /// @notice Closes the reference of a trade for ever, so that neither it nor an amended one can settle.
    /// @dev Who: the initiator, at any time; any other giver of the trade and its venue, licensed or not, with the
    /// initiator's signature over this very trade. Without it a stranger could write a trade that names both and
    /// so use up the reference. The initiator's own signature is not read. A giver without the initiator's
    /// signature ends its consent by taking back its allowance: sign for a short `notAfter`. Emits TradeCancelled.
    /// Reverts with TooFewLegs, NotAParty, InvalidPartySignature, ReferenceNotOpen or ReentrancyGuardReentrantCall.
    function cancel(Trade calldata trade, bytes calldata initiatorSignature) external;

    /// @notice Licenses a venue until the last second `validUntil`; an earlier time, or 0, ends its licence.
    /// @dev Role: LICENSOR_ROLE. Emits VenueLicensed. Reverts with InvalidVenue or AccessControlUnauthorizedAccount.
    function setVenue(address venue, uint48 validUntil) external;

    /// @notice The last second of a venue's licence, in seconds since 1970; 0 where it never had one.
    function venueValidUntil(address venue) external view returns (uint48);

    /// @notice What has become of the reference `ref` of `initiator`, the giver of a trade's first leg.
    function statusOf(address initiator, bytes32 ref) external view returns (Status);

    /// @notice The EIP-712 hash that the parties sign.
    function hashTrade(Trade calldata trade) external view returns (bytes32);
}
