// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {DelayedRoles} from "./access/DelayedRoles.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";

/// @title Settlement: all legs of a trade move in one transaction, or none does
contract Settlement is DelayedRoles, EIP712, ReentrancyGuardTransient, ISettlement {
    using SafeERC20 for IERC20;

    /// @notice Who licenses venues: the control book, and so four eyes.
    bytes32 public constant LICENSOR_ROLE = keccak256("LICENSOR_ROLE");

    bytes32 private constant LEG_TYPEHASH =
        keccak256("Leg(address token,address from,address to,uint256 amount)");
    bytes32 private constant TRADE_TYPEHASH = keccak256(
        "Trade(bytes32 ref,address venue,uint48 notAfter,Leg[] legs)"
        "Leg(address token,address from,address to,uint256 amount)"
    );

    /// @inheritdoc ISettlement
    mapping(address venue => uint48) public venueValidUntil;

    /// @inheritdoc ISettlement
    // Written through a reference in `_close`.
    // slither-disable-next-line uninitialized-state
    mapping(address initiator => mapping(bytes32 ref => Status)) public statusOf;

    /// @param admin who may appoint and dismiss licensors
    /// @param grantDelay_s seconds between scheduling an appointment and carrying it out
    /// @param licensor the control book that licenses venues
    constructor(address admin, uint48 grantDelay_s, address licensor)
        DelayedRoles(admin, grantDelay_s)
        EIP712("rwaledger Settlement", "1")
    {
        require(licensor.code.length != 0, InvalidLicensor(licensor));
        _grantRole(LICENSOR_ROLE, licensor);
    }

    /// @inheritdoc ISettlement
    function settle(Trade calldata trade, bytes[] calldata signatures) external nonReentrant {
        Leg[] calldata legs = trade.legs;
        address initiator = _initiatorOf(legs);
        require(signatures.length == legs.length, SignaturesMismatch(legs.length, signatures.length));
        require(block.timestamp <= trade.notAfter, TradeExpired(trade.ref, trade.notAfter));
        address venue = trade.venue;
        _checkSubmitter(venue, legs);
        _close(initiator, trade.ref, Status.Settled);

        bytes32 digest = _hashTrade(trade, legs);
        _checkLegs(legs, signatures, digest);
        emit TradeSettled(trade.ref, initiator, venue, digest, legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            // `from` has signed this leg, and approved its amount to this contract.
            // slither-disable-next-line arbitrary-send-erc20
            IERC20(leg.token).safeTransferFrom(leg.from, leg.to, leg.amount);
        }
    }

    /// @inheritdoc ISettlement
    function cancel(Trade calldata trade, bytes calldata initiatorSignature) external nonReentrant {
        Leg[] calldata legs = trade.legs;
        address initiator = _initiatorOf(legs);
        bytes32 digest = _hashTrade(trade, legs);
        _close(initiator, trade.ref, Status.Cancelled);
        if (msg.sender != initiator) {
            bool mayCancel = msg.sender == trade.venue || _givesBefore(legs, legs.length, msg.sender);
            require(mayCancel, NotAParty(msg.sender));
            _checkSignature(initiator, digest, initiatorSignature);
        }
        emit TradeCancelled(trade.ref, initiator, msg.sender, digest);
    }

    /// @inheritdoc ISettlement
    function setVenue(address venue, uint48 validUntil) external onlyRole(LICENSOR_ROLE) {
        require(venue != address(0), InvalidVenue());
        venueValidUntil[venue] = validUntil;
        emit VenueLicensed(venue, validUntil);
    }

    /// @inheritdoc ISettlement
    function hashTrade(Trade calldata trade) external view returns (bytes32) {
        return _hashTrade(trade, trade.legs);
    }

    /// @dev The words of a trade and of its legs lie in the calldata as EIP-712 encodes them, so each run of them is
    /// copied behind its type hash as it stands; the Solidity for it takes several times the gas. Words that are no
    /// addresses stay in: such a trade has another hash than any that was signed, and reverts where they are read.
    /// @param legs those of `trade`, which to find in the calldata again would cost gas each time
    function _hashTrade(Trade calldata trade, Leg[] calldata legs) private view returns (bytes32) {
        (bytes32 legTypeHash, bytes32 tradeTypeHash) = (LEG_TYPEHASH, TRADE_TYPEHASH);
        bytes32 structHash;
        assembly ("memory-safe") {
            let hashes := mload(0x40) // beyond the free pointer, and not kept
            let encoded := add(hashes, shl(5, legs.length))
            mstore(encoded, legTypeHash)
            let leg := legs.offset
            for { let slot := hashes } lt(slot, encoded) { slot := add(slot, 0x20) } {
                calldatacopy(add(encoded, 0x20), leg, 0x80) // token, from, to, amount
                mstore(slot, keccak256(encoded, 0xa0))
                leg := add(leg, 0x80)
            }
            let legsHash := keccak256(hashes, shl(5, legs.length))
            mstore(encoded, tradeTypeHash)
            calldatacopy(add(encoded, 0x20), trade, 0x60) // ref, venue, notAfter
            mstore(add(encoded, 0x80), legsHash)
            structHash := keccak256(encoded, 0xa0)
        }
        return _hashTypedDataV4(structHash);
    }

    /// @dev References are kept by the giver of the first leg, who signs: nobody else can use them up.
    function _initiatorOf(Leg[] calldata legs) private pure returns (address) {
        require(legs.length >= 2, TooFewLegs(legs.length));
        return legs[0].from;
    }

    function _checkSubmitter(address venue, Leg[] calldata legs) private view {
        if (venue == address(0)) return require(_takesPart(legs, msg.sender), NotAParty(msg.sender));
        require(msg.sender == venue, NotTheVenue(msg.sender, venue));
        uint48 validUntil = venueValidUntil[venue];
        require(block.timestamp <= validUntil, VenueNotValid(venue, validUntil));
    }

    /// @dev Comes before every call out: whatever a wallet or a token does, the reference is gone.
    function _close(address initiator, bytes32 ref, Status status) private {
        mapping(bytes32 ref => Status) storage statuses = statusOf[initiator];
        Status present = statuses[ref];
        require(present == Status.Open, ReferenceNotOpen(initiator, ref, present));
        statuses[ref] = status;
    }

    /// @dev The zero address needs no look as a giver or a token: nobody can sign for it, and it has no code to call.
    function _checkLegs(Leg[] calldata legs, bytes[] calldata signatures, bytes32 digest) private view {
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            (address from, address to) = (leg.from, leg.to);
            bool moves = to != address(0) && to != from && to != address(this) && leg.amount != 0;
            require(moves, InvalidLeg(i));
            if (_givesBefore(legs, i, from)) require(signatures[i].length == 0, UnexpectedSignature(i));
            else _checkSignature(from, digest, signatures[i]);
        }
    }

    /// @dev The key comes before the code: an account needs no look at its code then, and one that has delegated to
    /// some (EIP-7702) signs with its key as ever, which rules over the delegation anyway. No key gives the address of
    /// a contract, so a wallet answers for itself (ERC-1271).
    function _checkSignature(address party, bytes32 digest, bytes calldata signature) private view {
        // The third value only explains a failure.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == party) return;
        require(
            SignatureChecker.isValidERC1271SignatureNowCalldata(party, digest, signature),
            InvalidPartySignature(party, digest)
        );
    }

    /// @return whether `party` gives in one of the first `count` legs
    function _givesBefore(Leg[] calldata legs, uint256 count, address party) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            if (legs[i].from == party) return true;
        }
        return false;
    }

    function _takesPart(Leg[] calldata legs, address party) private pure returns (bool) {
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i].from == party || legs[i].to == party) return true;
        }
        return false;
    }
}
