"""Every function of the five contracts that changes anything, with arguments on which only the caller can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rwaledger.chain import anchor, instructions, reserve, settlement, typed_data
from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.domain.anchor import Head
from rwaledger.domain.instruction import NO_ORDER, Instruction, Operation
from rwaledger.domain.reserve import Attestation
from rwaledger.domain.settlement import NO_VENUE, Leg, Trade
from tests.contracts.suite import (
    BINDINGS,
    DOCUMENT,
    FAR_AHEAD_S,
    INACTIVE,
    NOTHING,
    PARTICULARS,
    Suite,
    roles,
)
from tests.mirror.asset_token import LAST_DAY, NOBODY, word

_PERMIT = Struct(
    "Permit",
    (
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that everybody tries: its calldata by the caller's address, and what it is where a function has two."""

    calldata: Callable[[str], str]
    what: str = ""
    target: str = ""


Attempts = dict[str, list[Attempt]]


def attempts(suite: Suite, contract: str) -> Attempts:
    """Of each function that changes state, the calls that everybody tries."""
    own = {
        "AssetToken": _token,
        "ControlBook": _control_book,
        "Settlement": _settlement,
        "ReserveAttestor": _reserve_attestor,
        "RegistryAnchor": _registry_anchor,
    }
    return own[contract](suite) | _role_changes(suite, contract)


def _role_changes(suite: Suite, contract: str) -> Attempts:
    scheduled = (NOTHING, suite.address("candidate"))
    unscheduled = (suite.role(contract, max(roles(contract))), suite.address("candidate"))
    of_admin = (NOTHING, suite.address("admin"))
    role_of = {suite.address(person): suite.role(contract, person) for person in roles(contract)}
    encode = BINDINGS[contract].encode
    return {
        "scheduleRoleGrant": [_call(contract, "scheduleRoleGrant", *unscheduled)],
        "cancelRoleGrant": [_call(contract, "cancelRoleGrant", *scheduled)],
        "grantRole": [_call(contract, "grantRole", *scheduled)],
        "revokeRole": [_call(contract, "revokeRole", *of_admin)],
        "renounceRole": [
            Attempt(lambda caller: encode("renounceRole", [role_of.get(caller, NOTHING), caller]), "one's own"),
            replace(_call(contract, "renounceRole", *of_admin), what="the admin's"),
        ],
    }


def _token(suite: Suite) -> Attempts:
    holder, initiator, giver = (suite.address(person) for person in ("holder", "initiator", "giver"))
    stranger = suite.address("stranger")
    activation = replace(_call("AssetToken", "activate", PARTICULARS), target=INACTIVE)
    by_approval = _call("AssetToken", "transferFrom", initiator, giver, 1)
    without = _call("AssetToken", "transferFrom", giver, initiator, 1)
    arguments = {
        "admit": ([(stranger, 344, 2, LAST_DAY)],),
        "setSuspended": (holder, True),
        "setLockUp": (holder, 1, FAR_AHEAD_S),
        "setDocument": (word(1), "ipfs://prospectus", DOCUMENT),
        "removeDocument": (DOCUMENT,),
        "cancelRecordDate": (1,),
        "mint": (holder, 1),
        "batchMint": ([holder], [1]),
        "burn": (holder, 1),
        "batchBurn": ([holder], [1]),
        "setFrozenTokens": (holder, 1),
        "freezePartialTokens": (holder, 1),
        "batchFreezePartialTokens": ([holder], [1]),
        "unfreezePartialTokens": (holder, 1),
        "batchUnfreezePartialTokens": ([holder], [1]),
        "setAddressFrozen": (holder, True),
        "batchSetAddressFrozen": ([holder], [True]),
        "forcedTransfer": (holder, giver, 1),
        "batchForcedTransfer": ([holder], [giver], [1]),
        "recoveryAddress": (holder, suite.address("new wallet"), NOBODY),
        "pause": (),
        "unpause": (),
        "setRules": ((1, 0, 0, 0, 0, False),),
        "setCountryAllowed": (344, True),
        "approve": (giver, 1),
        "transfer": (giver, 1),
        "batchTransfer": ([giver], [1]),
        "permit": _permit(suite),
    }
    calls = {function: [_call("AssetToken", function, *args)] for function, args in arguments.items()}
    return calls | {
        "activate": [activation],
        "scheduleRecordDate": [replace(_call("AssetToken", "scheduleRecordDate", 2**39), target=INACTIVE)],
        "transferFrom": [
            replace(by_approval, what="with the giver's approval"),
            replace(without, what="without it"),
        ],
    }


