"""L3, the state: accounts, code and storage of the contracts, proved to the state root of the block (EIP-1186)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rwaledger.verifier import layout, rlp, trie
from rwaledger.verifier.errors import Fault, Refuted
from rwaledger.verifier.exact import power_of_ten
from rwaledger.verifier.keccak import keccak256, keccak256_many
from rwaledger.verifier.level import Level, Progress
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import ZERO_ADDRESS, Proof, Token

Judged = Callable[[], tuple[int, list[Fault]]]
"""How many words one proof proves, and a fault for each that it does not."""


def begin(pack: Pack) -> list[Judged]:
    """Has the proof of every contract looked at."""
    state_root = bytes.fromhex(pack.headers[-1].state_root[2:])
    return [pack.workers.submit(judge, each, state_root) for each in pack.proofs.values()]


def check_state(
    pack: Pack, begun: Sequence[Judged], by_release: Collection[str], level: Level, progress: Progress
) -> None:
    """What has begun for every contract, then what the proved words say of each instrument.

    `by_release` are the contracts that the released constructors have created.
    """
    sizes = [len(each.slots) for each in pack.proofs.values()]
    proved = 0
    for at, judged in enumerate(begun):
        progress("state", sum(sizes[:at]), sum(sizes))
        words, faults = judged()
        proved += words
        level.faults += faults
    progress("state", sum(sizes), sum(sizes))
    level.prove(len(begun), "contracts with their code, by proofs to the state root")
    level.prove(proved, "storage words, by proofs to the state root")
    for token in pack.tokens.values():
        _check_token(token, level, is_by_release=token.contract.address in by_release)
        _check_attestor(pack, token, level)
    _check_heads(pack, level)
    _check_code(pack, level)


def judge(proof: Proof, state_root: bytes) -> tuple[int, list[Fault]]:
    """How many of the slots are proved; a fault for each that is not."""
    place = f"chain/proofs/{proof.address}.json"
    try:
        storage_root = _storage_root(proof, state_root, f"{place}, account_nodes")
    except ValueError as error:
        return 0, [Fault(f"{place}, account_nodes", str(error))]
    except Refuted as error:
        return 0, [error.fault]
    try:
        nodes = trie.Nodes(proof.storage_nodes)
    except ValueError as error:
        return 0, [Fault(f"{place}, storage_nodes", str(error))]
    proved, faults = 0, []
    keys = keccak256_many([slot.to_bytes(32, "big") for slot in proof.slots])
    for (slot, value), key in zip(proof.slots.items(), keys, strict=True):
        try:
            found = nodes.value(storage_root, key)
            actual = 0 if found is None else rlp.as_int(rlp.decode(found))
        except ValueError as error:
            faults.append(Fault(f"{place}, slots, 0x{slot:064x}", str(error)))
            continue
        if actual == value:
            proved += 1
        else:
            told = f"0x{value:064x} in the pack, proved is 0x{actual:064x}"
            faults.append(Fault(f"{place}, slots, 0x{slot:064x}", told))
    if nodes.unused:
        faults.append(Fault(f"{place}, storage_nodes", f"{nodes.unused} nodes that prove nothing"))
    return proved, faults


def _storage_root(proof: Proof, state_root: bytes, place: str) -> bytes:
    """The root of the contract's storage, once account and code are proved. Raises ValueError or Refuted."""
    nodes = trie.Nodes(proof.account_nodes)
    found = nodes.value(state_root, keccak256(bytes.fromhex(proof.address[2:])))
    if found is None:
        raise Refuted(place, "there is no such account at the pinned block")
    if nodes.unused:
        raise Refuted(place, f"{nodes.unused} nodes that prove nothing")
    _, _, storage_root, code_hash = rlp.as_list(rlp.decode(found), 4)
    if keccak256(proof.code) != code_hash:
        raise Refuted(place.replace("account_nodes", "code"), "not the code of which the account has the hash")
    return rlp.as_bytes(storage_root, 32)


