"""L3, the beginning: each contract was created in the block that the manifest names, so that no log is missing."""

from __future__ import annotations

from collections.abc import Iterator

from rwaledger.verifier import rlp
from rwaledger.verifier.chain_files import BLOCKS
from rwaledger.verifier.keccak import keccak256, keccak256_many
from rwaledger.verifier.level import Level
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.release import is_creation
from rwaledger.verifier.values import Transaction

PROXY = "0x4e59b44847b379578588920ca78fbf26c0b4956c"
"""The deterministic deployment proxy, at the same address on most chains."""


def check_deployments(pack: Pack, level: Level) -> frozenset[str]:
    """A transaction of the block that the manifest names creates the contract; those of which that is proved.

    A contract can be created only where there is none, and the released ones cannot be destroyed. So there was none
    before, and it can have emitted nothing before. Only the released constructor is known to begin with empty storage:
    any other code may return the released one, and before that write balances and roles that no event tells of.
    """
    contracts = pack.manifest.contracts
    created = dict(_created(pack, {each.deploy_block for each in contracts}))
    proved = frozenset(each.address for each in contracts if (each.deploy_block, each.address) in created)
    level.prove(len(proved), "contracts were created in the block that the manifest names, and had no logs before")
    began = frozenset(
        each.address
        for each in contracts
        if each.address in proved and is_creation(each.kind, created[each.deploy_block, each.address])
    )
    level.prove(len(began), "of them by the released constructor, so that nobody had anything before its first event")
    for each in contracts:
        if each.address not in proved:
            level.unproved.append(
                f"That {each.kind} {each.address} was created in block {each.deploy_block}: no transaction there "
                "creates it directly; what it did before, if anything, is not in the pack, and what it began with is "
                "not known."
            )
        elif each.address not in began:
            level.break_(
                f"{BLOCKS}, block {each.deploy_block}",
                f"what creates {each.kind} {each.address} is not the code of the release: it may have written balances "
                "and roles that no event tells of",
            )
    return began


def _created(pack: Pack, numbers: set[int]) -> Iterator[tuple[tuple[int, str], bytes]]:
    """Block and address of each contract that a transaction of these blocks creates, with the code that does."""
    through_proxy: list[Transaction] = []
    for block in pack.blocks:
        if block.header.number not in numbers:
            continue
        for each, receipt in zip(block.transactions, block.receipts, strict=True):
            if receipt.succeeded and each.to == PROXY:
                through_proxy.append(each)
            elif receipt.succeeded and each.to is None and pack.sender(each):
                yield (each.block_number, _by_nonce(pack.sender(each), each.nonce)), each.data
    hashes = keccak256_many([each.data[32:] for each in through_proxy])
    for each, code_hash in zip(through_proxy, hashes, strict=True):
        preimage = b"\xff" + bytes.fromhex(PROXY[2:]) + each.data[:32] + code_hash
        yield (each.block_number, "0x" + keccak256(preimage)[12:].hex()), each.data[32:]


def _by_nonce(sender: str, nonce: int) -> str:
    """The address that a plain deployment gives (yellow paper, section 7)."""
    preimage = rlp.wrapped([rlp.encode_bytes(bytes.fromhex(sender[2:])), rlp.encode_int(nonce)])
    return "0x" + keccak256(preimage)[12:].hex()
