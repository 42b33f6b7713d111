"""Pay what is queued: take the units out of issue under four eyes, once, then write the payment down, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rwaledger.domain.errors import IdempotencyConflict, InputFileError, InputProblem
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.redemption import Redemption, RedemptionStatus
from rwaledger.domain.reserve import BASIS_POINTS
from rwaledger.domain.units import format_amount, parse_amount
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, taken_back
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.execute import preview_all, run
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.times import moment_of, moment_words, parse_moment
from rwaledger.registry import audit_log, instruments, redemptions
from rwaledger.registry.database import Database

COLUMNS = ("request", "reference")
OPTIONAL = ("paid_at", "fee")
SOURCE = "redemption queue"

_REFERENCE_MAX = 140  # as long as the remittance information of an ISO 20022 payment


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that the bank makes for a request; without `paid_at` it counts from when it is written down."""

    path: Path
    row: int
    redemption: Redemption
    instrument: Instrument
    reference: str
    fee_units: int = 0
    paid_at: datetime | None = None

    @property
    def plan(self) -> Plan:
        """The instruction that takes the units out of issue."""
        return burn_plan(self.redemption, self.instrument, self.path, self.row)


@dataclass(frozen=True, slots=True)
class Paid:
    """A request that is paid, and the transactions that this run sent for it; none where it was paid before."""

    redemption: Redemption
    instrument: Instrument
    tx_hashes: tuple[str, ...]
    before: bool


def burn_plan(redemption: Redemption, instrument: Instrument, path: Path = COMMAND, row: int = 0) -> Plan:
    """The instruction that takes the units of a request out of issue; path and row are for messages."""
    line = Line(sender=redemption.account, amount_units=redemption.amount_units)
    return make_plan(Operation.REDEEM, [Entry(path, row, instrument, line)], redemption.burn_key, SOURCE)


def read_payments(path: Path, database: Database, policy: Policy) -> list[Payment]:
    """The payments of a CSV file.

    Raises:
        InputFileError: with every bad row.
    """
    return _payments(path, read_rows(path, COLUMNS, OPTIONAL), database, policy)


def single_payments(rows: Sequence[dict[str, str]], database: Database, policy: Policy) -> list[Payment]:
    """The payments of a single command; `rows` as those of a file would be.

    Raises:
        InputFileError: something in it is wrong.
    """
    return _payments(COMMAND, [Row(0, fields) for fields in rows], database, policy)


def preview_payments(desk: Desk, payments: Sequence[Payment]) -> list[Payment]:
    """Everything of `pay` but storing, signing and sending; gives what is still to be paid.

    Raises:
        RwaledgerError: what `pay` would raise before it does anything.
    """
    _require_past(payments, moment_of(chain_time(desk.node)))
    todo = [each for each in payments if not _is_paid(each) or _is_taken_back(desk, each)]
    if todo:
        preview_all(desk, [each.plan for each in todo])
    return todo


def pay(desk: Desk, payments: Sequence[Payment], shown: Callable[[Paid], None] = lambda paid: None) -> list[Paid]:
    """Pays each request: claims it for its payment, takes the units out of issue, and writes the payment down.

    Killed at any point and run again, it ends with each request redeemed and paid exactly once. `shown` is told of
    each as it is done.

    Raises:
        InputFileError: a redemption would be refused, or a payment lies in the future; nothing was done.
        IdempotencyConflict: a request has another payment.
        RegisterConflict: somebody else was faster with one.
    """
    todo = preview_payments(desk, payments)
    done = []
    for each in payments:
        paid = _pay(desk, each) if each in todo else Paid(each.redemption, each.instrument, (), before=True)
        shown(paid)
        done.append(paid)
    return done


def _pay(desk: Desk, payment: Payment) -> Paid:
    request = payment.redemption.request
    if payment.redemption.status is not RedemptionStatus.PAID:
        begin(desk, payment)
    outcome = run(desk, payment.plan)
    finish(desk, payment)
    with desk.database.read() as connection:
        redemption = redemptions.redemption(connection, request)
    return Paid(redemption, payment.instrument, outcome.tx_hashes, before=False)


def begin(desk: Desk, payment: Payment) -> None:
    """Claims the request for this payment, so that no other one can be begun for it."""
    with desk.database.begin() as connection:
        request, detail = payment.redemption.request, {"reference": payment.reference, "fee": str(payment.fee_units)}
        if redemptions.begin_payment(connection, request, payment.reference, payment.fee_units):
            audit_log.record(connection, desk.maker, "redemption payment begun", request, detail)


