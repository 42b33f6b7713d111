"""Encrypts what the register keeps of persons, so that its file tells a stranger no name.

Sealed here from AES itself: pycryptodome's own AES-SIV takes 0.4 ms for each name, most of it to derive from the same
key again, and 10,000 holders are entered at once. It is what opens the names, and so holds both to be the same.
"""

from __future__ import annotations

import base64
import binascii

from Crypto.Cipher import AES

from rwaledger.domain.errors import AuthorisationError

KEY_BYTES = 64
"""Of AES-SIV with AES-256: half of it authenticates, half encrypts."""

_PREFIX = "siv1:"
_BLOCK = 16
_ZERO = bytes(_BLOCK)


class Seal:
    """The privacy key of a register. It shows nothing of itself.

    AES-SIV (RFC 5297) without a nonce: the same text at the same place is sealed the same way, so that writing it
    again changes nothing and the register's digest stays what it was. `place` says where the text stands, such as
    `holders/kowloon`; it is bound, so that nobody can move a sealed text to another row.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise AuthorisationError(
                f"a privacy key has {KEY_BYTES} bytes, not {len(key)}", f"Give it as {2 * KEY_BYTES} hex digits."
            )
        self._key = key
        self._mac_key, self._cipher_key = key[: KEY_BYTES // 2], key[KEY_BYTES // 2 :]
        self._whole = _doubled(AES.new(self._mac_key, AES.MODE_ECB).encrypt(_ZERO))
        self._padded = _doubled(self._whole)
        self._start = _doubled(self._mac(_ZERO))

    def __repr__(self) -> str:
        return "Seal()"

    def seal(self, text: str, place: str) -> str:
        """The text, encrypted for this place."""
        plain = text.encode()
        tag = self._vector(plain, place.encode())
        # RFC 5297, 2.5: two bits are cleared, so that the counter can be added to in words of 32 or 64 bits.
        counter = int.from_bytes(tag) & ~(1 << 63 | 1 << 31)
        cipher = AES.new(self._cipher_key, AES.MODE_CTR, nonce=b"", initial_value=counter)
        return _PREFIX + base64.b64encode(tag + cipher.encrypt(plain)).decode()

    def open(self, sealed: str, place: str) -> str:
        """The text that was sealed for this place.

        Raises:
            AuthorisationError: it was sealed with another key, for another place, or was changed since.
        """
        try:
            raw = base64.b64decode(sealed.removeprefix(_PREFIX), validate=True)
            cipher = AES.new(self._key, AES.MODE_SIV)
            cipher.update(place.encode())
            return cipher.decrypt_and_verify(raw[_BLOCK:], raw[:_BLOCK]).decode()
        except (ValueError, binascii.Error):
            raise AuthorisationError(
                f"what is sealed at {place} does not open",
                "It was sealed with another privacy key (setting privacy), or changed from outside.",
            ) from None

    def _vector(self, plain: bytes, place: bytes) -> bytes:
        """S2V of RFC 5297, 2.4, over the place and the text."""
        seen = _xor(self._start, self._mac(place))
        if len(plain) >= _BLOCK:
            return self._mac(plain[:-_BLOCK] + _xor(plain[-_BLOCK:], seen))
        return self._mac(_xor(_doubled(seen), _filled(plain)))

    def _mac(self, message: bytes) -> bytes:
        """AES-CMAC (RFC 4493)."""
        at = max(0, (len(message) - 1) // _BLOCK * _BLOCK)
        last = message[at:]
        last = _xor(last, self._whole) if len(last) == _BLOCK else _xor(_filled(last), self._padded)
        return AES.new(self._mac_key, AES.MODE_CBC, iv=_ZERO).encrypt(message[:at] + last)[-_BLOCK:]


def _doubled(block: bytes) -> bytes:
    """Doubling in the field of 2^128 elements that both RFCs use."""
    shifted = int.from_bytes(block) << 1
    return ((shifted & ((1 << 128) - 1)) ^ (0x87 * (shifted >> 128))).to_bytes(_BLOCK)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(_BLOCK)


def _filled(part: bytes) -> bytes:
    return (part + b"\x80").ljust(_BLOCK, b"\0")
