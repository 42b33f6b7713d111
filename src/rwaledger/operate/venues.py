"""Licences of venues: who alone may submit the trades that name it, and until when, under four eyes."""

from __future__ import annotations

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.domain.settlement import NOT_AFTER_MAX, SETTLEMENT_ID
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.registry import instruments
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import ContractKind


def licence_plan(connection: Connection, node: Node, venue: str, until: int, key: str) -> Plan:
    """The instruction that licenses a venue until the last second `until`; a time gone by ends its licence.

    Raises:
        UsageError: the time is beyond what the contract can hold.
        UnknownName: the register has no settlement contract.
    """
    if not 0 <= until <= NOT_AFTER_MAX:
        raise UsageError("no licence lasts that long", "Give an earlier --until.")
    target = settlement_target(connection, node.chain_id)
    entry = Entry(COMMAND, 0, target, Line(recipient=venue, detail=until))
    return make_plan(Operation.LICENSE_VENUE, [entry], key, str(COMMAND))


def settlement_target(connection: Connection, chain_id: int) -> Instrument:
    """The settlement contract in the place where an instruction names its instrument.

    It has no units: kind and record of truth say nothing here, and no check of an instrument looks at it.
    """
    found = instruments.contract_of(connection, chain_id, ContractKind.SETTLEMENT)
    book = instruments.contract_of(connection, chain_id, ContractKind.CONTROL_BOOK)
    return Instrument(
        instrument_id=SETTLEMENT_ID,
        name="Settlement",
        symbol="",
        decimals=0,
        kind=InstrumentKind.FUND,
        record_of_truth=RecordOfTruth.CHAIN,
        chain_id=chain_id,
        address=found.address,
        control_book=book.address,
        deploy_block=found.deploy_block,
        deploy_block_hash=found.deploy_block_hash,
        code_hash=found.code_hash,
    )
