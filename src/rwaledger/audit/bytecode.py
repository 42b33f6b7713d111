"""Bytecode on the chain against the released artifact, down to what its constructor filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rwaledger.chain.artifacts import Artifact, artifact
from rwaledger.chain.code import code_hash
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.instruments import Contract, ContractKind

ARTIFACTS: Mapping[ContractKind, str] = {
    ContractKind.ASSET_TOKEN: "AssetToken",
    ContractKind.CONTROL_BOOK: "ControlBook",
    ContractKind.SETTLEMENT: "Settlement",
    ContractKind.RESERVE_ATTESTOR: "ReserveAttestor",
    ContractKind.REGISTRY_ANCHOR: "RegistryAnchor",
}
"""The artifact that each kind of contract is made from."""

_DOMAIN_VERSION = "1"
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SHORT_MAX = 31

_CHOSEN = {
    "grantDelay_s": 48,
    "guardedCountry": 16,
    "countsHolders": 1,
    "reserveAttestor": 160,
}
"""Immutables that the issuer chose at deployment and the register does not keep, with the bits that they may take."""


def is_released(contract: Contract, code: str) -> bool:
    """Whether the code is that of the released artifact, whatever its immutables hold."""
    return artifact(ARTIFACTS[contract.kind]).matches(code)


def wrong_immutables(contract: Contract, instrument: Instrument | None, code: str) -> tuple[str, ...]:
    """What stands in the places of immutables and should not, as 32-byte words.

    The decimals and the control book of a token follow from what the register knows of its instrument, and so does
    the domain that people sign under. Of what the issuer chose besides, every copy must be the same value of its type.
    """
    found = _words(artifact(ARTIFACTS[contract.kind]), code)
    if contract.kind is not ContractKind.ASSET_TOKEN:
        known = _domain_words(contract, f"rwaledger {ARTIFACTS[contract.kind]}")
    elif instrument is None:
        return ()
    else:
        book = {"decimals": _word(instrument.decimals), "controlBook": _word(int(instrument.control_book, 16))}
        known = _domain_words(contract, instrument.name) | book
    return tuple(
        sorted({word for name, words in found.items() for word in words if not _fits(name, word, words, known)})
    )


def _fits(name: str, word: str, copies: Sequence[str], known: Mapping[str, str]) -> bool:
    if name in known:
        return word == known[name]
    return name in _CHOSEN and word == copies[0] and int(word, 16) >> _CHOSEN[name] == 0


def _words(released: Artifact, code: str) -> dict[str, list[str]]:
    """The words in the places of each immutable, by its name without the underscore of a private one."""
    digits = code.removeprefix("0x")
    found: dict[str, list[str]] = {}
    for place in released.immutable_references:
        word = "0x" + digits[2 * place.start : 2 * (place.start + place.length)]
        found.setdefault(place.name.removeprefix("_"), []).append(word)
    return found


def _domain_words(contract: Contract, name: str) -> dict[str, str]:
    """The immutables of OpenZeppelin's EIP712."""
    name_hash, version_hash = _keccak_of_text(name), _keccak_of_text(_DOMAIN_VERSION)
    chain, address = _word(contract.chain_id), _word(int(contract.address, 16))
    domain = (_keccak_of_text(_DOMAIN_TYPE), name_hash, version_hash, chain, address)
    return {
        "cachedDomainSeparator": code_hash("0x" + "".join(word.removeprefix("0x") for word in domain)),
        "cachedChainId": chain,
        "cachedThis": address,
        "hashedName": name_hash,
        "hashedVersion": version_hash,
        "name": _short_string(name),
        "version": _short_string(_DOMAIN_VERSION),
    }


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _short_string(text: str) -> str:
    """Up to 31 bytes of text from the left, and their count in the last byte; longer text is kept elsewhere."""
    raw = text.encode()
    if len(raw) > _SHORT_MAX:
        return _word(0xFF)
    return "0x" + raw.hex().ljust(2 * _SHORT_MAX, "0") + f"{len(raw):02x}"


def _keccak_of_text(text: str) -> str:
    return code_hash("0x" + text.encode().hex())
