"""Keys: eth-account keystores in cast's folder, and the unlocked accounts of a local node."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_hex_address

from rwaledger.chain.local import require_local
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import AuthorisationError, KeystoreError

DEFAULT_FOLDER = Path("~/.foundry/keystores")
DEV_PREFIX = "dev:"
# The mnemonic that anvil publishes; its accounts are everybody's, and worth nothing outside a local chain.
_DEV_MNEMONIC = "test test test test test test test test test test test junk"
SCRYPT_LIGHT_N = 2**12
_DERIVED_BYTES = 64


class Signer:
    """A key that is open. It signs transactions and EIP-712 messages, and shows nothing of itself."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address = account.address.lower()

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def sign_transaction(self, transaction: dict[str, Any]) -> tuple[str, str]:
        """Hash and raw bytes of the signed transaction, as hex."""
        signed = self._account.sign_transaction(transaction)
        return signed.hash.to_0x_hex(), signed.raw_transaction.to_0x_hex()

    def sign_typed_data(self, domain: bytes, message: bytes) -> str:
        """Signature over an EIP-712 message, given by its domain separator and struct hash."""
        signable = SignableMessage(version=b"\x01", header=domain, body=message)
        return self._account.sign_message(signable).signature.to_0x_hex()

    def sign_text(self, text: str) -> str:
        """Signature over a text as wallets sign it: an EIP-191 personal message."""
        return self._account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()

    def derive(self, label: bytes) -> bytes:
        """A secret of 64 bytes for the purpose that `label` names: HKDF-SHA256 (RFC 5869) of the private key."""
        secret = HKDF(bytes(self._account.key), _DERIVED_BYTES, b"", SHA256, context=label)
        assert isinstance(secret, bytes), "one secret is asked for"
        return secret


def create_keystore(folder: Path, name: str, password: str, *, light: bool = False) -> str:
    """Makes a new key, stores it encrypted as `folder/name`, readable by its owner only, and returns its address.

    `light` lowers the cost of the password's derivation: for tests and demonstrations only.

    Raises:
        KeystoreError: a keystore of that name exists, or the name or the password cannot be used.
    """
    if not re.fullmatch(r"(?!0x)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise KeystoreError(f"{name!r} is no name for a keystore", "Use letters, digits, - and _; not 0x....")
    if not password:
        raise KeystoreError("an empty password protects nothing", "Choose another.")
    path = folder.expanduser() / name
    if path.exists():
        raise KeystoreError(f"there is a keystore {path} already", "Choose another name; keys are never overwritten.")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    account = Account.create()
    content = Account.encrypt(account.key, password, kdf="scrypt", iterations=SCRYPT_LIGHT_N if light else None)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    return str(account.address).lower()


def keystores(folder: Path) -> dict[str, str]:
    """Name and address of every keystore in the folder."""
    expanded = folder.expanduser()
    if not expanded.is_dir():
        return {}
    return {path.name: keystore_address(folder, path.name) for path in sorted(expanded.iterdir()) if path.is_file()}


def keystore_address(folder: Path, name: str) -> str:
    """Address of a keystore, without opening it.

    Raises:
        KeystoreError: no such keystore, or none that tells its address.
    """
    address = str(_content(folder, name).get("address", "")).lower().removeprefix("0x")
    if not is_hex_address("0x" + address):
        raise KeystoreError(
            f"the keystore {name!r} does not tell its address", "Make it anew with `rwaledger key new`."
        )
    return "0x" + address


def require_keystore(folder: Path, name: str) -> None:
    """Raises unless there is such a keystore, before anybody is asked for its password.

    Raises:
        KeystoreError: there is none.
    """
    _content(folder, name)


def open_keystore(folder: Path, name: str, password: str) -> Signer:
    """The key of a keystore.

    Raises:
        KeystoreError: no such keystore, or the wrong password.
    """
    try:
        return Signer(Account.from_key(Account.decrypt(_content(folder, name), password)))
    except (ValueError, KeyError, TypeError) as error:
        raise KeystoreError(f"the keystore {name!r} did not open: {error}", "Check its password.") from None


def dev_signer(node: Node, name: str) -> Signer:
    """The unlocked account `dev:N` of a local node.

    Raises:
        AuthorisationError: the node is not a local one; everybody knows these keys.
    """
    require_local(node)
    return _dev_account(name)


def dev_address(name: str) -> str:
    """Address of the dev account `dev:N`."""
    return _dev_account(name).address


@cache
def _dev_account(name: str) -> Signer:
    index = name.removeprefix(DEV_PREFIX)
    if not (index.isdecimal() and len(index) < 4):
        raise AuthorisationError(f"{name!r} is no dev account", "Write dev:0, dev:1, ...")
    Account.enable_unaudited_hdwallet_features()
    return Signer(Account.from_mnemonic(_DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}"))


def _content(folder: Path, name: str) -> dict[str, Any]:
    path = folder.expanduser() / name
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise KeystoreError(
            f"there is no keystore {name!r} in {folder}", f"Make one with `rwaledger key new {name}`."
        ) from None
    except (ValueError, OSError) as error:
        raise KeystoreError(f"{path} is not a keystore: {error}", "Choose another name.") from None
    if not isinstance(content, dict):
        raise KeystoreError(f"{path} is not a keystore", "Choose another name.")
    return content
