"""What a bond paid and to whom, or at which prices a fund dealt: declared, entitled, funded, paid, held back, dust.

What is paid is the chain's word: the units of the currency that came to each account by the instructions of the
action, up to the moment. What is owed is the register's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rwaledger.domain.corporate_action import ActionStatus, CorporateAction
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.units import format_amount
from rwaledger.registry import actions, executions, instruments, terms
from rwaledger.registry.database import Connection
from rwaledger.registry.executions import Execution
from rwaledger.registry.movements import Signed
from rwaledger.report.contents.corrections import signed_corrections
from rwaledger.report.contents.dealings import dealings
from rwaledger.report.contents.moment import Moment, instrument_facts, moment_of, require_deployed
from rwaledger.report.contents.people import People
from rwaledger.report.document import Cell, Column, Document, Kind, Table

_NOTES = (
    "Dust is what rounding every entitlement down leaves with the payer: funded less entitled. What is held back is "
    "entitled and not paid yet.",
    "An action is there from the block in which its record date was scheduled on. The register has no time at which "
    "its entitlements were settled: those of an action whose record date has passed are shown.",
)


@dataclass(frozen=True, slots=True)
class Paid:
    """An action as at a moment, with what each entitled account has been paid of it by then, in base units.

    `is_settled` tells whether it was known by then who is owed what.
    """

    action: CorporateAction
    is_settled: bool
    entitlements: tuple[Entitlement, ...]
    by_account: Mapping[str, int]

    @property
    def entitled_units(self) -> int:
        """All entitlements together."""
        return sum(each.amount_units for each in self.entitlements)

    @property
    def paid_units(self) -> int:
        """All that was paid."""
        return sum(self.by_account.values())

    @property
    def held_back_units(self) -> int:
        """What was held back and is not paid yet."""
        return sum(e.amount_units for e in self.entitlements if e.held_back and not self.by_account[e.account])

    @property
    def status(self) -> str:
        """How far it has come, in words."""
        if not self.is_settled:
            return "declared"
        if self.paid_units + self.held_back_units < self.entitled_units:
            return "paid in part" if self.paid_units else "entitled"
        return "paid, some held back" if self.held_back_units else "paid"


def build(c: Connection, instrument_id: str, moment: Moment) -> Document:
    """The corporate actions of a bond, or the prices and dealings of a fund, up to the moment.

    Raises:
        UnknownName: there is no such instrument, or it has no terms.
        UsageError: it was deployed later.
    """
    instrument = instruments.instrument(c, instrument_id)
    require_deployed(instrument, moment)
    people = People.load(c, moment.chain_id)
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ("A stablecoin pays its holders nothing, so that it has no corporate action.",)
    if instrument.kind is InstrumentKind.BOND:
        tables, notes = _bond(c, instrument, people, moment), _NOTES
    elif instrument.kind is InstrumentKind.FUND:
        tables, notes = dealings(c, instrument, people, moment), ()
    facts = moment.facts(*instrument_facts([instrument]))
    return Document("actions", f"Corporate actions of {instrument_id}", facts, tables, notes=notes)


def _bond(c: Connection, instrument: Instrument, people: People, moment: Moment) -> tuple[Table, ...]:
    currency = instruments.instrument(c, terms.bond_terms(c, instrument.instrument_id).currency)
    found = paid_actions(c, instrument, currency, moment)
    each = (_entitlements(one, instrument, currency, people) for one in found if one.entitlements)
    return _summary(found, instrument, currency), *each


def paid_actions(c: Connection, instrument: Instrument, currency: Instrument, moment: Moment) -> list[Paid]:
    """The actions of a bond that were declared by the moment, in order of pay day."""
    carried_out = executions.executions(c, moment.chain_id, moment.block_number)
    signed = signed_corrections(c, moment.chain_id)
    found = []
    for action in actions.actions(c, instrument.instrument_id):
        refs = executions.references(c, moment.chain_id, action.action_id)
        scheduled = refs.get(f"{action.action_id}:record-date", [])
        if scheduled and not any(ref in carried_out for ref in scheduled):
            continue
        is_settled = action.status is not ActionStatus.DECLARED and action.record_at <= moment.until
        owed = actions.entitlements(c, action.action_id) if is_settled else []
        found.append(Paid(action, is_settled, tuple(owed), _paid(c, currency, action, owed, refs, carried_out, signed)))
    return found


def _paid(
    c: Connection,
    currency: Instrument,
    action: CorporateAction,
    owed: Collection[Entitlement],
    refs: Mapping[str, list[str]],
    carried_out: Mapping[str, Execution],
    signed: Signed,
) -> dict[str, int]:
    """What the common payment brought each account, and what the payment of one that was held back did."""
    key = action.action_id
    wanted = [carried_out[ref] for name in refs for ref in refs[name] if ref in carried_out]
    came = executions.received(c, currency.instrument_id, wanted, signed)
    in_common: Counter[str] = Counter()
    for ref in refs.get(key, []):
        in_common.update(came.get(ref, {}))
    found = {}
    for each in owed:
        alone = [came.get(ref, {}) for ref in refs.get(f"{key}:{each.account}", [])]
        found[each.account] = in_common[each.account] + sum(sum(accounts.values()) for accounts in alone)
    return found


def _summary(found: list[Paid], instrument: Instrument, currency: Instrument) -> Table:
    unit, decimals = currency.symbol, currency.decimals
    columns = (
        Column("action", "Action", Kind.TEXT),
        Column("period_from", "Period from", Kind.DATE),
        Column("period_to", "To", Kind.DATE),
        Column("record_at", "Record time", Kind.TIME),
        Column("pays_on", "Pays on", Kind.DATE),
        Column("status", "Status", Kind.TEXT),
        Column("holding", f"{instrument.symbol} entitled", Kind.UNITS, instrument.decimals),
        Column("exact", f"Owed exactly, {unit}", Kind.TEXT),
        Column("funded", "Funded", Kind.UNITS, decimals, summed=True),
        Column("entitled", "Entitled", Kind.UNITS, decimals, summed=True),
        Column("paid", "Paid", Kind.UNITS, decimals, summed=True),
        Column("held_back", "Held back", Kind.UNITS, decimals, summed=True),
        Column("dust", "Dust", Kind.UNITS, decimals, summed=True, formula="funded - entitled"),
    )
    rows = tuple(_summary_row(each, decimals) for each in found)
    return Table("actions", f"Actions of {instrument.symbol}, paid in {unit}", columns, rows)


def _summary_row(each: Paid, decimals: int) -> tuple[Cell, ...]:
    action = each.action
    exact = action.exact_amount if each.is_settled else None
    funded = (action.funded_units or 0) if each.is_settled else 0
    return (
        action.action_id,
        action.period_from,
        action.period_to,
        moment_of(action.record_at),
        action.pays_on,
        each.status,
        sum(one.holding_units for one in each.entitlements) if each.is_settled else None,
        None if exact is None else _exact_words(exact, decimals),
        funded,
        each.entitled_units,
        each.paid_units,
        each.held_back_units,
        funded - each.entitled_units,
    )


def _exact_words(exact: Fraction, decimals: int) -> str:
    """An exact amount of base units in whole ones: as far as two digits below a base unit, and as a fraction."""
    digits = format_amount(exact.numerator * 100 // exact.denominator, decimals + 2, grouped=True)
    whole = Fraction(exact, 10**decimals)
    return digits if (exact * 100).denominator == 1 else f"{digits}... = {whole.numerator}/{whole.denominator}"


def _entitlements(each: Paid, instrument: Instrument, currency: Instrument, people: People) -> Table:
    decimals = currency.decimals
    columns = (
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account on the record date", Kind.ACCOUNT),
        Column("holding", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
        Column("entitled", f"Entitled {currency.symbol}", Kind.UNITS, decimals, summed=True),
        Column("paid", "Paid", Kind.UNITS, decimals, summed=True),
        Column("open", "Not paid", Kind.UNITS, decimals, summed=True, formula="entitled - paid"),
        Column("held_back", "Held back", Kind.TEXT),
        Column("paid_to", "Paid to", Kind.ACCOUNT),
    )
    rows = []
    for one in each.entitlements:
        paid = each.by_account[one.account]
        amounts = (one.holding_units, one.amount_units, paid, one.amount_units - paid)
        held_back = "yes" if one.held_back and not paid else ""
        to = (one.paid_to or one.account) if paid else None
        rows.append((people.shown(one.account), one.account, *amounts, held_back, to))
    return Table(each.action.action_id, f"Entitlements of {each.action.action_id}", columns, tuple(rows))
