"""The released contracts and policies: which code is theirs, what constructors wrote into it, and which figures.

Taken from the artifacts of this version; `tests/verifier/test_layout.py` holds it against them. Whoever does not
trust this table can build the contracts from their source and compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from rwaledger.verifier import canonical
from rwaledger.verifier.values import Policy

_WORD = 32


@dataclass(frozen=True, slots=True)
class Release:
    """A released contract: SHA-256 and size of its code with zeros for immutables, and where each of them stands.

    `creation` are SHA-256 and size of the code that creates it, without the constructor's arguments behind it.
    """

    sha256: str
    size: int
    creation: tuple[str, int]
    immutables: Mapping[str, tuple[int, ...]]


RELEASES = {
    "asset_token": Release(
        "fc55c3afb43e2d76122282d2b47b0ec4e92ecb595c5137833d5402b8a0429710",
        23475,
        ("e8332545db9d26fd7f8882647e77945c5666cf4bf1fc60350ec717c1e7ad4ced", 27611),
        {
            "_cachedChainId": (10811,),
            "_cachedDomainSeparator": (10853,),
            "_cachedThis": (10769,),
            "_countsHolders": (3128, 14930, 16616, 16890, 19348),
            "_decimals": (1598,),
            "_guardedCountry": (9263, 9302, 13127),
            "_hashedName": (10934,),
            "_hashedVersion": (10974,),
            "_name": (12979,),
            "_version": (13022,),
            "controlBook": (2469, 7086, 16293),
            "grantDelay_s": (2997, 6261),
            "reserveAttestor": (2150, 17879, 17963),
        },
    ),
    "control_book": Release(
        "f713ace9d58f1ce21b3e173af5c64f8f941a3354a8bbc6c6ac32ce8906aa397a",
        12508,
        ("9b9d00ccf93df54be362217314769b5a5aea6c032803399980566efbb091f3b2", 13859),
        {
            "_cachedChainId": (4379,),
            "_cachedDomainSeparator": (4421,),
            "_cachedThis": (4337,),
            "_hashedName": (4502,),
            "_hashedVersion": (4542,),
            "_name": (2861,),
            "_version": (2909,),
            "grantDelay_s": (729, 1827),
        },
    ),
    "registry_anchor": Release(
        "35eba4a30861108a2e8bc195fdeb1f98215c4fa78214af744c977d0bfd3d5d4b",
        6326,
        ("448e68dfba81cb3a6eb09f2ddefe35f2622c8874dbfb3604203b9599e22b7667", 7677),
        {
            "_cachedChainId": (4598,),
            "_cachedDomainSeparator": (4640,),
            "_cachedThis": (4556,),
            "_hashedName": (4721,),
            "_hashedVersion": (4761,),
            "_name": (2650,),
            "_version": (2698,),
            "grantDelay_s": (1056, 1640),
        },
    ),
    "reserve_attestor": Release(
        "ea3f87be447cbe949c6711838f68a3a5eef1fd859aca9178a7e1ac5a6e88e70b",
        5021,
        ("2db3ab06c80ebb18e5511449926e2e38756122bbf121db58a506c3023e90d9db", 6236),
        {
            "_cachedChainId": (3624,),
            "_cachedDomainSeparator": (3666,),
            "_cachedThis": (3582,),
            "_hashedName": (3747,),
            "_hashedVersion": (3787,),
            "_name": (3309,),
            "_version": (3357,),
            "grantDelay_s": (862, 2087),
        },
    ),
    "settlement": Release(
        "24cea53834486153934949da32daf521deaf03015618eda9386d64a76bc8fadc",
        6924,
        ("5bc33eff3252adf54292ea04a8934227af7c7bc079112b090cf723b098d2037e", 7925),
        {
            "_cachedChainId": (5267,),
            "_cachedDomainSeparator": (5309,),
            "_cachedThis": (5225,),
            "_hashedName": (5390,),
            "_hashedVersion": (5430,),
            "_name": (4171,),
            "_version": (4219,),
            "grantDelay_s": (738, 1990),
        },
    ),
}
"""The one release of each kind of contract."""


def is_released(kind: str, code: bytes) -> bool:
    """Whether the code is that of the release, whatever its immutables hold."""
    release = RELEASES.get(kind)
    if release is None or len(code) != release.size:
        return False
    blank = bytearray(code)
    for places in release.immutables.values():
        for start in places:
            blank[start : start + _WORD] = bytes(_WORD)
    return hashlib.sha256(blank).hexdigest() == release.sha256


def is_creation(kind: str, code: bytes) -> bool:
    """Whether code that creates a contract is that of the release, with whatever arguments behind it."""
    sha256, size = RELEASES[kind].creation
    return len(code) >= size and hashlib.sha256(code[:size]).hexdigest() == sha256


def is_another(kind: str, code: bytes) -> bool:
    """Whether the code is a released one, and of another kind of contract."""
    return any(is_released(each, code) for each in RELEASES if each != kind)


def immutables_of(kind: str, code: bytes) -> dict[str, tuple[int, ...]]:
    """What stands in released code for each immutable, in all its places, in their order."""
    return {
        name: tuple(int.from_bytes(code[start : start + _WORD], "big") for start in places)
        for name, places in RELEASES[kind].immutables.items()
    }


POLICIES = {"Hong Kong": "a59c04946a67a0b8a0798d4e2714c3ac590de84bd8a4cae97bb0c25ccb414507"}
"""SHA-256 over the figures of each policy of this version, as `policy.json` has them."""


HOLIDAYS = {
    "Hong Kong": {
        "2025": "01-01 01-29 01-30 01-31 04-04 04-18 04-21 05-01 05-05 07-01 10-01 10-07 10-29 12-25 12-26",
        "2026": "01-01 02-17 02-18 02-19 04-03 04-06 04-07 05-01 05-25 06-19 07-01 10-01 10-19 12-25",
        "2027": "01-01 02-08 02-09 03-26 03-29 04-05 05-13 06-09 07-01 09-16 10-01 10-08 12-27",
    }
}
"""General holidays that are no Saturday or Sunday, by year, as month and day."""

CLOCKS = {"Hong Kong": ("Asia/Hong_Kong", 28_800)}
"""The zone of each policy of this version, and its offset from UTC in seconds, which has been that since 1979."""


def strange_holidays(policy: Policy) -> list[str]:
    """Days of the years that this version knows which are holidays here alone, or are none here alone."""
    known = HOLIDAYS.get(policy.name, {})
    due = {f"{year}-{day}" for year, days in known.items() for day in days.split()}
    years = {day[:4] for day in policy.holidays} & known.keys()
    return sorted(day for day in due ^ policy.holidays if day[:4] in years)


def is_clock(policy: Policy) -> bool:
    """Whether the clock of a policy is that of this version."""
    return all((policy.zone, seconds) == CLOCKS.get(policy.name) for _, seconds in policy.utc_offsets)


def policy_digest(policy: Policy) -> str:
    """The same over the figures of a policy, in hex."""
    figures = [[each.name, each.valid_from, each.value, each.source] for each in policy.figures]
    return hashlib.sha256(canonical.encode(figures)).hexdigest()
