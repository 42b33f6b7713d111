// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IControlBook: four eyes over every privileged operation
/// @notice A maker sends what a different checker has signed (EIP-712). A reference is used once, for ever,
/// so that whoever lost a database cannot issue twice.
interface IControlBook {
    /// @notice What is to be done, and by whose authority.
    /// @param ref one-time reference, chosen off chain from the idempotency key
    /// @param instrument the AssetToken it acts on; for `license-venue` a Settlement
    /// @param operation its name in words, as a signing wallet shows it
    /// @param maker who sends it
    /// @param checker who signs it; an account or an ERC-1271 wallet
    /// @param notAfter last second at which it may be executed
    /// @param order hash of the order or document behind it; zero where none is needed
    /// @param text where a document is; empty for every other operation
    struct Instruction {
        bytes32 ref;
        address instrument;
        string operation;
        address maker;
        address checker;
        uint48 notAfter;
        bytes32 order;
        string text;
    }

    /// @notice One line of an instruction. Which fields an operation reads is listed at `execute`; the others are zero.
    struct Line {
        address from;
        address to;
        uint256 amount;
        uint256 detail;
    }

    /// @notice An instruction was carried out. Emitted before the events of the instrument: its effects are among
    /// those that follow in the transaction, up to the next one; `lines` says how many lines it had.
    event InstructionExecuted(
        bytes32 indexed ref,
        address indexed instrument,
        address indexed maker,
        address checker,
        string operation,
        uint256 lines,
        bytes32 digest,
        bytes32 order
    );

    /// @notice The reference has carried out an instruction already; `digest` is its hash.
    error ReferenceUsed(bytes32 ref, bytes32 digest);

    /// @notice The instruction was to be executed by `notAfter`.
    error InstructionExpired(bytes32 ref, uint48 notAfter);

    /// @notice The sender is not the maker that the instruction names.
    error NotTheMaker(address sender, address maker);

    /// @notice The maker may not be the checker as well.
    error MakerIsChecker(address maker);

    /// @notice The checker did not sign exactly this instruction and these lines.
    error InvalidCheckerSignature(address checker, bytes32 digest);

    /// @notice The operation is not one of those listed at `execute`.
    error UnknownOperation(string operation);

    /// @notice An instruction without lines, where its operation needs some.
    error NoLines(bytes32 ref);

    /// @notice An instruction with lines, where its operation reads none: the checker would sign what has no effect.
    error UnexpectedLines(bytes32 ref);

    /// @notice An enforcement operation needs the hash of its order.
    error OrderRequired(bytes32 ref);

    /// @notice The `detail` of a line, or an `amount` that is a setting, does not fit its operation.
    error InvalidDetail(uint256 line, uint256 detail);

    /// @notice A line has a value that its operation does not read: the checker would sign what has no effect.
    error UnusedField(uint256 line);

    /// @notice An instruction with a text, where its operation reads none.
    error UnexpectedText(bytes32 ref);

    /// @notice Carries out an instruction, whole or not at all.
    /// @dev Role: the sender holds MAKER_ROLE, the checker CHECKER_ROLE. Emits InstructionExecuted.
    ///
    ///   operation             reads of each line
    ///   activate              amount = isin << 72 | dti, detail = domicile; order = hash of the filing, or zero
    ///   admit                 to, detail = validUntilDay << 24 | investorClass << 16 | country
    ///   suspend               from
    ///   reinstate             from
    ///   set-lock-up           from, amount, detail = until; zeros end it
    ///   issue                 to, amount
    ///   redeem                from, amount
    ///   transfer              from, to, amount: within what `from` has approved to this book, under all rules
    ///   freeze                from, amount                       (order required)
    ///   release               from, amount                       (order required)
    ///   freeze-account        from                               (order required)
    ///   release-account       from                               (order required)
    ///   force-transfer        from, to, amount                   (order required)
    ///   recover               from = lost wallet, to = new one   (order required)
    ///   pause, unpause        nothing, no lines
    ///   set-rules             amount = maximum balance, detail = closesAt << 104 | opensAt << 64 | holderCap << 32
    ///                         | countriesRestricted << 16 | classMask
    ///   set-country           amount = 1 allow, 0 disallow; detail = country
    ///   set-document          amount = name, detail = hash; the text is where it is
    ///   remove-document       amount = name
    ///   schedule-record-date  detail = seconds since 1970
    ///   cancel-record-date    detail = number of the record date
    ///   license-venue         to = venue, detail = last valid second; the instrument is a Settlement
    ///
    /// Reverts with the errors of this interface and those of the instrument, and with OpenZeppelin's
    /// AccessControlUnauthorizedAccount, SafeERC20FailedOperation and ReentrancyGuardReentrantCall. What was signed
    /// cannot be withdrawn: it holds until `notAfter`, or until maker or checker lose their role.
    function execute(Instruction calldata instruction, Line[] calldata lines, bytes calldata checkerSignature)
        external;

    /// @notice The hash of the instruction that used `ref`, or zero where it is free.
    function digestOf(bytes32 ref) external view returns (bytes32);

    /// @notice The EIP-712 hash that the checker signs.
    function hashInstruction(Instruction calldata instruction, Line[] calldata lines)
        external
        view
        returns (bytes32);
}
