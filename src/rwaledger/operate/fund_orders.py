"""Orders of fund units as they come in: read, judged, given their dealing day, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.acts import InstrumentModel
from rwaledger.domain.errors import InputFileError, InputProblem, UsageError
from rwaledger.domain.fund import DEAL, FundOrder, OrderSide, OrderStatus, dealing_day
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move
from rwaledger.domain.units import format_amount, parse_amount
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.operate.model import load_model
from rwaledger.operate.names import Names
from rwaledger.operate.nav import Fund
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.times import moment_of, parse_moment
from rwaledger.registry import audit_log, fund_orders, instructions, instruments
from rwaledger.registry.database import Connection
from rwaledger.registry.locks import hold
from rwaledger.registry.types import utc_now

ORDER_COLUMNS = ("order", "instrument", "account", "amount", "received_at")
DEAL_STEPS = ("money-in", "issue", "redeem", "money-out")
"""The plans of a day's deal, in their order, as their idempotency keys name them."""

_ORDER_MAX = 64


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of an order file."""

    row: int
    order: FundOrder


@dataclass(frozen=True, slots=True)
class Placement:
    """Which orders are new, and which were known before."""

    new: tuple[FundOrder, ...]
    known: tuple[FundOrder, ...]


def read_orders(path: Path, side: OrderSide, names: Names, funds: dict[str, Fund], policy: Policy) -> list[Placed]:
    """The orders of a CSV file; `amount` is money in a subscription, units in a redemption.

    Raises:
        InputFileError: with every bad row.
    """
    return _orders(path, read_rows(path, ORDER_COLUMNS), side, names, funds, policy)


def single_order(
    path: Path, fields: dict[str, str], side: OrderSide, names: Names, funds: dict[str, Fund], policy: Policy
) -> list[Placed]:
    """The one order of a single command; `path` stands for it in messages.

    Raises:
        InputFileError: something in it is wrong.
    """
    return _orders(path, [Row(0, fields)], side, names, funds, policy)


def place_orders(
    desk: Desk, path: Path, placed: Sequence[Placed], funds: dict[str, Fund], *, dry_run: bool = False
) -> Placement:
    """Keeps the orders, all or none; those that are known already stay as they are.

    Raises:
        InputFileError: an order would be refused if it were dealt now, comes from the future, or is late: its day
            is dealt.
        SettledAlready: an order of that name is there with other values.
    """
    with desk.database.read() as connection:
        new, known = _sorted(connection, path, placed)
    _require_acceptable(desk, path, new, funds)
    if not dry_run:
        with desk.database.begin() as connection:
            for instrument_id in sorted({each.order.instrument_id for each in placed}):
                hold(connection, "fund orders", instrument_id)
            new, known = _sorted(connection, path, placed)
            for each in new:
                fund_orders.add_order(connection, each.order)
                detail = {"side": each.order.side.value, "amount": str(each.order.amount_units), "source": path.name}
                audit_log.record(connection, desk.maker, "order received", each.order.order_id, detail)
    return Placement(tuple(each.order for each in new), tuple(each.order for each in known))


def cancel_order(desk: Desk, order_id: str, reason: str) -> FundOrder:
    """Cancels an order before it is carried out; one that is cancelled stays so.

    Raises:
        UnknownName: there is no such order.
        UsageError: it is dealt, or its deal has begun.
    """
    with desk.database.begin() as connection:
        order = fund_orders.find_order(connection, order_id)
        hold(connection, "fund orders", order.instrument_id)
        order = fund_orders.find_order(connection, order_id)
        if order.status is OrderStatus.CANCELLED:
            return order
        open_ = order.status is OrderStatus.RECEIVED or (
            order.status is OrderStatus.PRICED and not _has_begun(connection, order)
        )
        if not open_:
            raise UsageError(f"order {order_id} is {order.status}, or being dealt", "It cannot be cancelled any more.")
        cancelled = replace(order, status=OrderStatus.CANCELLED, dealt=None, reason=reason)
        fund_orders.change_order(connection, cancelled, order.status)
        audit_log.record(connection, desk.maker, "order cancelled", order_id, {"reason": reason})
    return cancelled


def deal_key(order: FundOrder) -> str:
    """What the idempotency keys of a day's deal begin with."""
    return f"{DEAL}:{order.instrument_id}:{order.dealing_day}"


def _has_begun(connection: Connection, order: FundOrder) -> bool:
    """Whether anything of the day's deal is an instruction that was not rejected."""
    books = {each.control_book for each in instruments.instruments(connection)}
    keys = [f"{deal_key(order)}:{step}" for step in DEAL_STEPS]
    return any(
        each.status is not InstructionStatus.CANCELLED
        for book in sorted(books)
        for key in keys
        for each in instructions.instructions_of_key(connection, order.chain_id, book, key)
    )


