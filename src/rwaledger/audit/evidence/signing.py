"""Who answers for a pack: signatures over the hash of its manifest, as a text that wallets show."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rwaledger.audit.evidence.parts import canonical
from rwaledger.chain.keys import Signer
from rwaledger.domain.errors import AuthorisationError

ROLES = ("auditor", "operator")


def text_to_sign(manifest: bytes, role: str) -> str:
    """What a signer in that role signs (EIP-191): it names chain, block and manifest, so that it fits no other pack."""
    of = json.loads(manifest)
    pin = of["pin"]
    return (
        "rwaledger evidence pack\n"
        f"format {of['format']}\n"
        f"role {role}\n"
        f"chain {pin['chain_id']}\n"
        f"block {pin['block_number']} {pin['block_hash']}\n"
        f"manifest 0x{hashlib.sha256(manifest).hexdigest()}"
    )


def signed(manifest: bytes, signatures: bytes, role: str, signer: Signer) -> bytes:
    """The list of signatures with one more; signing again changes nothing.

    Raises:
        AuthorisationError: the same key has signed it in another role, or another key in this one.
    """
    there: list[dict[str, Any]] = json.loads(signatures)
    for each in there:
        if each["address"] == signer.address and each["role"] != role:
            raise AuthorisationError(
                f"{signer.address} has signed this pack as {each['role']} already",
                f"Operator and {role} are different keys: sign with another one.",
            )
        if each["role"] == role and each["address"] != signer.address:
            raise AuthorisationError(f"{each['address']} has signed this pack as {role} already", "Export another.")
    mine = {"role": role, "address": signer.address, "signature": signer.sign_text(text_to_sign(manifest, role))}
    others = [each for each in there if each["address"] != signer.address]
    return canonical(sorted([*others, mine], key=lambda each: (each["role"], each["address"])))
