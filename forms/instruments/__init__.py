"""The instruments: one file each, with everything about it."""
