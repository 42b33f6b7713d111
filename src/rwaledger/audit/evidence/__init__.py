"""The evidence pack: what a reconciliation looked at, in one file that verifies offline (docs/evidence-format.md)."""
