// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAssetToken} from "./interfaces/IAssetToken.sol";
import {IControlBook} from "./interfaces/IControlBook.sol";

/// @title ControlBook: four eyes over every privileged operation of the instruments it governs
contract ControlBook is AccessControlDefaultAdminRules, EIP712, ReentrancyGuardTransient, IControlBook {
    using SafeERC20 for IERC20;

    /// @notice Who may send instructions.
    bytes32 public constant MAKER_ROLE = keccak256("MAKER_ROLE");
    /// @notice Who may sign them.
    bytes32 public constant CHECKER_ROLE = keccak256("CHECKER_ROLE");

    bytes32 private constant LINE_TYPEHASH =
        keccak256("Line(address from,address to,uint256 amount,uint256 detail)");
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        "Instruction(bytes32 ref,address instrument,string operation,address maker,address checker,"
        "uint48 notAfter,bytes32 order,Line[] lines)Line(address from,address to,uint256 amount,uint256 detail)"
    );

    bytes32 private constant ADMIT = keccak256("admit");
    bytes32 private constant SUSPEND = keccak256("suspend");
    bytes32 private constant REINSTATE = keccak256("reinstate");
    bytes32 private constant ISSUE = keccak256("issue");
    bytes32 private constant REDEEM = keccak256("redeem");
    bytes32 private constant TRANSFER = keccak256("transfer");
    bytes32 private constant FREEZE = keccak256("freeze");
    bytes32 private constant RELEASE = keccak256("release");
    bytes32 private constant FREEZE_ACCOUNT = keccak256("freeze-account");
    bytes32 private constant RELEASE_ACCOUNT = keccak256("release-account");
    bytes32 private constant FORCE_TRANSFER = keccak256("force-transfer");
    bytes32 private constant PAUSE = keccak256("pause");
    bytes32 private constant UNPAUSE = keccak256("unpause");
    bytes32 private constant SET_RULES = keccak256("set-rules");
    bytes32 private constant SET_COUNTRY = keccak256("set-country");

    /// @inheritdoc IControlBook
    mapping(bytes32 ref => bytes32) public digestOf;

    /// @param admin who may appoint and dismiss makers and checkers
    /// @param adminDelay_s seconds before a hand-over of that office can be accepted
    /// @param makers who may send instructions
    /// @param checkers who may sign them
    constructor(address admin, uint48 adminDelay_s, address[] memory makers, address[] memory checkers)
        AccessControlDefaultAdminRules(adminDelay_s, admin)
        EIP712("rwaledger ControlBook", "1")
    {
        for (uint256 i = 0; i < makers.length; ++i) {
            _grantRole(MAKER_ROLE, makers[i]);
        }
        for (uint256 i = 0; i < checkers.length; ++i) {
            _grantRole(CHECKER_ROLE, checkers[i]);
        }
    }

    /// @inheritdoc IControlBook
    function execute(Instruction calldata instruction, Line[] calldata lines, bytes calldata checkerSignature)
        external
        nonReentrant
        onlyRole(MAKER_ROLE)
    {
        bytes32 digest = hashInstruction(instruction, lines);
        _authorise(instruction, digest, checkerSignature);
        digestOf[instruction.ref] = digest;
        emit InstructionExecuted(
            instruction.ref,
            instruction.instrument,
            instruction.maker,
            instruction.checker,
            instruction.operation,
            lines.length,
            digest,
            instruction.order
        );
        _perform(instruction, lines);
    }

    /// @inheritdoc IControlBook
    function hashInstruction(Instruction calldata instruction, Line[] calldata lines)
        public
        view
        returns (bytes32)
    {
        bytes32[] memory lineHashes = new bytes32[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            lineHashes[i] = keccak256(abi.encode(LINE_TYPEHASH, lines[i]));
        }
        bytes32 structHash = keccak256(
            abi.encode(
                INSTRUCTION_TYPEHASH,
                instruction.ref,
                instruction.instrument,
                keccak256(bytes(instruction.operation)),
                instruction.maker,
                instruction.checker,
                instruction.notAfter,
                instruction.order,
                keccak256(abi.encodePacked(lineHashes))
            )
        );
        return _hashTypedDataV4(structHash);
    }

    function _authorise(Instruction calldata instruction, bytes32 digest, bytes calldata signature)
        private
        view
    {
        bytes32 used = digestOf[instruction.ref];
        require(used == 0, ReferenceUsed(instruction.ref, used));
        require(
            block.timestamp <= instruction.notAfter, InstructionExpired(instruction.ref, instruction.notAfter)
        );
        require(msg.sender == instruction.maker, NotTheMaker(msg.sender, instruction.maker));
        require(instruction.checker != instruction.maker, MakerIsChecker(instruction.maker));
        _checkRole(CHECKER_ROLE, instruction.checker);
        require(
            SignatureChecker.isValidSignatureNow(instruction.checker, digest, signature),
            InvalidCheckerSignature(instruction.checker, digest)
        );
    }

    function _perform(Instruction calldata instruction, Line[] calldata lines) private {
        IAssetToken token = IAssetToken(instruction.instrument);
        bytes32 operation = keccak256(bytes(instruction.operation));
        if (operation == PAUSE || operation == UNPAUSE) {
            require(lines.length == 0, UnexpectedLines(instruction.ref));
            return operation == PAUSE ? token.pause() : token.unpause();
        }

        require(lines.length != 0, NoLines(instruction.ref));
        if (operation == ADMIT) return _admit(token, lines);
        if (operation == ISSUE) return _issue(token, lines);
        if (_isEnforcement(operation)) require(instruction.order != 0, OrderRequired(instruction.ref));
        for (uint256 i = 0; i < lines.length; ++i) {
            require(_performLine(token, operation, i, lines[i]), UnknownOperation(instruction.operation));
        }
    }

    function _admit(IAssetToken token, Line[] calldata lines) private {
        IAssetToken.Admission[] memory admissions = new IAssetToken.Admission[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            uint256 detail = lines[i].detail;
            require(detail >> 40 == 0, InvalidDetail(i, detail));
            admissions[i] =
                IAssetToken.Admission(lines[i].to, uint16(detail), uint8(detail >> 16), uint16(detail >> 24));
        }
        token.admit(admissions);
    }

    function _issue(IAssetToken token, Line[] calldata lines) private {
        address[] memory to = new address[](lines.length);
        uint256[] memory amounts = new uint256[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            to[i] = lines[i].to;
            amounts[i] = lines[i].amount;
        }
        token.batchMint(to, amounts);
    }

    function _isEnforcement(bytes32 operation) private pure returns (bool) {
        return operation == FREEZE || operation == RELEASE || operation == FREEZE_ACCOUNT
            || operation == RELEASE_ACCOUNT || operation == FORCE_TRANSFER;
    }

    /// @return known false where no operation of that name acts line by line
    function _performLine(IAssetToken token, bytes32 operation, uint256 index, Line calldata line)
        private
        returns (bool known)
    {
        if (operation == REDEEM) token.burn(line.from, line.amount);
        else if (operation == TRANSFER) IERC20(token).safeTransferFrom(line.from, line.to, line.amount);
        else if (operation == SUSPEND) token.setSuspended(line.from, true);
        else if (operation == REINSTATE) token.setSuspended(line.from, false);
        else if (operation == FREEZE) token.freezePartialTokens(line.from, line.amount);
        else if (operation == RELEASE) token.unfreezePartialTokens(line.from, line.amount);
        else if (operation == FREEZE_ACCOUNT) token.setAddressFrozen(line.from, true);
        else if (operation == RELEASE_ACCOUNT) token.setAddressFrozen(line.from, false);
        else if (operation == FORCE_TRANSFER) token.forcedTransfer(line.from, line.to, line.amount);
        else if (operation == SET_RULES) token.setRules(_rules(index, line));
        else if (operation == SET_COUNTRY) _setCountry(token, index, line);
        else return false;
        return true;
    }

    function _rules(uint256 index, Line calldata line) private pure returns (IAssetToken.Rules memory) {
        require(line.detail >> 17 == 0 && line.amount <= type(uint96).max, InvalidDetail(index, line.detail));
        return IAssetToken.Rules(uint96(line.amount), uint16(line.detail), line.detail >> 16 == 1);
    }

    function _setCountry(IAssetToken token, uint256 index, Line calldata line) private {
        require(line.detail <= type(uint16).max && line.amount <= 1, InvalidDetail(index, line.detail));
        token.setCountryAllowed(uint16(line.detail), line.amount == 1);
    }
}
