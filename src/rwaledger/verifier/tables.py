"""The register's tables as a pack has them: their columns, what is in each, and by what rows are ordered."""

from __future__ import annotations

from dataclasses import dataclass

# A star marks the columns of the primary key, a question mark what may be null. What has no kind is text.
_SPECIFICATIONS = {
    "accounts": "*chain_id:number *address holder_id kind replaced_by",
    "actions": (
        "*action_id instrument_id kind period_from:day period_to:day pays_on:day record_at:number "
        "record_date:number supply_units:units? exact_amount? funded_units:units? status recorded_at:moment "
        "updated_at:moment"
    ),
    "attestations": (
        "*instrument_id *as_of:number contract amount_units:units expires_at:number document_hash attestor "
        "digest signature recorded_at:moment"
    ),
    "audit_log": "*id:number at:moment actor action subject detail",
    "blocks": "*chain_id:number *number:number hash parent_hash timestamp:number",
    "bond_terms": (
        "*instrument_id currency payer nominal_units:units rate day_count periods_a_year:number issued_on:day "
        "matures_on:day business_day_rule record_days:number rounding_units:units source_hash "
        "recorded_at:moment"
    ),
    "break_actors": "*break_id *actor role",
    "break_events": (
        "*break_id *sequence:number state break_class actor? role? assignee text evidence_hash correction "
        "block_number:number block_hash block_time:number preimage signature recorded_at:moment"
    ),
    "breaks": (
        "*break_id chain_id:number check_id break_class instrument_id account holder_id cause summary "
        "left_record left_value right_record right_value follows_from first_block_number:number "
        "first_block_hash first_block_time:number recorded_at:moment"
    ),
    "chains": "*chain_id:number genesis_hash",
    "checkpoints": "*chain_id:number *address block_number:number block_hash generation:number",
    "client_postings": (
        "*chain_id:number *account *instrument_id *entry:number *leg:number client amount_units:units "
        "balance_after_units:units dated:day key content_hash recorded_at:moment"
    ),
    "contracts": "*chain_id:number *address kind deploy_block:number deploy_block_hash code_hash",
    "corrections": "*break_id *table_name *row_key reverses instrument_id block_number:number recorded_at:moment",
    "entitlements": "*action_id *account holding_units:units amount_units:units held_back:truth paid_to?",
    "events": (
        "*chain_id:number *block_number:number *log_index:number block_hash tx_hash tx_index:number address "
        "name topics data"
    ),
    "evidence": "*holder_id *kind *document_hash valid_from:day valid_until:day *recorded_at:moment",
    "exemptions": (
        "*exemption_id chain_id:number check_id instrument_id break_id reason evidence_hash valid_from:day "
        "expires_on:day preimage first_signer first_signature second_signer? second_signature? "
        "recorded_at:moment"
    ),
    "fund_orders": (
        "*order_id instrument_id chain_id:number account side amount_units:units received_at:moment "
        "dealing_day:day price_units:units? units:units? cash_units:units? status reason recorded_at:moment "
        "updated_at:moment"
    ),
    "fund_terms": (
        "*instrument_id currency manager price_decimals:number cut_off rounding_units:units "
        "deviation_bp:number source_hash recorded_at:moment"
    ),
    "holders": "*holder_id country:number investor_class:number valid_until:day sealed",
    "instructions": (
        "*ref idempotency_key chunk:number content_hash chain_id:number control_book instrument_id instrument "
        "operation maker checker not_after:number order_hash lines digest signature? status source "
        "created_at:moment updated_at:moment text reason"
    ),
    "instruments": (
        "*instrument_id chain_id:number address control_book name symbol decimals:number kind record_of_truth"
    ),
    "licences": "*holder_id *kind *number valid_from:day valid_until:day? suspended_from:day? *recorded_at:moment",
    "navs": (
        "*instrument_id *dealing_day:day price_units:units valued_at:moment source source_hash *recorded_at:moment"
    ),
    "orders": "*order_hash reference document recorded_at:moment",
    "orphaned_events": (
        "*id:number chain_id:number block_number:number log_index:number block_hash tx_hash tx_index:number "
        "address name topics data rewound_at:moment replaced_by_block_hash"
    ),
    "period_rows": "*instrument_id *sequence:number *table_name *part *row_key row_hash",
    "periods": (
        "*instrument_id *sequence:number chain_id:number block_number:number block_hash block_time:number "
        "previous_head head preimage supply_units:units holder_count:number anchor operator "
        "operator_signature auditor auditor_signature recorded_at:moment"
    ),
    "positions": "*instrument_id *account balance_units:units block_number:number log_index:number",
    "postings": (
        "*instrument_id *block_number:number *log_index:number *leg:number account amount_units:units "
        "balance_after_units:units tx_hash"
    ),
    "reconciliations": (
        "*instrument_id block_number:number block_hash block_time:number passed:truth failed_checks "
        "register_digest *recorded_at:moment"
    ),
    "redemptions": (
        "*request instrument_id chain_id:number account amount_units:units requested_at:moment due_on:day "
        "status burn_key fee_units:units paid_at:moment? payment_reference reason recorded_at:moment "
        "updated_at:moment"
    ),
    "reserve_lines": (
        "*instrument_id *as_of:number *line:number kind description currency amount_units:units "
        "haircut_bp:number matures_on:day? source_hash *recorded_at:moment"
    ),
    "residences": "*holder_id *valid_from:day country:number *recorded_at:moment",
    "standings": (
        "*instrument_id *account *block_number:number *log_index:number investor_class:number country:number "
        "valid_until_day:number frozen_units:units address_frozen:truth suspended:truth"
    ),
    "trade_signatures": "*trade_id *party signature recorded_at:moment",
    "trades": (
        "*trade_id chain_id:number settlement initiator ref venue not_after:number legs digest status source "
        "recorded_at:moment updated_at:moment"
    ),
    "transactions": (
        "*tx_hash chain_id:number sender nonce:number instruction_ref? purpose raw status "
        "block_number:number? block_hash? gas_used:number? created_at:moment updated_at:moment"
    ),
    "travel_records": (
        "*subject *line:number instrument_id sender recipient amount_units:units sealed payload_hash recorded_at:moment"
    ),
    "wallet_proofs": "*chain_id:number *address holder_id message signature *recorded_at:moment",
}

NAMES = tuple(_SPECIFICATIONS)
"""Every table, in order of their names."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, kind (text, number, units, truth, moment, day), and whether it may be null or is a key."""

    name: str
    kind: str
    optional: bool
    is_key: bool


def _column(text: str) -> Column:
    name, _, kind = text.strip("*?").partition(":")
    return Column(name, kind or "text", text.endswith("?"), text.startswith("*"))


TABLES = {name: tuple(_column(each) for each in text.split()) for name, text in _SPECIFICATIONS.items()}
"""The columns of each table, in order."""
