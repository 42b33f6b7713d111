// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {IToken} from "./IToken.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice What a token is from its deployment on, and what cannot be deployed.
contract AssetTokenDeploymentTest is TokenBase {
    function setUp() public override {
        vm.warp(NOON_S);
        token = deploy(terms());
    }

    function test_DeploymentSaysWhatItDeploys() external view {
        vm.assertEq(token.name(), "Green Bond 2028", "name");
        vm.assertEq(token.symbol(), "GRN28", "symbol");
        vm.assertEq(token.decimals(), 6, "decimals");
        vm.assertEq(token.version(), "1", "version of the contract");
        vm.assertEq(token.totalSupply(), 0, "supply");
        vm.assertEq(token.holderCount(), 0, "holders");
        vm.assertEq(token.controlBook(), address(this), "control book");
        vm.assertEq(token.reserveAttestor(), address(0), "reserve");
        vm.assertEq(token.guardedCountry(), CHINA, "guarded country");
        vm.assertEq(token.grantDelay_s(), GRANT_DELAY_S, "delay of grants");
        vm.assertTrue(token.countsHolders() && !token.paused() && !token.isActive(), "bits");
    }

    function test_DeploymentEmitsItsRulesCountriesAndRoles() external {
        IAssetToken.Terms memory given = terms();
        given.rules = IRulebook.Rules(500, 20, 30, 40, uint16(1 << PROFESSIONAL), true);
        given.allowedCountries = new uint16[](2);
        (given.allowedCountries[0], given.allowedCountries[1]) = (HONG_KONG, 1023);
        vm.recordLogs();
        IToken deployed = deploy(given);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        expectLog(
            logs, IRulebook.RulesChanged.selector, bytes32(uint256(1)), abi.encode(noRules(), given.rules)
        );
        expectLog(logs, IRulebook.CountryAllowed.selector, bytes32(uint256(HONG_KONG)), abi.encode(true));
        expectLog(logs, IRulebook.CountryAllowed.selector, bytes32(uint256(1023)), abi.encode(true));
        bytes32[6] memory roles = rolesOf(deployed);
        for (uint256 i = 0; i < roles.length; ++i) {
            expectLog(logs, IAccessControl.RoleGranted.selector, roles[i], "");
        }
        vm.assertEq(logs.length, 9, "and nothing else");

        (IRulebook.Rules memory current, uint32 version) = deployed.rules();
        vm.assertEq(version, 1, "version of the rules");
        vm.assertEq(keccak256(abi.encode(current)), keccak256(abi.encode(given.rules)), "rules");
        vm.assertEq(deployed.allowedCountries()[1], 1 << (HONG_KONG - 256), "Hong Kong");
        vm.assertEq(deployed.allowedCountries()[3], 1 << 255, "1023");
    }

    function test_TheControlBookHasEveryOperatingRoleAndTheAdminNone() external view {
        bytes32[6] memory roles = rolesOf(token);
        for (uint256 i = 1; i < roles.length; ++i) {
            vm.assertTrue(token.hasRole(roles[i], address(this)), "the control book");
            vm.assertTrue(!token.hasRole(roles[i], admin), "the admin");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(roles[i] != roles[j], "two roles, one id");
            }
        }
        vm.assertTrue(token.hasRole(roles[0], admin), "the admin is the admin");
        vm.assertTrue(!token.hasRole(roles[0], address(this)), "the control book is not");
    }

    function test_FromNoDecimalsToEighteen() external {
        IAssetToken.Terms memory given = terms();
        given.decimals = 0;
        vm.assertEq(deploy(given).decimals(), 0, "none");
        given.decimals = 18;
        vm.assertEq(deploy(given).decimals(), 18, "eighteen");
        given.decimals = 19;
        refusesDeployment(given, abi.encodeWithSelector(IAssetToken.InvalidDecimals.selector, uint8(19)));
    }

    function test_RevertWhen_TheControlBookIsNoContract() external {
        IAssetToken.Terms memory given = terms();
        given.controlBook = alice;
        refusesDeployment(given, abi.encodeWithSelector(IAssetToken.NotAContract.selector, alice));
        given.controlBook = address(0);
        refusesDeployment(given, abi.encodeWithSelector(IAssetToken.NotAContract.selector, address(0)));
    }

    function test_RevertWhen_TheReserveIsNoContract() external {
        IAssetToken.Terms memory given = terms();
        given.reserveAttestor = alice;
        refusesDeployment(given, abi.encodeWithSelector(IAssetToken.NotAContract.selector, alice));
    }

    function test_RevertWhen_ThereIsNoAdmin() external {
        IAssetToken.Terms memory given = terms();
        given.admin = address(0);
        refusesDeployment(given, abi.encodeWithSelector(IDelayedRoles.NoAdmin.selector));
    }

    function test_RevertWhen_ACountryIsAbove1023() external {
        IAssetToken.Terms memory given = terms();
        bytes memory refusal = abi.encodeWithSelector(IRulebook.InvalidCountry.selector, uint16(1024));
        given.guardedCountry = 1024;
        refusesDeployment(given, refusal);
        given.guardedCountry = 1023;
        given.allowedCountries = new uint16[](1);
        given.allowedCountries[0] = 1024;
        refusesDeployment(given, refusal);
        given.allowedCountries[0] = 1023;
        vm.assertEq(deploy(given).guardedCountry(), 1023, "guarded country");
    }

    function test_RevertWhen_TheRulesAtLaunchAreInvalid() external {
        IAssetToken.Terms memory given = terms();
        bytes memory refusal = abi.encodeWithSelector(IRulebook.InvalidRules.selector);
        given.rules = IRulebook.Rules(0, 0, 2, 1, 0, false);
        refusesDeployment(given, refusal);
        given.rules = IRulebook.Rules(0, 1, 0, 0, 0, false);
        deploy(given);
        given.countsHolders = false;
        refusesDeployment(given, refusal);
    }

    function rolesOf(IToken token_) private view returns (bytes32[6] memory) {
        return [
            token_.DEFAULT_ADMIN_ROLE(),
            token_.REGISTRAR_ROLE(),
            token_.ISSUER_ROLE(),
            token_.ENFORCER_ROLE(),
            token_.PAUSER_ROLE(),
            token_.RULES_ROLE()
        ];
    }

    function refusesDeployment(IAssetToken.Terms memory given, bytes memory refusal) private {
        vm.expectRevert(refusal);
        deploy(given);
    }

    function expectLog(Vm.Log[] memory logs, bytes32 topic, bytes32 subject, bytes memory data) private pure {
        uint256 found;
        for (uint256 i = 0; i < logs.length; ++i) {
            bool matches = logs[i].topics[0] == topic && logs[i].topics[1] == subject;
            if (matches && keccak256(logs[i].data) == keccak256(data)) ++found;
        }
        vm.assertEq(found, 1, "event of the deployment");
    }
}
