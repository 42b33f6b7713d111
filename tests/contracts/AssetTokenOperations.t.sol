// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {AssetToken} from "../../contracts/AssetToken.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IERC1404} from "../../contracts/interfaces/IERC1404.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Restriction} from "../../contracts/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice What each operation changes, the event that says so, and who may do it.
contract AssetTokenOperationsTest is TokenBase {
    // ---------------------------------------------------------------- deployment

    function test_DeploymentSaysWhatItDeploys() external view {
        vm.assertEq(token.name(), "Green Bond 2028", "name");
        vm.assertEq(token.symbol(), "GRN28", "symbol");
        vm.assertEq(token.decimals(), 6, "decimals");
        vm.assertEq(token.totalSupply(), 0, "supply");
        vm.assertEq(token.owner(), admin, "admin");
    }

    function test_DeploymentEmitsItsRulesAndCountries() external {
        IAssetToken.Rules memory rules = IAssetToken.Rules(500, uint16(1 << PROFESSIONAL), true);
        uint16[] memory countries = new uint16[](2);
        (countries[0], countries[1]) = (HONG_KONG, 1023);
        vm.recordLogs();
        AssetToken deployed = new AssetToken("", "", 0, rules, countries, address(this), admin, 0);
        expectLog(
            IAssetToken.RulesChanged.selector,
            abi.encode(IAssetToken.Rules(0, 0, false), rules),
            address(deployed)
        );
        (IAssetToken.Rules memory current, uint32 version) = deployed.rules();
        vm.assertEq(version, 1, "version");
        vm.assertEq(keccak256(abi.encode(current)), keccak256(abi.encode(rules)), "rules");
        vm.assertTrue(deployed.isCountryAllowed(HONG_KONG) && deployed.isCountryAllowed(1023), "allowed");
        vm.assertTrue(!deployed.isCountryAllowed(SINGAPORE), "not allowed");
    }

    function test_RevertWhen_DeployedWithCountryAbove1023() external {
        uint16[] memory countries = new uint16[](1);
        countries[0] = 1024;
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.InvalidCountry.selector, uint16(1024)));
        new AssetToken("", "", 0, IAssetToken.Rules(0, 0, false), countries, address(this), admin, 0);
    }

    function test_InterfacesClaimed() external view {
        vm.assertTrue(type(IERC7943Fungible).interfaceId == 0x3edbb4c4, "the id of ERC-7943's final text");
        vm.assertTrue(token.supportsInterface(0x3edbb4c4), "ERC-7943");
        vm.assertTrue(token.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        vm.assertTrue(token.supportsInterface(type(IERC20).interfaceId), "ERC-20");
        vm.assertTrue(token.supportsInterface(type(IERC20Metadata).interfaceId), "ERC-20 metadata");
        vm.assertTrue(token.supportsInterface(type(IERC1404).interfaceId), "ERC-1404");
        vm.assertTrue(token.supportsInterface(type(IAccessControl).interfaceId), "access control");
        vm.assertTrue(!token.supportsInterface(0xffffffff), "the id that ERC-165 forbids");
        vm.assertTrue(!token.supportsInterface(0xb97d944c), "ERC-3643, of which not every function exists");
    }

    // ---------------------------------------------------------------- register of holders

    function test_AdmitStoresWhatIsAttested() external {
        vm.expectEmit(address(token));
        emit IAssetToken.AccountAdmitted(alice, 1023, 15, type(uint16).max);
        admit(alice, 1023, 15, type(uint16).max);
        IAssetToken.Account memory account = token.accountOf(alice);
        vm.assertEq(account.country, 1023, "country");
        vm.assertEq(account.investorClass, 15, "class");
        vm.assertEq(account.validUntilDay, type(uint16).max, "day");
        vm.assertEq(account.balance + account.frozen, 0, "amounts");
        vm.assertTrue(!account.addressFrozen && !account.suspended, "flags");
    }

    function test_AdmitKeepsBalanceFrozenAmountAndFlags() external {
        admitAndIssue();
        token.setFrozenTokens(alice, 5_000);
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        admit(alice, SINGAPORE, RETAIL, VALID_UNTIL + 1);
        IAssetToken.Account memory account = token.accountOf(alice);
        vm.assertEq(account.balance, 1_000, "balance");
        vm.assertEq(account.frozen, 5_000, "frozen");
        vm.assertTrue(account.addressFrozen && account.suspended, "flags");
        vm.assertEq(account.country, SINGAPORE, "country");
        vm.assertEq(account.investorClass, RETAIL, "class");
        vm.assertEq(account.validUntilDay, VALID_UNTIL + 1, "day");
    }

    function test_RevertWhen_AdmissionIsInvalid() external {
        refusesAdmission(address(0), HONG_KONG, PROFESSIONAL);
        refusesAdmission(alice, HONG_KONG, 0);
        refusesAdmission(alice, HONG_KONG, 16);
        refusesAdmission(alice, 1024, PROFESSIONAL);
    }

    function refusesAdmission(address account, uint16 country, uint8 investorClass) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAssetToken.InvalidAdmission.selector, account, country, investorClass)
        );
        admit(account, country, investorClass, VALID_UNTIL);
    }

    function test_SuspendAndReinstate() external {
        admit(alice);
        vm.expectEmit(address(token));
        emit IAssetToken.AccountSuspended(alice, true);
        token.setSuspended(alice, true);
        vm.assertTrue(token.accountOf(alice).suspended, "suspended");
        vm.assertTrue(!token.canSend(alice) && !token.canReceive(alice), "neither sends nor receives");

        vm.expectEmit(address(token));
        emit IAssetToken.AccountSuspended(alice, false);
        token.setSuspended(alice, false);
        vm.assertTrue(!token.accountOf(alice).suspended, "reinstated");
        vm.assertTrue(token.canSend(alice) && token.canReceive(alice), "sends and receives");
    }

    function test_RevertWhen_SuspendingAnAccountNeverAdmitted() external {
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.AccountNotAdmitted.selector, alice));
        token.setSuspended(alice, true);
    }

    function test_AccountWordsAreThoseOfAccountOf() external {
        admitAndIssue();
        token.setFrozenTokens(alice, 7);
        token.setAddressFrozen(alice, true);
        uint256 expected = 1_000 | 7 << 96 | uint256(VALID_UNTIL) << 192 | uint256(HONG_KONG) << 208
            | uint256(PROFESSIONAL) << 234 | 1 << 238;
        vm.assertEq(wordOf(alice), expected, "alice's word");
        token.setSuspended(alice, true);
        vm.assertEq(wordOf(alice), expected | 1 << 239, "alice's word, suspended");
        vm.assertEq(wordOf(carol), 0, "carol's word");
    }

    // ---------------------------------------------------------------- issuing and redeeming

    function test_MintRaisesBalanceAndSupply() external {
        admit(alice);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 40);
        token.mint(alice, 40);
        vm.assertEq(token.balanceOf(alice), 40, "balance");
        vm.assertEq(token.totalSupply(), 40, "supply");
    }

    function test_RevertWhen_MintingToTheZeroAddress() external {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.mint(address(0), 1);
    }

    function test_BatchMintIssuesToAll() external {
        admit(alice);
        admit(bob);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 1);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), bob, 2);
        token.batchMint(to, amounts);
        assertBalances(1, 2);
        vm.assertEq(token.totalSupply(), 3, "supply");
    }

    function test_BatchMintAddsUpForOneAccount() external {
        admit(alice);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, alice, 2);
        token.batchMint(to, amounts);
        vm.assertEq(token.balanceOf(alice), 3, "balance");
        vm.assertEq(token.totalSupply(), 3, "supply");
    }

    function test_RevertWhen_OneOfABatchMayNotReceive() external {
        admit(alice);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, address(0), bob, 2));
        token.batchMint(to, amounts);
        vm.assertEq(token.totalSupply(), 0, "supply");
    }

    function test_RevertWhen_ABatchHasMoreAccountsThanAmounts() external {
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.LengthMismatch.selector, uint256(2), uint256(1)));
        token.batchMint(new address[](2), new uint256[](1));
    }

    function test_BurnLowersBalanceAndSupply() external {
        admitAndIssue();
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, address(0), 400);
        token.burn(alice, 400);
        vm.assertEq(token.balanceOf(alice), 600, "balance");
        vm.assertEq(token.totalSupply(), 600, "supply");
    }

    function test_RevertWhen_BurningFromTheZeroAddress() external {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0)));
        token.burn(address(0), 0);
    }

    // ---------------------------------------------------------------- transfers

    function test_TransferMovesUnits() external {
        admitAndIssue();
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 300);
        vm.prank(alice);
        vm.assertTrue(token.transfer(bob, 300), "result");
        assertBalances(700, 300);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    function test_TransferFromUsesUpTheAllowance() external {
        admitAndIssue();
        vm.prank(alice);
        token.approve(carol, 300);
        vm.prank(carol);
        token.transferFrom(alice, bob, 200);
        assertBalances(800, 200);
        vm.assertEq(token.allowance(alice, carol), 100, "allowance");
        vm.prank(carol);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, carol, uint256(100), uint256(101)
            )
        );
        token.transferFrom(alice, bob, 101);
    }

    function test_TransferToOneselfChangesNothing() external {
        admitAndIssue();
        setRules(1_000, 0, false);
        uint256 before = wordOf(alice);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, alice, 1_000);
        vm.prank(alice);
        token.transfer(alice, 1_000);
        vm.assertEq(wordOf(alice), before, "alice's word");
    }

    function test_RevertWhen_TransferringMoreThanHeldToOneself() external {
        admitAndIssue();
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, alice, uint256(1_000), uint256(1_001)
            )
        );
        token.transfer(alice, 1_001);
    }

    function test_TransferLeavesEverythingElseInTheWords() external {
        admitAndIssue();
        admit(bob, SINGAPORE, RETAIL, VALID_UNTIL - 7);
        token.setFrozenTokens(alice, 70);
        token.setFrozenTokens(bob, 80);
        (uint256 ofAlice, uint256 ofBob) = (wordOf(alice), wordOf(bob));
        vm.prank(alice);
        token.transfer(bob, 300);
        vm.assertEq(wordOf(alice), ofAlice - 300, "alice's word");
        vm.assertEq(wordOf(bob), ofBob + 300, "bob's word");
    }

    // ---------------------------------------------------------------- freezing

    function test_FreezingAddsUpAndReleasingTakesOff() external {
        expectFrozen(alice, 100);
        token.freezePartialTokens(alice, 100);
        expectFrozen(alice, 150);
        token.freezePartialTokens(alice, 50);
        expectFrozen(alice, 30);
        token.unfreezePartialTokens(alice, 120);
        expectFrozen(alice, 7);
        vm.assertTrue(token.setFrozenTokens(alice, 7), "result");
        vm.assertEq(token.getFrozenTokens(alice), 7, "frozen");
    }

    function test_MoreThanEverCanBeIssuedCanBeFrozenButNotMoreThanTheWordHolds() external {
        expectFrozen(alice, MAX_UNITS);
        token.setFrozenTokens(alice, MAX_UNITS);
        refusesFreeze(1);
        refusesFreeze(type(uint256).max);
        vm.expectRevert(frozenOutOfRange(MAX_UNITS, MAX_UNITS + 1));
        token.setFrozenTokens(alice, MAX_UNITS + 1);
        vm.expectRevert(frozenOutOfRange(MAX_UNITS, MAX_UNITS + 1));
        token.unfreezePartialTokens(alice, MAX_UNITS + 1);
        token.unfreezePartialTokens(alice, MAX_UNITS);
        vm.assertEq(wordOf(alice), 0, "alice's word");
    }

    function test_FreezingKeepsTheSupply() external {
        admitAndIssue();
        token.freezePartialTokens(alice, 600);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertEq(token.balanceOf(alice), 1_000, "balance");
    }

    function test_FreezingAWholeAccount() external {
        admitAndIssue();
        vm.expectEmit(address(token));
        emit IAssetToken.AddressFrozen(alice, true, address(this));
        token.setAddressFrozen(alice, true);
        vm.assertTrue(token.isFrozen(alice), "frozen");
        vm.assertTrue(!token.canSend(alice) && !token.canReceive(alice), "neither sends nor receives");

        vm.expectEmit(address(token));
        emit IAssetToken.AddressFrozen(alice, false, address(this));
        token.setAddressFrozen(alice, false);
        vm.assertTrue(!token.isFrozen(alice) && token.canSend(alice), "released");
    }

    // ---------------------------------------------------------------- forced transfers

    function test_ForcedTransferMovesUnitsOfWhoMayNotSend() external {
        admitAndIssue();
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        admit(alice, HONG_KONG, PROFESSIONAL, TODAY - 1);
        token.pause();
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 1_000);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.ForcedTransfer(alice, bob, 1_000);
        vm.assertTrue(token.forcedTransfer(alice, bob, 1_000), "result");
        assertBalances(0, 1_000);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    function test_RevertWhen_ForcedTransferGoesToWhoMayNotReceive() external {
        admitAndIssue();
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, alice, carol, 1));
        token.forcedTransfer(alice, carol, 1);
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, alice, address(0), 1));
        token.forcedTransfer(alice, address(0), 1);
        token.setSuspended(bob, true);
        vm.expectRevert(restricted(Restriction.RecipientSuspended, alice, bob, 1));
        token.forcedTransfer(alice, bob, 1);
    }

    function test_RevertWhen_ForcedTransferIsOfMoreThanIsHeld() external {
        admitAndIssue();
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, alice, uint256(1_000), uint256(1_001)
            )
        );
        token.forcedTransfer(alice, bob, 1_001);
    }

    /// @dev It would look like an issue in the events.
    function test_RevertWhen_ForcedTransferIsFromTheZeroAddress() external {
        admit(bob);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0)));
        token.forcedTransfer(address(0), bob, 0);
    }

    // ---------------------------------------------------------------- pause and rules

    function test_PauseAndUnpause() external {
        vm.expectEmit(address(token));
        emit IAssetToken.Paused(address(this));
        token.pause();
        vm.assertTrue(token.paused(), "paused");
        vm.expectEmit(address(token));
        emit IAssetToken.Unpaused(address(this));
        token.unpause();
        vm.assertTrue(!token.paused(), "unpaused");
    }

    function test_PauseKeepsSupplyAndRules() external {
        admitAndIssue();
        setRules(2_000, 0, true);
        token.pause();
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        token.unpause();
        vm.assertEq(
            token.detectTransferRestriction(alice, bob, 1),
            uint8(Restriction.CountryNotAllowed),
            "country rule"
        );
    }

    /// @dev The supply shares a slot with the bits that say which rules are on.
    function test_MintingAndBurningKeepTheRules() external {
        admitAndIssue();
        setRules(1_000, 0, true);
        token.setCountryAllowed(HONG_KONG, true);
        token.mint(bob, 10);
        token.burn(bob, 5);
        token.burn(bob, 5);
        vm.expectRevert(restricted(Restriction.BalanceCapExceeded, address(0), alice, 1));
        token.mint(alice, 1);
        token.setCountryAllowed(HONG_KONG, false);
        vm.expectRevert(restricted(Restriction.CountryNotAllowed, address(0), bob, 1));
        token.mint(bob, 1);
    }

    function test_RulesChangedTellsOldAndNew() external {
        IAssetToken.Rules memory first = IAssetToken.Rules(type(uint96).max, type(uint16).max, true);
        IAssetToken.Rules memory second = IAssetToken.Rules(0, 4, false);
        vm.expectEmit(address(token));
        emit IAssetToken.RulesChanged(2, IAssetToken.Rules(0, 0, false), first);
        token.setRules(first);
        vm.expectEmit(address(token));
        emit IAssetToken.RulesChanged(3, first, second);
        token.setRules(second);
        (IAssetToken.Rules memory current, uint32 version) = token.rules();
        vm.assertEq(version, 3, "version");
        vm.assertEq(keccak256(abi.encode(current)), keccak256(abi.encode(second)), "rules");
    }

    function test_CountriesAreAllowedOneByOne() external {
        uint16[5] memory countries = [uint16(0), 255, 256, 344, 1023];
        for (uint256 i = 0; i < countries.length; ++i) {
            vm.expectEmit(address(token));
            emit IAssetToken.CountryAllowed(countries[i], true);
            token.setCountryAllowed(countries[i], true);
        }
        uint256[4] memory bitmap = token.allowedCountries();
        vm.assertEq(bitmap[0], 1 | 1 << 255, "0 to 255");
        vm.assertEq(bitmap[1], 1 | 1 << (344 - 256), "256 to 511");
        vm.assertEq(bitmap[2], 0, "512 to 767");
        vm.assertEq(bitmap[3], 1 << 255, "768 to 1023");

        vm.expectEmit(address(token));
        emit IAssetToken.CountryAllowed(256, false);
        token.setCountryAllowed(256, false);
        vm.assertTrue(!token.isCountryAllowed(256), "256");
        vm.assertTrue(token.isCountryAllowed(344) && token.isCountryAllowed(0), "its neighbours");
    }

    function test_RevertWhen_CountryAbove1023() external {
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.InvalidCountry.selector, uint16(1024)));
        token.setCountryAllowed(1024, true);
        vm.assertTrue(!token.isCountryAllowed(1024) && !token.isCountryAllowed(type(uint16).max), "asked for");
    }

    // ---------------------------------------------------------------- roles

    function test_RevertWhen_CallerHasNotTheRole() external {
        IAssetToken.Admission[] memory admissions = new IAssetToken.Admission[](0);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        bytes32 role = token.REGISTRAR_ROLE();
        refusesStranger(role, abi.encodeCall(token.admit, (admissions)));
        refusesStranger(role, abi.encodeCall(token.setSuspended, (alice, true)));
        role = token.ISSUER_ROLE();
        refusesStranger(role, abi.encodeCall(token.mint, (alice, 1)));
        refusesStranger(role, abi.encodeCall(token.batchMint, (to, amounts)));
        refusesStranger(role, abi.encodeCall(token.burn, (alice, 1)));
        role = token.ENFORCER_ROLE();
        refusesStranger(role, abi.encodeCall(token.forcedTransfer, (alice, bob, 1)));
        refusesStranger(role, abi.encodeCall(token.setFrozenTokens, (alice, 1)));
        refusesStranger(role, abi.encodeCall(token.freezePartialTokens, (alice, 1)));
        refusesStranger(role, abi.encodeCall(token.unfreezePartialTokens, (alice, 1)));
        refusesStranger(role, abi.encodeCall(token.setAddressFrozen, (alice, true)));
        role = token.PAUSER_ROLE();
        refusesStranger(role, abi.encodeCall(token.pause, ()));
        refusesStranger(role, abi.encodeCall(token.unpause, ()));
        role = token.RULES_ROLE();
        refusesStranger(role, abi.encodeCall(token.setRules, (IAssetToken.Rules(0, 0, false))));
        refusesStranger(role, abi.encodeCall(token.setCountryAllowed, (HONG_KONG, true)));
        refusesStranger(bytes32(0), abi.encodeCall(token.grantRole, (role, carol)));
    }

    /// @dev Each role opens its own functions and no others: the admin has none of them by itself.
    function test_RolesAreSeparate() external {
        vm.assertTrue(!token.hasRole(token.ISSUER_ROLE(), admin), "the admin issues nothing");
        bytes32 role = token.PAUSER_ROLE();
        vm.prank(admin);
        token.grantRole(role, carol);
        vm.prank(carol);
        token.pause();
        vm.assertTrue(token.paused(), "paused");
        refusesStranger(token.ISSUER_ROLE(), abi.encodeCall(token.mint, (alice, 1)));
    }

    function refusesStranger(bytes32 role, bytes memory call) private {
        vm.prank(carol);
        (bool done, bytes memory answer) = address(token).call(call);
        vm.assertTrue(!done, "a stranger was let in");
        bytes memory refusal =
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, carol, role);
        vm.assertEq(keccak256(answer), keccak256(refusal), "refused for another reason");
    }

    // ---------------------------------------------------------------- helpers

    function batch(address first, uint256 firstAmount, address second, uint256 secondAmount)
        private
        pure
        returns (address[] memory to, uint256[] memory amounts)
    {
        (to, amounts) = (new address[](2), new uint256[](2));
        (to[0], to[1]) = (first, second);
        (amounts[0], amounts[1]) = (firstAmount, secondAmount);
    }

    function expectFrozen(address account, uint256 amount) private {
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(account, amount);
    }

    function refusesFreeze(uint256 amount) private {
        vm.expectRevert(frozenOutOfRange(MAX_UNITS, amount));
        token.freezePartialTokens(alice, amount);
    }

    function frozenOutOfRange(uint256 frozen, uint256 amount) private view returns (bytes memory) {
        return abi.encodeWithSelector(IAssetToken.FrozenAmountOutOfRange.selector, alice, frozen, amount);
    }

    function expectLog(bytes32 topic, bytes memory data, address emitter) private {
        uint256 found;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bool matches = logs[i].emitter == emitter && logs[i].topics[0] == topic;
            if (matches && keccak256(logs[i].data) == keccak256(data)) ++found;
        }
        vm.assertEq(found, 1, "event of the deployment");
    }
}
