"""Bytes in, bytes out: what a stranger must not read is found and replaced by tokens."""
