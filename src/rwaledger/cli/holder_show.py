"""`rwaledger holder show`: all that the register has of one holder, and what the chain has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.holder_statements import licence_rows
from rwaledger.cli.holder_views import SEALED, names_of, names_option
from rwaledger.cli.output import emit, table

if TYPE_CHECKING:
    from rwaledger.domain.dossier import Dossier
    from rwaledger.domain.holder import Account, Holder
    from rwaledger.operate.names import Names


@click.command()
@click.argument("holder")
@names_option
@json_option
@pass_context
def show(context: Context, holder: str, names: bool, as_json: bool) -> None:
    """Show HOLDER: person, residence, evidence, licences, accounts, proofs, and its standing on each instrument."""
    from rwaledger.operate.statements import foresee, nothing_new
    from rwaledger.registry import holders, wallet_proofs

    ((_, dossier),) = foresee(context.database, context.node, {holder: nothing_new})
    with context.database.read() as connection:
        person = holders.person(connection, context.seal, holder) if names else None
        proofs = wallet_proofs.proofs(connection, context.node.chain_id, holder)
    known = names_of(context)
    accounts = [each for each in known.accounts.values() if each.holder_id == holder]
    document = {
        "holder": holder,
        "name": person.name if person else SEALED,
        "postal_address": person.postal_address if person else SEALED,
        "identifier": person.identifier if person else SEALED,
        **_attested(dossier.holder),
        "residences": _residences(dossier),
        "evidence": _evidence(dossier),
        "licences": licence_rows(dossier),
        "accounts": _accounts(accounts),
        "proofs": [{"address": _shown(each.address), "stated": _time(each.recorded_at)} for each in proofs],
        "standings": _standings(context, known, accounts, dossier.holder),
    }
    emit(document, _text(document), as_json=as_json)


def _attested(holder: Holder) -> dict[str, str]:
    from rwaledger.operate.names import country_code

    return {
        "country": country_code(holder.country),
        "class": holder.investor_class.name.lower(),
        "valid_until": holder.valid_until.isoformat(),
    }


def _residences(dossier: Dossier) -> list[dict[str, str]]:
    from rwaledger.operate.names import country_code

    return [
        {"country": country_code(e.country), "from": e.valid_from.isoformat(), "stated": _time(e.recorded_at)}
        for e in dossier.residences
    ]


def _evidence(dossier: Dossier) -> list[dict[str, str]]:
    return [
        {
            "kind": each.kind.value,
            "until": each.valid_until.isoformat(),
            "document": each.document_hash or "(none)",
            "seen": each.valid_from.isoformat(),
            "in_force": "yes" if dossier.evidence_in_force[each.kind] is each else "no",
        }
        for each in dossier.evidence
    ]


def _accounts(accounts: list[Account]) -> list[dict[str, str]]:
    return [
        {
            "address": _shown(each.address),
            "account": each.kind.value,
            "replaced_by": _shown(each.replaced_by) if each.replaced_by else "",
        }
        for each in accounts
    ]


def _standings(context: Context, known: Names, accounts: list[Account], holder: Holder) -> list[dict[str, str]]:
    """What the chain has of each account on each instrument, and whether it is what the register states."""
    from rwaledger.chain import state
    from rwaledger.operate.push import differences
    from rwaledger.operate.words import standing_words

    instruments = sorted(known.instruments.values(), key=lambda each: each.instrument_id)
    differ = {
        (each.instrument.instrument_id, each.account.address)
        for each in differences(context.node, instruments, accounts, {holder.holder_id: holder})
    }
    rows = []
    for instrument in instruments:
        words = state.account_words(context.node, instrument.address, [each.address for each in accounts], "latest")
        for address, word in words.items():
            standing = word.standing
            said = standing_words(standing.country, standing.investor_class, standing.valid_until_day)
            flags = [", suspended"] * standing.suspended + [", frozen"] * standing.address_frozen
            if not standing.admitted:
                said, flags = ("lost and recovered" if word.retired else "not admitted"), []
            agrees = (
                "-" if not standing.admitted else ("no" if (instrument.instrument_id, address) in differ else "yes")
            )
            row = {"instrument": instrument.instrument_id, "address": _shown(address)}
            rows.append(row | {"on_chain": said + "".join(flags), "as_register": agrees})
    return rows


def _text(document: dict[str, Any]) -> str:
    single = [(name, value) for name, value in document.items() if isinstance(value, str)]
    parts = [table((), single)]
    for name, rows in document.items():
        if isinstance(rows, list):
            shown = table(tuple(rows[0]), [tuple(row.values()) for row in rows]) if rows else "none"
            parts.append(f"{name}:\n{shown}")
    return "\n\n".join(parts)


def _shown(address: str) -> str:
    from rwaledger.chain.addresses import checksummed

    return checksummed(address)


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
