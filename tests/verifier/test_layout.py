"""Slots, words, code and events that the verifier knows by heart, against the shipped artifacts and a live chain."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rwaledger.chain import events as chain_events
from rwaledger.chain import state
from rwaledger.chain.artifacts import artifact
from rwaledger.chain.contracts import REGISTRY_ANCHOR
from rwaledger.chain.deploy import deploy
from rwaledger.chain.keys import dev_signer
from rwaledger.verifier import events, layout, release
from rwaledger.verifier.abi import parameters
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import LockUp
from tests.audit.world import World

ARTIFACTS = {
    "asset_token": "AssetToken",
    "control_book": "ControlBook",
    "registry_anchor": "RegistryAnchor",
    "reserve_attestor": "ReserveAttestor",
    "settlement": "Settlement",
}


@pytest.mark.parametrize("kind", layout.SLOTS)
def test_slots_are_those_of_the_compiler(kind: str) -> None:
    known = artifact(ARTIFACTS[kind]).storage_slots
    assert layout.SLOTS[kind] == {variable: known[variable] for variable in layout.SLOTS[kind]}


def test_the_words_of_countries_end_where_the_next_variable_begins() -> None:
    assert layout.COUNTRY_SLOTS.stop == artifact("AssetToken").storage_slots["_balances"]


@pytest.mark.parametrize(("kind", "name"), ARTIFACTS.items())
def test_the_released_code_is_that_of_the_artifacts(kind: str, name: str) -> None:
    shipped = artifact(name)
    code = bytearray.fromhex(shipped.deployed_bytecode[2:])
    assert release.is_released(kind, bytes(code))
    places: dict[str, list[int]] = {}
    for place in shipped.immutable_references:
        assert place.length == 32
        places.setdefault(place.name, []).append(place.start)
        code[place.start : place.start + 32] = (7).to_bytes(32)
    assert release.is_released(kind, bytes(code))
    assert {each: list(at) for each, at in release.RELEASES[kind].immutables.items()} == places
    assert set(release.immutables_of(kind, bytes(code)).items()) == {
        (each, (7,) * len(at)) for each, at in places.items()
    }
    free = next(
        at for at in range(len(code)) if not any(p.start <= at < p.start + 32 for p in shipped.immutable_references)
    )
    code[free] ^= 1
    assert not release.is_released(kind, bytes(code))
    assert not release.is_released(kind, bytes(code[:-1]))


def test_events_are_those_of_the_artifacts() -> None:
    shipped = {
        _declared(entry) for name in ARTIFACTS.values() for entry in artifact(name).abi if entry["type"] == "event"
    }
    assert set(events.DECLARATIONS) == shipped


def _declared(entry: dict[str, Any]) -> str:
    def kind(parameter: dict[str, Any]) -> str:
        if parameter["type"] != "tuple":
            return str(parameter["type"])
        members = (f"{kind(each)} {each['name']}" for each in parameter["components"])
        return f"({', '.join(members)})"

    inputs = (f"{kind(each)}{' indexed' if each['indexed'] else ''} {each['name']}" for each in entry["inputs"])
    return f"{entry['name']}({', '.join(inputs)})"


@pytest.fixture
def pack(pack_file: Path) -> Any:
    with Pack(pack_file) as found:
        yield found


def test_logs_are_decoded_as_the_mirror_decodes_them(ledger: World, pack: Pack) -> None:
    contracts = [each.address for each in pack.manifest.contracts]
    logs = ledger.node.logs(contracts, 0, pack.manifest.pin.block_number)
    decoded = [chain_events.decode(log) for log in logs]
    assert [(each.name, each.args) for each in pack.events] == [(each.name, each.args) for each in decoded if each]
    assert not pack.undecoded
    assert {each.name for each in pack.events} >= {"Transfer", "LockUpSet", "InstructionExecuted", "RulesChanged"}


@pytest.mark.parametrize("instrument_id", ["BIG", "UNIT"])
def test_words_say_what_the_contract_answers(ledger: World, pack: Pack, instrument_id: str) -> None:
    token, address, node = pack.tokens[instrument_id], ledger.instruments[instrument_id].address, ledger.node
    block = pack.manifest.pin.block_number
    answered = state.account_words(node, address, list(token.accounts), block)
    for account, word in token.accounts.items():
        theirs = answered[account]
        assert (word.balance_units, word.settled_record_date, word.has_lock_up, word.retired) == (
            theirs.balance_units,
            theirs.settled_record_date,
            theirs.has_lock_up,
            theirs.retired,
        )
        assert (word.investor_class, word.country, word.valid_until_day, word.frozen_units) == (
            theirs.standing.investor_class,
            theirs.standing.country,
            theirs.standing.valid_until_day,
            theirs.standing.frozen_units,
        )
        assert (word.address_frozen, word.suspended) == (theirs.standing.address_frozen, theirs.standing.suspended)
    locked = state.lock_ups(node, address, list(token.lock_ups), block)
    assert {each: (it.units, it.until) for each, it in token.lock_ups.items()} == {
        each: (it.amount_units, it.until) for each, it in locked.items()
    }
    assert len(token.lock_ups) == (instrument_id == "BIG")
    assert token.instrument.supply_units == state.total_supply(node, address, block)
    assert (token.instrument.paused, token.instrument.active) == (instrument_id == "UNIT", True)
    assert token.rules.version == state.rule_version(node, address, block)
    rules = state.rules(node, address, block)
    assert (token.countries, token.rules.holder_cap) == (rules.countries, rules.holder_cap)
    assert token.terms
    assert (token.terms.decimals, token.terms.control_book) == (
        ledger.instruments[instrument_id].decimals,
        ledger.instruments[instrument_id].control_book,
    )
    assert (token.terms.guarded_country, token.terms.counts_holders) == (rules.guarded_country, rules.counts_holders)


def test_fields_of_words_do_not_overlap() -> None:
    """Each bit of a word belongs to one field, as in contracts/token."""
    for read, free in ((layout.account_word, 14), (layout.instrument_word, 7), (layout.rules_word, 16)):
        blank = read(0)
        moved = [bit for bit in range(256) if read(1 << bit) != blank]
        assert moved == list(range(256 - free))
    assert layout.account_word(1 << 240).has_lock_up
    assert layout.account_word(1 << 241).retired
    assert layout.instrument_word(1 << 128).class_mask == 1
    assert layout.lock_up(5 | 9 << 96) == LockUp(5, 9)


def test_a_head_lies_where_the_anchor_keeps_it(ledger: World) -> None:
    """Words are written into its slots, and it answers them as a head."""
    deployer = dev_signer(ledger.node, "dev:0")
    args = [deployer.address, 0, [deployer.address], [dev_signer(ledger.node, "dev:9").address]]
    anchor = deploy(ledger.node, deployer, REGISTRY_ANCHOR, args, bytes(32)).address
    instrument = ledger.instruments["BIG"].address
    slots = layout.head_slots(instrument, 1)
    words = [b"\x11" * 32, b"\x22" * 32, (5).to_bytes(32), None, None]
    operator, auditor = bytes.fromhex("aa" * 20), bytes.fromhex("bb" * 20)
    words[3] = (9).to_bytes(4) + (8).to_bytes(8) + operator
    words[4] = auditor.rjust(32, b"\0")
    for slot, word in zip(slots, words, strict=True):
        assert word
        ledger.node.request("anvil_setStorageAt", [anchor, f"0x{slot:064x}", "0x" + word.hex()])
    (found,) = REGISTRY_ANCHOR.call(ledger.node, anchor, "headOf", [instrument, 1], "latest")
    assert found == (words[0], words[1], 5, "0x" + operator.hex(), 8, 9, "0x" + auditor.hex())
    period = SimpleNamespace(
        head="0x" + "11" * 32,
        block_hash="0x" + "22" * 32,
        supply_units=5,
        operator="0x" + operator.hex(),
        block_number=8,
        holder_count=9,
        auditor="0x" + auditor.hex(),
    )
    assert layout.head_words(period) == [int.from_bytes(word or b"", "big") for word in words]


def test_declarations_of_a_type_that_is_not_known_are_refused() -> None:
    with pytest.raises(ValueError, match="uint7x"):
        parameters("uint7x wrong")
