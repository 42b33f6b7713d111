"""All levels of one pack, one after the other; what is not whole is not looked at any further."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from traceback import walk_tb

from rwaledger.verifier import chain, hashes, keccak, rerun, rpc
from rwaledger.verifier.errors import Fault, Refuted, Unreachable
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.level import Level, Progress, silent
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.report import Verification
from rwaledger.verifier.values import CheckResult
from rwaledger.verifier.workers import Workers

_CHECK = re.compile(r"\.checks\.(c\d\d)_")


def verify(
    path: Path, expected: Expected, rpc_url: str = "", progress: Progress = silent, processes: int = 1
) -> Verification:
    """Verifies a pack. Without a block hash in `expected` that of the pack is taken, which proves consistency only.

    Several processes find the same as one.

    Raises:
        WrongUse: there is no such file, or one of the processes was ended from outside.
    """
    with Workers(processes - 1) as workers:
        return _verified(path, expected, rpc_url, progress, workers)


def _verified(path: Path, expected: Expected, rpc_url: str, progress: Progress, workers: Workers) -> Verification:
    started = Verification(str(path), None, not expected.block_hash, keccak.name(), ())
    try:
        pack = Pack(path, workers, progress)
    except Refuted as error:
        return replace(started, levels=(_refuted("L0", error.fault),))
    with pack:
        return _levels(pack, expected, rpc_url, started, progress)


def _levels(pack: Pack, expected: Expected, rpc_url: str, started: Verification, progress: Progress) -> Verification:
    whole = _level("L0", lambda: hashes.check(pack, expected))
    try:
        found = replace(started, manifest=pack.manifest, levels=(whole,))
    except Refuted:
        return replace(started, levels=(whole,))
    if whole.faults:
        return found
    block_hash = expected.block_hash or pack.manifest.pin.block_hash
    chain_level = _level("L3", lambda: chain.check(pack, block_hash, progress))
    results: list[CheckResult] = []

    def checks() -> Level:
        level, again = rerun.check(pack, expected.heads, progress)
        results.extend(again)
        return level

    levels = [whole, _level("L1", checks)]
    if rpc_url:
        levels.append(_level("L2", lambda: _other_node(pack, rpc_url, progress)))
    findings = tuple(rerun.breaks(results)) if results else ()
    return replace(found, levels=(*levels, chain_level), results=tuple(results), findings=findings)


def _other_node(pack: Pack, rpc_url: str, progress: Progress) -> Level:
    try:
        return rpc.check(pack, rpc.Node(rpc_url), progress)
    except Unreachable as error:
        level = Level("L2")
        level.unproved.append(f"L2, what another node says: {error}.")
        return level


def _level(name: str, check: Callable[[], Level]) -> Level:
    """The level, or the fault that ended it. Values that no check can work with refute the pack; they never pass."""
    try:
        return check()
    except Refuted as error:
        return _refuted(name, error.fault)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        place = f"{type(error).__name__} in {_place(error)}"
        return _refuted(name, Fault(place, f"the pack holds what cannot be worked with: {error}"))


def _place(error: BaseException) -> str:
    """Where an error arose: the check, if it was in one, and the line of a module."""
    places = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in walk_tb(error.__traceback__)]
    checks = [found[1].upper() for found in map(_CHECK.search, places) if found]
    return ", ".join(checks[-1:] + places[-1:])


def _refuted(name: str, fault: Fault) -> Level:
    level = Level(name)
    level.faults.append(fault)
    return level
