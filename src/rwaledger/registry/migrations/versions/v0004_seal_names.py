"""Names of holders are sealed: `holders.sealed` takes the place of `holders.name`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import context, op

from rwaledger.domain.errors import AuthorisationError
from rwaledger.registry.sealing import Seal
from rwaledger.registry.types import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NO_DOCUMENT = ""
_HOLDERS = sa.table(
    "holders", sa.column("holder_id"), sa.column("name"), sa.column("country"), sa.column("valid_until", sa.Date())
)
_RESIDENCES = sa.table(
    "residences",
    sa.column("holder_id"),
    sa.column("valid_from", sa.Date()),
    sa.column("country"),
    sa.column("recorded_at", UtcTime()),
)
_EVIDENCE = sa.table(
    "evidence",
    sa.column("holder_id"),
    sa.column("kind"),
    sa.column("document_hash"),
    sa.column("valid_from", sa.Date()),
    sa.column("valid_until", sa.Date()),
    sa.column("recorded_at", UtcTime()),
)


def upgrade() -> None:
    """Seals the names there are, and takes what was known of each holder as its first statements."""
    c = op.get_bind()
    op.add_column("holders", sa.Column("sealed", _TEXT, nullable=False, server_default=""))
    rows = [tuple(row) for row in c.execute(sa.select(_HOLDERS))]
    if rows:
        _seal_names(c, _seal(), [(holder_id, name) for holder_id, name, _, _ in rows])
        _state(c, [(holder_id, country, valid_until) for holder_id, _, country, valid_until in rows])
    op.drop_column("holders", "name")
    if c.dialect.name == "postgresql":
        # Rewrites the table, so that no row keeps the bytes of a column that is gone. SQLite is vacuumed behind it.
        op.execute("CLUSTER holders USING pk_holders")
        op.execute("ALTER TABLE holders SET WITHOUT CLUSTER")


def _seal() -> Seal:
    open_seal = context.config.attributes.get("open_seal")
    if open_seal is None:
        raise AuthorisationError(
            "the register holds names in clear, which this version seals with the privacy key",
            "Make the key with `rwaledger key new privacy`, then run `rwaledger register migrate`.",
        )
    seal: Seal = open_seal()
    return seal


def _seal_names(c: sa.Connection, seal: Seal, named: list[tuple[str, str]]) -> None:
    change = sa.text("UPDATE holders SET sealed = :sealed, name = '' WHERE holder_id = :holder_id")
    rows = [
        {"holder_id": holder_id, "sealed": seal.seal(_particulars(name), f"holders/{holder_id}")}
        for holder_id, name in named
    ]
    c.execute(change, rows)


def _particulars(name: str) -> str:
    person = {"identifier": "", "name": name, "postal_address": ""}
    return json.dumps(person, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _state(c: sa.Connection, known: list[tuple[str, int, date]]) -> None:
    """Residence and validity as they stood: since when is not known, so from today."""
    now = datetime.now(UTC)
    common = {"valid_from": now.date(), "recorded_at": now}
    residences = [{"holder_id": holder_id, "country": country} | common for holder_id, country, _ in known]
    c.execute(sa.insert(_RESIDENCES), residences)
    proved = {"kind": "kyc", "document_hash": _NO_DOCUMENT} | common
    c.execute(
        sa.insert(_EVIDENCE), [{"holder_id": holder_id, "valid_until": day} | proved for holder_id, _, day in known]
    )
