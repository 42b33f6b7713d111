"""Which accounts of an instrument a part has: those that moved, those without which they cannot be judged, a share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rwaledger.audit.chain_logs import decoded
from rwaledger.audit.part_logs import PartLogs
from rwaledger.audit.replay import accounts_of
from rwaledger.audit.waivers import Waivers
from rwaledger.domain.correction import POSTINGS
from rwaledger.domain.holder import Account, AccountKind
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import clients, part
from rwaledger.registry.database import Connection


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts whose `whole` history is looked at, and those that moved and are `opened` with what the register had.

    The issuance account is opened always. `known` is how many accounts the register knows, with these.
    """

    whole: frozenset[str]
    opened: frozenset[str]
    known: int

    @property
    def looked_at(self) -> tuple[str, ...]:
        """All that are, in order of their addresses."""
        return tuple(sorted(self.whole | self.opened))


def accounts_of_part(
    c: Connection,
    instrument: Instrument,
    logs: PartLogs,
    span: part.Span,
    universe: Collection[str],
    taken: Collection[str],
    companions: Collection[str],
) -> Accounts:
    """The accounts of a part: `universe` are all that the register knows, `taken` those whose turn it is.

    `companions` are looked at in every run; so is whoever had what a recovered account has.
    """
    events, _ = decoded([log for log in logs.logs if log.block_number >= span.first])
    moved = part.moved_in(c, instrument.instrument_id, span)
    moved.update(account for event in events for account in accounts_of(event))
    whole, pairs = {*taken, *companions}, logs.tied()
    while more := {account for pair in pairs if (whole | moved) & set(pair) for account in pair} - whole:
        whole |= more
    whole, opened = whole - {ISSUANCE_ACCOUNT}, moved | {ISSUANCE_ACCOUNT}
    return Accounts(frozenset(whole), frozenset(opened - whole), len({*whole, *opened, *universe}))


def companions_of(c: Connection, instrument: Instrument, accounts: Mapping[str, Account], waivers: Waivers) -> set[str]:
    """Accounts that are looked at in every run, since something of all or of others is judged by them.

    Those with a sub-ledger; of a stablecoin those of which something was ever frozen, since its reserve is counted
    without that too; and those of which a posting was put right.
    """
    name = instrument.instrument_id
    places = {_place(row.row_key) for row in waivers.corrections.get(name, ()) if row.table_name == POSTINGS}
    frozen = part.frozen_accounts(c, name) if instrument.kind is InstrumentKind.STABLECOIN else set()
    return _with_clients(c, accounts, instrument.chain_id) | frozen | part.accounts_at(c, name, places)


def _with_clients(c: Connection, accounts: Mapping[str, Account], chain_id: int) -> set[str]:
    """Omnibus accounts, and any other with a sub-ledger, with those that took their place."""
    found = {address for address, each in accounts.items() if each.kind is AccountKind.OMNIBUS}
    found.update(each.account for each in clients.all_client_postings(c, chain_id))
    while more := _heirs(found, accounts) - found:
        found |= more
    return found


def _heirs(found: Iterable[str], accounts: Mapping[str, Account]) -> set[str]:
    known = (accounts[address].replaced_by for address in found if address in accounts)
    return {address for address in known if address}


def _place(row_key: str) -> part.Place:
    """Block and log in the key of a posting's row."""
    _, block, log, _ = row_key.rsplit("/", 3)
    return int(block), int(log)
