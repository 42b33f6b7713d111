"""What it costs to read the balances of 100,000 holders at one block, by each path, and what each gives.

The lens gives the whole account word, as the token's own view does in thousands; single calls of `balanceOf` in batches
and proofs of storage are measured on a sample, and told for as many. On the chain of benchmarks/audit.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.audit_chain import office
from rwaledger.chain import state
from rwaledger.chain.compile import PROJECT
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.proofs import account_proof
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import account_slot
from rwaledger.registry import instruments, ledger, positions
from rwaledger.registry.database import Database

FOLDER = PROJECT / "build" / "bench-audit"
HOLDERS, POSTINGS = 100_000, 1_000_000
_REPEATS = 3
_IN_SAMPLE = {"calls": 10_000, "proofs": 2_000}


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its holders, at the block up to which it was mirrored."""

    node: Node
    address: str
    block: int
    holders: Sequence[str]


def token_of(node: Node, register: Path) -> Token:
    """The one instrument of a register."""
    with Database(f"sqlite:///{register}").read() as c:
        (instrument,) = instruments.instruments(c)
        block = min(each.block_number for each in ledger.checkpoints(c, node.chain_id))
        held = [each.account for each in positions.positions(c, instrument.instrument_id)]
    return Token(node, instrument.address, block, [account for account in held if int(account, 16)])


def balance_rows(token: Token) -> dict[str, float]:
    """Seconds for all holders; by single calls and by proofs for as many as there are in 100,000."""
    rows = {"balances_100k_s": _best(token, _words), "balances_100k_view_s": _best(token, _view)}
    for name, read in (("calls", _calls), ("proofs", _proofs)):
        some = Token(token.node, token.address, token.block, token.holders[: _IN_SAMPLE[name]])
        rows[f"balances_100k_{name}_s"] = _best(some, read) * HOLDERS / len(some.holders)
    return {name: round(seconds, 2) for name, seconds in rows.items()}


def measure() -> dict[str, float]:
    """The rows, on the chain that is kept."""
    with office(FOLDER, HOLDERS, POSTINGS) as place:
        return balance_rows(token_of(place.node, place.folder / "register.db"))


def _best(token: Token, read: Callable[[Token], object]) -> float:
    """The shortest of some runs: whatever else the machine does makes one longer."""
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        read(token)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _words(token: Token) -> object:
    return state.account_words(token.node, token.address, token.holders, token.block)


def _view(token: Token) -> object:
    words = state.words_by_view(token.node, token.address, token.holders, token.block)
    return [state.unpack_account_word(word) for word in words]


def _calls(token: Token) -> object:
    calls: list[tuple[str, list[object]]] = [("balanceOf", [account]) for account in token.holders]
    return ASSET_TOKEN.call_many(token.node, token.address, calls, token.block)


def _proofs(token: Token) -> object:
    return account_proof(token.node, token.address, map(account_slot, token.holders), token.block)
