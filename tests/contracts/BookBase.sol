// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IControlBook} from "../../contracts/interfaces/IControlBook.sol";
import {Base} from "./Base.sol";
import {IBook} from "./IBook.sol";
import {IToken} from "./IToken.sol";

/// @notice A token whose every operating role a control book holds, and the two people of that book.
abstract contract BookBase is Base {
    bytes32 internal constant ORDER = keccak256("HCMP 17/2026");

    IBook internal book;
    IToken internal token;
    uint256 private _refs;

    function setUp() public virtual {
        vm.warp(NOON_S);
        book = IBook(address(deployBook()));
        token = deployToken(address(book));
        perform("activate", one(address(0), address(0), particularsPacked(), HONG_KONG));
    }

    function particularsPacked() internal pure returns (uint256) {
        return uint256(uint96(ISIN)) << 72 | uint256(uint72(DTI));
    }

    /// @dev A new instruction of the maker to the checker, good for an hour, with an order behind it.
    function instructionTo(string memory operation) internal returns (IControlBook.Instruction memory) {
        return IControlBook.Instruction({
            ref: keccak256(abi.encode("ref", ++_refs)),
            instrument: address(token),
            operation: operation,
            maker: maker,
            checker: checker,
            notAfter: uint48(block.timestamp + 1 hours),
            order: ORDER,
            text: ""
        });
    }

    function execute(IControlBook.Instruction memory instruction, IControlBook.Line[] memory lines) internal {
        bytes memory signature = signed(instruction, lines);
        vm.prank(maker);
        book.execute(instruction, lines, signature);
    }

    function perform(string memory operation, IControlBook.Line[] memory lines) internal {
        execute(instructionTo(operation), lines);
    }

    function signed(IControlBook.Instruction memory instruction, IControlBook.Line[] memory lines)
        internal
        view
        returns (bytes memory)
    {
        return sign(CHECKER_KEY, book.hashInstruction(instruction, lines));
    }

    /// @dev Nothing of it may have happened: the reference is still free.
    function refuses(
        IControlBook.Instruction memory instruction,
        IControlBook.Line[] memory lines,
        bytes memory signature,
        bytes memory refusal
    ) internal {
        vm.prank(maker);
        vm.expectRevert(refusal);
        book.execute(instruction, lines, signature);
        vm.assertEq(book.digestOf(instruction.ref), bytes32(0), "the reference of a refused instruction");
    }

    function refuses(
        IControlBook.Instruction memory instruction,
        IControlBook.Line[] memory lines,
        bytes memory refusal
    ) internal {
        refuses(instruction, lines, signed(instruction, lines), refusal);
    }

    function expectExecuted(IControlBook.Instruction memory instruction, IControlBook.Line[] memory lines)
        internal
    {
        bytes32 digest = book.hashInstruction(instruction, lines);
        vm.expectEmit(address(book));
        emit IControlBook.InstructionExecuted(
            instruction.ref,
            instruction.instrument,
            instruction.maker,
            instruction.checker,
            instruction.operation,
            lines.length,
            digest,
            instruction.order
        );
    }

    // ---------------------------------------------------------------- lines

    function none() internal pure returns (IControlBook.Line[] memory) {
        return new IControlBook.Line[](0);
    }

    function one(address from, address to, uint256 amount, uint256 detail)
        internal
        pure
        returns (IControlBook.Line[] memory lines)
    {
        lines = new IControlBook.Line[](1);
        lines[0] = IControlBook.Line(from, to, amount, detail);
    }

    function two(IControlBook.Line memory first, IControlBook.Line memory second)
        internal
        pure
        returns (IControlBook.Line[] memory lines)
    {
        lines = new IControlBook.Line[](2);
        (lines[0], lines[1]) = (first, second);
    }

    function admissionOf(address account) internal pure returns (IControlBook.Line memory) {
        return IControlBook.Line(address(0), account, 0, detailOf(HONG_KONG, PROFESSIONAL, VALID_UNTIL));
    }

    function detailOf(uint16 country, uint8 investorClass, uint16 validUntilDay)
        internal
        pure
        returns (uint256)
    {
        return uint256(validUntilDay) << 24 | uint256(investorClass) << 16 | country;
    }

    function issueTo(address account, uint256 amount) internal pure returns (IControlBook.Line[] memory) {
        return one(address(0), account, amount, 0);
    }

    /// @dev Admits alice and bob and issues 1,000 units to alice.
    function admitAndIssue() internal {
        perform("admit", two(admissionOf(alice), admissionOf(bob)));
        perform("issue", issueTo(alice, 1_000));
    }
}
