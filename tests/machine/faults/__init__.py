"""Faults done to a machine for real, what its ledger says of them, and the table that comes of it."""