def finish(desk: Desk, payment: Payment) -> None:
    """Writes down that the money is paid, once the units are out of issue."""
    paid_at = payment.paid_at or moment_of(chain_time(desk.node))
    with desk.database.begin() as connection:
        request, detail = payment.redemption.request, {"reference": payment.reference, "paid_at": paid_at.isoformat()}
        if redemptions.finish_payment(connection, request, payment.reference, paid_at):
            audit_log.record(connection, desk.maker, "redemption paid", request, detail)


def _is_paid(payment: Payment) -> bool:
    """Whether this very payment is on record.

    Raises:
        IdempotencyConflict: another one has begun, or is.
    """
    known = payment.redemption
    if known.status is RedemptionStatus.OPEN:
        return False
    same = (known.payment_reference, known.fee_units) == (payment.reference, payment.fee_units)
    if not same or (known.paid_at and payment.paid_at not in (None, known.paid_at)):
        fee = format_amount(known.fee_units, payment.instrument.decimals)
        when = f", paid {moment_words(known.paid_at)}" if known.paid_at else ""
        raise IdempotencyConflict(known.burn_key, f"payment {known.payment_reference}, fee {fee}{when}")
    return known.status is RedemptionStatus.PAID


def _is_taken_back(desk: Desk, payment: Payment) -> bool:
    """Whether a reorganisation has put the units back in issue."""
    return taken_back(desk, payment.instrument.control_book, [payment.redemption.burn_key])


def _payments(path: Path, rows: Sequence[Row], database: Database, policy: Policy) -> list[Payment]:
    with database.read() as connection:
        queue = redemptions.redemptions(connection)
        known = {each.instrument_id: each for each in instruments.instruments(connection)}
    payments = convert(path, rows, lambda row: _payment(path, row, queue, known, policy))
    first_row: dict[str, int] = {}
    problems = []
    for number, each in enumerate(payments):
        request = each.redemption.request
        if first_row.setdefault(request, number) != number:
            problems.append(InputProblem(path, each.row, f"request: {request} stands there twice"))
    if problems:
        raise InputFileError(problems)
    return payments


def _payment(
    path: Path, row: Row, queue: dict[str, Redemption], known: dict[str, Instrument], policy: Policy
) -> Payment:
    fields = FieldReader(row)
    redemption = fields.read("request", lambda text: _queued(queue, text))
    reference = fields.read("reference", _reference)
    paid_at = fields.read("paid_at", parse_moment) if row.fields.get("paid_at") else None
    instrument = known[redemption.instrument_id] if redemption else None
    fee = 0
    if redemption and instrument and row.fields.get("fee"):
        fee = fields.read("fee", lambda text: _fee(text, redemption, instrument, policy)) or 0
    fields.finish()
    if redemption is None or instrument is None or reference is None:
        raise RowError(["a field is missing"])
    if paid_at and paid_at < redemption.requested_at:
        raise RowError([f"paid_at: {moment_words(paid_at)} is before the request"])
    return Payment(path, row.line, redemption, instrument, reference, fee, paid_at)


def _queued(queue: dict[str, Redemption], text: str) -> Redemption:
    if text not in queue:
        raise ValueError(f"there is no request {text!r}; `rwaledger redemption list` shows those there are")
    if queue[text].status is RedemptionStatus.CANCELLED:
        raise ValueError(f"{text} was cancelled: {queue[text].reason}")
    return queue[text]


def _reference(text: str) -> str:
    if not (text.isprintable() and len(text) <= _REFERENCE_MAX):
        raise ValueError(f"is not 1 to {_REFERENCE_MAX} printable characters")
    return text


def _fee(text: str, redemption: Redemption, instrument: Instrument, policy: Policy) -> int:
    """Units of the fee; none above what the policy of the day of the request lets an issuer keep back."""
    if text == "0":
        return 0
    fee = parse_amount(text, instrument.decimals)
    cap_bp = policy.on_moment(redemption.requested_at).redemption_fee_max_bp
    cap = redemption.amount_units * cap_bp // BASIS_POINTS
    if fee > cap:
        most = format_amount(cap, instrument.decimals)
        raise ValueError(f"{text} is above {most}, the most that the policy allows ({cap_bp} basis points)")
    return fee


def _require_past(payments: Sequence[Payment], now: datetime) -> None:
    problems = [
        InputProblem(each.path, each.row, f"paid_at: {moment_words(each.paid_at)} is after the chain's time")
        for each in payments
        if each.paid_at and each.paid_at > now
    ]
    if problems:
        raise InputFileError(problems)
