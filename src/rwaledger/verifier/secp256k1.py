"""Who signed: the public key behind a signature on secp256k1, and its address (SEC 1, section 4.1.6)."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from rwaledger.verifier.keccak import keccak256

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
G = (
    0x79BE667E_F9DCBBAC_55A06295_CE870B07_029BFCDB_2DCE28D9_59F2815B_16F81798,
    0x483ADA77_26A3C465_5DA4FBFC_0E1108A8_FD17B448_A6855419_9C47D08F_FB10D4B8,
)

Affine: TypeAlias = tuple[int, int]
"""A point by its x and y, which infinity has not."""

Point: TypeAlias = tuple[int, int, int]
"""Jacobian coordinates: x = X / Z², y = Y / Z³; Z is 0 at infinity."""

INFINITY: Point = (1, 1, 0)
_WINDOW = 5


def recover(digest: bytes, r: int, s: int, odd: int) -> str:
    """The address whose key made the signature; `odd` is 1 where the y of the point of `r` is odd.

    Raises:
        ValueError: no signature of any key, or with `s` in the upper half, so that a second one would be as good.
    """
    return address_of(public_key(digest, r, s, odd))


def public_key(digest: bytes, r: int, s: int, odd: int) -> Affine:
    """The key itself. Raises as `recover` does."""
    require_range(r, s, odd)
    y = pow(r**3 + 7, (P + 1) // 4, P)
    if (y * y - r**3 - 7) % P:
        raise ValueError("a signature whose r is on no point of the curve")
    y = y if y & 1 == odd else P - y
    inverse = pow(r, -1, N)
    x, y, z = _sum_of_multiples(-int.from_bytes(digest, "big") * inverse % N, s * inverse % N, (r, y, 1))
    if not z:
        raise ValueError("a signature of no key")
    z = pow(z, -1, P)
    return x * z * z % P, y * z * z * z % P


def require_range(r: int, s: int, odd: int) -> None:
    """Raises as `recover` does, where the numbers alone show that they are no signature."""
    if not 0 < r < N or not 0 < s <= N // 2 or odd not in {0, 1}:
        raise ValueError("a signature whose r, s or v is out of range")


@cache
def address_of(key: Affine) -> str:
    """The address of a public key."""
    return "0x" + keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:].hex()


def recover_bytes(digest: bytes, signature: bytes) -> str:
    """The address behind the 65 bytes of r, s and v; v is 27 or 28. Raises as `recover` does."""
    if len(signature) != 65 or signature[64] not in {27, 28}:
        raise ValueError("no signature of 65 bytes that ends in 27 or 28")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return recover(digest, r, s, signature[64] - 27)


def _sum_of_multiples(a: int, b: int, point: Point) -> Point:
    """a·G + b·point, both at once by windowed digits."""
    parts = [(_digits(a), _G_ODD), (_digits(b), _odd_multiples(point))]
    found = INFINITY
    for at in range(max(len(digits) for digits, _ in parts) - 1, -1, -1):
        found = double(found)
        for digits, multiples in parts:
            digit = digits[at] if at < len(digits) else 0
            if digit > 0:
                found = _add(found, multiples[digit // 2])
            elif digit:
                x, y, z = multiples[-digit // 2]
                found = _add(found, (x, P - y, z))
    return found


def _digits(number: int) -> list[int]:
    """The number in base 2 by odd digits between -15 and 15, at least five places apart (wNAF)."""
    digits = []
    while number:
        digit = 0
        if number & 1:
            digit = number & ((1 << _WINDOW) - 1)
            digit -= (digit >> (_WINDOW - 1)) << _WINDOW
            number -= digit
        digits.append(digit)
        number >>= 1
    return digits


def _odd_multiples(point: Point) -> list[Point]:
    """1, 3, 5 ... times the point."""
    twice, found = double(point), [point]
    for _ in range((1 << (_WINDOW - 2)) - 1):
        found.append(_add(found[-1], twice))
    return found


def double(point: Point) -> Point:
    """Twice the point."""
    x, y, z = point
    if not z:
        return point
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * x * x
    found = (m * m - 2 * s) % P
    return found, (m * (s - found) - 8 * square * square) % P, 2 * y * z % P


def _add(a: Point, b: Point) -> Point:
    if not a[2] or not b[2]:
        return a if a[2] else b
    (x1, y1, z1), (x2, y2, z2) = a, b
    square1, square2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * square2 % P, x2 * square1 % P
    s1, s2 = y1 * z2 * square2 % P, y2 * z1 * square1 % P
    if u1 == u2:
        return double(a) if s1 == s2 else INFINITY
    h, r = u2 - u1, s2 - s1
    h_squared = h * h % P
    h_cubed, v = h * h_squared % P, u1 * h_squared % P
    x = (r * r - h_cubed - 2 * v) % P
    return x, (r * (v - x) - s1 * h_cubed) % P, h * z1 * z2 % P


_G_ODD = _odd_multiples((*G, 1))
