"""Every error a user can meet, in one tree; each class composes its own message and carries its exit code.

RwaledgerError                     1  failed
├── UsageError                     2  wrong command line, settings or input
│   ├── SettingsError
│   ├── InputFileError                with one InputProblem (file:line) for every bad row
│   │   └── RedemptionRefused         with the Restriction that a rule would give to each
│   └── UnknownName                   an instrument, holder, account or instruction that is not there
├── AuthorisationError             4  key, role or signature
│   └── KeystoreError
├── UnreachableError               5  node, database or scheduler does not answer
│   ├── NodeUnreachable
│   │   ├── BrokenAnswer              it came in part, too late, or cannot be read
│   │   └── NodeBusy                  it asks for fewer requests
│   ├── SchedulerUnreachable
│   └── DatabaseUnreachable
├── IdempotencyConflict            6  same key, other content
├── SettledAlready                 6  terms, or an order, that are on record otherwise
├── NodeError                      1  the node answered with an error
├── MalformedLog                   1  an event of ours whose contents are not what its ABI says
├── ContractRevert                 1  a contract refused, decoded
│   └── TransferRefused               with the Restriction that a rule gave
├── ChainMismatch                  1  another chain, genesis or code than the register knows
├── RegisterConflict               1  the register cannot take what the chain says
├── NoYield                        1  an instrument of this kind may not pay its holders anything
├── ReserveShortfall               1  less reserve than units in issue
├── ReconciliationRequired         1  the register of an instrument is not reconciled
├── NotDue                         1  it is too early for this step of an instrument's life
├── HoldingsDisagree               1  chain and register do not have the same holdings
├── NavDeviation                   1  a net asset value too far from the last one
├── NotSettleable                  1  a trade that cannot be settled, signed or cancelled now
├── TravelRuleRequired             1  a payment without the record that the travel rule asks for
├── MissingExtra                   1  a package that this needs is not installed
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
            "Put right what is named, then run the same command again.",
        )
        self.problems = problems


class RedemptionRefused(InputFileError):
    """Requests for redemption that the contract would refuse. None of the file was taken into the queue."""

    def __init__(self, problems: list[InputProblem], restrictions: list[Restriction]) -> None:
        super().__init__(problems)
        self.restrictions = restrictions


class AuthorisationError(RwaledgerError):
    """A key, a role or a signature is missing or wrong."""

    exit_code = EXIT_AUTHORISATION


class KeystoreError(AuthorisationError):
    """A keystore is not there, or does not open."""


class UnreachableError(RwaledgerError):
    """Node, database or scheduler does not answer."""

    exit_code = EXIT_UNREACHABLE


class NodeUnreachable(UnreachableError):
    """No answer from the node."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no answer from the node at {url}: {reason}",
            "Start it (`rwaledger node start`), or set rpc_url to one that runs.",
        )


class BrokenAnswer(NodeUnreachable):
    """An answer of the node that did not come whole or in time, or that cannot be read. Nothing of it was used.

    `is_late` says that it was waited for as long as is allowed.
    """

    def __init__(self, url: str, reason: str, *, is_late: bool = False) -> None:
        UnreachableError.__init__(
            self,
            f"the answer of the node at {url} cannot be used: {reason}",
            "Try again; if it stays, look into the node, or set rpc_url to another one.",
        )
        self.is_late = is_late


class NodeBusy(NodeUnreachable):
    """The node asks for fewer requests; `wait_s` is how long it wants to be left alone, 0 where it does not say."""

    def __init__(self, url: str, reason: str, wait_s: float = 0) -> None:
        UnreachableError.__init__(
            self,
            f"the node at {url} asks for fewer requests: {reason}",
            "Wait and try again; if it stays, ask its operator for more, or set rpc_url to another one.",
        )
        self.wait_s = wait_s


