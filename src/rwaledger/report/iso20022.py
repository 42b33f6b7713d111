"""Holdings and movements as ISO 20022 messages: semt.002.001.11 and semt.017.001.12, in XML.

Every element, its place and its limits follow the schemas of the two messages (Securities Balance Custody Report,
Securities Transaction Posting Report). The later versions .12 and .13 have the same elements at the same places for
all that is written here. Units are digital token units (`DgtlTknUnit`, 30 digits), accounts are addresses on the chain
(`BlckChainAdrOrWllt`). Nobody is named: holders appear by their pseudonymous ids, since the schemas have no place for
the name of an account's owner.

The messages stream: they are given as pieces of text, so that a register of 100,000 accounts needs little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.units import format_amount
from rwaledger.registry import executions, heights, instruments, positions
from rwaledger.registry.authorities import causes
from rwaledger.registry.database import Connection
from rwaledger.registry.movements import Movement
from rwaledger.report.contents.holders import frozen_units
from rwaledger.report.contents.moment import Moment, moment_of, require_deployed
from rwaledger.report.contents.people import People, by_holder
from rwaledger.report.contents.statement import Holding, cause_words, holdings, period_begins
from rwaledger.report.values import visible

HOLDINGS = "semt.002.001.11"
POSTINGS = "semt.017.001.12"

Node = tuple[str, str | Sequence["Node | str"]]
"""An element: its tag, and its text or its children; a child that is text has been written already."""

_ISSUER = "REGISTER"
_NO_REFERENCE = "NONREF"
"""What the market writes where the account's owner has given no reference."""
_TRADE = "TradeSettled"


def holdings_xml(c: Connection, instrument_id: str, moment: Moment) -> Iterator[str]:
    """The statement of holdings of an instrument: all of it, and below it one sub-account for each account.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later, or a name is longer than the message takes.
    """
    instrument = instruments.instrument(c, instrument_id)
    require_deployed(instrument, moment)
    people = People.load(c, moment.chain_id)
    held = by_holder(people, positions.balances_at(c, instrument_id, moment.block_number))
    standings = positions.standings_at(c, instrument_id, moment.block_number)
    security = _security(c, instrument, moment)
    accounts = [(key, account, units) for key, those in held.items() for account, units in those.items() if units]
    owners = {key: _owner(key) for key in held if key in people.holders}
    total = sum(units for _, _, units in accounts)
    frozen = sum(frozen_units(standings.get(account, Standing()), units) for _, account, units in accounts)
    statement_id = _fitting(f"{instrument_id}-{moment.block_number}", 35)
    yield from _opening(HOLDINGS, "SctiesBalCtdyRpt")
    yield from _written(
        [
            _page(),
            (
                "StmtGnlDtls",
                [
                    ("StmtId", statement_id),
                    ("StmtDtTm", [("DtTm", _time(moment.time))]),
                    ("Frqcy", [("Cd", "ADHO")]),
                    ("UpdTp", [("Cd", "COMP")]),
                    ("StmtBsis", [("Cd", "SETT")]),
                    ("ActvtyInd", _flag(bool(accounts))),
                    ("SubAcctInd", _flag(bool(accounts))),
                ],
            ),
            _wallet(instrument.address),
            ("BalForAcct", _balance(security, total, frozen, instrument.decimals)),
        ]
    )
    known = "".join(_written([security], 4))  # written once, and not for each of many accounts
    for key, account, units in accounts:
        kept = frozen_units(standings.get(account, Standing()), units)
        balance: Node = ("BalForSubAcct", _balance(known, units, kept, instrument.decimals))
        owner = [owners[key]] if key in owners else []
        yield from _written([("SubAcctDtls", [*owner, _wallet(account), ("ActvtyInd", "true"), balance])])
    yield from _closing("SctiesBalCtdyRpt")


