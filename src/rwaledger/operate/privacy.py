"""The privacy key: from the key of its office to the seal of the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rwaledger.domain.errors import AuthorisationError
from rwaledger.registry.sealing import Seal

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

_LABEL = b"rwaledger privacy 1"


def seal_of(signer: Signer) -> Seal:
    """The seal of the office that this key is of; the same key gives the same seal for ever."""
    return Seal(signer.derive(_LABEL))


def seal_of_hex(text: str) -> Seal:
    """The seal of a privacy key that is given by itself, as 128 hex digits.

    Raises:
        AuthorisationError: it is no such key.
    """
    try:
        return Seal(bytes.fromhex(text.removeprefix("0x")))
    except ValueError:
        raise AuthorisationError("the privacy key is not written in hex digits", "Correct it.") from None
