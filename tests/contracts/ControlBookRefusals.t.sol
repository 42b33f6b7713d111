// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {BookBase} from "./BookBase.sol";
import {
    AnsweringWallet,
    BurningWallet,
    ERC1271_MAGIC,
    HonestWallet,
    ReentrantInstrument,
    ReentrantWallet,
    RevertingWallet
} from "./Wallets.sol";

/// @notice Everything that the book must refuse, and the error it gives.
contract ControlBookRefusalsTest is BookBase {
    // ---------------------------------------------------------------- references and time

    function test_RevertWhen_ReferenceIsUsed() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        execute(instruction, none());
        bytes32 digest = book.hashInstruction(instruction, none());
        bytes memory refusal =
            abi.encodeWithSelector(IControlBook.ReferenceUsed.selector, instruction.ref, digest);

        bytes memory signature = signed(instruction, none());
        vm.prank(maker);
        vm.expectRevert(refusal);
        book.execute(instruction, none(), signature);

        // Whatever else it may say by now: the reference is gone, for ever.
        instruction.operation = "unpause";
        instruction.notAfter = type(uint48).max;
        vm.warp(NOON_S + 3_650 days);
        signature = signed(instruction, none());
        vm.prank(maker);
        vm.expectRevert(refusal);
        book.execute(instruction, none(), signature);
        vm.assertTrue(token.paused(), "still paused");
    }

    function test_RevertWhen_Expired() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        vm.warp(uint256(instruction.notAfter) + 1);
        refuses(
            instruction,
            none(),
            abi.encodeWithSelector(
                IControlBook.InstructionExpired.selector, instruction.ref, instruction.notAfter
            )
        );
    }

    // ---------------------------------------------------------------- who

    function test_RevertWhen_SenderIsNoMaker() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.maker = carol;
        bytes memory signature = signed(instruction, none());
        bytes memory refusal = unauthorised(carol, book.MAKER_ROLE());
        vm.prank(carol);
        vm.expectRevert(refusal);
        book.execute(instruction, none(), signature);
    }

    function test_RevertWhen_SenderIsNotTheMaker() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.maker = carol;
        refuses(instruction, none(), abi.encodeWithSelector(IControlBook.NotTheMaker.selector, maker, carol));
    }

    function test_RevertWhen_MakerIsChecker() external {
        grant(book.CHECKER_ROLE(), maker);
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.checker = maker;
        bytes memory signature = sign(MAKER_KEY, book.hashInstruction(instruction, none()));
        refuses(
            instruction,
            none(),
            signature,
            abi.encodeWithSelector(IControlBook.MakerIsChecker.selector, maker)
        );
    }

    function test_RevertWhen_CheckerHasNotTheRole() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.checker = vm.addr(0xBAD);
        bytes memory signature = sign(0xBAD, book.hashInstruction(instruction, none()));
        refuses(instruction, none(), signature, unauthorised(instruction.checker, book.CHECKER_ROLE()));
    }

    function test_RevertWhen_CheckerWasDismissedAfterSigning() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes memory signature = signed(instruction, none());
        bytes32 role = book.CHECKER_ROLE();
        vm.prank(admin);
        book.revokeRole(role, checker);
        refuses(instruction, none(), signature, unauthorised(checker, role));
    }

    function test_RevertWhen_MakerWasDismissed() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes32 role = book.MAKER_ROLE();
        vm.prank(admin);
        book.revokeRole(role, maker);
        refuses(instruction, none(), unauthorised(maker, role));
    }

    function test_RevertWhen_OnlyTheAdminAppoints() external {
        bytes32 role = book.MAKER_ROLE();
        vm.prank(maker);
        vm.expectRevert(unauthorised(maker, bytes32(0)));
        book.grantRole(role, carol);
    }

    // ---------------------------------------------------------------- signatures

    function test_RevertWhen_SignedBySomebodyElse() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes32 digest = book.hashInstruction(instruction, none());
        refuses(instruction, none(), sign(MAKER_KEY, digest), badSignature(instruction, none()));
        refuses(instruction, none(), sign(OTHER_CHECKER_KEY, digest), badSignature(instruction, none()));
    }

    function test_RevertWhen_SignatureIsMalformed() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes memory good = signed(instruction, none());
        refuses(instruction, none(), "", badSignature(instruction, none()));
        refuses(instruction, none(), new bytes(65), badSignature(instruction, none()));
        refuses(instruction, none(), abi.encodePacked(good, uint8(0)), badSignature(instruction, none()));
    }

    /// @dev The other signature of the same point, which ECDSA allows and nobody has made.
    function test_RevertWhen_SignatureIsTheMirroredOne() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CHECKER_KEY, book.hashInstruction(instruction, none()));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory mirrored = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        refuses(instruction, none(), mirrored, badSignature(instruction, none()));
    }

    function test_RevertWhen_AnythingSignedIsAltered() external {
        perform("admit", two(admissionOf(alice), admissionOf(bob)));
        IControlBook.Instruction memory instruction = instructionTo("issue");
        IControlBook.Line[] memory lines =
            two(IControlBook.Line(address(0), alice, 1, 0), IControlBook.Line(address(0), bob, 2, 0));
        bytes memory signature = signed(instruction, lines);

        bytes32 ref = instruction.ref;
        instruction.ref = keccak256("another");
        refusesAltered(instruction, lines, signature);
        instruction.ref = ref;

        instruction.instrument = address(deployToken(address(book)));
        refusesAltered(instruction, lines, signature);
        instruction.instrument = address(token);

        instruction.operation = "redeem";
        refusesAltered(instruction, lines, signature);
        instruction.operation = "issue";

        instruction.checker = otherChecker;
        refusesAltered(instruction, lines, signature);
        instruction.checker = checker;

        instruction.notAfter += 1;
        refusesAltered(instruction, lines, signature);
        instruction.notAfter -= 1;

        instruction.order = bytes32(0);
        refusesAltered(instruction, lines, signature);
        instruction.order = ORDER;

        instruction.text = "and more";
        refusesAltered(instruction, lines, signature);
        instruction.text = "";

        execute(instruction, lines);
    }

    function test_RevertWhen_AnotherMakerSendsIt() external {
        grant(book.MAKER_ROLE(), carol);
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes memory signature = signed(instruction, none());
        instruction.maker = carol;
        bytes memory refusal = badSignature(instruction, none());
        vm.prank(carol);
        vm.expectRevert(refusal);
        book.execute(instruction, none(), signature);
    }

    function test_RevertWhen_ALineIsAltered() external {
        IControlBook.Instruction memory instruction = instructionTo("issue");
        IControlBook.Line memory first = IControlBook.Line(carol, alice, 1, 7);
        IControlBook.Line memory second = IControlBook.Line(carol, bob, 2, 7);
        bytes memory signature = signed(instruction, two(first, second));

        refusesAltered(instruction, two(second, first), signature);
        refusesAltered(instruction, two(first, first), signature);
        refusesAltered(instruction, one(carol, alice, 1, 7), signature);
        refusesAltered(instruction, none(), signature);
        refusesAltered(instruction, two(first, IControlBook.Line(carol, bob, 3, 7)), signature);
        refusesAltered(instruction, two(first, IControlBook.Line(carol, alice, 2, 7)), signature);
        refusesAltered(instruction, two(first, IControlBook.Line(bob, bob, 2, 7)), signature);
        refusesAltered(instruction, two(first, IControlBook.Line(carol, bob, 2, 8)), signature);
    }

    function test_RevertWhen_SignedForAnotherBook() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes memory signature = sign(CHECKER_KEY, deployBook().hashInstruction(instruction, none()));
        refuses(instruction, none(), signature, badSignature(instruction, none()));
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        IControlBook.Instruction memory instruction = instructionTo("pause");
        bytes memory signature = signed(instruction, none());
        vm.chainId(block.chainid + 1);
        refuses(instruction, none(), signature, badSignature(instruction, none()));
    }

    // ---------------------------------------------------------------- wallets as checkers (ERC-1271)

    function test_AWalletMayCheck() external {
        HonestWallet wallet = new HonestWallet();
        IControlBook.Instruction memory instruction = checkedBy(address(wallet));
        refuses(instruction, none(), "", badSignature(instruction, none()));
        wallet.agreeTo(book.hashInstruction(instruction, none()));
        vm.prank(maker);
        book.execute(instruction, none(), "");
        vm.assertTrue(token.paused(), "paused");
    }

    function test_RevertWhen_AWalletLies() external {
        refusesAnswer(abi.encode(bytes4(0xffffffff)));
        refusesAnswer(abi.encode(uint256(1)));
        refusesAnswer(abi.encode(uint256(uint32(ERC1271_MAGIC))));
        refusesAnswer(abi.encode(bytes32(ERC1271_MAGIC) | bytes32(uint256(1))));
        refusesAnswer(abi.encodePacked(ERC1271_MAGIC));
        refusesAnswer("");
    }

    function test_RevertWhen_AWalletReverts() external {
        IControlBook.Instruction memory instruction = checkedBy(address(new RevertingWallet()));
        refuses(instruction, none(), "", badSignature(instruction, none()));
    }

    function test_RevertWhen_AWalletBurnsAllGas() external {
        IControlBook.Instruction memory instruction = checkedBy(address(new BurningWallet()));
        vm.prank(maker);
        vm.expectRevert();
        book.execute{gas: 1_000_000}(instruction, none(), "");
        vm.assertEq(book.digestOf(instruction.ref), bytes32(0), "the reference");
    }

    // ---------------------------------------------------------------- operations and lines

    function test_RevertWhen_OperationIsUnknown() external {
        string[4] memory unknown = ["", "Issue", "issue ", "mint"];
        for (uint256 i = 0; i < unknown.length; ++i) {
            refuses(
                instructionTo(unknown[i]),
                one(alice, bob, 1, 1),
                abi.encodeWithSelector(IControlBook.UnknownOperation.selector, unknown[i])
            );
        }
    }

    function test_RevertWhen_ThereAreNoLines() external {
        string[21] memory operations = [
            "admit",
            "suspend",
            "reinstate",
            "issue",
            "redeem",
            "transfer",
            "freeze",
            "release",
            "freeze-account",
            "release-account",
            "force-transfer",
            "set-rules",
            "set-country",
            "activate",
            "recover",
            "set-lock-up",
            "set-document",
            "remove-document",
            "schedule-record-date",
            "cancel-record-date",
            "license-venue"
        ];
        for (uint256 i = 0; i < operations.length; ++i) {
            IControlBook.Instruction memory instruction = instructionTo(operations[i]);
            refuses(
                instruction, none(), abi.encodeWithSelector(IControlBook.NoLines.selector, instruction.ref)
            );
        }
    }

    function test_RevertWhen_LinesWouldHaveNoEffect() external {
        string[2] memory operations = ["pause", "unpause"];
        for (uint256 i = 0; i < operations.length; ++i) {
            IControlBook.Instruction memory instruction = instructionTo(operations[i]);
            refuses(
                instruction,
                one(alice, bob, 1, 1),
                abi.encodeWithSelector(IControlBook.UnexpectedLines.selector, instruction.ref)
            );
        }
    }

    function test_RevertWhen_EnforcementHasNoOrder() external {
        admitAndIssue();
        string[6] memory operations =
            ["freeze", "release", "freeze-account", "release-account", "force-transfer", "recover"];
        for (uint256 i = 0; i < operations.length; ++i) {
            IControlBook.Instruction memory instruction = instructionTo(operations[i]);
            instruction.order = bytes32(0);
            refuses(
                instruction,
                one(alice, bob, 1, 0),
                abi.encodeWithSelector(IControlBook.OrderRequired.selector, instruction.ref)
            );
        }
    }

    function test_NothingButEnforcementNeedsAnOrder() external {
        admitAndIssue();
        IControlBook.Instruction memory instruction = instructionTo("redeem");
        instruction.order = bytes32(0);
        execute(instruction, one(alice, address(0), 1_000, 0));
        vm.assertEq(token.totalSupply(), 0, "supply");
    }

    function test_RevertWhen_DetailIsOutOfRange() external {
        address none_ = address(0);
        refusesValue("admit", one(none_, alice, 0, 1 << 40), 1 << 40);
        refusesValue("admit", one(none_, alice, 0, type(uint256).max), type(uint256).max);
        refusesValue("set-rules", one(none_, none_, 0, 1 << 17), 1 << 17);
        refusesValue("set-rules", one(none_, none_, 0, 1 << 31), 1 << 31);
        refusesValue("set-rules", one(none_, none_, 0, 1 << 144), 1 << 144);
        refusesValue("set-rules", one(none_, none_, MAX_UNITS + 1, 0), MAX_UNITS + 1);
        refusesValue("set-country", one(none_, none_, 1, 1 << 16), 1 << 16);
        refusesValue("set-country", one(none_, none_, 2, HONG_KONG), 2);
        refusesValue("activate", one(none_, none_, 1 << 168, HONG_KONG), 1 << 168);
        refusesValue("activate", one(none_, none_, 1, 1 << 16), 1 << 16);
        refusesValue("set-lock-up", one(alice, none_, MAX_UNITS + 1, 1), MAX_UNITS + 1);
        refusesValue("set-lock-up", one(alice, none_, 1, 1 << 40), 1 << 40);
        refusesValue("schedule-record-date", one(none_, none_, 0, 1 << 40), 1 << 40);
        refusesValue("cancel-record-date", one(none_, none_, 0, 1 << 16), 1 << 16);
        refusesValue("license-venue", one(none_, alice, 0, 1 << 48), 1 << 48);
    }

    function refusesValue(string memory operation, IControlBook.Line[] memory lines, uint256 value) private {
        bytes memory refusal = abi.encodeWithSelector(IControlBook.InvalidDetail.selector, uint256(0), value);
        refuses(instructionTo(operation), lines, refusal);
    }

    /// @dev What an operation does not read is not signed in vain: fields as bits, from 1, to 2, amount 4, detail 8.
    function test_RevertWhen_ALineSaysMoreThanIsDone() external {
        refusesUnread("admit", 2 | 8);
        refusesUnread("license-venue", 2 | 8);
        refusesUnread("issue", 2 | 4);
        refusesUnread("redeem", 1 | 4);
        refusesUnread("freeze", 1 | 4);
        refusesUnread("release", 1 | 4);
        refusesUnread("transfer", 1 | 2 | 4);
        refusesUnread("force-transfer", 1 | 2 | 4);
        refusesUnread("suspend", 1);
        refusesUnread("reinstate", 1);
        refusesUnread("freeze-account", 1);
        refusesUnread("release-account", 1);
        refusesUnread("recover", 1 | 2);
        refusesUnread("set-lock-up", 1 | 4 | 8);
        refusesUnread("activate", 4 | 8);
        refusesUnread("set-rules", 4 | 8);
        refusesUnread("set-country", 4 | 8);
        refusesUnread("set-document", 4 | 8);
        refusesUnread("remove-document", 4);
        refusesUnread("schedule-record-date", 8);
        refusesUnread("cancel-record-date", 8);
    }

    function refusesUnread(string memory operation, uint256 read) private {
        bytes memory refusal = abi.encodeWithSelector(IControlBook.UnusedField.selector, uint256(1));
        for (uint256 field = 1; field <= 8; field <<= 1) {
            if (read & field != 0) continue;
            IControlBook.Line memory line = IControlBook.Line(
                field == 1 ? alice : address(0),
                field == 2 ? alice : address(0),
                field == 4 ? 1 : 0,
                field == 8 ? 1 : 0
            );
            refuses(
                instructionTo(operation), two(IControlBook.Line(address(0), address(0), 0, 0), line), refusal
            );
        }
    }

    function test_RevertWhen_ATextWouldHaveNoEffect() external {
        string[4] memory operations = ["pause", "issue", "remove-document", "activate"];
        for (uint256 i = 0; i < operations.length; ++i) {
            IControlBook.Instruction memory instruction = instructionTo(operations[i]);
            instruction.text = "https://issuer.example";
            refuses(
                instruction,
                i == 0 ? none() : issueTo(alice, 1),
                abi.encodeWithSelector(IControlBook.UnexpectedText.selector, instruction.ref)
            );
        }
    }

    function test_RevertWhen_TheInstrumentRefusesADetail() external {
        refuses(
            instructionTo("admit"),
            one(address(0), alice, 0, detailOf(1024, PROFESSIONAL, VALID_UNTIL)),
            abi.encodeWithSelector(IRegister.InvalidAdmission.selector, alice, uint16(1024), PROFESSIONAL)
        );
        refuses(
            instructionTo("set-country"),
            one(address(0), address(0), 1, 1024),
            abi.encodeWithSelector(IRulebook.InvalidCountry.selector, uint16(1024))
        );
    }

    // ---------------------------------------------------------------- all or nothing

    function test_RevertWhen_OneLineOfManyIsRefused() external {
        admitAndIssue();
        refuses(
            instructionTo("redeem"),
            two(IControlBook.Line(alice, address(0), 400, 0), IControlBook.Line(bob, address(0), 1, 0)),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, bob, uint256(0), uint256(1)
            )
        );
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    function test_RevertWhen_IssuingToWhoMayNotReceive() external {
        admitAndIssue();
        refuses(
            instructionTo("issue"),
            two(IControlBook.Line(address(0), alice, 1, 0), IControlBook.Line(address(0), carol, 1, 0)),
            restricted(Restriction.RecipientNotAdmitted, address(0), carol, 1)
        );
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    /// @dev A refused instruction may be sent again, once what stood in its way is gone.
    function test_ARefusedInstructionIsNotUsedUp() external {
        IControlBook.Instruction memory instruction = instructionTo("issue");
        refuses(
            instruction, issueTo(alice, 5), restricted(Restriction.RecipientNotAdmitted, address(0), alice, 5)
        );
        perform("admit", two(admissionOf(alice), admissionOf(bob)));
        execute(instruction, issueTo(alice, 5));
        vm.assertEq(token.balanceOf(alice), 5, "balance");
    }

    function test_RevertWhen_ThereIsNoInstrument() external {
        string[3] memory operations = ["pause", "redeem", "transfer"];
        for (uint256 i = 0; i < operations.length; ++i) {
            IControlBook.Instruction memory instruction = instructionTo(operations[i]);
            instruction.instrument = address(0xDEAD);
            IControlBook.Line[] memory lines = i == 0 ? none() : one(alice, bob, 1, 0);
            bytes memory signature = signed(instruction, lines);
            vm.prank(maker);
            vm.expectRevert();
            book.execute(instruction, lines, signature);
            vm.assertEq(book.digestOf(instruction.ref), bytes32(0), "the reference");
        }
    }

    // ---------------------------------------------------------------- re-entrancy

    function test_RevertWhen_AWalletReenters() external {
        ReentrantWallet wallet = new ReentrantWallet(false);
        IControlBook.Instruction memory instruction = checkedBy(address(wallet));
        armed(address(wallet));
        refuses(instruction, none(), "", badSignature(instruction, none()));
        vm.assertTrue(!token.paused(), "nothing was done");
    }

    /// @dev It signs as it may, and its second instruction comes to nothing.
    function test_AWalletThatReentersInSecretGainsNothing() external {
        ReentrantWallet wallet = new ReentrantWallet(true);
        IControlBook.Instruction memory instruction = checkedBy(address(wallet));
        bytes32 inner = armed(address(wallet));
        vm.prank(maker);
        book.execute(instruction, none(), "");
        vm.assertEq(book.digestOf(inner), bytes32(0), "the inner instruction");
    }

    function test_RevertWhen_AnInstrumentReenters() external {
        ReentrantInstrument instrument = new ReentrantInstrument();
        IControlBook.Instruction memory instruction = instructionTo("pause");
        instruction.instrument = address(instrument);
        bytes32 inner = armed(address(instrument));
        refuses(
            instruction,
            none(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        vm.assertEq(book.digestOf(inner), bytes32(0), "the inner instruction");
        vm.assertTrue(!instrument.paused(), "the outer one");
    }

    /// @dev Gives `attacker` a valid instruction of its own to send, as a maker of the book.
    function armed(address attacker) private returns (bytes32 ref) {
        grant(book.MAKER_ROLE(), attacker);
        IControlBook.Instruction memory inner = instructionTo("unpause");
        (inner.maker, inner.checker) = (attacker, otherChecker);
        bytes memory signature = sign(OTHER_CHECKER_KEY, book.hashInstruction(inner, none()));
        ReentrantInstrument(attacker).arm(book, inner, signature);
        return inner.ref;
    }

    // ---------------------------------------------------------------- helpers

    function refusesAltered(
        IControlBook.Instruction memory instruction,
        IControlBook.Line[] memory lines,
        bytes memory signature
    ) private {
        refuses(instruction, lines, signature, badSignature(instruction, lines));
    }

    function refusesAnswer(bytes memory answer) private {
        IControlBook.Instruction memory instruction = checkedBy(address(new AnsweringWallet(answer)));
        refuses(instruction, none(), "", badSignature(instruction, none()));
    }

    function checkedBy(address wallet) private returns (IControlBook.Instruction memory instruction) {
        grant(book.CHECKER_ROLE(), wallet);
        instruction = instructionTo("pause");
        instruction.checker = wallet;
    }

    function grant(bytes32 role, address account) private {
        vm.prank(admin);
        book.scheduleRoleGrant(role, account);
        uint256 start_s = book.roleGrantableFrom(role, account) - GRANT_DELAY_S;
        vm.warp(start_s + GRANT_DELAY_S);
        vm.prank(admin);
        book.grantRole(role, account);
        vm.warp(start_s);
    }

    function badSignature(IControlBook.Instruction memory instruction, IControlBook.Line[] memory lines)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = book.hashInstruction(instruction, lines);
        return
            abi.encodeWithSelector(IControlBook.InvalidCheckerSignature.selector, instruction.checker, digest);
    }

    function unauthorised(address account, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }
}
