"""L0: the pack is whole by its own manifest, it is the one that the caller means, and these keys signed exactly it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rwaledger.verifier import tables
from rwaledger.verifier.container import FIRST
from rwaledger.verifier.level import Level
from rwaledger.verifier.manifest import FORMAT, FileEntry, Manifest, Signature, signatures
from rwaledger.verifier.pack import Pack, Row
from rwaledger.verifier.secp256k1 import recover_bytes
from rwaledger.verifier.signed import personal_hash


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller knows of the pack from elsewhere; what is empty is not known.

    `heads` are heads of signed periods by instrument, `manifest` the SHA-256 of `manifest.json`.
    """

    block_hash: str = ""
    manifest: str = ""
    signers: Sequence[str] = ()
    heads: Mapping[str, str] = field(default_factory=dict)


def check(pack: Pack, expected: Expected) -> Level:
    """The level. Raises Refuted where manifest or signatures have another shape than they must."""
    level = Level("L0")
    _check_files(pack, level)
    if not level.faults:
        _check_manifest(pack.manifest, expected, level)
        _check_contracts(pack, level)
        _check_signatures(pack, expected, level)
        _check_heads(pack, expected, level)
    return level


def root(files: Sequence[FileEntry]) -> str:
    """The root of the tree over the files, as the format says."""
    row = [
        hashlib.sha256(b"\0" + _len32(each.name.encode()) + each.size.to_bytes(8, "big") + bytes.fromhex(each.sha256))
        for each in files
    ]
    nodes = [each.digest() for each in row]
    while len(nodes) > 1:
        pairs = list(zip_longest(nodes[::2], nodes[1::2]))
        nodes = [left if right is None else hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    return hashlib.sha256(_len32(FORMAT.encode()) + len(files).to_bytes(8, "big") + b"".join(nodes)).hexdigest()


def _len32(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw


def _check_files(pack: Pack, level: Level) -> None:
    """The manifest lists exactly the files that are there, as they are, and those that a pack has to have."""
    listed = {each.name: each for each in pack.manifest.files}
    there = {name: entry for name, entry in pack.container.entries.items() if name not in FIRST}
    if [each.name for each in pack.manifest.files] != list(there):
        for name in sorted(set(listed) ^ set(there)):
            level.fault(name, "in the pack and not in its manifest" if name in there else "missing from the pack")
        if not level.faults:
            level.fault("manifest.json, files", "not each once, in the order of the container")
    same = 0
    for name, entry in there.items():
        of = listed.get(name)
        if of and (of.size, of.sha256) == (entry.size, entry.sha256):
            same += 1
        elif of:
            level.fault(
                name,
                f"{entry.size} bytes of SHA-256 {entry.sha256}; the manifest says {of.size} of {of.sha256}",
            )
    for name in sorted(set(_required(pack.manifest)) ^ set(there)):
        level.fault(name, "no file of a pack of this format" if name in there else "missing: a pack has to have it")
    if not level.faults and root(pack.manifest.files) != pack.manifest.root:
        level.fault("manifest.json, root", "not the root of the tree over the files that it lists")
    level.prove(same, "files are byte for byte those of the manifest")


def _required(manifest: Manifest) -> Iterator[str]:
    yield from ("chain/blocks.jsonl", "chain/headers.jsonl", "policy.json", "reconciliation.json")
    yield from (f"chain/proofs/{each.address}.json" for each in manifest.contracts)
    yield from (f"register/{name}.jsonl" for name in tables.NAMES)


def _check_manifest(manifest: Manifest, expected: Expected, level: Level) -> None:
    if expected.manifest and expected.manifest != manifest.sha256:
        level.fault("manifest.json", f"its SHA-256 is {manifest.sha256}, you expect {expected.manifest}")
    elif expected.manifest:
        level.prove(1, "manifest is the one whose hash you gave")
    if expected.block_hash and expected.block_hash != manifest.pin.block_hash:
        level.fault(
            "manifest.json, pin, block_hash",
            f"the pack is of block {manifest.pin.block_number} {manifest.pin.block_hash}, you gave "
            f"{expected.block_hash}: this is the pack of another moment, or of another chain",
        )


def _check_contracts(pack: Pack, level: Level) -> None:
    """The manifest's contracts are those of the register, so that none was left out of the proofs.

    One that the register says was deployed behind the pinned block may be missing.
    """
    pin = pack.manifest.pin
    here = (row for row in pack.table("instruments") if row.chain_id == pin.chain_id)
    names = {row.address: row.instrument_id for row in here}
    known = {
        row.address: (row.kind, row.deploy_block, names.get(row.address, ""))
        for row in pack.table("contracts")
        if row.chain_id == pin.chain_id
    }
    listed = {each.address: (each.kind, each.deploy_block, each.instrument_id) for each in pack.manifest.contracts}
    for address in sorted(set(known) | set(listed)):
        if address not in listed and known[address][1] > pin.block_number:
            kind, block, _ = known[address]
            level.unproved.append(f"That {kind} {address} was deployed in block {block}, behind the pinned one.")
        elif known.get(address) != listed.get(address):
            level.fault(
                f"manifest.json, contracts, {address}",
                f"{listed.get(address) or 'not listed'}; the register has {known.get(address) or 'no such contract'}",
            )


def signed_text(manifest: Manifest, role: str) -> str:
    """What is signed by somebody in a role."""
    pin = manifest.pin
    lines = (
        "rwaledger evidence pack",
        f"format {FORMAT}",
        f"role {role}",
        f"chain {pin.chain_id}",
        f"block {pin.block_number} {pin.block_hash}",
        f"manifest {manifest.sha256}",
    )
    return "\n".join(lines)


def _check_signatures(pack: Pack, expected: Expected, level: Level) -> None:
    found = signatures(pack.container.read("signatures.json"))
    for i, each in enumerate(found):
        _check_signature(pack.manifest, each, f"signatures.json[{i}]", level)
    signers = {each.address for each in found}
    for address in sorted(set(expected.signers) - signers):
        level.fault("signatures.json", f"{address}, whom you expect, has not signed")
    if not found:
        level.unproved.append("Nobody has signed the pack: nobody answers for what it says of the register.")
    for each in found:
        if each.address in expected.signers:
            level.prove(1, f"signature by {each.address} as {each.role}, whom you expect")
        else:
            level.prove(1, f"signature by {each.address} as {each.role}")
            level.trusted.append(f"That {each.address} is the {each.role}'s key: you named no such signer.")


def _check_signature(manifest: Manifest, each: Signature, place: str, level: Level) -> None:
    try:
        signer = recover_bytes(personal_hash(signed_text(manifest, each.role)), each.signature)
    except ValueError as error:
        level.fault(f"{place}, signature", str(error))
        return
    if signer != each.address:
        level.fault(f"{place}, signature", f"not by {each.address} on this manifest as {each.role}")


def _check_heads(pack: Pack, expected: Expected, level: Level) -> None:
    """The heads that the caller knows are in the register, and the manifest names the last of each instrument."""
    periods = pack.table("periods")
    last = {row.instrument_id: (row.sequence, row.head) for row in periods}
    named = {each.instrument_id: (each.sequence, each.head) for each in pack.manifest.heads}
    if last != named:
        level.fault("manifest.json, heads", f"{named}, and the last periods of the register are {last}")
    for instrument_id, head in sorted(expected.heads.items()):
        known, place = [row for row in periods if row.instrument_id == instrument_id], "register/periods.jsonl"
        row = next((row for row in known if row.head == head), None)
        if row is None:
            now = f"its last is {known[-1].head}, period {known[-1].sequence}" if known else "it has no signed period"
            level.fault(place, f"no period of {instrument_id} has the head {head}; {now}")
        elif why := _not_due(row, pack.manifest):
            level.fault(place, f"period {row.sequence} of {instrument_id} has the head {head}, {why}")
        else:
            level.prove(1, f"head that you know is period {row.sequence} of {known[-1].sequence} of {instrument_id}")
    for instrument_id in sorted(set(last) - set(expected.heads)):
        level.trusted.append(f"That the signed periods of {instrument_id} are those signed then: you gave no head.")


def _not_due(row: Row, manifest: Manifest) -> str:
    """Why no check of this pack looks at a period, so that its head holds nothing; empty where C20 does."""
    pin = manifest.pin
    if row.instrument_id not in {each.instrument_id for each in manifest.tokens}:
        return "and is of an instrument that the pack does not have: no check looks at it"
    if row.chain_id != pin.chain_id:
        return f"and is of chain {row.chain_id}: no check of this pack looks at it"
    if row.block_number > pin.block_number:
        return (
            f"and ends in block {row.block_number}, behind the pinned {pin.block_number}: no check of this pack looks "
            "at it; give the head of an earlier period, or take a pack of a later block"
        )
    return ""
