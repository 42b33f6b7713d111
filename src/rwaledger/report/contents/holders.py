"""The register of holders of an instrument as at a moment, former holders kept, as a company has to keep it.

Companies Ordinance (Cap. 622), section 308(2): a register of debenture holders has the name and address of each
holder, the amount held by each, the date on which each person is entered as a holder, and the date on which any
person ceases to be one; by 308(1) it is in English or Chinese. That text was read and is followed here. A register of
members has its own section, 627, with the same dates; its text could not be read when this was written, so nothing
here claims to meet it. A stablecoin has no statutory register; the same particulars are given.

A day is that of the block in the policy's zone. `spells` says what counts as holding.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rwaledger.domain.clients import HOUSE
from rwaledger.domain.errors import UnknownName
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.registry import clients, instruments, movements, positions, terms
from rwaledger.registry.database import Connection
from rwaledger.registry.sealing import Seal
from rwaledger.report.contents.corrections import signed_corrections
from rwaledger.report.contents.moment import Moment, instrument_facts, require_deployed
from rwaledger.report.contents.people import People, by_holder
from rwaledger.report.contents.spells import Spells, spells
from rwaledger.report.document import Cell, Column, Document, Kind, Table

BASIS = {
    InstrumentKind.BOND: "Companies Ordinance (Cap. 622), s. 308: register of debenture holders",
    InstrumentKind.FUND: "register of holders of units, with the particulars of Cap. 622, s. 308",
    InstrumentKind.STABLECOIN: "no statutory register; the particulars of Cap. 622, s. 308",
}
_NOTES = (
    "A holder is entered on the local day of the block in which its first units came, and ceases to be one on that of "
    "the block in which its last units went. What passes through somebody within one block counts as nothing.",
    "A nominee's account holds the assets of its clients together; the nominee is the holder on the register.",
)


def build(
    c: Connection, instrument_id: str, moment: Moment, seal: Seal | None = None, *, with_clients: bool = False
) -> Document:
    """The register of holders of one instrument; names and addresses where `seal` is given.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
        AuthorisationError: the names were sealed with another key.
    """
    instrument = instruments.instrument(c, instrument_id)
    require_deployed(instrument, moment)
    people = People.load(c, moment.chain_id, seal)
    held = by_holder(people, positions.balances_at(c, instrument_id, moment.block_number))
    signed = signed_corrections(c, moment.chain_id)
    found = spells(movements.legs(c, instrument_id, moment.block_number, signed=signed), people.key_of)
    standings = positions.standings_at(c, instrument_id, moment.block_number)
    tables = [
        _holders(c, instrument, people, held, found, moment),
        _accounts(instrument, people, held, standings),
        _former(people, found, moment),
    ]
    if with_clients:
        tables += _clients(c, instrument, people, held, moment)
    return Document(
        kind="holders",
        title=f"Register of holders of {instrument_id}",
        facts=moment.facts(*instrument_facts([instrument]), ("basis", BASIS[instrument.kind]), people.fact),
        tables=tuple(tables),
        notes=_NOTES,
    )


def _holders(
    c: Connection,
    instrument: Instrument,
    people: People,
    held: dict[str, dict[str, int]],
    found: Spells,
    moment: Moment,
) -> Table:
    """One row a holder, all its accounts together."""
    totals = {key: sum(accounts.values()) for key, accounts in held.items()}
    supply = sum(totals.values())
    nominal = _nominal(c, instrument)
    rows: list[tuple[Cell, ...]] = []
    for key, units in totals.items():
        if units:
            nominees = sum(people.is_nominee(account) for account, some in held[key].items() if some)
            rows.append(
                (
                    people.holder_cell(key),
                    *people.name_cells(key),
                    "nominee" if nominees else "",
                    sum(bool(some) for some in held[key].values()),
                    units,
                    *((units * nominal[0] // 10**instrument.decimals,) if nominal else ()),
                    Fraction(units, supply) if supply else None,
                    _day(found, key, moment),
                )
            )
    return Table("holders", f"Holders of {instrument.symbol}", _columns(instrument, people, nominal), tuple(rows))


def _day(found: Spells, key: str, moment: Moment) -> Cell:
    entered = found.entered.get(key)
    return None if entered is None else moment.day_of(entered)


def _columns(instrument: Instrument, people: People, nominal: tuple[int, int] | None) -> tuple[Column, ...]:
    at_par = (Column("nominal", "Nominal", Kind.UNITS, nominal[1], summed=True),) if nominal else ()
    return (
        Column("holder", "Holder", Kind.TEXT),
        *people.name_columns(),
        Column("capacity", "Capacity", Kind.TEXT),
        Column("accounts", "Accounts", Kind.INTEGER, summed=True),
        Column("units", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
        *at_par,
        Column("share", "Share", Kind.PERCENT, 4),
        Column("entered", "Entered as a holder", Kind.DATE),
    )


def _nominal(c: Connection, instrument: Instrument) -> tuple[int, int] | None:
    """Nominal of one whole bond in base units of its currency, and the currency's decimals; None where it has none."""
    if instrument.kind is not InstrumentKind.BOND:
        return None
    try:
        settled = terms.bond_terms(c, instrument.instrument_id)
    except UnknownName:
        return None
    return settled.nominal_units, instruments.instrument(c, settled.currency).decimals


