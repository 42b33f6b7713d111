"""L3: headers link to the hash that the caller gave, and everything of the chain in the pack belongs to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from rwaledger.verifier import chain_files, proving
from rwaledger.verifier.deployments import check_deployments
from rwaledger.verifier.level import Level, Progress, silent
from rwaledger.verifier.pack import Pack, Row
from rwaledger.verifier.trie import EMPTY_ROOT
from rwaledger.verifier.values import Event, Undecoded

_EMPTY = "0x" + EMPTY_ROOT.hex()


def check(pack: Pack, block_hash: str, progress: Progress = silent) -> Level:
    """The level. Raises Refuted where a file has not the shape that it must."""
    level = Level("L3")
    level.trusted.append(f"That {block_hash} is the hash of a block that is final on the chain you mean.")
    _check_headers(pack, block_hash, level)
    if level.faults:
        return level
    proofs = proving.begin(pack)
    _check_bodies(pack, level)
    began = check_deployments(pack, level)
    proving.check_state(pack, proofs, began, level, progress)
    _check_senders(pack, level)
    _check_events(pack, level)
    return level


def _check_headers(pack: Pack, block_hash: str, level: Level) -> None:
    """Each header has the hash that the next one names, the last the one that the caller gave."""
    headers = pack.headers
    for before, after in pairwise(headers):
        if after.parent_hash != before.hash:
            line = before.number - pack.manifest.first_block + 1
            level.fault(
                f"{chain_files.HEADERS} line {line}",
                f"block {before.number} has the hash {before.hash}; the next one names {after.parent_hash}",
            )
    last = headers[-1]
    if last.hash != block_hash:
        level.fault(
            f"{chain_files.HEADERS} line {len(headers)}",
            f"block {last.number} has the hash {last.hash}, you gave {block_hash}",
        )
    if last.timestamp != pack.manifest.pin.block_time:
        level.fault("manifest.json, pin, block_time", f"the header of the block says {last.timestamp}")
    level.prove(len(headers), "headers, each by the hash in the next, the last by the hash that you gave")


def _check_bodies(pack: Pack, level: Level) -> None:
    """Transactions and receipts of every block are those of its header, and no block was left out."""
    blocks = {block.header.number: block for block in pack.blocks}
    for header in pack.headers:
        block = blocks.get(header.number)
        found = (block.transactions_root, block.receipts_root) if block else (_EMPTY, _EMPTY)
        names = ("transactions", "receipts")
        for name, actual, needed in zip(names, found, (header.transactions_root, header.receipts_root), strict=True):
            if actual != needed:
                what = f"{name} of the root {actual}" if block else f"not in the pack, though it has {name}"
                level.fault(f"{chain_files.BLOCKS}, block {header.number}", f"{what}; its header has {needed}")
    count = sum(len(block.transactions) for block in blocks.values())
    level.prove(count, f"transactions with their receipts, to the roots of {len(pack.headers):,} headers")
    first = pack.headers[0].number
    level.prove(len(pack.logs), f"logs of the contracts, complete from block {first} to the pinned one")


def _check_senders(pack: Pack, level: Level) -> None:
    """Who sent each transaction, by its signature; and that it was signed for this chain, which no header names."""
    senders: Counter[str] = Counter()
    chain_id, for_chain = pack.manifest.pin.chain_id, 0
    pack.find_senders()
    for each in pack.transactions.values():
        place = f"{chain_files.BLOCKS}, block {each.block_number}, transaction {each.index}"
        senders[pack.sender(each)] += 1
        if each.chain_id not in {None, chain_id}:
            level.fault(place, f"signed for chain {each.chain_id}, the pack is of chain {chain_id}")
        for_chain += each.chain_id == chain_id and each.is_signed
    unsigned = senders.pop("", 0)
    level.prove(senders.total(), f"transactions have a sender, by their signatures: {len(senders)} keys")
    if for_chain:
        level.prove(for_chain, f"of them were signed for chain {chain_id}")
    else:
        level.unproved.append(f"That the chain's id is {chain_id}: no transaction was signed for one.")
    if unsigned:
        level.unproved.append(
            f"Who sent {unsigned} transactions: nobody signed them (a local node does that), or their type is not "
            "known; their hashes are those that the register names."
        )


def _check_events(pack: Pack, level: Level) -> None:
    """The register has exactly the logs of the receipts, each as it is there. What differs, L1 finds too."""
    place = "register/events.jsonl"
    decoded: dict[tuple[int, int], Event | Undecoded] = {each.log.place: each for each in pack.events}
    decoded |= {each.log.place: each for each in pack.undecoded}
    same = 0
    for line, row in enumerate(pack.stored_events, 2):
        if isinstance(row, Event):
            same += decoded.pop(row.log.place, None) is not None
            continue
        found = decoded.pop((row.block_number, row.log_index), None)
        where = f"{place} line {line}, block {row.block_number}, log {row.log_index}"
        if found is None:
            level.break_(where, "no contract of the pack emitted it: it is in no receipt")
            continue
        differing = [name for name, here, there in _compared(row, found, pack.manifest.pin.chain_id) if here != there]
        for name in differing:
            level.break_(f"{where}, {name}", "not what the receipt says")
        same += not differing
    for block_number, log_index in sorted(decoded):
        level.break_(place, f"block {block_number}, log {log_index} is in the receipts and not in the register")
    level.prove(same, "events of the register are logs of the receipts")


def _compared(row: Row, found: Event | Undecoded, chain_id: int) -> Iterator[tuple[str, object, object]]:
    """Each column of a row of events beside what it has to be."""
    yield "chain_id", row.chain_id, chain_id
    yield "topics", row.topics, json.dumps(list(found.log.topics), separators=(",", ":"))
    for name in ("block_hash", "tx_hash", "tx_index", "address", "data"):
        yield name, getattr(row, name), getattr(found.log, name)
    if isinstance(found, Event):
        yield "name", row.name, found.name