def postings_xml(c: Connection, holder_id: str, moment: Moment, since: date | None = None) -> Iterator[str]:
    """The movements of a holder from the beginning of a local day to the moment, one sub-account for each account.

    An instrument that did not move is left out, as the schema asks for one transaction at least.

    Raises:
        UnknownName: there is no such holder.
        UsageError: the period begins after its end, or a name is longer than the message takes.
    """
    people = People.load(c, moment.chain_id)
    found = [each for each in holdings(c, people, holder_id, moment, since) if each.movements]
    known = causes(c, moment.chain_id)
    moved = {account for holding in found for account in _by_account(holding)}
    begins = moment_of(period_begins(since, moment)) if since else _first_time(c, moment)
    securities = {each.instrument.instrument_id: _security(c, each.instrument, moment) for each in found}
    statement_id, owner = _fitting(f"{holder_id}-{moment.block_number}", 35), _owner(holder_id)
    yield from _opening(POSTINGS, "SctiesTxPstngRpt")
    yield from _written(
        [
            _page(),
            (
                "StmtGnlDtls",
                [
                    ("StmtId", statement_id),
                    ("StmtPrd", [("FrDtTmToDtTm", [("FrDtTm", _time(begins)), ("ToDtTm", _time(moment.time))])]),
                    ("StmtBsis", [("Cd", "SETT")]),
                    ("ActvtyInd", _flag(bool(moved))),
                    ("SubAcctInd", _flag(bool(moved))),
                ],
            ),
            owner,
        ]
    )
    by_account = [(each, _by_account(each)) for each in found]
    for account in sorted(moved):
        yield "    <SubAcctDtls>\n"
        yield from _written([_wallet(account), ("ActvtyInd", "true")], 3)
        for each, movements in by_account:
            if account in movements:
                security = securities[each.instrument.instrument_id]
                yield from _details(each, account, security, movements[account], people, known)
        yield "    </SubAcctDtls>\n"
    yield from _closing("SctiesTxPstngRpt")


def _first_time(c: Connection, moment: Moment) -> datetime:
    """When the register begins."""
    first = heights.first_block(c, moment.chain_id)
    return first.time if first else moment.time


def _by_account(holding: Holding) -> dict[str, list[Movement]]:
    found: dict[str, list[Movement]] = {}
    for each in holding.movements:
        found.setdefault(each.account, []).append(each)
    return found


def _details(
    holding: Holding,
    account: str,
    security: Node,
    moved: Sequence[Movement],
    people: People,
    known: Mapping[str, str],
) -> Iterator[str]:
    """An instrument in an account: what was there at both ends, and every transaction."""
    decimals = holding.instrument.decimals
    opening = holding.openings.get(account, 0)
    closing = opening + sum(each.amount_units for each in moved)
    yield "      <FinInstrmDtls>\n"
    yield from _written(
        [
            security,
            ("OpngBal", [("ShrtLngInd", "LONG"), ("OpngBal", [("Frst", _quantity(opening, decimals))])]),
            ("ClsgBal", [("ShrtLngInd", "LONG"), ("ClsgBal", [("Fnl", _quantity(closing, decimals))])]),
        ],
        4,
    )
    yield from _written((_transaction(each, decimals, people, known) for each in moved), 4)
    yield "      </FinInstrmDtls>\n"


def _transaction(each: Movement, decimals: int, people: People, known: Mapping[str, str]) -> Node:
    words = [f"transaction {each.tx_hash}", f"counterparty {people.shown(each.counterparty)}"]
    words += [said] if (said := cause_words(each, known)) else []
    return (
        "Tx",
        [
            ("AcctOwnrTxId", _NO_REFERENCE),
            ("AcctSvcrTxId", _fitting(f"{each.block_number}-{each.log_index}-{each.leg}", 35)),
            (
                "TxDtls",
                [
                    ("TxActvty", [("Cd", "SETT")]),
                    ("SctiesMvmntTp", "RECE" if each.amount_units >= 0 else "DELI"),
                    ("Pmt", "APMT" if each.authority == _TRADE else "FREE"),
                    ("PstngQty", _quantity(abs(each.amount_units), decimals)),
                    ("FctvSttlmDt", [("DtTm", _time(moment_of(each.timestamp)))]),
                    ("TxAddtlDtls", visible(", ".join(words))[:350]),
                ],
            ),
        ],
    )


