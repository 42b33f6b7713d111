"""C12: every log of the contracts is an event that is known, and stands in the register as in its receipt."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rwaledger.verifier.case import Case, topics_of
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, cause_of, where
from rwaledger.verifier.replay import Place
from rwaledger.verifier.values import Event, Log

ID, TITLE = "C12", "Every log is in the register"


def run(case: Case) -> Findings:
    """The logs of each contract one by one; the headers behind them are for C13."""
    found = Findings(ID, TITLE, case)
    on_chain: dict[str, dict[Place, Log]] = {address: {} for address in case.contracts}
    for log in case.pack.logs:
        on_chain[log.address][log.place] = log
    for each in case.pack.undecoded:
        topic = each.log.topics[0] if each.log.topics else "no topic"
        _add(found, "COVERAGE", each.log.address, each.log, f"not decoded: {each.reason}", (topic, "unknown"))
    names = {each.log.place: each.name for each in case.pack.events}
    for address, logs in on_chain.items():
        found.count(contracts=1, logs=len(logs))
        _compare(found, address, logs, names)
    for ledger in case.ledgers:
        found.count(transfers=len(ledger.played.moves))
        for place in ledger.played.moves:
            if place not in ledger.groups:
                log = ledger.event_at[place].log
                _add(found, "MISSING_IN_REGISTER", ledger.address, log, "not posted", ("Transfer", "no postings"))
    _require_listed(found)
    return found


def _compare(found: Findings, address: str, logs: dict[Place, Log], names: dict[Place, str]) -> None:
    rows = found.case.register_logs.get(address, {})
    ledger = found.case.ledger_at.get(address)
    entered = ledger.entered if ledger else frozenset()
    for place in sorted(logs.keys() | rows.keys()):
        log, row = logs.get(place), rows.get(place)
        name = names.get(place, "log")
        if log is None and row is not None:
            summary = f"not on the chain: block {place[0]}, log {place[1]}, transaction {row.tx_hash}"
            values = (EVENTS, "nothing"), (REGISTER, row.name)
            ids = _instrument(found, address), address
            found.add("MISSING_ON_CHAIN", *ids, summary, *values, f"{cause_of(place)} not on the chain")
        elif log is not None and row is None and place not in entered:
            _add(found, "MISSING_IN_REGISTER", address, log, "not in the register", (name, "nothing"))
        elif isinstance(row, Event):
            continue
        elif log is not None and row is not None and _differs(row, log, names.get(place, row.name)):
            shown = " ".join([name, *log.topics[1:], log.data]), " ".join([row.name, *topics_of(row)[1:], row.data])
            _add(found, "TAMPER", address, log, "otherwise in the register", shown)


def _differs(row: Any, log: Log, name: str) -> bool:
    """Whether a row is not the log, field by field, or calls it by another name."""
    place = row.block_number, row.log_index, row.block_hash, row.tx_hash, row.tx_index
    there = *log.place, log.block_hash, log.tx_hash, log.tx_index
    return place != there or (topics_of(row), row.data) != (log.topics, log.data) or name != row.name


def _add(found: Findings, kind: str, address: str, log: Log, summary: str, shown: tuple[str, str]) -> None:
    """A log is told of once for each thing that is wrong with it."""
    cause = f"{cause_of(log.place)} {summary.partition(':')[0]}"
    values = (EVENTS, shown[0]), (REGISTER, shown[1])
    found.add(kind, _instrument(found, address), address, f"{summary}: {where(log)}", *values, cause)


def _instrument(found: Findings, address: str) -> str:
    ledger = found.case.ledger_at.get(address)
    return ledger.instrument_id if ledger else ""


def _require_listed(found: Findings) -> None:
    """Rows under an instrument or address that the register does not list, so that nothing would look at them."""
    case = found.case
    listed = {row.instrument_id for row in case.pack.table("instruments")}
    counted: Counter[tuple[str, str]] = Counter()
    for table, names in (("postings", case.postings), ("positions", case.positions), ("standings", case.standings)):
        for name, rows in names.items():
            if name not in listed:
                legs = rows.values() if table == "postings" else ()
                counted[table, name] = sum(map(len, legs)) if table == "postings" else len(rows)
    for address, rows in case.register_logs.items():
        if address not in case.contract_rows:
            counted["events", address] = len(rows)
    for (table, name), number in sorted(counted.items()):
        summary = f"{number} rows of {table} are of {name or 'no name'}, which the register does not list"
        values = (REGISTER, f"{number} rows of {table}"), (f"{REGISTER}: contracts", "nothing")
        ids = ("", name) if table == "events" else (name, "")
        found.add("COVERAGE", *ids, summary, *values, f"not listed: {table}")
