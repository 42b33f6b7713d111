"""A trade and its travel-rule records, as a person reads them before signing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rwaledger.cli.output import exact, table
from rwaledger.domain.settlement import NO_VENUE
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.domain.settlement import Trade
    from rwaledger.operate.desk import Desk
    from rwaledger.operate.names import Names
    from rwaledger.operate.settlement_close import Closed
    from rwaledger.operate.settlement_state import Standing


def document_of(desk: Desk, found: Standing, names: Names) -> dict[str, Any]:
    """All that is to be known of a trade before it is signed or settled."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.chain.settlement import typed_message
    from rwaledger.operate.settlement_state import instruments_of, shortfalls
    from rwaledger.operate.words import time_words

    stored, trade = found.stored, found.stored.trade
    by_token = instruments_of(desk, trade)
    party_of = _party_namer(names, trade)
    lacking = [] if found.state.is_closed else shortfalls(desk.node, stored.settlement, trade, by_token)
    legs = [
        {
            "instrument": by_token[leg.token].instrument_id,
            "from": party_of(leg.sender),
            "to": party_of(leg.recipient),
            "amount": format_amount(leg.amount_units, by_token[leg.token].decimals),
            "from_address": checksummed(leg.sender),
            "to_address": checksummed(leg.recipient),
        }
        for leg in trade.legs
    ]
    return {
        "trade": stored.trade_id,
        "status": found.state.value,
        "chain_id": stored.chain_id,
        "settlement": checksummed(stored.settlement),
        "venue": holder_of(names, trade.venue) if trade.venue != NO_VENUE else None,
        "not_after": time_words(trade.not_after),
        "ref": trade.ref,
        "digest": stored.digest,
        "source": stored.source,
        "transaction": found.closing.tx_hash if found.closing else None,
        "legs": legs,
        "signed": [holder_of(names, giver) for giver in trade.givers if giver in found.signatures],
        "unsigned": [holder_of(names, giver) for giver in found.unsigned],
        "allowances_missing": [
            {
                "instrument": each.instrument.instrument_id,
                "holder": holder_of(names, each.giver),
                "needed": format_amount(each.needed_units, each.instrument.decimals),
                "approved": format_amount(each.allowed_units, each.instrument.decimals),
            }
            for each in lacking
        ],
        "typed_data": exact(typed_message(stored.chain_id, stored.settlement, trade)),
    }


def text_of(document: dict[str, Any]) -> str:
    """The same, without what only a wallet reads."""
    head = ("trade", "status", "settlement", "venue", "not_after", "digest", "source", "transaction")
    rows = [(name, str(document[name])) for name in head if document[name] is not None]
    rows.append(("signed", ", ".join(document["signed"]) or "nobody"))
    if document["unsigned"] and document["status"] in ("proposed", "expired"):
        rows.append(("not signed", ", ".join(document["unsigned"])))
    rows += [
        ("not approved", f"{each['holder']}: {each['approved']} of {each['needed']} {each['instrument']}")
        for each in document["allowances_missing"]
    ]
    columns = ("instrument", "from", "to", "amount")
    legs = [tuple(leg[name] for name in columns) for leg in document["legs"]]
    accounts = dict.fromkeys((leg[side], leg[f"{side}_address"]) for leg in document["legs"] for side in ("from", "to"))
    parts = (table((), rows), table(columns, legs, right=(3,)), table((), list(accounts)))
    return "\n\n".join(parts)


def closed_document(closed: Closed) -> dict[str, Any]:
    """What became of a trade; `before` tells that it was so already."""
    found = closed.standing
    assert found.closing is not None, "what is closed has its event on the chain"
    return {
        "trade": found.stored.trade_id,
        "status": found.state.value,
        "transaction": found.closing.tx_hash,
        "block": found.closing.block_number,
        "before": closed.before,
    }


def closed_text(closed: Closed) -> str:
    """The same for people."""
    document = closed_document(closed)
    place = f"in block {document['block']}, transaction {document['transaction']}"
    if closed.before:
        return f"nothing to do: {document['trade']} was {document['status']} before, {place}"
    return f"{document['trade']} {document['status']} {place}"


def travel_text(records: Sequence[dict[str, Any]], names: Names) -> str:
    """Travel-rule records in words; the amount in units of the instrument's own decimals."""
    from rwaledger.chain.addresses import checksummed

    blocks = []
    for each in records:
        payer, payee, instrument = each["originator"], each["beneficiary"], names.instruments[each["instrument"]]
        where = " / ".join(text for text in (payer["postal_address"], payer["identifier"]) if text)
        rows = [
            ("line", str(each["line"] + 1)),
            (
                "amount",
                f"{format_amount(int(each['amount_units']), instrument.decimals, grouped=True)} {instrument.symbol}",
            ),
            ("originator", f"{payer['name']} ({payer['id']}), {where}"),
            ("", checksummed(payer["account"])),
            ("beneficiary", f"{payee['name']} ({payee['id']})"),
            ("", checksummed(payee["account"])),
            ("payload hash", each["payload_hash"]),
        ]
        blocks.append(table((), rows))
    return "\n\n".join(blocks)


def _party_namer(names: Names, trade: Trade) -> Callable[[str], str]:
    """The holder's short name; with the address where the holder takes part with several accounts."""
    from rwaledger.chain.addresses import checksummed

    called = [holder_of(names, party) for party in trade.parties]

    def party_of(address: str) -> str:
        name = holder_of(names, address)
        return name if called.count(name) == 1 else f"{name} {checksummed(address)}"

    return party_of


def holder_of(names: Names, address: str) -> str:
    """The holder's short name, or the address where nobody on the register has it."""
    known = names.accounts.get(address)
    return known.holder_id if known else address
