"""A ledger for tokenised real-world assets whose reports prove themselves."""

__version__ = "0.1.0"
