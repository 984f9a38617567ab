"""A ledger that somebody has changed: always found, and the place named."""
