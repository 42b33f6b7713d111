"""C16: the code at every contract's address is the released one, filled in as the register says, and where it says.

The release is known here by the hash of its code with zeros for immutables (verifier/release.py). Of what the issuer
chose at deployment every copy has to be the same value of its type; what follows from the register is worked out
(OpenZeppelin's EIP712, contracts/token). A symbol above 31 bytes is compared with the calldata of the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator

from rwaledger.verifier import release
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CHAIN, REGISTER, Findings
from rwaledger.verifier.keccak import keccak256
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.values import Log

ID, TITLE = "C16", "Code is as released"
BY_DEPLOYMENT, BY_DESCRIPTION = "deployment", "description"

_ARTIFACTS = {
    "asset_token": "AssetToken",
    "control_book": "ControlBook",
    "settlement": "Settlement",
    "reserve_attestor": "ReserveAttestor",
    "registry_anchor": "RegistryAnchor",
}
_CHOSEN = {"grantDelay_s": 48, "guardedCountry": 16, "countsHolders": 1, "reserveAttestor": 160}
"""What the issuer chose at deployment, with the bits that it may take."""

_DOMAIN = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SHORT_MAX = 31


def run(case: Case) -> Findings:
    """One finding a contract, whatever differs in its code; then where it was deployed and what it calls itself."""
    found = Findings(ID, TITLE, case)
    first_logs: dict[str, Log] = {}
    for log in case.pack.logs:
        first_logs.setdefault(log.address, log)
    for address in case.contracts:
        found.count(contracts=1)
        differences = list(_differences(case, address))
        if differences:
            recorded = f"code hash {case.contract_rows[address].code_hash}"
            values = (CHAIN, f"code hash {case.code_hash(address)}"), (REGISTER, recorded)
            summary = f"the code of this {_artifact(case, address)} {' and '.join(differences)}"
            found.add("TAMPER", _instrument(case, address), address, summary, *values)
        _require_start(found, address, first_logs.get(address))
    for ledger in case.ledgers:
        if case.is_trusted(ledger.address) and not _wrong_immutables(case, ledger.address):
            _compare_description(found, ledger)
    return found


def _artifact(case: Case, address: str) -> str:
    kind = case.contracts[address].kind
    return _ARTIFACTS.get(kind, kind)


def _instrument(case: Case, address: str) -> str:
    ledger = case.ledger_at.get(address)
    return ledger.instrument_id if ledger else ""


def _differences(case: Case, address: str) -> Iterator[str]:
    if not case.pack.released(address):
        yield "is not the released one"
    elif wrong := _wrong_immutables(case, address):
        yield f"was made with other values: {', '.join(wrong)}"
    if case.code_hash(address) != case.contract_rows[address].code_hash:
        yield "is not the one recorded at deployment"


def _wrong_immutables(case: Case, address: str) -> list[str]:
    """Names of immutables in released code that hold what they should not."""
    if not case.pack.released(address):
        return []
    kind = case.contracts[address].kind
    there = release.immutables_of(kind, case.pack.proofs[address].code)
    ledger = case.ledger_at.get(address)
    if kind == "asset_token" and ledger is None:
        return []
    due = _domain(case, address, ledger.row.name if ledger else f"rwaledger {_ARTIFACTS[kind]}")
    if ledger:
        due |= {"decimals": ledger.row.decimals, "controlBook": int(ledger.row.control_book, 16)}
    wrong = []
    for name, copies in there.items():
        plain = name.removeprefix("_")
        value = due.get(plain, copies[0])
        fits = plain in due or (plain in _CHOSEN and value >> _CHOSEN[plain] == 0)
        if not fits or any(copy != value for copy in copies):
            wrong.append(plain)
    return sorted(wrong)


def _domain(case: Case, address: str, name: str) -> dict[str, int]:
    """The immutables of OpenZeppelin's EIP712, version 1."""
    hashed, version = keccak256(name.encode()), keccak256(b"1")
    chain, this = case.pin.chain_id, int(address, 16)
    words = keccak256(_DOMAIN), hashed, version, chain.to_bytes(32, "big"), this.to_bytes(32, "big")
    return {
        "cachedDomainSeparator": int.from_bytes(keccak256(b"".join(words)), "big"),
        "cachedChainId": chain,
        "cachedThis": this,
        "hashedName": int.from_bytes(hashed, "big"),
        "hashedVersion": int.from_bytes(version, "big"),
        "name": _short_string(name),
        "version": _short_string("1"),
    }


def _short_string(text: str) -> int:
    """Up to 31 bytes of text from the left, their count in the last byte; longer text is kept elsewhere (0xff)."""
    raw = text.encode()
    if len(raw) > _SHORT_MAX:
        return 0xFF
    return int.from_bytes(raw.ljust(_SHORT_MAX, b"\0") + bytes([len(raw)]), "big")


def _require_start(found: Findings, address: str, first: Log | None) -> None:
    """Every constructor emits events: the first one is in the block of the deployment."""
    case = found.case
    row = case.contract_rows[address]
    if first and (first.block_number, first.block_hash) == (row.deploy_block, row.deploy_block_hash):
        return
    there = f"block {first.block_number}, {first.block_hash}" if first else "no event"
    values = (CHAIN, there), (REGISTER, f"block {row.deploy_block}, {row.deploy_block_hash}")
    summary = "the contract was not deployed where the register says"
    found.add("TAMPER", _instrument(case, address), address, summary, *values, BY_DEPLOYMENT)


def _compare_description(found: Findings, ledger: Ledger) -> None:
    """Name and decimals are immutables; where code is not released, nothing proves them."""
    symbol = _symbol(ledger)
    if symbol is None:
        found.note(f"The symbol of {ledger.instrument_id} is not in the pack, and was not compared.")
    elif symbol != ledger.row.symbol:
        values = (CHAIN, f"symbol {symbol}"), (REGISTER, f"symbol {ledger.row.symbol}")
        summary = "the token does not call itself what the register calls it"
        found.add("TAMPER", ledger.instrument_id, ledger.address, summary, *values, BY_DESCRIPTION)


def _symbol(ledger: Ledger) -> str | None:
    """From its word; where that has the length alone, the register's, if the deployment was called with that text."""
    case = ledger.case
    word = case.pack.tokens[ledger.instrument_id].symbol
    if not word & 1:
        raw = word.to_bytes(32, "big")
        return raw[: raw[-1] // 2].decode(errors="replace")
    encoded = ledger.row.symbol.encode()
    text = len(encoded).to_bytes(32, "big") + encoded + bytes(-len(encoded) % 32)
    created = case.pack.transactions.get(ledger.events[0].log.tx_hash) if ledger.events else None
    if created is None or case.contract_rows[ledger.address].deploy_block != created.block_number:
        return None
    return str(ledger.row.symbol) if text in created.data else "another"
