"""Bytecode on the chain against the released artifact, down to what its constructor filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rwaledger.chain.artifacts import Artifact, artifact
from rwaledger.chain.deploy import code_hash
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.instruments import Contract, ContractKind

ARTIFACTS: Mapping[ContractKind, str] = {
    ContractKind.ASSET_TOKEN: "AssetToken",
    ContractKind.CONTROL_BOOK: "ControlBook",
}
"""The artifact that each kind of contract is made from."""

_BOOK_NAME = "rwaledger ControlBook"
_BOOK_VERSION = "1"
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def is_released(contract: Contract, code: str) -> bool:
    """Whether the code is that of the released artifact, whatever its immutables hold."""
    return artifact(ARTIFACTS[contract.kind]).matches(code)


def wrong_immutables(contract: Contract, instrument: Instrument | None, code: str) -> tuple[str, ...]:
    """What stands in the places of immutables and should not, as 32-byte words.

    Every immutable of the shipped contracts follows from what is known: the decimals of a token, and for a control
    book its own address, the chain and the domain that checkers sign under.
    """
    if contract.kind is ContractKind.CONTROL_BOOK:
        expected = Counter(_book_words(contract))
    elif instrument is None:
        return ()
    else:
        expected = Counter([_word(instrument.decimals)])
    found = Counter(_words(artifact(ARTIFACTS[contract.kind]), code))
    return tuple(sorted((found - expected).elements()))


def _words(released: Artifact, code: str) -> list[str]:
    digits = code.removeprefix("0x")
    spans = ((2 * place.start, 2 * (place.start + place.length)) for place in released.immutable_references)
    return ["0x" + digits[first:last] for first, last in spans]


def _book_words(contract: Contract) -> list[str]:
    """The immutables of OpenZeppelin's EIP712, in the order of its source."""
    name_hash, version_hash = _keccak_of_text(_BOOK_NAME), _keccak_of_text(_BOOK_VERSION)
    chain, book = _word(contract.chain_id), _word(int(contract.address, 16))
    domain = (_keccak_of_text(_DOMAIN_TYPE), name_hash, version_hash, chain, book)
    separator = code_hash("0x" + "".join(word.removeprefix("0x") for word in domain))
    short_strings = [_short_string(_BOOK_NAME), _short_string(_BOOK_VERSION)]
    return [separator, chain, book, name_hash, version_hash, *short_strings]


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _short_string(text: str) -> str:
    """Up to 31 bytes of text from the left, and their count in the last byte."""
    return "0x" + text.encode().hex().ljust(62, "0") + f"{len(text):02x}"


def _keccak_of_text(text: str) -> str:
    return code_hash("0x" + text.encode().hex())
