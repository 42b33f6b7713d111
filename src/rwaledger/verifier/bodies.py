"""Headers, transactions and receipts, out of the bytes that a block commits to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from sys import intern

from rwaledger.verifier import rlp, signers
from rwaledger.verifier.keccak import keccak256, keccak256_many
from rwaledger.verifier.rlp import Item, as_bytes, as_int, as_list
from rwaledger.verifier.values import Header, Log, Receipt, Transaction

_HEADER_FIELDS = range(15, 33)
_FIELDS = {0: 9, 1: 11, 2: 12, 3: 14, 4: 13}
_TO = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5}
_FIRST_LIST = 0xC0
_RECEIPT_FIELDS = 4
_BLOOM = 256


def header(raw: bytes, header_hash: bytes) -> Header:
    """The header that `raw` encodes; its hash was computed from it.

    Raises:
        ValueError: no header. Later forks append fields; those that count here have kept their places.
    """
    fields = as_list(rlp.decode(raw))
    if len(fields) not in _HEADER_FIELDS:
        raise ValueError(f"a header of {len(fields)} fields")
    return Header(
        number=as_int(fields[8], 64),
        hash=_hex(header_hash),
        parent_hash=_hex(as_bytes(fields[0], 32)),
        state_root=_hex(as_bytes(fields[3], 32)),
        transactions_root=_hex(as_bytes(fields[4], 32)),
        receipts_root=_hex(as_bytes(fields[5], 32)),
        timestamp=as_int(fields[11], 64),
        raw=raw,
    )


def transaction(raw: bytes, tx_hash: bytes, block_number: int, index: int) -> Transaction:
    """The transaction that `raw` encodes; its hash was computed from it.

    Raises:
        ValueError: no transaction, or of a type that is not known.
    """
    kind, fields = _transaction_fields(raw)
    if kind not in _FIELDS:
        return Transaction(_hex(tx_hash), block_number, index, kind, None, -1, None, 0, b"", raw, is_signed=True)
    to_at = _TO[kind]
    to = as_bytes(fields[to_at], 0, 20)
    return Transaction(
        hash=_hex(tx_hash),
        block_number=block_number,
        index=index,
        kind=kind,
        chain_id=as_int(fields[0], 64) if kind else _legacy_chain(as_int(fields[6])),
        nonce=as_int(fields[1 if kind else 0], 64),
        to=_hex(to) if to else None,
        value=as_int(fields[to_at + 1]),
        data=as_bytes(fields[to_at + 2]),
        raw=raw,
        is_signed=as_int(fields[-2]) != 0 or as_int(fields[-1]) != 0,
    )


def signed_bytes(found: Transaction) -> bytes:
    """What the sender of a transaction signed the hash of; nothing where its type is not known."""
    kind, fields = _transaction_fields(found.raw)
    if kind not in _FIELDS:
        return b""
    if kind:
        return bytes([kind]) + rlp.encode(fields[:-3])
    if found.chain_id is None:
        return rlp.encode(fields[:6])
    return rlp.encode([*fields[:6], found.chain_id.to_bytes((found.chain_id.bit_length() + 7) // 8, "big"), b"", b""])


def sender(found: Transaction, digest: bytes = b"") -> str:
    """Who signed a transaction; `digest` is the hash of `signed_bytes`, where that is known already.

    Raises:
        ValueError: nobody did, or its type is not known.
    """
    kind, fields = _transaction_fields(found.raw)
    if kind not in _FIELDS:
        raise ValueError(f"transactions of type {kind} are not known")
    v, r, s = (as_int(each) for each in (fields[6] if not kind else fields[-3], fields[-2], fields[-1]))
    if not kind:
        v = v - 27 if found.chain_id is None else (v - 35) % 2
    return signers.recover(digest or keccak256(signed_bytes(found)), r, s, v)


def senders(raws: Sequence[bytes]) -> list[str]:
    """Who signed each of these transactions; empty where nobody did, or its type is not known.

    Raises:
        ValueError: one of them is no transaction.
    """
    found = [transaction(raw, b"", 0, 0) for raw in raws]
    return list(map(_sender_or_none, found, keccak256_many([signed_bytes(each) for each in found])))


def _sender_or_none(found: Transaction, digest: bytes) -> str:
    try:
        return sender(found, digest)
    except ValueError:
        return ""


def _transaction_fields(raw: bytes) -> tuple[int, list[Item]]:
    if not raw:
        raise ValueError("a transaction without a byte")
    kind = 0 if raw[0] >= _FIRST_LIST else raw[0]
    if kind not in _FIELDS:
        return kind, []
    return kind, as_list(rlp.decode(raw[1:] if kind else raw), _FIELDS[kind])


def _legacy_chain(v: int) -> int | None:
    """The chain that a legacy signature is for (EIP-155); None where it is for any."""
    return (v - 35) // 2 if v >= 35 else None


def receipts(raws: Sequence[bytes], transactions: Sequence[Transaction], block_hash: str) -> tuple[Receipt, ...]:
    """The receipts of a block, which come one for each transaction.

    Raises:
        ValueError: no receipts, or not of these transactions.
    """
    if len(raws) != len(transactions):
        raise ValueError(f"{len(raws)} receipts of {len(transactions)} transactions")
    found: list[Receipt] = []
    spent = log_index = 0
    for raw, of in zip(raws, transactions, strict=True):
        kind = 0 if raw[:1] >= b"\xc0" else raw[0] if raw else 0
        if kind != of.kind:
            raise ValueError(f"receipt {of.index} is of type {kind}, its transaction of type {of.kind}")
        fields = as_list(rlp.decode(raw[1:] if kind else raw))
        succeeded, total, entries = _receipt_fields(fields)
        source = (block_hash, of.hash, of.index)
        logs = tuple(_log(entry, source, (of.block_number, at)) for at, entry in enumerate(entries, log_index))
        found.append(Receipt(of.block_number, of.hash, of.index, kind, succeeded, total - spent, logs))
        spent, log_index = total, log_index + len(logs)
    return tuple(found)


def _receipt_fields(fields: list[Item]) -> tuple[bool, int, list[Item]]:
    if len(fields) < _RECEIPT_FIELDS or len(as_bytes(fields[2])) != _BLOOM:
        raise ValueError("no receipt")
    if as_bytes(fields[0]) not in {b"", b"\x01"}:
        raise ValueError("a receipt without a status, from before Byzantium")
    return fields[0] == b"\x01", as_int(fields[1], 64), as_list(fields[3])


def _log(item: Item, source: tuple[str, str, int], place: tuple[int, int]) -> Log:
    address, topics, data = as_list(item, 3)
    named = tuple(_once(as_bytes(topic, 32)) for topic in as_list(topics, 0, 1, 2, 3, 4))
    return Log(_once(as_bytes(address, 20)), named, _hex(as_bytes(data)), *source, place)


@cache
def _once(raw: bytes) -> str:
    """The same few contracts, events and accounts stand in very many logs; each is kept once."""
    return intern(_hex(raw))


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
