"""The redemption queue: take requests that the contract would carry out, say when they are due, cancel them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rwaledger.chain import instructions as book
from rwaledger.chain.rpc import Node
from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import IdempotencyConflict, InputFileError, InputProblem, RedemptionRefused
from rwaledger.domain.instruction import reference
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.redemption import Redemption, burn_key
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move
from rwaledger.domain.units import format_amount, parse_amount
from rwaledger.operate.done import chain_time
from rwaledger.operate.entries import COMMAND
from rwaledger.operate.model import load_model
from rwaledger.operate.names import Names
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.times import moment_of, moment_words, parse_moment
from rwaledger.registry import audit_log, redemptions
from rwaledger.registry.database import Database

COLUMNS = ("request", "instrument", "account", "amount")
OPTIONAL = ("requested_at",)

_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


@dataclass(frozen=True, slots=True)
class Request:
    """A row of a file of requests; `requested_at` is None where it does not say, which is now."""

    path: Path
    row: int
    request: str
    instrument: Instrument
    account: str
    amount_units: int
    requested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queued:
    """What a run has put into the queue, and what was there before."""

    new: tuple[Redemption, ...]
    before: tuple[Redemption, ...]


def read_requests(path: Path, names: Names) -> list[Request]:
    """The requests of a CSV file.

    Raises:
        InputFileError: with every bad row.
    """
    rows = read_rows(path, COLUMNS, OPTIONAL)
    requests = convert(path, rows, lambda row: _request(path, row, names))
    first_row: dict[str, int] = {}
    problems = [
        InputProblem(path, each.row, f"request {each.request} stands in line {first_row[each.request]} already")
        for each in requests
        if first_row.setdefault(each.request, each.row) != each.row
    ]
    if problems:
        raise InputFileError(problems)
    return requests


def single_request(names: Names, fields: dict[str, str]) -> list[Request]:
    """The one request of a single command; `fields` as a row of the file would have them.

    Raises:
        InputFileError: something in it is wrong.
    """
    return convert(COMMAND, [Row(0, fields)], lambda row: _request(COMMAND, row, names))


def queue(
    database: Database,
    node: Node,
    actor: str,
    policy: Policy,
    requests: Sequence[Request],
    *,
    dry_run: bool = False,
) -> Queued:
    """Takes the requests into the queue, all of them or none; what is there already stays as it is.

    A request that the contract would refuse now is not taken, and the refusal goes into the audit log.

    Raises:
        RedemptionRefused: with each request that would be refused, its ERC-1404 code and the rule in words.
        InputFileError: one was made in the future.
        IdempotencyConflict: a reference stands for another request.
    """
    now = moment_of(chain_time(node))
    _require_past(requests, now)
    with database.read() as connection:
        known = redemptions.redemptions(connection)
    before = [known[each.request] for each in requests if each.request in known]
    for each in requests:
        if each.request in known:
            _require_same(each, known[each.request])
    new = [each for each in requests if each.request not in known]
    _judge(database, node, actor, new, list(known.values()), dry_run=dry_run)
    queued = [_redemption(each, policy, now) for each in new]
    if queued and not dry_run:
        with database.begin() as connection:
            for redemption in queued:
                redemptions.add_redemption(connection, redemption)
                audit_log.record(connection, actor, "redemption requested", redemption.request, _detail(redemption))
    return Queued(tuple(queued), tuple(before))


def waiting(node: Node, instrument: Instrument, redemptions_: Collection[Redemption]) -> list[Redemption]:
    """Those of the instrument that are open and whose units are still in issue, in their order."""
    own = [each for each in redemptions_ if each.is_open and each.instrument_id == instrument.instrument_id]
    refs = [reference(instrument.chain_id, instrument.control_book, each.burn_key, 0) for each in own]
    used = book.used_digests(node, instrument.control_book, refs)
    return [each for each, digest in zip(own, used, strict=True) if digest is None]


def _judge(
    database: Database,
    node: Node,
    actor: str,
    requests: Sequence[Request],
    known: Sequence[Redemption],
    *,
    dry_run: bool,
) -> None:
    by_instrument: dict[str, list[Request]] = defaultdict(list)
    for each in requests:
        by_instrument[each.instrument.instrument_id].append(each)
    refused = [
        (each, restriction)
        for of_instrument in by_instrument.values()
        for each, restriction in _refused(node, of_instrument, known)
    ]
    if not refused:
        return
    if not dry_run:
        with database.begin() as connection:
            for each, restriction in refused:
                detail = {"account": each.account, "code": str(restriction.value), "reason": restriction.message}
                audit_log.record(connection, actor, "redemption refused", each.request, detail)
    problems = [
        InputProblem(each.path, each.row, f"{each.request} would be refused, code {code.value}: {code.message}")
        for each, code in refused
    ]
    raise RedemptionRefused(problems, [restriction for _, restriction in refused])


def _refused(node: Node, requests: Sequence[Request], known: Sequence[Redemption]) -> list[tuple[Request, Restriction]]:
    """Judged as the chain will: in the order of the queue, each on what those before it have left."""
    instrument = requests[0].instrument
    accounts = {each.account for each in requests}
    model = load_model(node, instrument, accounts)
    for redemption in waiting(node, instrument, known):
        if redemption.account in accounts:
            model.apply(Move(redemption.account, ISSUANCE_ACCOUNT, redemption.amount_units))
    judged = [(each, model.apply(Move(each.account, ISSUANCE_ACCOUNT, each.amount_units))) for each in requests]
    return [(each, verdict) for each, verdict in judged if verdict is not Restriction.NONE]


def _redemption(request: Request, policy: Policy, now: datetime) -> Redemption:
    """Due so many business days after the local day of the request, as the policy of that day says."""
    requested_at = request.requested_at or now
    day = local_date(requested_at, policy.zone)
    return Redemption(
        request=request.request,
        instrument_id=request.instrument.instrument_id,
        chain_id=request.instrument.chain_id,
        account=request.account,
        amount_units=request.amount_units,
        requested_at=requested_at,
        due_on=policy.calendar.add(day, policy.on(day).redemption_business_days),
        burn_key=burn_key(request.request),
    )


def _require_past(requests: Sequence[Request], now: datetime) -> None:
    problems = [
        InputProblem(each.path, each.row, f"requested_at: {moment_words(each.requested_at)} is after the chain's time")
        for each in requests
        if each.requested_at and each.requested_at > now
    ]
    if problems:
        raise InputFileError(problems)


def _require_same(request: Request, known: Redemption) -> None:
    same = replace(
        known,
        instrument_id=request.instrument.instrument_id,
        account=request.account,
        amount_units=request.amount_units,
        requested_at=request.requested_at or known.requested_at,
    )
    if same != known:
        amount = format_amount(known.amount_units, request.instrument.decimals)
        raise IdempotencyConflict(
            known.burn_key, f"{amount} {known.instrument_id} of {known.account}, {moment_words(known.requested_at)}"
        )


def _request(path: Path, row: Row, names: Names) -> Request:
    fields = FieldReader(row)
    request = fields.read("request", _request_name)
    instrument = fields.read("instrument", lambda text: _stablecoin(names, text))
    account = fields.read("account", names.account)
    decimals = instrument.decimals if instrument else 18
    amount = fields.read("amount", lambda text: parse_amount(text, decimals))
    requested_at = fields.read("requested_at", parse_moment) if row.fields.get("requested_at") else None
    fields.finish()
    if request is None or instrument is None or account is None or amount is None:
        raise RowError(["a field is missing"])
    return Request(path, row.line, request, instrument, account, amount, requested_at)


def _request_name(text: str) -> str:
    if not _REQUEST.fullmatch(text):
        raise ValueError(f"{text!r} is no reference: letters, digits and . _ / -, at most 64")
    return text


def _stablecoin(names: Names, text: str) -> Instrument:
    instrument = names.instrument(text)
    if instrument.kind is not InstrumentKind.STABLECOIN:
        raise ValueError(f"{text} is a {instrument.kind}; only a stablecoin is redeemed at par")
    return instrument


def _detail(redemption: Redemption) -> dict[str, str]:
    return {
        "instrument": redemption.instrument_id,
        "account": redemption.account,
        "amount": str(redemption.amount_units),
        "requested_at": redemption.requested_at.isoformat(),
        "due_on": redemption.due_on.isoformat(),
    }