def _check_token(token: Token, level: Level, *, is_by_release: bool) -> None:
    """The balances of all accounts in the pack add up to the supply.

    This is what shows that no holder was left out of the pack. The released constructor writes no balance; the code
    never lets one fall below zero, and changes the supply by what it changes balances by. So all balances on the chain
    add up to the supply, and if those that are proved here do already, every other account holds nothing. Where another
    code created the token, it may have written balances that are in no supply.
    """
    place = f"chain/proofs/{token.contract.address}.json"
    name = token.contract.instrument_id
    if token.terms is None:
        level.unproved.append(f"Who holds {name}: its code is not that of the released token, its words mean nothing.")
        return
    total = sum(word.balance_units for word in token.accounts.values())
    supply = token.instrument.supply_units
    if total != supply:
        level.fault(
            place, f"the proved balances of {name} add up to {total:,} base units, its proved supply is {supply:,}"
        )
        return
    holders = sum(1 for word in token.accounts.values() if word.balance_units)
    if token.terms.counts_holders and holders != token.instrument.holders:
        level.fault(place, f"{name} has {holders} accounts with a balance, and counts {token.instrument.holders}")
    nobody_else = ", and nobody else holds any" if is_by_release else ""
    level.prove(
        len(token.accounts),
        f"accounts of {name}: {holders} hold all {_amount(token, supply)} of the supply{nobody_else}",
    )
    if not is_by_release:
        level.unproved.append(f"That nobody else holds {name}: it is not shown that the released constructor began it.")


def _check_attestor(pack: Pack, token: Token, level: Level) -> None:
    """Whoever attests the reserve of a token stands in its code, and may have been left out of the register."""
    attestor = token.terms.reserve_attestor if token.terms else ZERO_ADDRESS
    if attestor != ZERO_ADDRESS and attestor not in pack.proofs:
        level.unproved.append(
            f"What was attested on the chain of the reserve of {token.contract.instrument_id}: its code names the "
            f"attestor {attestor}, of which there is nothing in the pack."
        )


def _check_heads(pack: Pack, level: Level) -> None:
    """What the anchors keep of each signed period is what the register says of it."""
    addresses = {each.instrument_id: each.address for each in pack.manifest.tokens}
    anchored = 0
    for row in pack.table("periods"):
        proof = pack.proofs.get(row.anchor)
        if proof is None or row.instrument_id not in addresses:
            level.unproved.append(
                f"That period {row.sequence} of {row.instrument_id} is anchored: no contract here is it."
            )
            continue
        slots = layout.head_slots(addresses[row.instrument_id], row.sequence)
        place = f"chain/proofs/{row.anchor}.json, slots"
        if any(slot not in proof.slots for slot in slots):
            level.fault(place, f"the head of period {row.sequence} of {row.instrument_id} is missing")
            continue
        words = [proof.slots[slot] for slot in slots]
        if not words[0]:
            level.unproved.append(
                f"That period {row.sequence} of {row.instrument_id} is anchored: at this block it is not."
            )
        elif words == layout.head_words(row):
            anchored += 1
        else:
            level.break_(
                place, f"the head of period {row.sequence} of {row.instrument_id} is not what the register says"
            )
    if anchored:
        level.prove(
            anchored, "signed periods are anchored with the head, block, supply and signers that they have here"
        )


def _amount(token: Token, units: int) -> str:
    """Units as decimal text, by the decimals in the instrument's code."""
    decimals = token.terms.decimals if token.terms else 0
    whole, rest = divmod(units, power_of_ten(decimals))
    return f"{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")


def _check_code(pack: Pack, level: Level) -> None:
    """Whether the code is that of the release; if not, its words may mean anything."""
    released = [each for each in pack.manifest.contracts if pack.released(each.address)]
    level.prove(len(released), "contracts run the released code, whatever their immutables hold")
    for each in pack.manifest.contracts:
        if each not in released:
            level.break_(
                f"chain/proofs/{each.address}.json, code",
                f"not the code of the released {each.kind}: what its storage and events mean is not known",
            )
    level.trusted.append(
        "That the released contracts do what their source says: this verifier knows them by the hashes of their code."
    )
