"""Breaks, their events and exemptions for readers: as data, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rwaledger.cli.output import table

if TYPE_CHECKING:
    from rwaledger.domain.break_events import BreakEvent
    from rwaledger.domain.break_life import Life
    from rwaledger.domain.correction import CorrectionRow
    from rwaledger.domain.exemption import Exemption
    from rwaledger.domain.policy import Policy


def life_document(life: Life, root: Life | None, policy: Policy, newest: int | None) -> dict[str, Any]:
    """A break with its state, and its age up to the newest block on record, or to that at which it was gone.

    What only follows from another break has the state of that one, its `root`.
    """
    from rwaledger.domain.ageing import age

    found, record, lived = life.record.found, life.record, root or life
    is_closed = lived.state.is_closed and bool(lived.events)
    upto = max(lived.events[-1].block_time if is_closed else newest or 0, record.first_block_time)
    since = age(record.first_block_time, upto, policy)
    return {
        "break_id": life.break_id,
        "state": lived.state.value,
        "class": life.break_class.value,
        "check": found.check,
        "instrument": found.instrument_id,
        "account": _address(found.account),
        "holder": found.holder_id,
        "summary": found.summary,
        "left": {"record": found.left.record, "value": found.left.value},
        "right": {"record": found.right.record, "value": found.right.value},
        "cause": found.cause,
        "follows_from": "" if life.has_own_life else found.follows_from,
        "first_block": record.first_block_number,
        "first_seen": moment(record.first_block_time),
        "age": since.bucket.value,
        "business_days": since.business_days,
        "assignee": life.assignee,
        "faults": list(life.faults),
    }


def event_document(event: BreakEvent) -> dict[str, Any]:
    """One step of a break's life."""
    return {
        "sequence": event.sequence,
        "state": event.state.value,
        "class": event.break_class.value,
        "by": _address(event.actor) if event.actor else "reconciliation",
        "role": event.role.value if event.role else "",
        "assignee": event.assignee,
        "text": event.text,
        "evidence": event.evidence_hash,
        "correction": event.correction,
        "block": event.block_number,
        "block_time": moment(event.block_time),
        "hash": event.hash,
    }


def correction_document(row: CorrectionRow) -> dict[str, Any]:
    """A row that a correction has entered, or linked."""
    return {"table": row.table_name, "key": row.row_key, "reverses": row.reverses}


def exemption_document(each: Exemption, fault: str) -> dict[str, Any]:
    """An exemption, with what is wrong with its row."""
    return {
        "exemption_id": each.exemption_id,
        "check": each.check,
        "instrument": each.instrument_id,
        "break_id": each.break_id,
        "reason": each.reason,
        "evidence": each.evidence_hash,
        "valid_from": each.valid_from.isoformat(),
        "until": each.expires_on.isoformat(),
        "signers": [_address(each.first_signer)] + ([_address(each.second_signer)] if each.second_signer else []),
        "fault": fault,
    }


def list_text(documents: Sequence[dict[str, Any]]) -> str:
    """A line a break; those that were changed from outside say so beneath."""
    header = ("break", "state", "class", "check", "instrument", "age", "assigned to", "follows from")
    names = ("break_id", "state", "class", "check", "instrument", "age", "assignee", "follows_from")
    rows = [tuple(str(each[name]) or "-" for name in names) for each in documents]
    lines = [table(header, rows) or "no breaks"]
    return "\n".join(lines + [f"{each['break_id']}: {fault}" for each in documents for fault in each["faults"]])


def show_text(document: dict[str, Any]) -> str:
    """A break and its life, a paragraph each."""
    names = ["break_id", "state", "class", "check", "instrument", "account", "holder", "summary", "cause"]
    names += ["follows_from", "first_seen", "age", "assignee"]
    facts = [(name.replace("_", " "), str(document[name])) for name in names if document[name]]
    facts += [(document[side]["record"], document[side]["value"]) for side in ("left", "right")]
    parts = [table((), facts)]
    parts += [f"changed from outside: {fault}" for fault in document["faults"]]
    parts += [_event_text(each) for each in document["events"]]
    if document["corrections"]:
        rows = [(each["table"], each["key"], each["reverses"]) for each in document["corrections"]]
        parts.append(table(("corrected table", "row", "takes back"), rows))
    if document["consequences"]:
        parts.append("what follows from it: " + ", ".join(document["consequences"]))
    return "\n\n".join(parts)


def exemptions_text(documents: Sequence[dict[str, Any]]) -> str:
    """A line an exemption."""
    header = ("exemption", "check", "instrument", "break", "from", "until", "signed", "reason")
    rows = [
        (
            each["exemption_id"],
            each["check"],
            each["instrument"] or "-",
            each["break_id"] or "all",
            each["valid_from"],
            each["until"],
            each["fault"] or f"{len(each['signers'])} of 2",
            each["reason"],
        )
        for each in documents
    ]
    return table(header, rows) or "no exemptions"


def moment(timestamp: int) -> str:
    """A block's time in UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _event_text(each: dict[str, Any]) -> str:
    role = f", {each['role']}" if each["role"] else ""
    lines = [f"{each['sequence']}. {each['state']} by {each['by']}{role}, block {each['block']}, {each['block_time']}"]
    names = {"assignee": "given to", "text": "text", "evidence": "evidence", "correction": "entered"}
    lines += [f"   {words}: {each[name]}" for name, words in names.items() if each[name]]
    return "\n".join(lines)


def _address(account: str) -> str:
    from rwaledger.chain.addresses import checksummed

    return checksummed(account) if account.startswith("0x") else account