def _accounts(
    instrument: Instrument, people: People, held: dict[str, dict[str, int]], standings: dict[str, Standing]
) -> Table:
    """Where the units are; frozen is what an order keeps from moving, never more than the balance."""
    columns = (
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("capacity", "Held for", Kind.TEXT),
        Column("units", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
        Column("frozen", "Of these frozen", Kind.UNITS, instrument.decimals, summed=True),
    )
    rows = tuple(
        (
            people.holder_cell(key),
            account,
            "clients" if people.is_nominee(account) else "itself",
            units,
            frozen_units(standings.get(account, Standing()), units),
        )
        for key, accounts in held.items()
        for account, units in accounts.items()
        if units
    )
    return Table("accounts", "Accounts", columns, rows)


def frozen_units(standing: Standing, units: int) -> int:
    """How much of a balance its holder cannot move by order."""
    return units if standing.address_frozen else min(standing.frozen_units, units)


def _former(people: People, found: Spells, moment: Moment) -> Table:
    columns = (
        Column("holder", "Holder", Kind.TEXT),
        *people.name_columns(),
        Column("entered", "Entered as a holder", Kind.DATE),
        Column("ceased", "Ceased to be a holder", Kind.DATE),
    )
    ended = sorted(found.ended, key=lambda each: (each.key, each.entered, each.ceased))
    rows = tuple(
        (
            people.holder_cell(each.key),
            *people.name_cells(each.key),
            moment.day_of(each.entered),
            moment.day_of(each.ceased),
        )
        for each in ended
    )
    note = "Holdings that have ended. Who came back is among the holders as well, from the later day."
    return Table("former", "Former holders", columns, rows, note)


def _clients(
    c: Connection, instrument: Instrument, people: People, held: dict[str, dict[str, int]], moment: Moment
) -> Sequence[Table]:
    """The clients behind each nominee's account, as its sub-ledger has them by the end of the day."""
    columns = (
        Column("nominee", "Nominee", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("client", "Client", Kind.TEXT),
        Column("units", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for key, accounts in held.items():
        for account in accounts:
            kept = (
                clients.client_balances(c, moment.chain_id, account, moment.day) if people.is_nominee(account) else {}
            )
            of_instrument = kept.get(instrument.instrument_id, {})
            rows += [
                (people.holder_cell(key), account, client, units)
                for client, units in sorted(of_instrument.items())
                if client != HOUSE and units
            ]
    note = "Entries of the sub-ledgers dated up to the local day. Clients are known by their nominee, and by it alone."
    return [Table("clients", "Clients of nominees", columns, tuple(rows), note)]
