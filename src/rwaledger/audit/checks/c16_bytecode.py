"""C16: the bytecode on the chain is the released artifact, and the one that was deployed."""

from __future__ import annotations

from collections.abc import Iterator

from rwaledger import __version__
from rwaledger.audit.findings import Findings
from rwaledger.audit.records import ContractRecords, Records
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C16"
TITLE = "Code is as released"
PURPOSE = (
    "The bytecode of every contract is that of the released artifact, its immutables hold what they must, and its "
    "hash is the one recorded at deployment. It was deployed where the register says, and a token answers with the "
    "name, symbol and decimals of its instrument."
)


def run(records: Records) -> CheckResult:
    """Compares the code of each contract; one finding a contract, whatever differs in it."""
    findings = Findings(ID, TITLE, records)
    for each in records.contracts:
        findings.count(contracts=1)
        differences = list(_differences(each))
        if not differences:
            continue
        instrument = records.instrument_of(each.contract)
        findings.add(
            BreakClass.TAMPER,
            instrument.instrument.instrument_id if instrument else "",
            each.contract.address,
            f"the code of this {each.artifact} {' and '.join(differences)}",
            (Value("chain", f"code hash {each.code_hash}"), _expected(each)),
        )
    findings.take_faults()
    return findings.result()


def _differences(each: ContractRecords) -> Iterator[str]:
    if not each.released:
        yield f"is not that released with version {__version__}"
    if each.wrong_immutables:
        yield f"was made with other values: {', '.join(each.wrong_immutables)}"
    if each.code_hash != each.contract.code_hash:
        yield "is not the one recorded at deployment"


def _expected(each: ContractRecords) -> Value:
    return Value("register", f"code hash {each.contract.code_hash}")
