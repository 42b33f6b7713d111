"""Change the rules of an instrument: what a description asks for, against what is in force, as instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instruction import Line, Operation, rules_line
from rwaledger.domain.instrument import Instrument, Rules
from rwaledger.operate.descriptions import Description
from rwaledger.operate.entries import Entry
from rwaledger.operate.names import Names, country_code
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.words import rule_words

_SETTLED = ("guarded_country", "counts_holders")
"""What deployment settled for ever."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What of an instrument's rules would change: `now` are those in force, `wanted` those of the description.

    `version` of the rule set and `listings` of countries count the changes so far: with the file's name they tell one
    request from a later one that asks for the same again, after something else was in force between the two.
    """

    instrument: Instrument
    now: Rules
    wanted: Rules
    version: int
    listings: int

    @property
    def countries(self) -> list[tuple[int, bool]]:
        """The countries to be listed (True) or taken off the list (False); none where the list does not bind."""
        if not self.wanted.countries_restricted:
            return []
        changed = sorted(self.now.countries ^ self.wanted.countries)
        return [(country, country in self.wanted.countries) for country in changed]

    @property
    def changes_rule_set(self) -> bool:
        """Whether anything but the list of countries changes."""
        return replace(self.now, countries=frozenset()) != replace(self.wanted, countries=frozenset())

    @property
    def is_none(self) -> bool:
        """Whether all is in force already."""
        return not (self.countries or self.changes_rule_set)

    def words(self) -> list[tuple[str, str, str]]:
        """Each difference: which rule, as it is, as it is to be."""
        decimals = self.instrument.decimals
        before, after = rule_words(self.now, decimals), rule_words(self.wanted, decimals)
        rows = [(name, before[name], after[name]) for name in before if before[name] != after[name]]
        for country, listed in self.countries:
            words = ("not allowed", "allowed")
            rows.append((f"country {country_code(country)}", words[not listed], words[listed]))
        return rows


def rule_changes(path: Path, descriptions: Sequence[Description], names: Names, node: Node) -> list[RuleChange]:
    """What the descriptions would change of the rules in force at the latest block, instrument by instrument.

    Raises:
        InputFileError: one is not deployed, or asks for what deployment settled otherwise.
    """
    changes: list[RuleChange] = []
    problems: list[InputProblem] = []
    for description in descriptions:
        instrument = names.instruments.get(description.instrument_id)
        if instrument is None:
            problems.append(InputProblem(path, 0, f"{description.instrument_id} is not deployed here"))
            continue
        now = state.rules(node, instrument.address, "latest")
        for field in _SETTLED:
            if getattr(now, field) != getattr(description.rules, field):
                message = f"{description.instrument_id}: {field} was settled for ever at deployment"
                problems.append(InputProblem(path, 0, message))
        version = state.rule_version(node, instrument.address, "latest")
        listings = state.country_changes(node, instrument.address, instrument.deploy_block)
        changes.append(RuleChange(instrument, now, description.rules, version, listings))
    if problems:
        raise InputFileError(problems)
    return changes


def rule_plans(path: Path, changes: Sequence[RuleChange], key: str) -> list[Plan]:
    """The instructions that bring the wanted rules into force, none where they are.

    Countries come first: a list that is switched on before it is filled would let nobody receive.
    """
    plans: list[Plan] = []
    for change in changes:
        instrument = change.instrument
        own = f"{key}:{instrument.instrument_id}"
        countries = [
            Entry(path, 0, instrument, Line(amount_units=int(listed), detail=country))
            for country, listed in change.countries
        ]
        if countries:
            plans.append(make_plan(Operation.SET_COUNTRY, countries, f"{own}:countries:{change.listings}", str(path)))
        if change.changes_rule_set:
            entry = Entry(path, 0, instrument, rules_line(change.wanted))
            plans.append(make_plan(Operation.SET_RULES, [entry], f"{own}:rules:{change.version}", str(path)))
    return plans
