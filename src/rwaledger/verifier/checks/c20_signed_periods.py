"""C20: what was signed of the register is still what it says, and the heads are those on the chain.

Source: our policy; ISA 230 and 500 on evidence that is kept outside the entity. Heads that the caller has kept are
looked for where they are given; without one this proves that the register agrees with itself, no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import Any

from rwaledger.verifier.case import Case, topics_of
from rwaledger.verifier.checks.c03_openings import closings, periods_due
from rwaledger.verifier.checks.c20_heads import SIGNED, compare_heads, tampered
from rwaledger.verifier.checks.c20_links import linked
from rwaledger.verifier.checks.found import CHAIN, EVENTS, REGISTER, STATE, Findings
from rwaledger.verifier.layout import head_slots
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.periods import MIRRORED, Period, RowsNow, encoded
from rwaledger.verifier.secp256k1 import recover_bytes
from rwaledger.verifier.signed import HEAD
from rwaledger.verifier.values import ZERO_ADDRESS, Event

ID, TITLE = "C20", "Signed periods are unchanged"


def run(case: Case) -> Findings:
    """The periods that end at the pinned block or before it."""
    found = Findings(ID, TITLE, case)
    due_of = {ledger.instrument_id: periods_due(case, ledger.instrument_id) for ledger in case.ledgers}
    found.count(periods=sum(map(len, due_of.values())), rows=0, signatures=0, anchored=0, expected_heads=0)
    by_register = case.shared.get(ID) or _by_register(case, due_of)
    case.shared[ID] = by_register
    found.found.update(by_register.found)
    found.count(**by_register.coverage)
    found.notes += by_register.notes
    for ledger in case.ledgers:
        due = due_of[ledger.instrument_id]
        _compare_mirrored(found, ledger, due)
        _compare_totals(found, ledger, due)
        for period in due:
            _compare_block(found, ledger, period.row)
        _compare_anchored(found, ledger, [period.row for period in due])
    _require_expected(found)
    if not found.coverage["periods"]:
        found.note("No period is signed.")
    elif not case.expected_heads:
        found.note("Without a head that you have kept this shows that the register agrees with itself, no more.")
    found.found = linked(list(found.found.values()))
    return found


def _by_register(case: Case, due_of: Mapping[str, Sequence[Period]]) -> Findings:
    """What the register's own rows and signatures show; it is looked at once, whatever is put right elsewhere."""
    found = Findings(ID, TITLE, case)
    now = RowsNow(case)
    for ledger in case.ledgers:
        due = due_of[ledger.instrument_id]
        listed = _listed(case, ledger.instrument_id, due)
        found.count(rows=sum(map(len, listed.values())))
        compare_heads(found, ledger, due, listed, now)
        for period in due:
            _judge_signatures(found, ledger, period.row)
    return found


def _listed(case: Case, name: str, due: Sequence[Period]) -> dict[int, list[Any]]:
    """Rows that periods list; those of no period at all where there is no later one than those that are due."""
    last = max((period.row.sequence for period in due), default=0)
    is_last = all(row.sequence <= last for row in case.pack.table("periods") if row.instrument_id == name)
    found: dict[int, list[Any]] = {}
    for row in case.pack.table("period_rows") if due else ():
        if row.instrument_id == name and (is_last or row.sequence <= last):
            found.setdefault(row.sequence, []).append(row)
    return found


def _mirrored(ledger: Ledger) -> dict[str, Iterator[tuple[Any, ...]]]:
    """The cells of what the mirror keeps beside postings, in the chain's order; each row begins with its block."""
    rows = ledger.case.register_logs.get(ledger.address, {})
    kept = (
        (place, each.name, each.log, each.log.topics)
        if isinstance(each, Event)
        else (place, each.name, each, topics_of(each))
        for place, each in rows.items()
    )
    # What was entered to see what follows from its lack stands as it is on the chain.
    entered = ((p, ledger.event_at[p].name, ledger.event_at[p].log) for p in ledger.entered if p not in rows)
    logs = sorted([*kept, *((place, name, log, log.topics) for place, name, log in entered)], key=itemgetter(0))
    events = (
        (*place, r.block_hash, r.tx_hash, r.tx_index, r.address, name, _json(topics), r.data)
        for place, name, r, topics in logs
    )
    standings = ((*place, account, *standing) for (place, account), standing in ledger.standings.items())
    return {"events": events, "standings": standings}


def _json(topics: Sequence[str]) -> str:
    return json.dumps(list(topics), separators=(",", ":"))


def _compare_mirrored(found: Findings, ledger: Ledger, due: Sequence[Period]) -> None:
    """Of every table the first period that no longer fits."""
    if not due:
        return
    blocks = [period.row.block_number for period in due]
    digests = {table: _digests(rows, blocks) for table, rows in _mirrored(ledger).items()}
    digests["postings"] = [(each.postings, each.digest) for each in closings(ledger)]
    for table in MIRRORED:
        now = digests[table]
        for period, (count, digest) in zip(due, now, strict=True):
            signed = next((each for each in period.sections if each.part.table == table), None)
            if signed and (signed.rows, signed.digest) != (count, digest):
                values = (SIGNED, signed.words), (REGISTER, f"{count} rows, SHA-256 {digest}")
                tampered(found, ledger, period.row, table, f"its {table} are not those that were signed", *values)
                break