def _sorted(connection: Connection, path: Path, placed: Sequence[Placed]) -> tuple[list[Placed], list[Placed]]:
    """The orders that are new, and those that are known.

    Raises:
        InputFileError: a new one is for a day that is dealt.
    """
    known = [each for each in placed if fund_orders.is_known(connection, each.order)]
    new = [each for each in placed if each not in known]
    dealt = {day for day in {_day(each.order) for each in new} if _is_dealt(connection, *day)}
    late = [
        InputProblem(
            path, each.row, f"order {each.order.order_id}: {each.order.dealing_day} is dealt; it came too late"
        )
        for each in new
        if _day(each.order) in dealt
    ]
    if late:
        raise InputFileError(late)
    return new, known


def _day(order: FundOrder) -> tuple[str, date]:
    return order.instrument_id, order.dealing_day


def _is_dealt(connection: Connection, instrument_id: str, day: date) -> bool:
    closed = (OrderStatus.PRICED, OrderStatus.DEALT, OrderStatus.VOID)
    return any(each.status in closed for each in fund_orders.orders(connection, instrument_id, day))


def _orders(
    path: Path, rows: Sequence[Row], side: OrderSide, names: Names, funds: dict[str, Fund], policy: Policy
) -> list[Placed]:
    def parse(row: Row) -> Placed:
        return Placed(row.line, _order(row, side, names, funds, policy))

    placed = convert(path, rows, parse)
    ids = [each.order.order_id for each in placed]
    twice = [each for number, each in enumerate(placed) if each.order.order_id in ids[:number]]
    if twice:
        problems = [InputProblem(path, each.row, f"order {each.order.order_id} stands there twice") for each in twice]
        raise InputFileError(problems)
    return placed


def _order(row: Row, side: OrderSide, names: Names, funds: dict[str, Fund], policy: Policy) -> FundOrder:
    fields = FieldReader(row)
    order_id = fields.read("order", _order_id)
    fund = fields.read("instrument", lambda text: _fund(text, funds))
    account = fields.read("account", names.account)
    amount = fields.read("amount", lambda text: _amount(text, side, fund)) if fund else None
    received_at = fields.read("received_at", parse_moment)
    fields.finish()
    if not (order_id and fund and account and amount and received_at):
        raise RowError(["a field is missing"])
    return FundOrder(
        order_id=order_id,
        instrument_id=fund.instrument_id,
        chain_id=names.chain_id,
        account=account,
        side=side,
        amount_units=amount,
        received_at=received_at,
        dealing_day=dealing_day(received_at, fund.terms.cut_off, policy.calendar, policy.zone),
    )


def _order_id(text: str) -> str:
    if len(text) > _ORDER_MAX or not text.isprintable():
        raise ValueError(f"{text!r} is no name of an order: at most {_ORDER_MAX} printable characters")
    return text


def _fund(text: str, funds: dict[str, Fund]) -> Fund:
    if text not in funds:
        raise ValueError(f"no fund {text!r} with terms (known: {', '.join(sorted(funds)) or 'none'})")
    return funds[text]


def _amount(text: str, side: OrderSide, fund: Fund) -> int:
    if side is OrderSide.REDEEM:
        return parse_amount(text, fund.instrument.decimals)
    units = parse_amount(text, fund.currency.decimals)
    rounding = fund.terms.rounding_units
    if units % rounding:
        smallest = format_amount(rounding, fund.currency.decimals)
        raise ValueError(f"{text} is no multiple of {smallest}, in which the fund takes money")
    return units


def _require_acceptable(desk: Desk, path: Path, placed: Sequence[Placed], funds: dict[str, Fund]) -> None:
    """Judges every order as if it were dealt now, but for the money, which may come until it is."""
    newest = max(moment_of(chain_time(desk.node)), utc_now())
    problems = [_future(path, each, newest) for each in placed if each.order.received_at > newest]
    for instrument_id in sorted({each.order.instrument_id for each in placed}):
        of_fund = [each for each in placed if each.order.instrument_id == instrument_id]
        accounts = {each.order.account for each in of_fund}
        model = load_model(desk.node, funds[instrument_id].instrument, accounts)
        for each in of_fund:
            verdict = _verdict(model, each.order)
            if verdict is not Restriction.NONE:
                who = checksummed(each.order.account)
                message = f"{who} would be refused, code {verdict.value}: {verdict.message}"
                problems.append(InputProblem(path, each.row, message))
    if problems:
        raise InputFileError(problems)


def _verdict(model: InstrumentModel, order: FundOrder) -> Restriction:
    if order.side is OrderSide.REDEEM:
        return model.judge(Move(order.account, ISSUANCE_ACCOUNT, order.amount_units))
    return model.judge_recipient(order.account)


def _future(path: Path, placed: Placed, newest: datetime) -> InputProblem:
    message = f"received_at: {placed.order.received_at.isoformat()} has not come yet; it is {newest.isoformat()}"
    return InputProblem(path, placed.row, message)
