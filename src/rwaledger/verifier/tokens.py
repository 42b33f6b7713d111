"""An instrument at the pinned block, out of the slots that its proof is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rwaledger.verifier import events, layout, release
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.values import ZERO_ADDRESS, Contract, Proof, Terms, Token

if TYPE_CHECKING:
    from rwaledger.verifier.pack import Pack


KIND = "asset_token"
"""What the code of an instrument has to be, whatever kind of contract the register calls it."""


is_address = re.compile("0x[0-9a-f]{40}").fullmatch
"""What is no address holds nothing; a row that was changed from outside may name any account."""


def accounts(pack: Pack) -> dict[str, list[str]]:
    """By instrument every account that register or events know, in order, but for the zero address."""
    chain_id = pack.manifest.pin.chain_id
    everywhere = {row.address for row in pack.rows("accounts") if row.chain_id == chain_id}
    known = {each.instrument_id: set(everywhere) for each in pack.manifest.tokens}
    for name, here in known.items():
        here.update(leg.account for legs in pack.postings.get(name, {}).values() for leg in legs)
    for table in ("positions", "standings"):
        for row in pack.rows(table):
            if row.instrument_id in known:
                known[row.instrument_id].add(row.account)
    for each in pack.manifest.tokens:
        for event in pack.events_of(each.address):
            known[each.instrument_id].update(events.addresses_in(event))
    return {name: sorted(filter(is_address, found - {ZERO_ADDRESS})) for name, found in known.items()}


def token(proof: Proof, contract: Contract, known: Sequence[str]) -> Token:
    """What is said of an instrument at the pinned block; `known` are its accounts.

    Raises:
        Refuted: a slot that has to be there is not: somebody's balance was left out.
    """
    slots = layout.account_slots(known)
    words = {each: layout.account_word(_value(proof, slot, f"account {each}")) for each, slot in slots.items()}
    return Token(
        contract=contract,
        instrument=layout.instrument_word(_value(proof, layout.INSTRUMENT_SLOT, "the instrument's word")),
        rules=layout.rules_word(_value(proof, layout.RULES_SLOT, "the rules' word")),
        countries=layout.countries(_value(proof, slot, "the countries allowed") for slot in layout.COUNTRY_SLOTS),
        symbol=_value(proof, layout.SYMBOL_SLOT, "the symbol"),
        accounts=words,
        lock_ups={
            each: layout.lock_up(_value(proof, slots[each] + 1, f"the lock-up of {each}"))
            for each, word in words.items()
            if word.has_lock_up
        },
        terms=_terms(proof.code),
    )


def _value(proof: Proof, slot: int, of: str) -> int:
    if slot not in proof.slots:
        raise Refuted(f"chain/proofs/{proof.address}.json, slots", f"{of} is missing: slot 0x{slot:064x}")
    return proof.slots[slot]


def _terms(code: bytes) -> Terms | None:
    """What is settled for ever; None where the code is foreign, or its copies of a value differ."""
    if not release.is_released(KIND, code):
        return None
    found = release.immutables_of(KIND, code)
    names = ("controlBook", "reserveAttestor", "_decimals", "_guardedCountry", "_countsHolders")
    if any(not _agree(found[name]) for name in names):
        return None
    book, attestor, decimals, guarded, counts = (found[name][0] for name in names)
    return Terms(f"0x{book:040x}", f"0x{attestor:040x}", decimals, guarded % layout.NO_COUNTRY, bool(counts))


def _agree(values: Iterable[int]) -> bool:
    return len(set(values)) == 1
