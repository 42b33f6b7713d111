"""What all tables share: their metadata, and column types that order alike on both databases."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy import Text as PlainText

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Compared byte by byte on both databases, so that both give the same order whatever the server's locale.
Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")
RowId = BigInteger().with_variant(Integer(), "sqlite")
