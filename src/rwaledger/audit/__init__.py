"""Reconcile four records at one pinned block: one module a check."""
