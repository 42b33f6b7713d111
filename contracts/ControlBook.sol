// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {DelayedRoles} from "./access/DelayedRoles.sol";
import {IAssetToken} from "./interfaces/IAssetToken.sol";
import {IControlBook} from "./interfaces/IControlBook.sol";
import {IRegister} from "./interfaces/IRegister.sol";
import {IRulebook} from "./interfaces/IRulebook.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";

/// @title ControlBook: four eyes over every privileged operation of the instruments it governs
contract ControlBook is DelayedRoles, EIP712, ReentrancyGuardTransient, IControlBook {
    using SafeERC20 for IERC20;

    /// @notice Who may send instructions.
    bytes32 public constant MAKER_ROLE = keccak256("MAKER_ROLE");
    /// @notice Who may sign them.
    bytes32 public constant CHECKER_ROLE = keccak256("CHECKER_ROLE");

    bytes32 private constant LINE_TYPEHASH =
        keccak256("Line(address from,address to,uint256 amount,uint256 detail)");
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        "Instruction(bytes32 ref,address instrument,string operation,address maker,address checker,"
        "uint48 notAfter,bytes32 order,string text,Line[] lines)Line(address from,address to,uint256 amount,uint256 detail)"
    );

    bytes32 private constant ACTIVATE = keccak256("activate");
    bytes32 private constant ADMIT = keccak256("admit");
    bytes32 private constant SUSPEND = keccak256("suspend");
    bytes32 private constant REINSTATE = keccak256("reinstate");
    bytes32 private constant SET_LOCK_UP = keccak256("set-lock-up");
    bytes32 private constant ISSUE = keccak256("issue");
    bytes32 private constant REDEEM = keccak256("redeem");
    bytes32 private constant TRANSFER = keccak256("transfer");
    bytes32 private constant FREEZE = keccak256("freeze");
    bytes32 private constant RELEASE = keccak256("release");
    bytes32 private constant FREEZE_ACCOUNT = keccak256("freeze-account");
    bytes32 private constant RELEASE_ACCOUNT = keccak256("release-account");
    bytes32 private constant FORCE_TRANSFER = keccak256("force-transfer");
    bytes32 private constant RECOVER = keccak256("recover");
    bytes32 private constant PAUSE = keccak256("pause");
    bytes32 private constant UNPAUSE = keccak256("unpause");
    bytes32 private constant SET_RULES = keccak256("set-rules");
    bytes32 private constant SET_COUNTRY = keccak256("set-country");
    bytes32 private constant SET_DOCUMENT = keccak256("set-document");
    bytes32 private constant REMOVE_DOCUMENT = keccak256("remove-document");
    bytes32 private constant SCHEDULE_RECORD_DATE = keccak256("schedule-record-date");
    bytes32 private constant CANCEL_RECORD_DATE = keccak256("cancel-record-date");
    bytes32 private constant LICENSE_VENUE = keccak256("license-venue");

    /// @dev The fields of a line, as bits.
    uint256 private constant FROM = 1;
    uint256 private constant TO = 2;
    uint256 private constant AMOUNT = 4;
    uint256 private constant DETAIL = 8;

    /// @inheritdoc IControlBook
    mapping(bytes32 ref => bytes32) public digestOf;

    /// @param admin who may appoint and dismiss makers and checkers
    /// @param grantDelay_s seconds between scheduling an appointment and carrying it out
    /// @param makers who may send instructions
    /// @param checkers who may sign them
    constructor(address admin, uint48 grantDelay_s, address[] memory makers, address[] memory checkers)
        DelayedRoles(admin, grantDelay_s)
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
                keccak256(bytes(instruction.text)),
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
        require(
            operation == SET_DOCUMENT || bytes(instruction.text).length == 0, UnexpectedText(instruction.ref)
        );
        if (operation == PAUSE || operation == UNPAUSE) {
            require(lines.length == 0, UnexpectedLines(instruction.ref));
            return operation == PAUSE ? token.pause() : token.unpause();
        }

        _requireFields(instruction, operation, lines);
        if (operation == ADMIT) return _admit(token, lines);
        if (operation == ISSUE) return _issue(token, lines);
        for (uint256 i = 0; i < lines.length; ++i) {
            _performLine(instruction, operation, i, lines[i]);
        }
    }

    /// @dev A line says nothing that is not done: what its operation does not read is zero.
    function _requireFields(Instruction calldata instruction, bytes32 operation, Line[] calldata lines)
        private
        pure
    {
        uint256 fields = _fieldsOf(operation);
        require(fields != 0, UnknownOperation(instruction.operation));
        require(lines.length != 0, NoLines(instruction.ref));
        require(!_isEnforcement(operation) || instruction.order != 0, OrderRequired(instruction.ref));
        for (uint256 i = 0; i < lines.length; ++i) {
            Line calldata line = lines[i];
            bool unused = (fields & FROM == 0 && line.from != address(0))
                || (fields & TO == 0 && line.to != address(0)) || (fields & AMOUNT == 0 && line.amount != 0)
                || (fields & DETAIL == 0 && line.detail != 0);
            require(!unused, UnusedField(i));
        }
    }

    /// @return fields that the operation reads of a line; none where there is no operation of that name
    function _fieldsOf(bytes32 operation) private pure returns (uint256 fields) {
        if (operation == ISSUE) return TO | AMOUNT;
        if (operation == ADMIT || operation == LICENSE_VENUE) return TO | DETAIL;
        if (operation == REDEEM || operation == FREEZE || operation == RELEASE) return FROM | AMOUNT;
        if (operation == TRANSFER || operation == FORCE_TRANSFER) return FROM | TO | AMOUNT;
        if (operation == SUSPEND || operation == REINSTATE) return FROM;
        if (operation == FREEZE_ACCOUNT || operation == RELEASE_ACCOUNT) return FROM;
        if (operation == RECOVER) return FROM | TO;
        if (operation == SET_LOCK_UP) return FROM | AMOUNT | DETAIL;
        if (operation == ACTIVATE || operation == SET_RULES) return AMOUNT | DETAIL;
        if (operation == SET_COUNTRY || operation == SET_DOCUMENT) return AMOUNT | DETAIL;
        if (operation == REMOVE_DOCUMENT) return AMOUNT;
        if (operation == SCHEDULE_RECORD_DATE || operation == CANCEL_RECORD_DATE) return DETAIL;
    }

    function _isEnforcement(bytes32 operation) private pure returns (bool) {
        return operation == FREEZE || operation == RELEASE || operation == FREEZE_ACCOUNT
            || operation == RELEASE_ACCOUNT || operation == FORCE_TRANSFER || operation == RECOVER;
    }

    function _admit(IAssetToken token, Line[] calldata lines) private {
        IRegister.Admission[] memory admissions = new IRegister.Admission[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            uint256 detail = lines[i].detail;
            require(detail >> 40 == 0, InvalidDetail(i, detail));
            admissions[i] =
                IRegister.Admission(lines[i].to, uint16(detail), uint8(detail >> 16), uint16(detail >> 24));
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

    function _performLine(
        Instruction calldata instruction,
        bytes32 operation,
        uint256 index,
        Line calldata line
    ) private {
        IAssetToken token = IAssetToken(instruction.instrument);
        if (operation == REDEEM) token.burn(line.from, line.amount);
        // Only what `from` has approved to this book, and under four eyes.
        // slither-disable-next-line arbitrary-send-erc20
        else if (operation == TRANSFER) IERC20(token).safeTransferFrom(line.from, line.to, line.amount);
        else if (operation == SUSPEND) token.setSuspended(line.from, true);
        else if (operation == REINSTATE) token.setSuspended(line.from, false);
        else if (operation == FREEZE) token.freezePartialTokens(line.from, line.amount);
        else if (operation == RELEASE) token.unfreezePartialTokens(line.from, line.amount);
        else if (operation == FREEZE_ACCOUNT) token.setAddressFrozen(line.from, true);
        else if (operation == RELEASE_ACCOUNT) token.setAddressFrozen(line.from, false);
        // The token says true, or reverts.
        // slither-disable-next-line unused-return
        else if (operation == FORCE_TRANSFER) token.forcedTransfer(line.from, line.to, line.amount);
        // slither-disable-next-line unused-return
        else if (operation == RECOVER) token.recoveryAddress(line.from, line.to, address(0));
        else if (operation == REMOVE_DOCUMENT) token.removeDocument(bytes32(line.amount));
        else _performSetting(instruction, operation, index, line);
    }

    /// @dev The operations whose line carries packed values.
    function _performSetting(
        Instruction calldata instruction,
        bytes32 operation,
        uint256 index,
        Line calldata line
    ) private {
        IAssetToken token = IAssetToken(instruction.instrument);
        uint256 detail = line.detail;
        if (operation == ACTIVATE) {
            token.activate(_particulars(index, line, instruction.order));
        } else if (operation == SET_RULES) {
            token.setRules(_rules(index, line));
        } else if (operation == SET_COUNTRY) {
            require(line.amount <= 1, InvalidDetail(index, line.amount));
            token.setCountryAllowed(uint16(_within(index, detail, type(uint16).max)), line.amount == 1);
        } else if (operation == SET_DOCUMENT) {
            token.setDocument(bytes32(line.amount), instruction.text, bytes32(detail));
        } else if (operation == SET_LOCK_UP) {
            uint256 amount = _within(index, line.amount, type(uint96).max);
            token.setLockUp(line.from, uint96(amount), uint40(_within(index, detail, type(uint40).max)));
        } else if (operation == SCHEDULE_RECORD_DATE) {
            // The number is in the token's event.
            // slither-disable-next-line unused-return
            token.scheduleRecordDate(uint40(_within(index, detail, type(uint40).max)));
        } else if (operation == CANCEL_RECORD_DATE) {
            token.cancelRecordDate(uint16(_within(index, detail, type(uint16).max)));
        } else {
            uint48 validUntil = uint48(_within(index, detail, type(uint48).max));
            ISettlement(instruction.instrument).setVenue(line.to, validUntil);
        }
    }

    function _particulars(uint256 index, Line calldata line, bytes32 filing)
        private
        pure
        returns (IAssetToken.Particulars memory)
    {
        require(line.amount >> 168 == 0, InvalidDetail(index, line.amount));
        uint16 domicile = uint16(_within(index, line.detail, type(uint16).max));
        return IAssetToken.Particulars(
            bytes12(uint96(line.amount >> 72)), bytes9(uint72(line.amount)), domicile, filing
        );
    }

    function _rules(uint256 index, Line calldata line) private pure returns (IRulebook.Rules memory) {
        uint256 detail = line.detail;
        // Bits 17 to 31 are nothing.
        require(detail >> 144 == 0 && (detail >> 17) & 0x7fff == 0, InvalidDetail(index, detail));
        return IRulebook.Rules({
            maxBalance: uint96(_within(index, line.amount, type(uint96).max)),
            holderCap: uint32(detail >> 32),
            opensAt: uint40(detail >> 64),
            closesAt: uint40(detail >> 104),
            classMask: uint16(detail),
            countriesRestricted: (detail >> 16) & 1 == 1
        });
    }

    /// @dev What would be cut off is refused: it is not what the checker signed.
    function _within(uint256 index, uint256 value, uint256 limit) private pure returns (uint256) {
        require(value <= limit, InvalidDetail(index, value));
        return value;
    }
}
