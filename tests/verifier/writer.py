"""A writer of packs for tests, which shares nothing with the one that is shipped but what reads the chain."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

from rwaledger.chain.bodies import block_bodies
from rwaledger.chain.headers import headers
from rwaledger.chain.proofs import account_proof
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import account_slot, instrument_slot, rules_slot, symbol_slot
from rwaledger.chain.tries import EMPTY_ROOT
from rwaledger.registry.database import Database
from rwaledger.registry.tables import metadata
from rwaledger.registry.types import Units

FORMAT = "rwaledger-evidence-1"
UP_TO_PIN = {"blocks": "number", "events": "block_number", "postings": "block_number", "standings": "block_number"}
POLICY = {
    "name": "Nowhere",
    "zone": "UTC",
    "utc_offsets": [["1970-01-01T00:00:00.000000Z", 0]],
    "holidays": ["2026-01-01"],
    "figures": [],
}


@dataclass
class Draft:
    """A pack in the making: contents by name, and the manifest but for what follows from the contents."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict)
    """Private keys by role."""

    @property
    def block_hash(self) -> str:
        return str(self.manifest["pin"]["block_hash"])

    def copy(self) -> Draft:
        return Draft(dict(self.files), json.loads(json.dumps(self.manifest)), dict(self.keys))

    def sealed(self) -> dict[str, bytes]:
        """All entries, with manifest and signatures made anew: what a forger does who has thought of everything."""
        names = sorted(self.files)
        listed = [
            {"name": name, "bytes": len(self.files[name]), "sha256": sha256(self.files[name]).hex()} for name in names
        ]
        manifest = canonical({**self.manifest, "files": listed, "root": root(self.files).hex()})
        return {
            "manifest.json": manifest,
            "signatures.json": self._signatures(manifest),
            **{name: self.files[name] for name in names},
        }

    def packed(self) -> bytes:
        return zip_of(self.sealed())

    def write(self, path: Path) -> Path:
        path.write_bytes(self.packed())
        return path

    def json(self, name: str) -> Any:
        return json.loads(self.files[name])

    def lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self.files[name].splitlines()]

    def put(self, name: str, value: Any) -> None:
        self.files[name] = canonical_lines(value) if name.endswith(".jsonl") else canonical(value)

    def _signatures(self, manifest: bytes) -> bytes:
        pin = self.manifest["pin"]
        found = []
        for role, key in self.keys.items():
            text = (
                f"rwaledger evidence pack\nformat {FORMAT}\nrole {role}\nchain {pin['chain_id']}\n"
                f"block {pin['block_number']} {pin['block_hash']}\nmanifest 0x{sha256(manifest).hex()}"
            )
            signature = Account.sign_message(encode_defunct(text=text), key).signature
            address = Account.from_key(key).address.lower()
            found.append({"role": role, "address": address, "signature": "0x" + bytes(signature).hex()})
        return canonical(sorted(found, key=lambda each: (each["role"], each["address"])))


def draft(node: Node, database: Database, results: list[dict[str, Any]] | None = None) -> Draft:
    """The pack of a register that is mirrored up to the node's last block."""
    pin = headers(node, [node.head()]).__next__()
    found = Draft({}, {})
    tables = dict(register(database, pin.number))
    for name, rows in tables.items():
        found.put(f"register/{name}.jsonl", rows)
    contracts = sorted(records(tables["contracts"]), key=lambda row: row["address"])
    names = {row["address"]: row["instrument_id"] for row in records(tables["instruments"])}
    first = min(row["deploy_block"] for row in contracts)
    _chain(found, node, first, pin.number)
    for row in contracts:
        put_proof(found, node, row["address"], names.get(row["address"], ""), tables, pin.number)
    passed = all(each["outcome"] == "PASS" for each in results or [])
    found.put("policy.json", POLICY)
    found.put("reconciliation.json", {"passed": passed, "results": results or []})
    found.manifest = {
        "format": FORMAT,
        "software": {"name": "rwaledger", "version": "tests"},
        "pin": {
            "chain_id": node.chain_id,
            "block_number": pin.number,
            "block_hash": pin.hash,
            "block_time": pin.timestamp,
        },
        "first_block": first,
        "contracts": [
            {key: row[key] for key in ("address", "kind", "deploy_block")}
            | {"instrument_id": names.get(row["address"], "")}
            for row in contracts
        ],
        "register_digest": "00" * 32,
        "heads": last_heads(records(tables["periods"])),
        "passed": passed,
    }
    return found


