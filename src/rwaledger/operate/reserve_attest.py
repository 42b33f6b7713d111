"""Attest a reserve: the attestor signs the total of the newest statement, and the contract takes it over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rwaledger.chain import reserve as attestor_contract
from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, Receipt, estimate
from rwaledger.domain.errors import IdempotencyConflict, ReserveShortfall, RwaledgerError, UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.reserve import Attestation, Reserve, SignedAttestation
from rwaledger.domain.units import format_amount
from rwaledger.operate.dispatch import send_recorded
from rwaledger.operate.done import chain_time
from rwaledger.operate.reserve import newest_statement
from rwaledger.operate.times import moment_of, moment_words
from rwaledger.registry import audit_log, reserves
from rwaledger.registry.database import Database

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class AttestationPlan:
    """What is to be attested; `stored` is what was signed of it before, `published` whether the contract has it."""

    instrument: Instrument
    contract: str
    attestation: Attestation
    stored: SignedAttestation | None
    published: bool


def plan_attestation(
    database: Database,
    node: Node,
    instrument: Instrument,
    policy: Policy,
    document: Path,
    expires_at: datetime | None = None,
    *,
    allow_shortfall: bool = False,
) -> AttestationPlan:
    """The attestation of the newest statement of the reserve, with the SHA-256 of the report behind it.

    Without `expires_at` it is good for the policy's lifetime from the count on.

    Raises:
        UsageError: no statement, no contract, a report that cannot be read, or a count that is not newer.
        ReserveShortfall: it is less than what is in issue, and `allow_shortfall` was not given.
        IdempotencyConflict: another attestation of that time was signed.
    """
    statement = newest_statement(database, instrument)
    contract = _contract_of(node, instrument)
    lifetime = policy.on_moment(moment_of(statement.as_of)).attestation_lifetime_s
    attestation = Attestation(
        instrument=instrument.address,
        amount_units=statement.total_units,
        as_of=statement.as_of,
        expires_at=int(expires_at.timestamp()) if expires_at else statement.as_of + lifetime,
        document_hash=_document_hash(document),
    )
    stored = _stored(database, instrument, contract, attestation)
    published_as_of, _ = source = attestor_contract.source_of(node, contract, instrument.address)
    in_force = attestor_contract.reserve_of(node, contract, instrument.address)
    published = (*source, in_force) == (
        attestation.as_of,
        attestation.document_hash,
        Reserve(attestation.amount_units, attestation.expires_at),
    )
    if not published:
        _require_newer(instrument, attestation, published_as_of)
        if not allow_shortfall:
            _require_enough(node, instrument, attestation)
        _require_unexpired(node, attestation)
    return AttestationPlan(instrument, contract, attestation, stored, published)


def attest(
    database: Database, node: Node, plan: AttestationPlan, open_attestor: Callable[[], Signer]
) -> Receipt | None:
    """Signs, stores, and sends the attestation with the attestor's own key; None where the contract has it already.

    Killed at any point and run again, it ends with the same attestation, published once.

    Raises:
        ContractRevert: the contract would refuse; nothing was stored.
    """
    if plan.published and plan.stored:
        return None
    attestor = open_attestor()
    signed = plan.stored or _signed(node, plan, attestor)
    call = attestor_contract.attesting(signed.contract, signed.attestation, signed.attestor, signed.signature)
    if plan.stored is None:
        # A register that was lost takes over what the contract has.
        if not plan.published:
            _require_accepted(node, attestor, call)
        keep_attestation(database, signed)
    if plan.published:
        return None
    purpose = f"attest {plan.instrument.instrument_id} as of {plan.attestation.as_of}"
    return send_recorded(database, node, attestor, call, purpose)


def keep_attestation(database: Database, signed: SignedAttestation) -> None:
    """Writes what was signed into the register, before it is sent."""
    with database.begin() as connection:
        reserves.add_attestation(connection, signed)
        detail = {"amount": str(signed.attestation.amount_units), "as_of": str(signed.attestation.as_of)}
        audit_log.record(connection, signed.attestor, "reserve attested", signed.instrument_id, detail)


def _signed(node: Node, plan: AttestationPlan, attestor: Signer) -> SignedAttestation:
    hashes = attestor_contract.hashes(node.chain_id, plan.contract, plan.attestation)
    return SignedAttestation(
        instrument_id=plan.instrument.instrument_id,
        contract=plan.contract,
        attestation=plan.attestation,
        attestor=attestor.address,
        digest=attestor_contract.digest(node.chain_id, plan.contract, plan.attestation),
        signature=attestor.sign_typed_data(*hashes),
    )


def _contract_of(node: Node, instrument: Instrument) -> str:
    contract = state.reserve_attestor(node, instrument.address)
    if contract is None:
        raise UsageError(
            f"issuing {instrument.instrument_id} needs no attested reserve: it was deployed without an attestor",
            'Say reserve_attestor = "own" in the description of an instrument that is to need one.',
        )
    return contract


def _document_hash(document: Path) -> str:
    try:
        return "0x" + hashlib.sha256(document.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{document} cannot be read: {error.strerror}", "Give the report with --document.") from None


def _stored(
    database: Database, instrument: Instrument, contract: str, attestation: Attestation
) -> SignedAttestation | None:
    """What was signed of that time, where anything was."""
    with database.read() as connection:
        stored = reserves.attestation(connection, instrument.instrument_id, attestation.as_of)
    if stored is not None and (stored.contract, stored.attestation) != (contract, attestation):
        raise IdempotencyConflict(
            f"attestation of {instrument.instrument_id} as of {moment_words(moment_of(attestation.as_of))}",
            "another amount, end or report",
        )
    return stored


def _require_newer(instrument: Instrument, attestation: Attestation, published_as_of: int) -> None:
    if attestation.as_of <= published_as_of:
        raise UsageError(
            f"the reserve of {instrument.instrument_id} as of {moment_words(moment_of(attestation.as_of))} is not newer"
            f" than the one attested, as of {moment_words(moment_of(published_as_of))}",
            "Import a later count with `rwaledger reserve import`, then attest that.",
        )


def _require_enough(node: Node, instrument: Instrument, attestation: Attestation) -> None:
    supply = state.total_supply(node, instrument.address, "latest")
    if attestation.amount_units < supply:
        shown = (
            format_amount(units, instrument.decimals, grouped=True) for units in (attestation.amount_units, supply)
        )
        raise ReserveShortfall(instrument.instrument_id, *shown)


def _require_unexpired(node: Node, attestation: Attestation) -> None:
    if attestation.expires_at < chain_time(node):
        raise UsageError(
            f"the attestation would have expired on {moment_words(moment_of(attestation.expires_at))}",
            "Count the reserve anew, or give a later --expires.",
        )


def _require_accepted(node: Node, attestor: Signer, call: Outgoing) -> None:
    (result,) = estimate(node, attestor.address, [call])
    if isinstance(result, RwaledgerError):
        raise result
