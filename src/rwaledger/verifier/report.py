"""What a verification came to, as text and as JSON: proved, wrong, not proved, trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rwaledger.verifier.level import REFUTED, TITLES, Level
from rwaledger.verifier.manifest import Manifest
from rwaledger.verifier.values import CheckResult, Finding

LOCAL_CHAINS = {1337, 31337}
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""

NO_PACK = (
    "That the block is final on a chain that others watch.",
    "That a statement on paper (an identity check, a bank balance) is true.",
    "That the register's signed part was not made up before the first head that you know.",
    "That there is no instrument besides those of the pack.",
)
"""What no pack proves."""

LOCAL = (
    "This is a local chain: whoever runs its node can write it anew, so neither its block hashes nor what is anchored "
    "on it proves anything against them."
)

FROM_PACK = (
    "The block hash was taken from the pack itself: this shows only that the pack is consistent, and NOTHING about any "
    "chain. Anybody can write such a pack. Ask somebody else for the hash of the block, and give it with --block-hash."
)


@dataclass(frozen=True, slots=True)
class Verification:
    """All levels that were done. `manifest` is None where the pack could not be read as far as that.

    `findings` are the root findings of L1 that let a reconciliation fail: the pack may be true, and the register wrong.
    """

    path: str
    manifest: Manifest | None
    hash_from_pack: bool
    keccak: str
    levels: tuple[Level, ...]
    results: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def breaks(self) -> int:
        """How many things are wrong with what the pack is about: root findings, or what only the chain shows."""
        again = sum(len(level.breaks) for level in self.levels if level.name == "L1")
        return len(self.findings) + again or sum(len(level.breaks) for level in self.levels)

    @property
    def let_pass(self) -> list[Finding]:
        """Root findings that let nothing fail, since people have signed for them."""
        exempt = (each for each in self.results if each.outcome == "EXEMPT")
        return [finding for each in exempt for finding in each.findings if not finding.follows_from]

    @property
    def refuted(self) -> bool:
        """Whether anything is wrong with the pack."""
        return any(level.outcome == REFUTED for level in self.levels)

    @property
    def unreachable(self) -> bool:
        """Whether a node was to be asked and did not answer."""
        return any(level.name == "L2" and not level.proved for level in self.levels)

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.refuted:
            count = sum(len(level.faults) for level in self.levels)
            return f"REFUTED: {count:,} thing{'s are' if count != 1 else ' is'} wrong with this pack."
        if self.breaks:
            return f"BREAKS: the pack is true to its register, which has {self.breaks:,} without an exemption."
        levels = ", ".join(level.name for level in self.levels if level.proved)
        if self.hash_from_pack:
            return f"CONSISTENT ONLY: {levels} hold by the pack's own block hash, which proves nothing about a chain."
        passed = f" Let pass by signatures of people whom you have to know: {len(self.let_pass):,} findings."
        return f"PROVED: {levels}.{passed if self.let_pass else ''}"

    def trusted(self) -> list[str]:
        """What had to be trusted, each once."""
        found = [each for level in self.levels for each in level.trusted]
        if self.manifest and self.manifest.pin.chain_id in LOCAL_CHAINS:
            found.append(LOCAL)
        if self.hash_from_pack:
            found.insert(0, FROM_PACK)
        return list(dict.fromkeys(found))

    def not_proved(self) -> list[str]:
        """What could not be proved, and what no pack proves."""
        missing = [f"{name}: {title}" for name, title in TITLES.items() if name not in {e.name for e in self.levels}]
        found = [each for level in self.levels for each in level.unproved]
        return [*(f"{each}; not done." for each in missing), *found, *NO_PACK]


def document(found: Verification) -> dict[str, Any]:
    """The verification as one JSON object; amounts are decimal text."""
    pin = found.manifest.pin if found.manifest else None
    return {
        "pack": found.path,
        "pin": asdict(pin) if pin else None,
        "manifest_sha256": found.manifest.sha256 if found.manifest else None,
        "block_hash_from_pack": found.hash_from_pack,
        "keccak": found.keccak,
        "verdict": found.verdict,
        "levels": [level.document() for level in found.levels],
        "checks": [
            {
                "check": each.check,
                "title": each.title,
                "outcome": each.outcome,
                "coverage": dict(each.coverage),
                "note": each.note,
                "breaks": [asdict(finding) for finding in each.findings],
            }
            for each in found.results
        ],
        "not_proved": found.not_proved(),
        "trusted": found.trusted(),
    }


def text(found: Verification) -> str:
    """The verification for a person. No list is cut short, and nothing in a pack can write over it or add a line."""
    return "".join(f"{''.join(map(_shown, line))}\n" for line in _lines(found))


def _shown(character: str) -> str:
    """A character as it is, or its number: a pack may hold what moves a terminal's cursor or turns text around."""
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def _lines(found: Verification) -> Iterator[str]:
    yield f"Evidence pack {found.path}"
    if found.manifest:
        pin, software = found.manifest.pin, found.manifest.software
        yield f"block {pin.block_number} of chain {pin.chain_id}, {pin.block_hash}, {_time(pin.block_time)}"
        yield f"manifest {found.manifest.sha256}, written by {software['name']} {software['version']}"
    if found.hash_from_pack:
        yield from ("", f"!!! {FROM_PACK}")
    for level in found.levels:
        yield from ("", f"{level.name}  {level.outcome}: {TITLES[level.name]}")
        width = max((len(f"{count:,}") for count, _ in level.proved if count is not None), default=0)
        counts = ["" if count is None else f"{count:>{width},} " for count, _ in level.proved]
        yield from (f"      {count}{statement}" for count, (_, statement) in zip(counts, level.proved, strict=True))
        yield from (f"      WRONG  {fault}" for fault in level.faults)
        yield from (f"      BREAK  {found}" for found in level.breaks)
    yield from _section("Breaks in the register", [_finding(each) for each in found.findings])
    yield from _section("Notes", [f"{each.check}: {each.note}" for each in found.results if each.note])
    yield from _section("Let pass by signatures", [_finding(each) for each in found.let_pass])
    yield from _section("Not proved", found.not_proved())
    yield from _section("Trusted", found.trusted())
    yield from _section("What to do", list(_steps(found)))
    yield from ("", found.verdict)


def _steps(found: Verification) -> Iterator[str]:
    """What to do about what is wrong."""
    refuted = {level.name for level in found.levels if level.outcome == REFUTED}
    if "L0" in refuted:
        yield (
            "Get the file again, byte for byte as it was exported: to unpack a pack and pack it anew changes it. "
            "Compare what you gave (hash of the block, heads, signers) with where you have it from."
        )
    if refuted:
        yield "Rely on nothing in this pack. Ask for an export of the same block, and show what is WRONG here."
    elif found.breaks:
        yield "Ask the operator about each break: `rwaledger break show ID` tells what has been done about it."


def _time(seconds: int) -> str:
    """A time for a person; one that no calendar has stays a number."""
    if seconds > _LAST_SECOND:
        return f"{seconds} seconds since 1970"
    return f"{datetime.fromtimestamp(seconds, UTC):%d %B %Y %H:%M:%S} UTC"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", title)
        yield from (f"    - {line}" for line in lines)


def _finding(each: Finding) -> str:
    where = " ".join(part for part in (each.instrument_id, each.account, each.holder_id) if part)
    left, right = (": ".join(side) for side in (each.left, each.right))
    return f"{each.check} {each.break_class} {where}: {each.summary}; {left}; {right}"
