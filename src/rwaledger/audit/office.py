"""What the office keeps off the chain, and what the chain says of it: sub-ledgers, reserves, redemptions, actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rwaledger.audit.replay import move_of
from rwaledger.audit.signatures import transactions_sent
from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, ChainEvent, Pin
from rwaledger.domain.clients import ClientPosting
from rwaledger.domain.corporate_action import BondTerms, CorporateAction
from rwaledger.domain.dossier import Dossier
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.fund import FundOrder, FundTerms, Nav
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.redemption import Redemption
from rwaledger.domain.reserve import ReserveStatement, SignedAttestation
from rwaledger.domain.travel import TravelRecord
from rwaledger.registry import (
    actions,
    audit_log,
    clients,
    dossiers,
    fund_orders,
    navs,
    redemptions,
    reserves,
    terms,
    travel,
)
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract, ContractKind

ATTESTED = "ReserveAttested"


@dataclass(frozen=True, slots=True)
class OfficeExtract:
    """What the register says, as of one snapshot.

    Sub-ledgers, redemptions and orders are those of the pinned chain. Of statements of the same reserve at the same
    time the newest counts, and is all there is here. `priced_at` says when an order was priced, `travel_hashes` with
    which hash a record was made, both by the log of who did what.
    """

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    attestors: frozenset[str] = frozenset()
    client_postings: tuple[ClientPosting, ...] = ()
    statements: tuple[ReserveStatement, ...] = ()
    attestations: tuple[SignedAttestation, ...] = ()
    redemptions: tuple[Redemption, ...] = ()
    bonds: Mapping[str, BondTerms] = field(default_factory=dict)
    funds: Mapping[str, FundTerms] = field(default_factory=dict)
    actions: tuple[CorporateAction, ...] = ()
    entitlements: Mapping[str, list[Entitlement]] = field(default_factory=dict)
    navs: tuple[Nav, ...] = ()
    orders: tuple[FundOrder, ...] = ()
    priced_at: Mapping[str, datetime] = field(default_factory=dict)
    travel: tuple[TravelRecord, ...] = ()
    travel_hashes: Mapping[tuple[str, int], str] = field(default_factory=dict)
    dossiers: Mapping[str, Dossier] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the contract says was held at a record date: units by account, and the supply."""

    balances: Mapping[str, int]
    supply_units: int


@dataclass(frozen=True, slots=True)
class OnChain:
    """The events of each contract whose answers mean anything, by its address, and where they stand.

    `headers` are those of all blocks with an event, `attested_later` what attestors said beyond the pinned block.
    """

    events: Mapping[str, Sequence[ChainEvent]]
    headers: Mapping[int, Block]
    attested_later: Sequence[ChainEvent] = ()


@dataclass(frozen=True, slots=True)
class Excused:
    """What other findings answer for already, so that no check of the office speaks of it again.

    `places` are events by instrument and place, `refs` instructions, `accounts` those of no holder, `holders` those
    whose data are in doubt.
    """

    places: frozenset[tuple[str, tuple[int, int]]] = frozenset()
    refs: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Office:
    """What the checks of the office look at.

    `times` are those of all blocks with an event, by their numbers, in seconds since 1970. `record_dates` are the
    contracts' by instrument, number 1 first; `recorded` what was held then, by action. `attested_later` are digests
    that were published beyond the pinned block, `attesting` what was sent to publish others, by transaction.
    """

    register: OfficeExtract = field(default_factory=OfficeExtract)
    times: Mapping[int, int] = field(default_factory=dict)
    record_dates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    recorded: Mapping[str, Recorded] = field(default_factory=dict)
    attested_later: frozenset[str] = frozenset()
    attesting: Mapping[str, str] = field(default_factory=dict)
    excused: Excused = field(default_factory=Excused)

    def moment(self, block_number: int) -> datetime:
        """When a block with an event was, in UTC."""
        return datetime.fromtimestamp(self.times[block_number], UTC)


def extract_office(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> OfficeExtract:
    """The register's part: whole tables, of which the checks leave out what came after the pinned block."""
    on_chain = (each for each in redemptions.redemptions(c).values() if each.chain_id == pin.chain_id)
    return OfficeExtract(
        instruments={each.instrument_id: each for each in instruments},
        attestors=frozenset(each.address for each in contracts if each.kind is ContractKind.RESERVE_ATTESTOR),
        client_postings=tuple(clients.all_client_postings(c, pin.chain_id)),
        statements=tuple(reserves.all_statements(c)),
        attestations=tuple(reserves.all_attestations(c)),
        redemptions=tuple(on_chain),
        bonds={each.instrument_id: each for each in terms.all_bond_terms(c)},
        funds={each.instrument_id: each for each in terms.all_fund_terms(c)},
        actions=tuple(actions.actions(c)),
        entitlements=actions.all_entitlements(c),
        navs=tuple(navs.all_navs(c)),
        orders=tuple(fund_orders.all_orders(c, pin.chain_id)),
        priced_at={each.subject: each.at for each in audit_log.entries(c, action="order priced")},
        travel=tuple(travel.all_travel_records(c)),
        travel_hashes=_travel_hashes(c),
        dossiers=dossiers.dossiers(c),
    )


def read_office(node: Node, extract: OfficeExtract, pin: Pin, chain: OnChain) -> Office:
    """The extract, with what the chain says at the pinned block."""
    times = {number: header.timestamp for number, header in chain.headers.items()}
    asked = {each.instrument_id for each in extract.actions}
    tokens = [each for each in extract.instruments.values() if each.instrument_id in asked]
    trusted = {each.instrument_id: each for each in tokens if each.address in chain.events}
    dates = {name: tuple(state.record_dates(node, each.address, pin.block_number)) for name, each in trusted.items()}
    recorded = {}
    for action in extract.actions:
        token = trusted.get(action.instrument_id)
        if token and action.record_at < pin.timestamp and action.record_at in dates[token.instrument_id]:
            number = dates[token.instrument_id].index(action.record_at) + 1
            owed = (each.account for each in extract.entitlements.get(action.action_id, ()))
            accounts = _held_until(chain.events[token.address], times, action.record_at) | set(owed)
            recorded[action.action_id] = _recorded(node, token, sorted(accounts), number, pin)
    later = frozenset(str(event.args["digest"]) for event in chain.attested_later if event.name == ATTESTED)
    return Office(extract, times, dates, recorded, later, _attesting(node, chain))


def _recorded(node: Node, token: Instrument, accounts: Sequence[str], number: int, pin: Pin) -> Recorded:
    balances = state.balances_at(node, token.address, accounts, number, pin.block_number)
    return Recorded(balances, state.supply_at(node, token.address, number, pin.block_number))


def _attesting(node: Node, chain: OnChain) -> dict[str, str]:
    """The calldata of each transaction that published an attestation."""
    published = {e.log.tx_hash for events in chain.events.values() for e in events if e.name == ATTESTED}
    return {tx_hash: sent.calldata for tx_hash, sent in transactions_sent(node, published).items()}


def _held_until(events: Iterable[ChainEvent], times: Mapping[int, int], moment: int) -> set[str]:
    """Every account that had moved by then, but for the issuance account."""
    moves = [move for event in events if times[event.log.block_number] <= moment and (move := move_of(event))]
    return {account for move in moves for account, _ in move.legs} - {ISSUANCE_ACCOUNT}


def _travel_hashes(c: Connection) -> dict[tuple[str, int], str]:
    """The hash with which each travel-rule record was made, by subject and line."""
    made = audit_log.entries(c, action="travel-rule record made")
    return {(each.subject, int(each.detail["line"])): str(each.detail["payload_hash"]) for each in made}
