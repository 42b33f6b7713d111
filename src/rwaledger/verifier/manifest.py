"""The single documents of a pack as values: manifest, signatures, policy and what the operator found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rwaledger.verifier import canonical, rows
from rwaledger.verifier.exact import fraction
from rwaledger.verifier.shape import Part
from rwaledger.verifier.values import (
    CheckResult,
    Contract,
    Figure,
    Finding,
    Pin,
    Policy,
)

FORMAT = "rwaledger-evidence-1"
KINDS = ("asset_token", "control_book", "registry_anchor", "reserve_attestor", "settlement")
ROLES = ("operator", "auditor")
OUTCOMES = ("PASS", "FAIL", "EXEMPT", "NOT_RUN")

_PARTS = (
    "contracts",
    "files",
    "first_block",
    "format",
    "heads",
    "passed",
    "pin",
    "register_digest",
    "root",
    "software",
)
_BREAK = (
    "account",
    "break_id",
    "cause",
    "class",
    "follows_from",
    "holder_id",
    "instrument_id",
    "left",
    "right",
    "summary",
)
_RESERVE_KIND = ("currencies", "kind", "max_tenor_business_days", "max_tenor_months", "on_demand")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The last signed period of an instrument."""

    instrument_id: str
    sequence: int
    head: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the pack as the manifest lists it; `sha256` is hex without 0x."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json`. `sha256` is the hash of its own bytes, which is what signers sign, as 0x-hex."""

    software: Mapping[str, str]
    pin: Pin
    first_block: int
    contracts: tuple[Contract, ...]
    register_digest: str
    heads: tuple[SignedHead, ...]
    passed: bool
    files: tuple[FileEntry, ...]
    root: str
    sha256: str

    @property
    def tokens(self) -> tuple[Contract, ...]:
        """The contracts that are instruments, whatever kind the register says, in order of their addresses."""
        return tuple(each for each in self.contracts if each.instrument_id)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who is said to have signed the pack, as what, and with which bytes."""

    role: str
    address: str
    signature: bytes


def manifest(raw: bytes) -> Manifest:
    """The manifest. Raises Refuted where it has another shape."""
    top = Part(canonical.parse(raw, "manifest.json"), "manifest.json").fields(*_PARTS)
    top["format"].one_of(FORMAT)
    software = top["software"].fields("name", "version")
    found = Manifest(
        software={name: part.text() for name, part in software.members()},
        pin=_pin(top["pin"].fields("block_hash", "block_number", "block_time", "chain_id")),
        first_block=top["first_block"].number(),
        contracts=tuple(_contract(part) for part in top["contracts"].items()),
        register_digest=top["register_digest"].digits(32),
        heads=tuple(_head(part) for part in top["heads"].items()),
        passed=top["passed"].truth(),
        files=tuple(_file(part) for part in top["files"].items()),
        root=top["root"].digits(32),
        sha256="0x" + hashlib.sha256(raw).hexdigest(),
    )
    _require_order(top["contracts"], [each.address for each in found.contracts])
    _require_order(top["heads"], [each.instrument_id for each in found.heads])
    if not found.contracts:
        raise top["contracts"].refuse("at least one contract")
    first = min(each.deploy_block for each in found.contracts)
    if found.first_block != first:
        raise top["first_block"].refuse(f"{first}, the lowest deploy_block,")
    if found.first_block > found.pin.block_number:
        raise top["first_block"].refuse(f"no block behind the pinned one, {found.pin.block_number},")
    return found


def _pin(part: Part) -> Pin:
    return Pin(
        part["chain_id"].number(1),
        part["block_number"].number(),
        part["block_hash"].hexed(32),
        part["block_time"].number(),
    )


def _contract(part: Part) -> Contract:
    part.fields("address", "deploy_block", "instrument_id", "kind")
    return Contract(
        part["address"].hexed(20),
        part["kind"].one_of(*KINDS),
        part["deploy_block"].number(),
        part["instrument_id"].text(),
    )


def _head(part: Part) -> SignedHead:
    part.fields("head", "instrument_id", "sequence")
    return SignedHead(part["instrument_id"].text(), part["sequence"].number(1), part["head"].hexed(32))


def _file(part: Part) -> FileEntry:
    part.fields("bytes", "name", "sha256")
    return FileEntry(part["name"].text(), part["bytes"].number(), part["sha256"].digits(32))


def _require_order(part: Part, keys: list[Any]) -> None:
    if keys != sorted(set(keys)):
        raise part.refuse("each once, in order,")


def signatures(raw: bytes) -> tuple[Signature, ...]:
    """Who is said to have signed. Raises Refuted where the list has another shape or order, or an address twice."""
    top = Part(canonical.parse(raw, "signatures.json"), "signatures.json")
    found = []
    for part in top.items():
        part.fields("address", "role", "signature")
        found.append(Signature(part["role"].one_of(*ROLES), part["address"].hexed(20), part["signature"].raw()))
    _require_order(top, [(each.role, each.address) for each in found])
    if len({each.address for each in found}) != len(found):
        raise top.refuse("no address twice")
    return tuple(found)


def policy(raw: bytes) -> Policy:
    """The policy. Raises Refuted where it has another shape."""
    top = Part(canonical.parse(raw, "policy.json"), "policy.json")
    top.fields("figures", "holidays", "name", "utc_offsets", "zone")
    offsets = [part.items(2) for part in top["utc_offsets"].items()]
    _require_order(top["utc_offsets"], [moment.text() for moment, _ in offsets])
    _require_order(top["holidays"], [_day(part) for part in top["holidays"].items()])
    return Policy(
        name=top["name"].text(),
        zone=top["zone"].text(),
        utc_offsets=tuple((_moment(moment), _offset(seconds)) for moment, seconds in offsets),
        holidays=frozenset(_day(part) for part in top["holidays"].items()),
        figures=tuple(_figure(part) for part in top["figures"].items()),
    )


def _figure(part: Part) -> Figure:
    part.fields("name", "source", "valid_from", "value")
    return Figure(part["name"].text(), _value(part["value"]), _day(part["valid_from"]), part["source"].text())


def _value(part: Part) -> Any:
    """A number, a threshold, or a kind of reserve asset."""
    if isinstance(part.value, dict) and "kind" in part.value:
        part.fields(*_RESERVE_KIND)["kind"].text()
        part["on_demand"].truth()
        for currency in part["currencies"].items():
            currency.text()
        for tenor in (part["max_tenor_months"], part["max_tenor_business_days"]):
            if tenor.value is not None:
                tenor.number()
    elif isinstance(part.value, dict):
        part.fields("amount", "currency")["currency"].text()
        try:
            fraction(part["amount"].text())
        except (ValueError, ArithmeticError) as error:
            raise part["amount"].refuse("a number in digits") from error
    else:
        part.number()
    return part.value


def _day(part: Part) -> str:
    if rows.day(part.value) is None:
        raise part.refuse("a day such as 2026-07-31")
    return part.text()


def _moment(part: Part) -> str:
    if rows.moment(part.value) is None:
        raise part.refuse("a moment such as 2026-07-31T10:00:00.000000Z")
    return part.text()


def _offset(part: Part) -> int:
    """No clock on the wall is a day or more away from UTC."""
    if not -_DAY_S < part.number(-_DAY_S) < _DAY_S:
        raise part.refuse("seconds of less than a day")
    return part.number(-_DAY_S)


def reconciliation(raw: bytes) -> tuple[bool, tuple[CheckResult, ...]]:
    """Whether the operator's run passed, and what it found. Raises Refuted where it has another shape."""
    top = Part(canonical.parse(raw, "reconciliation.json"), "reconciliation.json").fields("passed", "results")
    results = tuple(_result(part) for part in top["results"].items())
    _require_order(top["results"], [each.check for each in results])
    passed = all(each.outcome in ("PASS", "EXEMPT") for each in results)
    if top["passed"].truth() != passed:
        raise top["passed"].refuse(f"{passed}, as the results are,")
    return passed, results


def _result(part: Part) -> CheckResult:
    part.fields("breaks", "check", "coverage", "note", "outcome", "title")
    check = part["check"].text()
    return CheckResult(
        check=check,
        title=part["title"].text(),
        outcome=part["outcome"].one_of(*OUTCOMES),
        coverage={name: count.number() for name, count in part["coverage"].members()},
        findings=tuple(_finding(check, each.fields(*_BREAK)) for each in part["breaks"].items()),
        note=part["note"].text(),
    )


def _finding(check: str, part: Part) -> Finding:
    return Finding(
        check,
        part["class"].text(),
        part["instrument_id"].text(),
        part["account"].text(),
        part["holder_id"].text(),
        part["summary"].text(),
        left=_side(part["left"]),
        right=_side(part["right"]),
        cause=part["cause"].text(),
        follows_from=part["follows_from"].text(),
        break_id=part["break_id"].text(),
    )


def _side(part: Part) -> tuple[str, str]:
    record, value = part.items(2)
    return record.text(), value.text()
