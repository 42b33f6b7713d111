"""Double entry: every event that moves units is two postings, and a position is the last balance of one account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ISSUANCE_ACCOUNT = "0x" + "0" * 40
"""The zero address: its balance is minus the supply, so that all balances of an instrument sum to zero."""


class Move(NamedTuple):
    """An event that moves units: what two postings are made of."""

    block_number: int
    log_index: int
    tx_hash: str
    sender: str
    recipient: str
    units: int


class Posting(NamedTuple):
    """One leg of a move: `amount_units` is signed, `balance_after_units` the account's balance behind it.

    `leg` 0 is the debit of the sender, `leg` 1 the credit of the recipient, of the log at
    (`block_number`, `log_index`). A tuple, as logs are: a register has millions of them.
    """

    instrument_id: str
    block_number: int
    log_index: int
    leg: int
    account: str
    amount_units: int
    balance_after_units: int
    tx_hash: str


@dataclass(frozen=True, slots=True)
class Position:
    """What one account holds of one instrument, as of the last event that moved it."""

    instrument_id: str
    account: str
    balance_units: int
    block_number: int
    log_index: int
