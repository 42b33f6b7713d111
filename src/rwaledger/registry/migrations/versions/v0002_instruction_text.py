"""An instruction has a text: where the document is that it sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Those there are have none."""
    op.add_column("instructions", sa.Column("text", _TEXT, nullable=False, server_default=""))
