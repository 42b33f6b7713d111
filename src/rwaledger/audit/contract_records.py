"""A contract's code and logs at the pinned block, and whether the register says rightly where it begins."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.audit.bytecode import ARTIFACTS, is_released, wrong_immutables
from rwaledger.audit.chain_logs import decoded, logs_of
from rwaledger.audit.faults import BY_DEPLOYMENT, Fault
from rwaledger.audit.records import ContractRecords
from rwaledger.chain.code import code_hash
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Log, Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reconciliation import BreakClass, Value
from rwaledger.registry.instruments import Contract


def is_there(node: Node, contract: Contract, block: int) -> bool:
    """Whether it is audited at a block: deployed by then as the register says, or, whatever that says, by its code."""
    return contract.deploy_block <= block or node.code(contract.address, block) != "0x"


def contract_records(
    node: Node,
    contract: Contract,
    instrument: Instrument | None,
    register_logs: tuple[tuple[str, Log], ...],
    logs: Sequence[Log],
    pin: Pin,
    *,
    begins: bool,
) -> tuple[ContractRecords, Fault | None]:
    """The records of a contract, and what is wrong with its place of deployment.

    `logs` are the chain's; `begins` is whether they begin where the register says.
    """
    code = node.code(contract.address, pin.block_number)
    events, undecoded = decoded(logs)
    released = is_released(contract, code)
    records = ContractRecords(
        contract,
        ARTIFACTS[contract.kind],
        code_hash(code),
        released,
        wrong_immutables(contract, instrument, code) if released else (),
        tuple(logs),
        events,
        undecoded,
        register_logs,
    )
    return records, None if begins else _fault(contract, instrument, logs)


def logs_and_start(node: Node, contract: Contract, last: int) -> tuple[list[Log], bool]:
    """The logs from the deployment up to a block, and whether it was there: each of our constructors emits some."""
    address, first = contract.address, contract.deploy_block
    if 0 <= first <= last:
        block = node.block(first)
        logs = list(logs_of(node, address, first, last))
        if block and block.hash == contract.deploy_block_hash and logs and logs[0].block_number == first:
            return logs, True
    return list(logs_of(node, address, 0, last)), False


def _fault(contract: Contract, instrument: Instrument | None, logs: Sequence[Log]) -> Fault:
    first = f"block {logs[0].block_number}, {logs[0].block_hash}" if logs else "no event"
    recorded = f"block {contract.deploy_block}, {contract.deploy_block_hash}"
    return Fault(
        "C16",
        BreakClass.TAMPER,
        instrument.instrument_id if instrument else "",
        contract.address,
        "the contract was not deployed where the register says; its events were read from block 0 on",
        (Value("chain", first), Value("register", recorded)),
        BY_DEPLOYMENT,
    )
