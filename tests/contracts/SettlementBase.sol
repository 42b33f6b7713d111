// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {PlainToken} from "./PlainToken.sol";
import {Vm} from "./Vm.sol";
import {HonestWallet} from "./Wallets.sol";

interface SignedVm is Vm {
    function etch(address target, bytes calldata code) external;
    function roll(uint256 blockNumber) external;
    function setBlockhash(uint256 blockNumber, bytes32 hash) external;
}

/// @notice What the tests of every contract that takes signatures share.
abstract contract SignedBase {
    SignedVm internal constant vm = SignedVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev 2026-01-20 12:00:00 UTC.
    uint48 internal constant NOON_S = 1_768_910_400;
    uint48 internal constant GRANT_DELAY_S = 1 days;
    uint256 internal constant STRANGER_KEY = 0xBAD;

    address internal admin = address(0xAD);
    address internal stranger = vm.addr(STRANGER_KEY);

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature of the same point, which ECDSA allows and nobody has made.
    function mirrored(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        return abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev Of 64 bytes (ERC-2098): valid elsewhere, a second form of the same signature here.
    function compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev EIP-712 by the letter, so that the contract's own hash is held against another.
    function typedDigest(string memory name, address verifier, bytes32 structHash)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function assertDomain(address verifier, string memory expectedName) internal view {
        (, string memory name, string memory version, uint256 chainId, address contract_,,) =
            IERC5267(verifier).eip712Domain();
        vm.assertEq(name, expectedName, "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chainId, block.chainid, "chain");
        vm.assertEq(contract_, verifier, "contract");
    }

    function unauthorised(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }

    function only(address account) internal pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }
}

/// @notice A settlement, its venue, three parties that hold 1,000 of each of three tokens, and their trades.
abstract contract SettlementBase is SignedBase {
    uint256 internal constant SELLER_KEY = 0x5E11;
    uint256 internal constant BUYER_KEY = 0xB17;
    uint256 internal constant THIRD_KEY = 0x3D;
    uint256 internal constant HELD = 1_000;
    bytes32 internal constant LICENSOR_ROLE = keccak256("LICENSOR_ROLE");

    address internal seller = vm.addr(SELLER_KEY);
    address internal buyer = vm.addr(BUYER_KEY);
    address internal third = vm.addr(THIRD_KEY);
    address internal venue = address(0x7E);
    address internal otherVenue = address(0x7F);
    address internal licensor;
    ISettlement internal settlement;
    PlainToken internal bond;
    PlainToken internal cash;
    PlainToken internal euro;

    function setUp() public virtual {
        vm.warp(NOON_S);
        licensor = address(new HonestWallet());
        settlement = deploySettlement(licensor);
        license(venue, NOON_S + 30 days);
        license(otherVenue, NOON_S + 30 days);
        (bond, cash, euro) = (new PlainToken("BOND"), new PlainToken("CASH"), new PlainToken("EURO"));
        address[3] memory people = [seller, buyer, third];
        for (uint256 i = 0; i < people.length; ++i) {
            provide(bond, people[i]);
            provide(cash, people[i]);
            provide(euro, people[i]);
        }
    }

    function deploySettlement(address licensor_) public returns (ISettlement) {
        bytes memory args = abi.encode(admin, GRANT_DELAY_S, licensor_);
        return ISettlement(vm.deployCode("Settlement.sol:Settlement", args));
    }

    function provide(PlainToken token, address holder) internal {
        token.mint(holder, HELD);
        vm.prank(holder);
        token.approve(address(settlement), type(uint256).max);
    }

    function license(address venue_, uint48 validUntil) internal {
        vm.prank(licensor);
        settlement.setVenue(venue_, validUntil);
    }

    // ---------------------------------------------------------------- trades

    function leg(PlainToken token, address from, address to, uint256 amount)
        internal
        pure
        returns (ISettlement.Leg memory)
    {
        return ISettlement.Leg(address(token), from, to, amount);
    }

    function tradeOf(uint256 legs) internal view returns (ISettlement.Trade memory trade) {
        trade.ref = keccak256("trade 1");
        trade.venue = venue;
        trade.notAfter = NOON_S + 1 hours;
        trade.legs = new ISettlement.Leg[](legs);
    }

    /// @dev 100 of the bond against 250 in cash.
    function dvp() internal view returns (ISettlement.Trade memory trade) {
        trade = tradeOf(2);
        trade.legs[0] = leg(bond, seller, buyer, 100);
        trade.legs[1] = leg(cash, buyer, seller, 250);
    }

    function bilateral() internal view returns (ISettlement.Trade memory trade) {
        trade = dvp();
        trade.venue = address(0);
    }

    function keyOf(address party) internal view returns (uint256) {
        if (party == seller) return SELLER_KEY;
        if (party == buyer) return BUYER_KEY;
        return party == third ? THIRD_KEY : STRANGER_KEY;
    }

    /// @dev Each giver's signature at its first leg.
    function signed(ISettlement.Trade memory trade) internal view returns (bytes[] memory signatures) {
        bytes32 digest = settlement.hashTrade(trade);
        signatures = new bytes[](trade.legs.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            bool isFirst = true;
            for (uint256 j = 0; j < i; ++j) {
                isFirst = isFirst && trade.legs[j].from != trade.legs[i].from;
            }
            if (isFirst) signatures[i] = sign(keyOf(trade.legs[i].from), digest);
        }
    }

    function submitterOf(ISettlement.Trade memory trade) internal pure returns (address) {
        return trade.venue == address(0) ? trade.legs[0].from : trade.venue;
    }

    function settle(ISettlement.Trade memory trade) internal {
        settle(trade, signed(trade));
    }

    function settle(ISettlement.Trade memory trade, bytes[] memory signatures) internal {
        vm.prank(submitterOf(trade));
        settlement.settle(trade, signatures);
    }

    // ---------------------------------------------------------------- refusals

    function refuses(ISettlement.Trade memory trade, bytes memory refusal) internal {
        refuses(trade, signed(trade), submitterOf(trade), refusal);
    }

    function refuses(ISettlement.Trade memory trade, bytes[] memory signatures, bytes memory refusal)
        internal
    {
        refuses(trade, signatures, submitterOf(trade), refusal);
    }

    /// @dev Refused by exactly this error, and nothing has changed.
    function refuses(
        ISettlement.Trade memory trade,
        bytes[] memory signatures,
        address sender,
        bytes memory refusal
    ) internal {
        bytes32 before = pictureOf(trade);
        vm.prank(sender);
        vm.expectRevert(refusal);
        settlement.settle(trade, signatures);
        vm.assertEq(pictureOf(trade), before, "what a refused trade has changed");
    }

    /// @dev Everything that a trade could change: every balance, and what has become of its reference.
    function pictureOf(ISettlement.Trade memory trade) internal view returns (bytes32) {
        address[3] memory people = [seller, buyer, third];
        uint256[9] memory balances;
        for (uint256 i = 0; i < people.length; ++i) {
            balances[3 * i] = bond.balanceOf(people[i]);
            balances[3 * i + 1] = cash.balanceOf(people[i]);
            balances[3 * i + 2] = euro.balanceOf(people[i]);
        }
        address initiator = trade.legs.length == 0 ? address(0) : trade.legs[0].from;
        return keccak256(abi.encode(balances, settlement.statusOf(initiator, trade.ref)));
    }

    function badSignature(address party, ISettlement.Trade memory trade)
        internal
        view
        returns (bytes memory)
    {
        bytes32 digest = settlement.hashTrade(trade);
        return abi.encodeWithSelector(ISettlement.InvalidPartySignature.selector, party, digest);
    }

    function notOpen(ISettlement.Trade memory trade, ISettlement.Status status)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            ISettlement.ReferenceNotOpen.selector, trade.legs[0].from, trade.ref, status
        );
    }

    function assertStatus(ISettlement.Trade memory trade, ISettlement.Status expected) internal view {
        ISettlement.Status status = settlement.statusOf(trade.legs[0].from, trade.ref);
        vm.assertEq(uint256(status), uint256(expected), "status");
    }

    function assertHolds(address party, uint256 bonds, uint256 money, uint256 euros) internal view {
        vm.assertEq(bond.balanceOf(party), bonds, "bond");
        vm.assertEq(cash.balanceOf(party), money, "cash");
        vm.assertEq(euro.balanceOf(party), euros, "euro");
    }
}
