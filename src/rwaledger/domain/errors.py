"""Every error a user can meet, in one tree; each class composes its own message and carries its exit code.

RwaledgerError                     1  failed
├── UsageError                     2  wrong command line, settings or input
│   ├── SettingsError
│   ├── InputFileError                with one InputProblem (file:line) for every bad row
│   └── UnknownName                   an instrument, holder, account or instruction that is not there
├── AuthorisationError             4  key, role or signature
│   └── KeystoreError
├── UnreachableError               5  node or database does not answer
│   ├── NodeUnreachable
│   └── DatabaseUnreachable
├── IdempotencyConflict            6  same key, other content
├── NodeError                      1  the node answered with an error
├── MalformedLog                   1  an event of ours whose contents are not what its ABI says
├── ContractRevert                 1  a contract refused, decoded
│   └── TransferRefused               with the Restriction that a rule gave
├── ChainMismatch                  1  another chain, genesis or code than the register knows
├── RegisterConflict               1  the register cannot take what the chain says
├── SchemaMismatch                 1  the database has older or newer tables than this version, or none
└── TransactionFailed              1  sent, and not successful
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rwaledger.domain.restriction import Restriction

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_BREAKS = 3
EXIT_AUTHORISATION = 4
EXIT_UNREACHABLE = 5
EXIT_CONFLICT = 6
EXIT_INTERRUPTED = 130


class RwaledgerError(Exception):
    """Something a user has to know: what was wrong, where, and in `next_step` what to do about it."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n  {self.next_step}" if self.next_step else self.message


class UsageError(RwaledgerError):
    """The command line, the settings or the input are wrong; nothing was done."""

    exit_code = EXIT_USAGE


class SettingsError(UsageError):
    """A setting is unknown, missing or malformed."""


class UnknownName(UsageError):
    """A name that the register does not know."""

    def __init__(self, kind: str, name: str, next_step: str) -> None:
        super().__init__(f"no {kind} called {name!r}", next_step)
        self.kind = kind
        self.name = name


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One thing wrong in an input file; `line` counts from 1 and is 0 where the whole file is meant."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {self.message}"


class InputFileError(UsageError):
    """An input file has bad rows. All of them are listed; nothing was sent."""

    def __init__(self, problems: list[InputProblem]) -> None:
        count = len(problems)
        listing = "\n".join(str(problem) for problem in problems)
        super().__init__(
            f"{listing}\n{count} problem{'s' if count != 1 else ''}; nothing was sent",
            "Correct the file and run the same command again.",
        )
        self.problems = problems


class AuthorisationError(RwaledgerError):
    """A key, a role or a signature is missing or wrong."""

    exit_code = EXIT_AUTHORISATION


class KeystoreError(AuthorisationError):
    """A keystore is not there, or does not open."""


class UnreachableError(RwaledgerError):
    """Node or database does not answer."""

    exit_code = EXIT_UNREACHABLE


class NodeUnreachable(UnreachableError):
    """No answer from the node."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no answer from the node at {url}: {reason}",
            "Start it (`rwaledger node start`), or set rpc_url to one that runs.",
        )


class DatabaseUnreachable(UnreachableError):
    """No answer from the database."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no answer from the database at {url}: {reason}",
            "Start it, or set database_url to one that runs.",
        )


class IdempotencyConflict(RwaledgerError):
    """The idempotency key was used before, for something else. Nothing was sent."""

    exit_code = EXIT_CONFLICT

    def __init__(self, key: str, was: str) -> None:
        super().__init__(
            f"idempotency key {key!r} was used before with other content ({was}); nothing was sent",
            "Use the file as it was, or give the new one a key of its own (--key).",
        )


class TermsConflict(RwaledgerError):
    """An instrument of that name was deployed with other terms. Nothing was sent."""

    exit_code = EXIT_CONFLICT

    def __init__(self, instrument_id: str, address: str) -> None:
        super().__init__(
            f"{instrument_id!r} was deployed at {address} with other terms (name, decimals, rules, kind or offices)",
            "Deployed terms do not change: give the new instrument another id, or the old terms.",
        )


class NodeError(RwaledgerError):
    """The node answered a request with an error."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"the node refused {method}: {message} (code {code})")
        self.method = method
        self.code = code
        self.node_message = message
        self.data = data


class MalformedLog(RwaledgerError):
    """A log bears the topic of an event that we know, and its contents do not fit it."""

    def __init__(self, event: str, block_number: int, log_index: int, reason: str) -> None:
        super().__init__(
            f"log {log_index} of block {block_number} is no {event} event: {reason}",
            "The node's answer is damaged, or the contract is not ours. Ask another node.",
        )
        self.event = event
        self.block_number = block_number
        self.log_index = log_index


class ContractRevert(RwaledgerError):
    """A contract refused. `error` is the name of its custom error, `args_by_name` its arguments."""

    def __init__(self, error: str, args_by_name: dict[str, Any], message: str) -> None:
        super().__init__(message)
        self.error = error
        self.args_by_name = args_by_name


class TransferRefused(ContractRevert):
    """A rule of the instrument refused a move; `restriction` names it and carries its ERC-1404 code."""

    def __init__(self, error: str, args_by_name: dict[str, Any], restriction: Restriction) -> None:
        super().__init__(error, args_by_name, f"refused, code {restriction.value}: {restriction.message}")
        self.restriction = restriction


class ChainMismatch(RwaledgerError):
    """The node shows another chain, history or code than the register has recorded. Nothing was changed."""


class RegisterConflict(RwaledgerError):
    """The register and the chain cannot be brought together without a person's decision. Nothing was changed."""


class SchemaMismatch(RwaledgerError):
    """The tables in the database are not those of this version of the program. Nothing was changed."""


class TransactionFailed(RwaledgerError):
    """A transaction was sent and did not succeed."""

    def __init__(self, tx_hash: str, block_number: int, reason: str) -> None:
        super().__init__(f"transaction {tx_hash} failed in block {block_number}: {reason}")
        self.tx_hash = tx_hash
        self.block_number = block_number
