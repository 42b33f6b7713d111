"""The history of the tables: one module a step, applied in order and never edited once released.

To change a table, change `tables.py`, write the next module in `versions/` and append its revision here; a
test compares the two.
"""

from __future__ import annotations

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every revision, oldest first; kept here so that a command can check a database without loading Alembic."""
