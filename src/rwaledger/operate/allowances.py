"""What a holder lets the control book, or the settlement of trades, take of its units."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, Receipt, next_nonce
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.dispatch import send_recorded
from rwaledger.registry import instruments
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instruments import ContractKind

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


class Spender(StrEnum):
    """Who may take units: the control book by instruction, or the settlement by trades that the holder has signed."""

    CONTROL_BOOK = "control-book"
    SETTLEMENT = "settlement"


def spender_address(connection: Connection, instrument: Instrument, spender: Spender) -> str:
    """The contract that may take units of an instrument.

    Raises:
        UnknownName: the register has no settlement contract.
    """
    if spender is Spender.CONTROL_BOOK:
        return instrument.control_book
    return instruments.contract_of(connection, instrument.chain_id, ContractKind.SETTLEMENT).address


def allowance(node: Node, instrument: Instrument, owner: str, spender: str) -> int:
    """Units that a contract may still take of an account."""
    (units,) = ASSET_TOKEN.call(node, instrument.address, "allowance", [owner, spender])
    return int(units)


def approve(
    database: Database, node: Node, signer: Signer, instrument: Instrument, spender: str, units: int
) -> Receipt | None:
    """Sets what a contract may take; None where it is that already.

    The same amount can be approved again once it was used, so the purpose names the nonce as well: a run that was cut
    off is found again by it.
    """
    if allowance(node, instrument, signer.address, spender) == units:
        return None
    nonce = next_nonce(node, signer.address)
    purpose = f"approve {units} units of {instrument.instrument_id} to {spender}, nonce {nonce}"
    call = Outgoing(instrument.address, ASSET_TOKEN.encode("approve", [spender, units]))
    return send_recorded(database, node, signer, call, purpose)
