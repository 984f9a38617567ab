"""Where state lives: an append-only ledger and immutable blobs, behind two protocols (`base`)."""