def _security(c: Connection, instrument: Instrument, moment: Moment) -> Node:
    """What an instrument is known by: its ISIN where the chain has one, and its name on the register."""
    isin, dti = _codes(c, instrument, moment)
    own = _other(instrument.instrument_id, _ISSUER)
    codes = [*([_other(dti, "DTI")] if dti else []), own]
    described: Node = ("Desc", _fitting(instrument.name, 140))
    return "FinInstrmId", [*([("ISIN", isin)] if isin else []), *codes, described]


def _other(code: str, scheme: str) -> Node:
    return "OthrId", [("Id", _fitting(code, 35)), ("Tp", [("Prtry", scheme)])]


def _codes(c: Connection, instrument: Instrument, moment: Moment) -> tuple[str, str]:
    """ISIN and DTI as the instrument was activated with them; empty where it has none, or is not active yet."""
    activated = executions.events_named(c, moment.chain_id, ["InstrumentActivated"], moment.block_number)
    codes = [log.topics[1:3] for log in activated if log.address == instrument.address]
    isin, dti = (_code(topic) for topic in codes[0]) if codes else ("", "")
    return isin, dti


def _code(topic: str) -> str:
    return bytes.fromhex(topic[2:]).rstrip(b"\0").decode("ascii")


def _owner(holder_id: str) -> Node:
    return "AcctOwnr", [("Id", [("PrtryId", [("Id", _fitting(holder_id, 35)), ("Issr", _ISSUER)])])]


def _wallet(address: str) -> Node:
    return "BlckChainAdrOrWllt", [("Id", checksummed(address))]


def _page() -> Node:
    return "Pgntn", [("PgNb", "1"), ("LastPgInd", "true")]


def _balance(security: Node | str, units: int, frozen: int, decimals: int) -> list[Node | str]:
    """The balance of an account; what is frozen of it is not available."""
    whole: list[Node] = [("ShrtLngInd", "LONG"), ("Qty", [("Qty", _quantity(units, decimals))])]
    nodes: list[Node | str] = [security, ("AggtBal", whole)]
    if frozen:
        nodes.append(("AvlblBal", [("ShrtLngInd", "LONG"), ("Qty", _quantity(units - frozen, decimals))]))
        nodes.append(("NotAvlblBal", _quantity(frozen, decimals)))
    return nodes


def _quantity(units: int, decimals: int) -> list[Node]:
    return [("Qty", [("DgtlTknUnit", format_amount(units, decimals))])]


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _fitting(text: str, most: int) -> str:
    """The text, with nothing hidden in it, where the message takes it whole: one that is cut short would be another's.

    Raises:
        UsageError: it is longer.
    """
    text = visible(text)
    if len(text) > most:
        raise UsageError(
            f"{text!r} has {len(text)} characters; the message takes {most}", "Take another form of report."
        )
    return text


def _opening(message: str, root: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}">\n  <{root}>\n'


def _closing(root: str) -> Iterator[str]:
    yield f"  </{root}>\n</Document>\n"


def _written(nodes: Iterable[Node], depth: int = 2) -> Iterator[str]:
    """Each of these elements as one piece of text."""
    for node in nodes:
        lines: list[str] = []
        _write(node, "  " * depth, lines)
        yield "".join(lines)


def _write(node: Node, indent: str, lines: list[str]) -> None:
    tag, content = node
    if isinstance(content, str):
        lines.append(f"{indent}<{tag}>{escape(content)}</{tag}>\n")
        return
    lines.append(f"{indent}<{tag}>\n")
    for child in content:
        if isinstance(child, str):
            lines.append(child)
            continue
        _write(child, indent + "  ", lines)
    lines.append(f"{indent}</{tag}>\n")