def last_heads(periods: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    last = {row["instrument_id"]: row for row in periods}
    return [{key: row[key] for key in ("instrument_id", "sequence", "head")} for _, row in sorted(last.items())]


def register(database: Database, last_block: int) -> Iterable[tuple[str, list[Any]]]:
    """Each table as lines: its columns, then its rows."""
    with database.read() as connection:
        for table in metadata.sorted_tables:
            query = table.select().order_by(*table.primary_key.columns)
            if table.name == "audit_log":
                query = query.where(table.c.action.in_(("order priced", "travel-rule record made")))
            if table.name in UP_TO_PIN:
                query = query.where(table.c[UP_TO_PIN[table.name]] <= last_block)
            units = {column.name for column in table.columns if isinstance(column.type, Units)}
            columns = [column.name for column in table.columns]
            rows = [
                [_cell(row[name], name in units) for name in columns] for row in connection.execute(query).mappings()
            ]
            yield table.name, [columns, *rows]


def records(lines: list[Any]) -> list[dict[str, Any]]:
    columns, *rows = lines
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _cell(value: Any, is_units: bool) -> Any:
    if is_units and value is not None:
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def _chain(found: Draft, node: Node, first: int, last: int) -> None:
    all_headers = list(headers(node, range(first, last + 1)))
    found.put("chain/headers.jsonl", [[each.number, hexed(each.rlp)] for each in all_headers])
    filled = [each.number for each in all_headers if each.transactions_root != hexed(EMPTY_ROOT)]
    lines = [
        {"number": number, "transactions": [*map(hexed, transactions)], "receipts": [*map(hexed, receipts)]}
        for number, receipts, transactions in block_bodies(node, filled)
    ]
    found.put("chain/blocks.jsonl", lines)


def put_proof(
    found: Draft, node: Node, address: str, instrument_id: str, tables: Mapping[str, list[Any]], block: int
) -> None:
    """The proof of a contract; `tables` tell whose words an instrument's has."""
    slots: list[int] = []
    if instrument_id:
        slots = [instrument_slot(), rules_slot(), symbol_slot(), 7, 8, 9, 10]
        for account in sorted(accounts(address, instrument_id, tables)):
            slot = account_slot(account)
            word = int(node.request("eth_getStorageAt", [address, f"0x{slot:064x}", hex(block)]), 16)
            slots += [slot, slot + 1] if word >> 240 & 1 else [slot]
    proof = account_proof(node, address, slots, block)
    found.put(
        f"chain/proofs/{address}.json",
        {
            "address": address,
            "code": node.code(address, block),
            "account_nodes": [*map(hexed, proof.account_nodes)],
            "storage_nodes": [*map(hexed, proof.storage_nodes)],
            "slots": {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in proof.values.items()},
        },
    )


def accounts(address: str, instrument_id: str, tables: Mapping[str, list[Any]]) -> set[str]:
    """Register's accounts, and whatever looks like an address in a topic or the data of the token's events."""
    known = {row["address"] for row in records(tables["accounts"])}
    for name in ("postings", "positions", "standings"):
        known |= {row["account"] for row in records(tables[name]) if row["instrument_id"] == instrument_id}
    for row in records(tables["events"]):
        if row["address"] == address:
            data = row["data"][2:]
            words = [
                *(topic[2:] for topic in json.loads(row["topics"])[1:]),
                *(data[i : i + 64] for i in range(0, len(data), 64)),
            ]
            known |= {"0x" + word[24:] for word in words if word[:24] == "0" * 24 and int(word, 16) >> 128}
    return known - {"0x" + "0" * 40}


def root(files: Mapping[str, bytes]) -> bytes:
    """The root of the tree over files, by recursion from the top instead of rows from the bottom."""

    def over(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        half = 1 << ((len(leaves) - 1).bit_length() - 1)
        return sha256(b"\1" + over(leaves[:half]) + over(leaves[half:]))

    leaves = [
        sha256(b"\0" + len(name).to_bytes(4) + name.encode() + len(files[name]).to_bytes(8) + sha256(files[name]))
        for name in sorted(files)
    ]
    return sha256(len(FORMAT).to_bytes(4) + FORMAT.encode() + len(leaves).to_bytes(8) + over(leaves))


def zip_of(entries: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, content)
    return written.getvalue()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def canonical_lines(values: Iterable[Any]) -> bytes:
    return b"".join(canonical(value) + b"\n" for value in values)


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()
