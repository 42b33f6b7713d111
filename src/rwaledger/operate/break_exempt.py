"""Exempts findings of a check under two keys: one proposes, another one signs the same text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.text_signatures import text_signer
from rwaledger.domain.errors import AuthorisationError, IdempotencyConflict, RegisterConflict
from rwaledger.domain.exemption import Exemption, require_possible
from rwaledger.registry import audit_log, exemptions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.locks import hold
from rwaledger.registry.types import utc_now

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be exempt: a check's findings on an instrument, or one of them, on which days."""

    chain_id: int
    check: str
    instrument_id: str
    break_id: str
    valid_from: date
    expires_on: date


def draft(scope: Scope, reason: str, evidence_hash: str, signer: str) -> Exemption:
    """The exemption as it would be proposed.

    Raises:
        UsageError: C01, no reason, or days that leave it nothing.
    """
    drafted = Exemption(
        scope.chain_id,
        scope.check,
        scope.instrument_id,
        scope.break_id,
        reason.strip(),
        evidence_hash,
        scope.valid_from,
        scope.expires_on,
        utc_now(),
        signer,
    )
    require_possible(drafted)
    return drafted


def propose(database: Database, signer: Signer, drafted: Exemption) -> Exemption:
    """Signs a proposal and stores it; it counts once another key has signed it too.

    Raises:
        IdempotencyConflict: the same key has proposed the same before.
    """
    proposed = replace(drafted, first_signature=signer.sign_text(drafted.preimage))
    with database.begin() as c:
        hold(c, "exemption", proposed.exemption_id)
        if any(key == proposed.exemption_id for key, _, _ in exemptions.exemptions(c)):
            raise IdempotencyConflict(proposed.exemption_id, "the same exemption")
        exemptions.add_exemption(c, proposed)
        detail = {"scope": proposed.scope, "until": proposed.expires_on.isoformat()}
        audit_log.record(c, signer.address, "exemption proposed", proposed.exemption_id, detail)
    return proposed


def require_countersignable(c: Connection, name: str, signer: str) -> Exemption:
    """The proposal whose id begins so, which this key may sign.

    Raises:
        UnknownName: there is none, or several begin so.
        RegisterConflict: its row was edited, or it has both signatures.
        AuthorisationError: the key has proposed it.
    """
    found = exemptions.exemption_named(c, name)
    stored = {key: preimage for key, _, preimage in exemptions.exemptions(c)}
    is_whole = stored.get(found.exemption_id) == found.preimage
    if not is_whole or text_signer(found.preimage, found.first_signature) != found.first_signer:
        raise RegisterConflict(
            f"the exemption {name} was changed from outside: the row is not what was signed", "Have it proposed anew."
        )
    if found.second_signer is not None:
        raise RegisterConflict(f"the exemption {found.exemption_id} has both signatures already")
    if found.first_signer == signer:
        raise AuthorisationError(
            f"{checksummed(signer)} has proposed the exemption {found.exemption_id}, and cannot sign it again",
            "Somebody else has to: name another key with --as.",
        )
    return found


def countersign(database: Database, signer: Signer, name: str) -> Exemption:
    """Completes a proposal with the second signature.

    Raises:
        UnknownName, RegisterConflict, AuthorisationError: as `require_countersignable`.
    """
    with database.begin() as c:
        found = require_countersignable(c, name, signer.address)
        hold(c, "exemption", found.exemption_id)
        signature = signer.sign_text(found.preimage)
        exemptions.countersign(c, found.exemption_id, signer.address, signature)
        audit_log.record(c, signer.address, "exemption countersigned", found.exemption_id, {"scope": found.scope})
    return replace(found, second_signer=signer.address, second_signature=signature)
