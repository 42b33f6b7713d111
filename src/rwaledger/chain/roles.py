"""The roles of our contracts by their ids, for people: docs/contracts.md says what each may do."""

from __future__ import annotations

from eth_utils.crypto import keccak

DEFAULT_ADMIN_ROLE = "0x" + "0" * 64

_BITS = {
    244: "REGISTRAR_ROLE",
    245: "ISSUER_ROLE",
    246: "ENFORCER_ROLE",
    247: "PAUSER_ROLE",
    248: "RULES_ROLE",
}
"""The operating roles of AssetToken: their ids are bits of its instrument word (contracts/token/Ledger.sol)."""

_HASHED = ("MAKER_ROLE", "CHECKER_ROLE", "LICENSOR_ROLE", "ATTESTOR_ROLE", "OPERATOR_ROLE", "AUDITOR_ROLE")

_NAMES = {
    DEFAULT_ADMIN_ROLE: "DEFAULT_ADMIN_ROLE",
    **{f"0x{1 << bit:064x}": name for bit, name in _BITS.items()},
    **{"0x" + keccak(text=name).hex(): name for name in _HASHED},
}


def role_name(role: str) -> str:
    """The name of a role by its id, or the id itself where no contract of ours has such a role."""
    return _NAMES.get(role, role)
