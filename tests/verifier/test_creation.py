"""What created a contract: only the released constructor is known to have given nothing to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain.artifacts import artifact
from rwaledger.verifier import chain, layout, release
from rwaledger.verifier.level import Level
from rwaledger.verifier.pack import Pack
from tests.audit.world import World
from tests.verifier import writer
from tests.verifier.test_layout import ARTIFACTS
from tests.verifier.writer import Draft, draft, records

HIDDEN = "0x" + "ab" * 20


@pytest.mark.parametrize(("kind", "name"), ARTIFACTS.items())
def test_what_creates_a_contract_is_that_of_the_artifacts(kind: str, name: str) -> None:
    code = bytes.fromhex(artifact(name).bytecode[2:])
    assert release.is_creation(kind, code)
    assert release.is_creation(kind, code + bytes(64)), "arguments stand behind it"
    assert not release.is_creation(kind, code[:-1])
    assert not release.is_creation(kind, bytes([code[0] ^ 1]) + code[1:])


@pytest.fixture
def haunted(ledger: World) -> Iterator[Draft]:
    """A pack with a third token, of the released code, in whose storage its creator has left units of nobody known."""
    node = ledger.node
    snapshot = node.request("evm_snapshot")
    runtime = bytes.fromhex(node.code(ledger.instruments["BIG"].address)[2:])
    sent = {"from": node.request("eth_accounts", [])[9], "data": "0x" + _creation(runtime).hex(), "gas": hex(9_000_000)}
    tx_hash = node.request("eth_sendTransaction", [sent])
    node.request("evm_mine", [])
    receipt = node.request("eth_getTransactionReceipt", [tx_hash])
    address, block = receipt["contractAddress"], int(receipt["blockNumber"], 16)
    yield _with_token(draft(node, ledger.database), ledger, address, block)
    node.request("evm_revert", [snapshot])


def _creation(runtime: bytes) -> bytes:
    """SSTORE of a balance, then CODECOPY and RETURN of the runtime code behind."""
    (slot,) = layout.account_slots([HIDDEN]).values()
    write = b"\x7f" + (777).to_bytes(32) + b"\x7f" + slot.to_bytes(32) + b"\x55"
    size, start = len(runtime).to_bytes(2), (len(write) + 15).to_bytes(2)
    copy = b"\x61" + size + b"\x61" + start + b"\x60\x00\x39" + b"\x61" + size + b"\x60\x00\xf3"
    assert len(copy) == 15
    return write + copy + runtime


def _with_token(found: Draft, ledger: World, address: str, block: int) -> Draft:
    tables = {name[len("register/") : -len(".jsonl")]: found.lines(name) for name in found.files if "register/" in name}
    for table, values in (
        ("contracts", {"address": address, "deploy_block": block}),
        ("instruments", {"address": address, "instrument_id": "HAUNTED"}),
    ):
        columns = tables[table][0]
        like = next(row for row in records(tables[table]) if row["address"] == ledger.instruments["BIG"].address)
        tables[table].append([(like | values)[column] for column in columns])
        tables[table][1:] = sorted(tables[table][1:])
        found.put(f"register/{table}.jsonl", tables[table])
    added = {"address": address, "kind": "asset_token", "deploy_block": block, "instrument_id": "HAUNTED"}
    found.manifest["contracts"] = sorted([*found.manifest["contracts"], added], key=lambda each: each["address"])
    writer.put_proof(found, ledger.node, address, "HAUNTED", tables, found.manifest["pin"]["block_number"])
    return found


def test_a_token_that_another_constructor_began_may_have_holders_that_no_event_tells_of(
    haunted: Draft, tmp_path: Path
) -> None:
    """Its code is the released one, its supply nothing, and somebody has 777 units."""
    with Pack(haunted.write(tmp_path / "haunted.zip")) as pack:
        level = chain.check(pack, haunted.block_hash)
    assert level.faults == []
    assert ["may have written balances and roles" in str(each) for each in level.breaks] == [True]
    assert not any("HAUNTED" in each and "nobody else" in each for _, each in level.proved)
    assert any("That nobody else holds HAUNTED" in each for each in level.unproved)
    assert _claims(level) == {"BIG", "UNIT"}


def _claims(level: Level) -> set[str]:
    """Instruments of which the level says that nobody else holds any."""
    told = [each.split() for _, each in level.proved if each.endswith("nobody else holds any")]
    return {words[2].rstrip(":") for words in told}
