// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice The trap of the missing event: what writes to the chain says so, whoever calls it.
contract AssetTokenEventsTest is TokenBase {
    function setUp() public override {
        vm.warp(NOON_S);
        token = deploy(terms());
    }

    function test_Trap_EveryChangeOfStateEmitsAnEvent() external {
        tells(address(this), abi.encodeCall(token.activate, (particularsOf(HONG_KONG, 0))));
        tellsOfRegistrar();
        tellsOfIssuerAndHolders();
        tellsOfEnforcer();
        tells(address(this), abi.encodeCall(token.setRules, (IRulebook.Rules(9, 9, 1, 9, 9, true))));
        tells(address(this), abi.encodeCall(token.setCountryAllowed, (HONG_KONG, true)));
        tells(address(this), abi.encodeCall(token.pause, ()));
        tells(address(this), abi.encodeCall(token.unpause, ()));
    }

    function tellsOfRegistrar() private {
        IRegister.Admission[] memory admissions = new IRegister.Admission[](2);
        admissions[0] = IRegister.Admission(alice, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
        admissions[1] = IRegister.Admission(bob, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
        tells(address(this), abi.encodeCall(token.admit, (admissions)));
        tells(address(this), abi.encodeCall(token.setSuspended, (alice, true)));
        tells(address(this), abi.encodeCall(token.setSuspended, (alice, false)));
        tells(address(this), abi.encodeCall(token.setLockUp, (alice, 1, uint40(NOON_S + 1))));
        tells(address(this), abi.encodeCall(token.setLockUp, (alice, 0, 0)));
        tells(address(this), abi.encodeCall(token.setDocument, ("terms", "ipfs://terms", 0)));
        tells(address(this), abi.encodeCall(token.removeDocument, ("terms")));
        tells(address(this), abi.encodeCall(token.scheduleRecordDate, (uint40(NOON_S + 1))));
        tells(address(this), abi.encodeCall(token.cancelRecordDate, (1)));
    }

    function tellsOfIssuerAndHolders() private {
        (address[] memory accounts, uint256[] memory amounts) = batch(alice, 500, bob, 500);
        tells(address(this), abi.encodeCall(token.mint, (alice, 500)));
        tells(address(this), abi.encodeCall(token.batchMint, (accounts, amounts)));
        tells(address(this), abi.encodeCall(token.burn, (alice, 1)));
        (amounts[0], amounts[1]) = (1, 2);
        tells(address(this), abi.encodeCall(token.batchBurn, (accounts, amounts)));
        tells(alice, abi.encodeCall(token.approve, (bob, 7)));
        tells(bob, abi.encodeCall(token.transferFrom, (alice, bob, 7)));
        tells(alice, abi.encodeCall(token.transfer, (bob, 7)));
        accounts[0] = bob;
        tells(alice, abi.encodeCall(token.batchTransfer, (accounts, amounts)));
    }

    function tellsOfEnforcer() private {
        (address[] memory accounts, uint256[] memory amounts) = batch(alice, 500, bob, 500);
        bool[] memory yes = new bool[](2);
        (yes[0], yes[1]) = (true, true);
        tells(address(this), abi.encodeCall(token.setFrozenTokens, (alice, 400)));
        tells(address(this), abi.encodeCall(token.freezePartialTokens, (alice, 100)));
        tells(address(this), abi.encodeCall(token.batchFreezePartialTokens, (accounts, amounts)));
        tells(address(this), abi.encodeCall(token.batchUnfreezePartialTokens, (accounts, amounts)));
        tells(address(this), abi.encodeCall(token.unfreezePartialTokens, (alice, 100)));
        tells(address(this), abi.encodeCall(token.forcedTransfer, (alice, bob, 100)));
        (amounts[0], amounts[1]) = (1, 1);
        tells(
            address(this),
            abi.encodeCall(token.batchForcedTransfer, (pair(alice, bob), pair(bob, alice), amounts))
        );
        tells(address(this), abi.encodeCall(token.setAddressFrozen, (alice, true)));
        tells(address(this), abi.encodeCall(token.batchSetAddressFrozen, (accounts, yes)));
        tells(address(this), abi.encodeCall(token.recoveryAddress, (alice, carol, address(0))));
    }

    function test_Trap_EveryChangeOfARoleEmitsAnEvent() external {
        bytes32 role = token.PAUSER_ROLE();
        tells(admin, abi.encodeCall(token.scheduleRoleGrant, (role, carol)));
        tells(admin, abi.encodeCall(token.cancelRoleGrant, (role, carol)));
        tells(admin, abi.encodeCall(token.scheduleRoleGrant, (role, carol)));
        tells(admin, abi.encodeCall(token.scheduleRoleGrant, (role, alice)));
        vm.warp(NOON_S + GRANT_DELAY_S);
        tells(admin, abi.encodeCall(token.grantRole, (role, carol)));
        tells(admin, abi.encodeCall(token.grantRole, (role, alice)));
        tells(admin, abi.encodeCall(token.revokeRole, (role, carol)));
        tells(alice, abi.encodeCall(token.renounceRole, (role, alice)));
        tells(admin, abi.encodeCall(token.revokeRole, (role, address(this))));
    }

    /// @dev The call goes through, writes, and has an event.
    function tells(address caller, bytes memory call) private {
        vm.recordLogs();
        vm.record();
        vm.prank(caller);
        (bool done,) = address(token).call(call);
        (, bytes32[] memory writes) = vm.accesses(address(token));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertTrue(done, "the call");
        vm.assertTrue(writes.length != 0, "a write");
        vm.assertTrue(logs.length != 0, "an event");
    }
}
