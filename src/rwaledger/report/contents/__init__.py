"""What each report says, one module a report: from the register at one block to a `Document`."""
