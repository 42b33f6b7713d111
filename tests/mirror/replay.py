"""What a register has to hold of a chain, written apart from the mirror: from receipts to rows, by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from Crypto.Hash import keccak

import rwaledger
from tests.mirror.archive import PastBlock, PastLog

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]

_ARTIFACTS = Path(rwaledger.__file__).parent / "artifacts"
_UNITS_MAX = 2**96 - 1


@dataclass(frozen=True)
class Known:
    """A contract that is mirrored; `instrument_id` is empty where its moves are not posted."""

    address: str
    deploy_block: int
    instrument_id: str = ""


@dataclass
class Replay:
    """The rows of a register whose contracts stand at these blocks of one chain."""

    chain_id: int
    rows: Rows = field(
        default_factory=lambda: {name: [] for name in ("blocks", "events", "postings", "positions", "standings")}
    )
    _held: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    _standing: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def read(self, chain: Sequence[PastBlock], reached: dict[Known, int]) -> Rows:
        """Reads the whole chain; `reached` is the block up to which each contract is in the register."""
        known = {each.address: each for each in reached}
        for block in chain:
            if any(each.deploy_block <= block.number <= reached[each] for each in reached):
                self.rows["blocks"].append(
                    (self.chain_id, block.number, block.hash, block.parent_hash, block.timestamp)
                )
            for log in block.logs:
                contract = known.get(log.address)
                if contract and contract.deploy_block <= block.number <= reached[contract]:
                    self._take(block, log, contract)
        self.rows["positions"] = [(*key, *held) for key, held in self._held.items()]
        return self.rows

    def _take(self, block: PastBlock, log: PastLog, contract: Known) -> None:
        name = event_names().get(log.topics[0], "") if log.topics else ""
        place = (self.chain_id, block.number, log.index, block.hash, log.tx_hash, log.tx_index)
        self.rows["events"].append((*place, log.address, name, log.topics, log.data))
        if contract.instrument_id and name == "Transfer":
            self._move(contract.instrument_id, block, log)
        elif contract.instrument_id and name in _STANDINGS:
            self._judge(contract.instrument_id, block, log, name)

    def _move(self, instrument_id: str, block: PastBlock, log: PastLog) -> None:
        units = int(log.data, 16)
        for leg, (topic, amount) in enumerate(((log.topics[1], -units), (log.topics[2], units))):
            account = "0x" + topic[-40:]
            held = self._held.get((instrument_id, account), (0, 0, 0))[0] + amount
            assert abs(held) <= _UNITS_MAX
            self._held[instrument_id, account] = (held, block.number, log.index)
            self.rows["postings"].append(
                (instrument_id, block.number, log.index, leg, account, amount, held, log.tx_hash)
            )

    def _judge(self, instrument_id: str, block: PastBlock, log: PastLog, name: str) -> None:
        """A standing is class, country, last valid day, frozen units, address frozen, suspended."""
        account = "0x" + log.topics[1][-40:]
        words = [int(log.data[at : at + 64], 16) for at in range(2, len(log.data), 64)]
        old = self._standing.get((instrument_id, account), (0,) * 6)
        new = _STANDINGS[name](old, words, log.topics)
        self._standing[instrument_id, account] = new
        self.rows["standings"].append((instrument_id, account, block.number, log.index, *new))


_STANDINGS: dict[str, Any] = {
    "AccountAdmitted": lambda old, words, topics: (words[1], words[0], words[2], *old[3:]),
    "AccountSuspended": lambda old, words, topics: (*old[:5], words[0]),
    "AddressFrozen": lambda old, words, topics: (*old[:4], int(topics[2], 16), old[5]),
    "Frozen": lambda old, words, topics: (*old[:3], words[0], *old[4:]),
    "RecoverySuccess": lambda old, words, topics: (0,) * 6,
}


@cache
def event_names() -> dict[str, str]:
    """Name by first topic, of all events that the contracts' ABIs have."""
    entries = [entry for path in _ARTIFACTS.glob("*.json") for entry in json.loads(path.read_text())["abi"]]
    return {_topic(entry): entry["name"] for entry in entries if entry["type"] == "event"}


def _topic(event: dict[str, Any]) -> str:
    signature = f"{event['name']}({','.join(_type(each) for each in event['inputs'])})"
    return "0x" + keccak.new(data=signature.encode(), digest_bits=256).hexdigest()


def _type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(each) for each in parameter['components'])}){kind[5:]}"
