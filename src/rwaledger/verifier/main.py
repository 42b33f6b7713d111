"""The program: `rwaledger verify`, and the zipapp beside a pack."""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rwaledger import __version__
from rwaledger.verifier import keccak, report, zipapp
from rwaledger.verifier.errors import WrongUse
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.verification import verify

_PROCESSES_MAX = 64

EXIT_PROVED, EXIT_USAGE, EXIT_REFUTED, EXIT_UNREACHABLE, EXIT_INTERRUPTED = 0, 2, 3, 5, 130

_HASH = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


def main(args: Sequence[str] | None = None, program: str = "rwaledger verify") -> int:
    """Runs the program; its exit code: 0 proved, 2 usage, 3 refuted or breaks found, 5 node unreachable."""
    # Nothing here refers back to itself, and the collector would walk millions of values again and again.
    gc.disable()
    try:
        return _run(_parser(program).parse_args(args))
    except WrongUse as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_USAGE
    except SystemExit as ended:
        return int(ended.code or EXIT_PROVED)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command can be run again\n")
        return EXIT_INTERRUPTED
    finally:
        gc.enable()


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        program,
        description="Verify an evidence pack, offline, with nothing but this program and one block hash.",
        epilog="Exit codes: 0 proved, 2 usage, 3 refuted or breaks found, 5 node unreachable.",
    )
    parser.add_argument("pack", nargs="?", type=Path, metavar="PACK", help="the file, *.evidence.zip")
    parser.add_argument(
        "--block-hash",
        metavar="HASH",
        help="hash of the pinned block, from somebody who does not depend on the operator",
    )
    parser.add_argument(
        "--block-hash-from-pack",
        action="store_true",
        help="take the hash from the pack: shows that the pack is consistent, and nothing about a chain",
    )
    parser.add_argument(
        "--expected-head",
        action="append",
        default=[],
        metavar="INSTRUMENT=HEAD",
        help="the latest head of a signed period that you kept; one for each instrument",
    )
    parser.add_argument(
        "--expected-signer",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="an address that has to have signed the pack; may be repeated",
    )
    parser.add_argument("--expected-manifest", metavar="HASH", help="SHA-256 of manifest.json, if you were told it")
    parser.add_argument("--rpc", metavar="URL", help="compare with what this node says as well (L2)")
    parser.add_argument(
        "--workers",
        type=_count,
        default=1,
        metavar="N",
        help="share the work among N processes, which use N times the processor for a part of it; found is the same",
    )
    parser.add_argument("--pure", action="store_true", help="use no library, even if one is there; slower")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--write-zipapp", type=Path, metavar="FILE", help="write this program as one file, and end")
    parser.add_argument("--version", action="version", version=f"rwaledger {__version__}")
    return parser


def _run(args: argparse.Namespace) -> int:
    if args.write_zipapp:
        zipapp.write(args.write_zipapp)
        return EXIT_PROVED
    if args.pack is None:
        raise WrongUse("name the pack: rwaledger verify PACK --block-hash HASH")
    expected = _expected(args)
    keccak.use(pure=args.pure)
    shown = _Shown()
    found = verify(args.pack, expected, args.rpc or "", shown.update, args.workers)
    shown.close()
    if args.json:
        sys.stdout.write(json.dumps(report.document(found), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.text(found))
    if found.refuted or found.breaks:
        return EXIT_REFUTED
    return EXIT_UNREACHABLE if found.unreachable else EXIT_PROVED


def _expected(args: argparse.Namespace) -> Expected:
    """What the caller knows. Raises WrongUse."""
    if bool(args.block_hash) == args.block_hash_from_pack:
        raise WrongUse(
            "give the hash of the block with --block-hash: without one nothing is proved. Ask somebody who does not "
            "depend on the operator, such as a block explorer or a node of your own. (--block-hash-from-pack, instead, "
            "shows only that the pack is consistent.)"
        )
    heads = [each.partition("=") for each in args.expected_head]
    names = [name for name, _, _ in heads]
    if len(set(names)) != len(names):
        raise WrongUse("--expected-head: name each instrument once, with its latest head; that attests those before it")
    return Expected(
        block_hash=_hexed(args.block_hash or "", _HASH, "--block-hash"),
        manifest=_hexed(args.expected_manifest or "", _HASH, "--expected-manifest"),
        signers=tuple(_hexed(each, _ADDRESS, "--expected-signer") for each in args.expected_signer),
        heads={name: _hexed(head or "?", _HASH, "--expected-head INSTRUMENT=HEAD") for name, _, head in heads},
    )


def _hexed(given: str, pattern: re.Pattern[str], option: str) -> str:
    """The value in lower case; empty where nothing was given."""
    text = given.lower()
    if given and not pattern.fullmatch(text):
        digits = 64 if pattern is _HASH else 40
        raise WrongUse(f"{option}: {given!r} does not have 0x and {digits} hex digits")
    return text


def _count(text: str) -> int:
    """A number of processes."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _PROCESSES_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_PROCESSES_MAX}")
    return int(text)


class _Shown:
    """Progress on a terminal, in a line that rewrites itself, five times a second at most."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = 0.0
        self._started: dict[str, float] = {}

    def update(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        spent = now - self._started.setdefault(stage, now)
        if self._terminal and now >= self._next:
            sys.stderr.write(f"\r\033[K{stage}: {done:,} of {total:,}{_left(spent, done, total)}")
            sys.stderr.flush()
            self._next = now + 0.2

    def close(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\033[K")


def _left(spent_s: float, done: int, total: int) -> str:
    """How long the stage takes yet, if it goes on as it went."""
    if not 0 < done < total or spent_s < 1:
        return ""
    return f", {spent_s / done * (total - done):.0f} s left"
