"""The nouns of the ledger, their units and their rules. No input or output; standard library only."""
