"""C12: every log of the contracts is an event we know, and in the register as it is on the chain."""

from __future__ import annotations

from rwaledger.audit.findings import EVENTS, REGISTER, Findings, cause_of, where
from rwaledger.audit.records import ContractRecords, Records, place_of
from rwaledger.audit.replay import TRANSFER
from rwaledger.domain.block import Log
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C12"
TITLE = "Every log is in the register"
PURPOSE = (
    "Every log of our contracts is decoded, every transfer posted; no log on the chain is missing "
    "from the register, none in the register from the chain, and none differs. No row is of an instrument or contract "
    "that the register does not list."
)


def run(records: Records) -> CheckResult:
    """Compares the logs of each contract, one by one."""
    findings = Findings(ID, TITLE, records)
    for contract in records.contracts:
        findings.count(contracts=1, logs=len(contract.chain_logs))
        _require_decoded(findings, contract)
        _compare_logs(findings, contract)
    for each in records.instruments:
        transfers, groups = 0, each.groups
        for place, event in each.account_events.items():
            if event.name == TRANSFER:
                transfers += 1
                if place not in groups:
                    shown = TRANSFER, "no postings"
                    _add(findings, each.token, BreakClass.MISSING_IN_REGISTER, event.log, "not posted", shown)
        findings.count(transfers=transfers)
    findings.take_faults()
    return findings.result()


def _require_decoded(findings: Findings, contract: ContractRecords) -> None:
    for each in contract.undecoded:
        topic = each.log.topics[0] if each.log.topics else "no topic"
        _add(findings, contract, BreakClass.COVERAGE, each.log, f"not decoded: {each.reason}", (topic, "unknown"))


def _compare_logs(findings: Findings, contract: ContractRecords) -> None:
    """Where both sides have the same logs under the same names, in the same order, nothing is left to compare."""
    on_both_sides = contract.register_logs == tuple((event.name, event.log) for event in contract.events)
    if on_both_sides and not contract.undecoded:
        return
    on_chain = {place_of(log): log for log in contract.chain_logs}
    in_register = {place_of(log): (name, log) for name, log in contract.register_logs}
    names = {place_of(event.log): event.name for event in contract.events}
    for place in sorted(on_chain.keys() | in_register.keys()):
        log, (name, known) = on_chain.get(place), in_register.get(place, ("", None))
        if known is None and log:
            shown = names.get(place, "log"), "nothing"
            _add(findings, contract, BreakClass.MISSING_IN_REGISTER, log, "not in the register", shown)
        elif log is None and known:
            _add(findings, contract, BreakClass.MISSING_ON_CHAIN, known, "not on the chain", ("nothing", name))
        elif log and known and (log != known or names.get(place, name) != name):
            shown = _told(names.get(place, "log"), log), _told(name, known)
            _add(findings, contract, BreakClass.TAMPER, log, "otherwise in the register", shown)


def _add(
    findings: Findings,
    contract: ContractRecords,
    break_class: BreakClass,
    log: Log,
    summary: str,
    shown: tuple[str, str],
) -> None:
    """One log is told of once for each thing that is wrong with it."""
    instrument = findings.records.instrument_of(contract.contract)
    findings.add(
        break_class,
        instrument.instrument.instrument_id if instrument else "",
        contract.contract.address,
        f"{summary}: {where(log)}",
        (Value(EVENTS, shown[0]), Value(REGISTER, shown[1])),
        cause=f"{cause_of(place_of(log))} {summary.partition(':')[0]}",
    )


def _told(name: str, log: Log) -> str:
    return " ".join([name, *log.topics[1:], log.data])