def _digests(rows: Iterable[tuple[Any, ...]], blocks: Sequence[int]) -> list[tuple[int, str]]:
    """Count and SHA-256 of the rows up to each of these blocks, which come in their order."""
    digest, count, found = sha256(), 0, list[tuple[int, str]]()
    for row in rows:
        while len(found) < len(blocks) and row[0] > blocks[len(found)]:
            found.append((count, digest.hexdigest()))
        digest.update(encoded(row))
        count += 1
    return found + [(count, digest.hexdigest())] * (len(blocks) - len(found))


def _compare_totals(found: Findings, ledger: Ledger, due: Sequence[Period]) -> None:
    """Supply and number of holders by the events, against what was signed."""
    balances: dict[str, int] = {}
    moves = iter([*ledger.played.moves.items(), ((1 << 62, 0), None)])
    place, move = next(moves)
    for row in (period.row for period in due):
        while move is not None and place[0] <= row.block_number:
            for account, units in move.legs:
                balances[account] = balances.get(account, 0) + units
            place, move = next(moves)
        supply = -balances.get(ZERO_ADDRESS, 0)
        holders = sum(1 for account, units in balances.items() if units > 0 and account != ZERO_ADDRESS)
        if (supply, holders) != (row.supply_units, row.holder_count):
            left = EVENTS, f"{ledger.amount(supply)}, {holders} holders"
            right = SIGNED, f"{ledger.amount(row.supply_units)}, {row.holder_count} holders"
            tampered(found, ledger, row, "totals", "its supply or number of holders is not the chain's", left, right)


def _judge_signatures(found: Findings, ledger: Ledger, row: Any) -> None:
    signers = [("operator", row.operator, row.operator_signature)]
    if row.auditor_signature:
        signers.append(("auditor", row.auditor, row.auditor_signature))
    else:
        found.note(f"No auditor has countersigned period {row.sequence} of {row.instrument_id}.")
    members = ledger.address, row.sequence, row.previous_head, row.head, row.block_number, row.block_hash
    for role, signer, signature in signers:
        found.count(signatures=1)
        try:
            digest = HEAD.digest(row.chain_id, row.anchor, (*members, row.supply_units, row.holder_count))
            held = recover_bytes(bytes.fromhex(digest[2:]), bytes.fromhex(signature.removeprefix("0x"))) == signer
        except (ValueError, OverflowError):
            held = False
        if not held:
            values = ("required", f"the signature of {signer}"), (REGISTER, signature)
            tampered(found, ledger, row, role, f"the {role} {signer} has not signed this head", *values)


def _compare_block(found: Findings, ledger: Ledger, row: Any) -> None:
    if row.block_number >= found.case.pack.manifest.first_block:
        header = found.case.pack.header(row.block_number)
        if (header.hash, header.timestamp) != (row.block_hash, row.block_time):
            left = CHAIN, f"{header.hash}, time {header.timestamp}"
            right = SIGNED, f"{row.block_hash}, time {row.block_time}"
            summary = f"block {row.block_number} is another one on the chain"
            tampered(found, ledger, row, "block", summary, left, right)


def _compare_anchored(found: Findings, ledger: Ledger, due: Sequence[Any]) -> None:
    """What trusted anchors said when heads were anchored, and the register."""
    case, name = found.case, ledger.instrument_id
    told = {
        (address, event.args["sequence"]): event.args["head"]
        for address, contract in case.contracts.items()
        if contract.kind == "registry_anchor" and case.is_trusted(address)
        for event in case.events_named("HeadAnchored", address)
        if event.args["instrument"] == ledger.address
    }
    rows = {row.sequence: row for row in due}
    found.count(anchored=len({sequence for _, sequence in told}))
    for (address, sequence), head in sorted(told.items()):
        row = rows.get(sequence)
        slot = head_slots(ledger.address, sequence)[0]
        word = case.pack.proofs[address].slots.get(slot)
        values = (EVENTS, head), (REGISTER, row.head if row else "nothing")
        if row is None:
            kind, what = "MISSING_IN_REGISTER", "it was anchored, and is gone"
        elif row.head != head:
            kind, what = "TAMPER", "its head is not the one that was anchored"
        elif word is not None and f"0x{word:064x}" != head:
            kind, what = "TAMPER", "the anchor's state is not what it said when the head was anchored"
            values = (STATE, f"0x{word:064x}"), (EVENTS, head)
        else:
            continue
        found.add(kind, name, address, f"period {sequence} of {name}: {what}", *values, f"period {sequence} anchored")


def _require_expected(found: Findings) -> None:
    """A head that the caller has kept is one of the instrument's."""
    expected: Mapping[str, str] = found.case.expected_heads
    for name, head in sorted(expected.items()):
        found.count(expected_heads=1)
        known = [row.head for row in found.case.pack.table("periods") if row.instrument_id == name]
        if head not in known:
            last = f"last head {known[-1]}, of {len(known)}" if known else "no signed period"
            summary = f"no signed period of {name} has the head that you expect"
            found.add("TAMPER", name, "", summary, ("expected", head), (REGISTER, last), "expected head")
