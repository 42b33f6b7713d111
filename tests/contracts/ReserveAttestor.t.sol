// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {IReserveAttestor} from "../../contracts/interfaces/IReserveAttestor.sol";
import {SignedBase} from "./SettlementBase.sol";
import {BurningWallet, CallingWallet} from "./SettlementWallets.sol";
import {AnsweringWallet, ERC1271_MAGIC, HonestWallet, RevertingWallet} from "./Wallets.sol";

/// @notice Which attestations take effect, and which do not.
contract ReserveAttestorTest is SignedBase {
    uint256 private constant ATTESTOR_KEY = 0xA77;
    uint256 private constant OTHER_KEY = 0xA78;
    bytes32 private constant ATTESTOR_ROLE = keccak256("ATTESTOR_ROLE");

    address private attestor = vm.addr(ATTESTOR_KEY);
    address private other = vm.addr(OTHER_KEY);
    address private coin = address(0xC01);
    address private otherCoin = address(0xC02);
    IReserveAttestor private reserve;

    function setUp() external {
        vm.warp(NOON_S);
        reserve = deployWith(attestor, other);
    }

    function deployWith(address first, address second) private returns (IReserveAttestor) {
        address[] memory attestors = new address[](2);
        (attestors[0], attestors[1]) = (first, second);
        bytes memory args = abi.encode(admin, GRANT_DELAY_S, attestors);
        return IReserveAttestor(vm.deployCode("ReserveAttestor.sol:ReserveAttestor", args));
    }

    /// @dev 104.45m of reserve, counted this morning and good for a week.
    function attestation() private view returns (IReserveAttestor.Attestation memory) {
        return IReserveAttestor.Attestation(
            coin, 104_450_000_000_000, NOON_S - 3 hours, NOON_S + 7 days, keccak256("report 1")
        );
    }

    // ---------------------------------------------------------------- what takes effect

    function test_AnAttestationTakesEffect() external {
        IReserveAttestor.Attestation memory a = attestation();
        bytes memory signature = sign(ATTESTOR_KEY, reserve.hashAttestation(a));
        vm.expectEmit(address(reserve));
        emit IReserveAttestor.ReserveAttested(
            coin, attestor, a.amount, a.asOf, a.expiresAt, a.documentHash, reserve.hashAttestation(a)
        );
        vm.prank(stranger); // who carries it does not matter
        reserve.attest(a, attestor, signature);
        assertInForce(a);
    }

    function test_NothingIsInForceBeforeTheFirst() external view {
        assertInForce(IReserveAttestor.Attestation(coin, 0, 0, 0, 0));
    }

    /// @dev A mistake is corrected by another attestor too, and by a smaller reserve or an earlier expiry as well.
    function test_ANewerAttestationTakesItsPlace() external {
        attest(attestation());
        IReserveAttestor.Attestation memory a =
            IReserveAttestor.Attestation(coin, 0, NOON_S - 3 hours + 1, NOON_S, 0);
        reserve.attest(a, other, sign(OTHER_KEY, reserve.hashAttestation(a)));
        assertInForce(a);
    }

    function test_TheLimitsOfTheFieldsAreKept() external {
        IReserveAttestor.Attestation memory a = IReserveAttestor.Attestation(
            coin, type(uint96).max, NOON_S, type(uint48).max, bytes32(type(uint256).max)
        );
        attest(a);
        assertInForce(a);
    }

    function test_ACountOfThisSecondMayExpireInIt() external {
        IReserveAttestor.Attestation memory a = attestation();
        (a.asOf, a.expiresAt) = (NOON_S, NOON_S);
        attest(a);
        vm.warp(NOON_S + 30 days);
        assertInForce(a); // and is still told when it has expired
    }

    function test_InstrumentsHaveReservesOfTheirOwn() external {
        IReserveAttestor.Attestation memory a = attestation();
        attest(a);
        IReserveAttestor.Attestation memory b = attestation();
        (b.instrument, b.amount, b.asOf) = (otherCoin, 7, 1);
        attest(b);
        assertInForce(a);
        assertInForce(b);
    }

    function test_AWalletMayAttest() external {
        HonestWallet wallet = new HonestWallet();
        reserve = deployWith(attestor, address(wallet));
        IReserveAttestor.Attestation memory a = attestation();
        refuses(a, address(wallet), "", badSignature(address(wallet), a));
        wallet.agreeTo(reserve.hashAttestation(a));
        reserve.attest(a, address(wallet), "");
        assertInForce(a);
    }

    // ---------------------------------------------------------------- periods

    function test_RevertWhen_CountedInTheFuture() external {
        IReserveAttestor.Attestation memory a = attestation();
        a.asOf = NOON_S + 1;
        refusesPeriod(a);
    }

    function test_RevertWhen_ItHasExpired() external {
        IReserveAttestor.Attestation memory a = attestation();
        a.expiresAt = NOON_S - 1;
        refusesPeriod(a);
        a.expiresAt = a.asOf - 1; // before it was counted
        refusesPeriod(a);
    }

    function test_RevertWhen_ASignedOneIsCarriedTooLate() external {
        IReserveAttestor.Attestation memory a = attestation();
        vm.warp(uint256(a.expiresAt) + 1);
        refusesPeriod(a);
    }

    function test_RevertWhen_ItIsNotNewer() external {
        IReserveAttestor.Attestation memory a = attestation();
        attest(a);
        uint48 inForce = a.asOf;
        refusesNotNewer(a, inForce); // the very same, again
        a.amount += 1;
        refusesNotNewer(a, inForce);
        a.asOf -= 1;
        refusesNotNewer(a, inForce);
    }

    function test_RevertWhen_CountedAtNoTime() external {
        IReserveAttestor.Attestation memory a = attestation();
        a.asOf = 0;
        refusesNotNewer(a, 0);
    }

    // ---------------------------------------------------------------- signatures

    function test_RevertWhen_TheSignerHasNotTheRole() external {
        IReserveAttestor.Attestation memory a = attestation();
        bytes32 digest = reserve.hashAttestation(a);
        refuses(a, stranger, sign(STRANGER_KEY, digest), unauthorised(stranger, ATTESTOR_ROLE));
        refuses(a, address(0), new bytes(65), unauthorised(address(0), ATTESTOR_ROLE));
    }

    function test_RevertWhen_TheAttestorWasDismissedAfterSigning() external {
        IReserveAttestor.Attestation memory a = attestation();
        bytes memory signature = sign(ATTESTOR_KEY, reserve.hashAttestation(a));
        vm.prank(admin);
        IDelayedRoles(address(reserve)).revokeRole(ATTESTOR_ROLE, attestor);
        refuses(a, attestor, signature, unauthorised(attestor, ATTESTOR_ROLE));
    }

    function test_RevertWhen_TheAdminAppointsInAnInstant() external {
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantNotScheduled.selector, ATTESTOR_ROLE, admin)
        );
        IDelayedRoles(address(reserve)).grantRole(ATTESTOR_ROLE, admin);
    }

    function test_RevertWhen_TheAttestorDidNotSign() external {
        IReserveAttestor.Attestation memory a = attestation();
        bytes32 digest = reserve.hashAttestation(a);
        bytes[6] memory bad = [
            bytes(""),
            new bytes(65),
            abi.encodePacked(sign(ATTESTOR_KEY, digest), uint8(0)),
            compact(ATTESTOR_KEY, digest),
            mirrored(ATTESTOR_KEY, digest),
            sign(OTHER_KEY, digest)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            refuses(a, attestor, bad[i], badSignature(attestor, a));
        }
    }

    function test_RevertWhen_AnythingSignedIsAltered() external {
        IReserveAttestor.Attestation memory a = attestation();
        bytes memory signature = sign(ATTESTOR_KEY, reserve.hashAttestation(a));
        a.instrument = otherCoin;
        refusesAltered(a, signature);
        a.instrument = coin;
        a.amount += 1;
        refusesAltered(a, signature);
        a.amount -= 1;
        a.asOf += 1;
        refusesAltered(a, signature);
        a.asOf -= 1;
        a.expiresAt += 1;
        refusesAltered(a, signature);
        a.expiresAt -= 1;
        a.documentHash = 0;
        refusesAltered(a, signature);
        refuses(attestation(), other, signature, badSignature(other, attestation()));
        reserve.attest(attestation(), attestor, signature);
    }

    function test_RevertWhen_SignedForAnotherAttestor() external {
        bytes32 digest = deployWith(attestor, other).hashAttestation(attestation());
        refusesAltered(attestation(), sign(ATTESTOR_KEY, digest));
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        bytes memory signature = sign(ATTESTOR_KEY, reserve.hashAttestation(attestation()));
        vm.chainId(block.chainid + 1);
        refusesAltered(attestation(), signature);
    }

    // ---------------------------------------------------------------- wallets (ERC-1271)

    function test_RevertWhen_AWalletLies() external {
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes4(0xffffffff)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(uint256(1)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes32(ERC1271_MAGIC) | bytes32(uint256(1))))));
    }

    function test_RevertWhen_AWalletAnswersTooShort() external {
        refusesWallet(address(new AnsweringWallet("")));
        refusesWallet(address(new AnsweringWallet(abi.encodePacked(ERC1271_MAGIC))));
    }

    function test_RevertWhen_AWalletReverts() external {
        refusesWallet(address(new RevertingWallet()));
    }

    function test_RevertWhen_AWalletBurnsAllGas() external {
        refusesWallet(address(new BurningWallet()));
    }

    function test_RevertWhen_AWalletReenters() external {
        CallingWallet wallet = new CallingWallet(false);
        reserve = deployWith(attestor, address(wallet));
        wallet.arm(address(reserve), innerCall());
        refuses(attestation(), address(wallet), "", badSignature(address(wallet), attestation()));
    }

    /// @dev It signs as it may, and what it does meanwhile comes to nothing: even a good attestation of another's.
    function test_AWalletThatReentersInSecretGainsNothing() external {
        CallingWallet wallet = new CallingWallet(true);
        reserve = deployWith(attestor, address(wallet));
        bytes memory inner = innerCall();
        wallet.arm(address(reserve), inner);
        reserve.attest(attestation(), address(wallet), "");
        assertInForce(attestation());
        assertInForce(IReserveAttestor.Attestation(otherCoin, 0, 0, 0, 0));
        (bool succeeded,) = address(reserve).call(inner);
        vm.assertTrue(succeeded, "it was in good order");
    }

    // ---------------------------------------------------------------- what is signed (EIP-712, ERC-5267)

    function test_TheHashIsThatOfEIP712() external view {
        IReserveAttestor.Attestation memory a = attestation();
        bytes32 typeHash = keccak256(
            "Attestation(address instrument,uint96 amount,uint48 asOf,uint48 expiresAt,bytes32 documentHash)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, a.instrument, a.amount, a.asOf, a.expiresAt, a.documentHash));
        bytes32 expected = typedDigest("rwaledger ReserveAttestor", address(reserve), structHash);
        vm.assertEq(reserve.hashAttestation(a), expected, "digest");
        assertDomain(address(reserve), "rwaledger ReserveAttestor");
    }

    // ---------------------------------------------------------------- helpers

    function attest(IReserveAttestor.Attestation memory a) private {
        reserve.attest(a, attestor, sign(ATTESTOR_KEY, reserve.hashAttestation(a)));
    }

    function assertInForce(IReserveAttestor.Attestation memory a) private view {
        (uint96 amount, uint48 expiresAt) = reserve.reserveOf(a.instrument);
        (uint48 asOf, bytes32 documentHash) = reserve.sourceOf(a.instrument);
        vm.assertEq(amount, a.amount, "amount");
        vm.assertEq(expiresAt, a.expiresAt, "expires at");
        vm.assertEq(asOf, a.asOf, "as of");
        vm.assertEq(documentHash, a.documentHash, "document");
    }

    function refuses(
        IReserveAttestor.Attestation memory a,
        address signer,
        bytes memory signature,
        bytes memory refusal
    ) private {
        bytes32 before = picture();
        vm.expectRevert(refusal);
        reserve.attest(a, signer, signature);
        vm.assertEq(picture(), before, "what a refused attestation has changed");
    }

    function picture() private view returns (bytes32) {
        address[2] memory coins = [coin, otherCoin];
        bytes32 hash;
        for (uint256 i = 0; i < coins.length; ++i) {
            (uint96 amount, uint48 expiresAt) = reserve.reserveOf(coins[i]);
            (uint48 asOf, bytes32 documentHash) = reserve.sourceOf(coins[i]);
            hash = keccak256(abi.encode(hash, amount, expiresAt, asOf, documentHash));
        }
        return hash;
    }

    function refusesSigned(IReserveAttestor.Attestation memory a, bytes memory refusal) private {
        refuses(a, attestor, sign(ATTESTOR_KEY, reserve.hashAttestation(a)), refusal);
    }

    function refusesPeriod(IReserveAttestor.Attestation memory a) private {
        refusesSigned(a, abi.encodeWithSelector(IReserveAttestor.InvalidPeriod.selector, a.asOf, a.expiresAt));
    }

    function refusesNotNewer(IReserveAttestor.Attestation memory a, uint48 inForce) private {
        refusesSigned(
            a, abi.encodeWithSelector(IReserveAttestor.NotNewer.selector, a.instrument, a.asOf, inForce)
        );
    }

    function refusesAltered(IReserveAttestor.Attestation memory a, bytes memory signature) private {
        refuses(a, attestor, signature, badSignature(attestor, a));
    }

    function refusesWallet(address wallet) private {
        reserve = deployWith(attestor, wallet);
        refuses(attestation(), wallet, "", badSignature(wallet, attestation()));
    }

    function innerCall() private view returns (bytes memory) {
        IReserveAttestor.Attestation memory a = attestation();
        a.instrument = otherCoin;
        bytes memory signature = sign(ATTESTOR_KEY, reserve.hashAttestation(a));
        return abi.encodeCall(IReserveAttestor.attest, (a, attestor, signature));
    }

    function badSignature(address signer, IReserveAttestor.Attestation memory a)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = reserve.hashAttestation(a);
        return abi.encodeWithSelector(IReserveAttestor.InvalidAttestorSignature.selector, signer, digest);
    }
}