def _permit(suite: Suite) -> tuple[object, ...]:
    owner, spender = suite.address("holder"), suite.address("giver")
    values = {"owner": owner, "spender": spender, "value": 1, "nonce": 0, "deadline": FAR_AHEAD_S}
    hashes = Signable("Suite", _PERMIT).hashes(suite.node.chain_id, suite.address("AssetToken"), values)
    signature = bytes.fromhex(suite.signer("holder").sign_typed_data(*hashes)[2:])
    return (owner, spender, 1, FAR_AHEAD_S, signature[64], signature[:32].hex(), signature[32:64].hex())


def _control_book(suite: Suite) -> Attempts:
    instruction = Instruction(
        ref=word(1),
        chain_id=suite.node.chain_id,
        control_book=suite.address("ControlBook"),
        instrument_id="SUITE",
        instrument=suite.address("AssetToken"),
        operation=Operation.PAUSE,
        maker=suite.address("maker"),
        checker=suite.address("checker"),
        not_after=FAR_AHEAD_S,
        order=NO_ORDER,
        lines=(),
    )
    signature = suite.signer("checker").sign_typed_data(*typed_data.hashes(instruction))
    return {"execute": [_fixed(instructions.execution(instruction, signature).data)]}


def _settlement(suite: Suite) -> Attempts:
    token = suite.address("AssetToken")
    initiator, giver, recipient = (suite.address(person) for person in ("initiator", "giver", "recipient"))
    legs = (Leg(token, initiator, giver, 2), Leg(token, giver, initiator, 1), Leg(token, initiator, recipient, 1))
    bilateral = Trade(word(1), NO_VENUE, FAR_AHEAD_S, legs)
    at_venue = replace(bilateral, venue=suite.address("venue"))
    contract = suite.address("Settlement")
    (by_initiator, _) = _signatures(suite, at_venue)
    return {
        "settle": [
            _fixed(settlement.settling(contract, trade, [*_signatures(suite, trade), "0x"]).data, what)
            for trade, what in ((bilateral, "a bilateral trade"), (at_venue, "a trade at a venue"))
        ],
        "cancel": [
            _fixed(settlement.cancelling(contract, at_venue).data, "alone"),
            _fixed(settlement.cancelling(contract, at_venue, by_initiator).data, "with the initiator's signature"),
        ],
        "setVenue": [_call("Settlement", "setVenue", suite.address("venue"), FAR_AHEAD_S)],
    }


def _signatures(suite: Suite, trade: Trade) -> list[str]:
    hashes = settlement.hashes(suite.node.chain_id, suite.address("Settlement"), trade)
    return [suite.signer(person).sign_typed_data(*hashes) for person in ("initiator", "giver")]


def _reserve_attestor(suite: Suite) -> Attempts:
    contract = suite.address("ReserveAttestor")
    attestation = Attestation(suite.address("AssetToken"), 1_000, 1, FAR_AHEAD_S, DOCUMENT)
    hashes = reserve.hashes(suite.node.chain_id, contract, attestation)
    signature = suite.signer("attestor").sign_typed_data(*hashes)
    outgoing = reserve.attesting(contract, attestation, suite.address("attestor"), signature)
    return {"attest": [_fixed(outgoing.data, "with an attestor's signature")]}


def _registry_anchor(suite: Suite) -> Attempts:
    contract = suite.address("RegistryAnchor")
    block = suite.node.block(suite.node.head() - 1)
    assert block is not None
    head = Head(suite.address("AssetToken"), 1, NOTHING, DOCUMENT, block.number, block.hash, 400, 4)
    hashes = anchor.hashes(suite.node.chain_id, contract, head)
    signed = [(suite.address(p), suite.signer(p).sign_typed_data(*hashes)) for p in ("operator", "auditor")]
    outgoing = anchor.anchoring(contract, head, signed[0], signed[1])
    return {"anchor": [_fixed(outgoing.data, "with an operator's and an auditor's signature")]}


def _call(contract: str, function: str, *args: object) -> Attempt:
    return _fixed(BINDINGS[contract].encode(function, args))


def _fixed(data: str, what: str = "") -> Attempt:
    return Attempt(lambda _: data, what)