class SchedulerUnreachable(UnreachableError):
    """No answer from the scheduler of a cluster."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"no answer from a Dask scheduler at {address}: {reason}",
            "Start it (`dask scheduler`), give the address that it prints, or leave out --scheduler.",
        )


class DatabaseUnreachable(UnreachableError):
    """No answer from the database, or none that lets us go on."""

    def __init__(self, url: str, reason: str, next_step: str = "") -> None:
        super().__init__(
            f"no answer from the database at {url}: {reason}",
            next_step or "Start it, or set database_url to one that runs.",
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


class SettledAlready(RwaledgerError):
    """What is on record does not change, and was given with other values. Nothing was changed."""

    exit_code = EXIT_CONFLICT

    def __init__(self, what: str, differences: list[str], next_step: str) -> None:
        super().__init__(f"{what} is on record with other values: {'; '.join(differences)}", next_step)
        self.differences = differences


class NodeError(RwaledgerError):
    """The node answered a request with an error."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(
            f"the node refused {method}: {message} (code {code})",
            "Try again; if it stays, look into the node's own log, or set rpc_url to another one.",
        )
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


class NoYield(RwaledgerError):
    """A payment to the holders of an instrument that may not pay any. Nothing was done."""

    def __init__(self, instrument_id: str, kind: str) -> None:
        super().__init__(
            f"{instrument_id} is a {kind}, whose holders may be paid no interest or other yield",
            "Coupons and distributions are for bonds and funds; a stablecoin is redeemed at par.",
        )
        self.instrument_id = instrument_id


class ReserveShortfall(RwaledgerError):
    """The reserve that is to be attested is less than what is in issue. Nothing was signed."""

    def __init__(self, instrument_id: str, reserve: str, outstanding: str) -> None:
        super().__init__(
            f"the reserve of {instrument_id}, {reserve}, is less than the {outstanding} in issue",
            "Bring the reserve up, or attest the shortfall as it is with --allow-shortfall.",
        )
        self.instrument_id = instrument_id


class ReconciliationRequired(RwaledgerError):
    """No corporate action while the latest reconciliation of its instrument does not pass. Nothing was done."""

    def __init__(self, instrument_id: str, reason: str) -> None:
        super().__init__(
            f"{instrument_id} is not reconciled: {reason}; nothing was done",
            "Run `rwaledger register sync` and `rwaledger reconcile run --record`, and clear what it finds.",
        )
        self.instrument_id = instrument_id
        self.reason = reason


class NotDue(RwaledgerError):
    """It is too early for this step. Nothing was done."""


class HoldingsDisagree(RwaledgerError):
    """Chain and register do not have the same holdings, so nobody can say who is to be paid. Nothing was done."""

    def __init__(self, instrument_id: str, when: str, differences: list[str]) -> None:
        super().__init__(
            f"chain and register disagree on who held {instrument_id} {when}:\n" + "\n".join(differences),
            "Run `rwaledger reconcile run`, and clear what it finds.",
        )
        self.instrument_id = instrument_id
        self.differences = differences


class NavDeviation(RwaledgerError):
    """A net asset value is further from the last one than the fund's terms let pass. Nothing was stored."""

    def __init__(self, instrument_id: str, price: str, last: str, deviation: str, limit: str) -> None:
        super().__init__(
            f"{price} for {instrument_id} is {deviation} % from the last price, {last}; the terms allow {limit} %",
            "Check the price. Where it is right, give it again with --accept-deviation.",
        )


class NotSettleable(RwaledgerError):
    """A trade cannot be settled, signed or cancelled as things stand. Nothing was sent."""

    def __init__(self, trade_id: str, reasons: list[str], next_step: str = "") -> None:
        super().__init__(f"trade {trade_id!r}: " + "; ".join(reasons), next_step)
        self.trade_id = trade_id
        self.reasons = reasons


class TravelRuleRequired(RwaledgerError):
    """A payment at or above the threshold of the travel rule has no record, or none can be made. Nothing was sent."""

    def __init__(self, reasons: list[str], next_step: str) -> None:
        super().__init__("the travel rule asks for a record: " + "; ".join(reasons), next_step)
        self.reasons = reasons


class MissingExtra(RwaledgerError):
    """Something needs a package that comes with an extra of rwaledger, and is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed", f"Run `pip install 'rwaledger[{extra}]'`.")


class SchemaMismatch(RwaledgerError):
    """The tables in the database are not those of this version of the program. Nothing was changed."""


class TransactionFailed(RwaledgerError):
    """A transaction was sent and did not succeed."""

    def __init__(self, tx_hash: str, block_number: int, reason: str) -> None:
        super().__init__(f"transaction {tx_hash} failed in block {block_number}: {reason}")
        self.tx_hash = tx_hash
        self.block_number = block_number
