"""Approval without a connection: instructions as a file that goes to the checker, and comes back signed.

The file is canonical JSON (RFC 8785). Numbers that may pass 2^53 are decimal text. What is signed is `typed_data`;
`labels`, the words for its addresses, are the claim of whoever wrote the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import rfc8785

from rwaledger.chain import typed_data
from rwaledger.domain.errors import AuthorisationError, InputFileError, InputProblem, UsageError
from rwaledger.domain.instruction import Instruction, Line, Operation
from rwaledger.domain.units import DECIMALS_MAX
from rwaledger.operate.review import Label, Labels
from rwaledger.operate.words import line_words
from rwaledger.registry.instructions import StoredInstruction

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

FORMAT = "rwaledger instructions"
VERSION = 1
_ADDRESS = re.compile("0x[0-9a-f]{40}")
_WORD = re.compile("0x[0-9a-f]{64}")
_UINT48 = 2**48


@dataclass(frozen=True, slots=True)
class Travelling:
    """An instruction of a file, with its digest recomputed, and its signature where it has one."""

    instruction: Instruction
    digest: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class Paper:
    """What the file says: the key and source that it claims, the words for addresses, and the instructions."""

    key: str
    source: str
    labels: Labels
    instructions: tuple[Travelling, ...]

    def to_json(self) -> bytes:
        """The file's content."""
        instruments = {
            address: {"id": each.instrument_id, "symbol": each.symbol, "decimals": each.decimals}
            for address, each in self.labels.instruments.items()
        }
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "key": self.key,
            "source": self.source,
            "labels": {"instruments": instruments, "holders": dict(self.labels.holders)},
            "instructions": [
                {
                    "digest": each.digest,
                    "signature": each.signature,
                    "instrument_id": each.instruction.instrument_id,
                    "typed_data": _portable(each.instruction),
                }
                for each in self.instructions
            ],
        }
        return rfc8785.dumps(document) + b"\n"


def write_paper(selected: Sequence[StoredInstruction], labels: Labels) -> Paper:
    """The file of instructions that wait for a signature.

    Raises:
        UsageError: none does.
    """
    if not selected:
        raise UsageError("there is nothing to sign", "See `rwaledger instruction list`.")
    papers = tuple(Travelling(each.instruction, each.digest, None) for each in selected)
    keys = ", ".join(dict.fromkeys(each.idempotency_key for each in selected))
    return Paper(keys, selected[0].source, labels, papers)


def read_paper(path: Path) -> Paper:
    """Reads a file, and recomputes every digest from what it says.

    Raises:
        InputFileError: it is no such file, or of another version.
        AuthorisationError: it was altered: a digest is not that of its instruction.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _problem(path, f"is no file of instructions: {error}") from None
    if (document.format, document.version) != (FORMAT, VERSION):
        raise _problem(path, f"is {document.format!r} version {document.version}, not {FORMAT!r} version {VERSION}")
    if not document.instructions:
        raise _problem(path, "has no instructions")
    found = document.labels.instruments
    labels = Labels(
        {address: Label(each.id, each.symbol, each.decimals) for address, each in found.items()},
        document.labels.holders,
    )
    papers = tuple(_travelling(path, each) for each in document.instructions)
    return Paper(document.key, document.source, labels, papers)


def sign_paper(paper: Paper, checker: Signer) -> Paper:
    """The same with the checker's signature under each instruction.

    Raises:
        AuthorisationError: the key is not that of the checker whom every instruction names.
    """
    if any(each.instruction.checker != checker.address for each in paper.instructions):
        raise AuthorisationError("the key is not that of the checker", "Name the right keystore (setting checker).")
    signed = (
        replace(each, signature=checker.sign_typed_data(*typed_data.hashes(each.instruction)))
        for each in paper.instructions
    )
    return replace(paper, instructions=tuple(signed))


def _portable(instruction: Instruction) -> dict[str, Any]:
    """The EIP-712 message as the file has it: amounts as decimal text, which no reader of JSON rounds."""
    message = typed_data.typed_message(instruction)
    lines = [
        {**line, "amount": str(line["amount"]), "detail": str(line["detail"])} for line in message["message"]["lines"]
    ]
    return {**message, "message": {**message["message"], "lines": lines}}


class _Label(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    symbol: str
    decimals: Annotated[int, msgspec.Meta(ge=0, le=DECIMALS_MAX)]


class _Labels(msgspec.Struct, forbid_unknown_fields=True):
    instruments: dict[str, _Label]
    holders: dict[str, str]


class _TypedData(msgspec.Struct, forbid_unknown_fields=True):
    """As deep as it may be: the reader of JSON does not survive a file that is nested without end."""

    types: dict[str, list[dict[str, str]]]
    primary_type: str = msgspec.field(name="primaryType")
    domain: dict[str, str | int]
    message: dict[str, str | int | list[dict[str, str]]]


class _Instruction(msgspec.Struct, forbid_unknown_fields=True):
    digest: str
    signature: str | None
    instrument_id: str
    typed_data: _TypedData


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    key: str
    source: str
    labels: _Labels
    instructions: list[_Instruction]


def _travelling(path: Path, each: _Instruction) -> Travelling:
    try:
        typed = msgspec.to_builtins(each.typed_data)
        instruction = _instruction(typed, each.instrument_id)
        _require_plain(instruction)
        digest = typed_data.digest(instruction)
        is_same = _portable(instruction) == typed
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise _problem(path, f"has an instruction that is none ({type(error).__name__}: {error})") from None
    if not is_same or digest != each.digest:
        raise AuthorisationError(
            f"{path} was altered: the digest of instruction {instruction.ref} is not that of what it says;"
            " nothing was signed",
            "Ask for the file anew, and find out who changed it.",
        )
    return Travelling(instruction, digest, each.signature)


def _instruction(typed: Mapping[str, Any], instrument_id: str) -> Instruction:
    domain, message = typed["domain"], typed["message"]
    lines = tuple(Line(line["from"], line["to"], int(line["amount"]), int(line["detail"])) for line in message["lines"])
    return Instruction(
        ref=message["ref"],
        chain_id=domain["chainId"],
        control_book=domain["verifyingContract"],
        instrument_id=instrument_id,
        instrument=message["instrument"],
        operation=Operation(message["operation"]),
        maker=message["maker"],
        checker=message["checker"],
        not_after=message["notAfter"],
        order=message["order"],
        lines=lines,
        text=message["text"],
    )


def _require_plain(instruction: Instruction) -> None:
    """One spelling for each value, so that what is shown is what is hashed.

    Raises:
        ValueError: another spelling, or no value of its type.
    """
    parties = (instruction.control_book, instruction.instrument, instruction.maker, instruction.checker)
    addresses = [*parties, *(a for line in instruction.lines for a in (line.sender, line.recipient))]
    if not all(_ADDRESS.fullmatch(address) for address in addresses):
        raise ValueError("an address is not 0x and 40 lower-case hex digits")
    if not all(_WORD.fullmatch(value) for value in (instruction.ref, instruction.order)):
        raise ValueError("a reference or order is not 0x and 64 lower-case hex digits")
    if not 0 <= instruction.not_after < _UINT48:
        raise ValueError("the expiry is no uint48")
    for line in instruction.lines:
        line_words(instruction.operation, line, instruction.order, instruction.text, 0)  # what has no words is refused


def _problem(path: Path, message: str) -> InputFileError:
    return InputFileError([InputProblem(path, 0, message)])
