"""Finds what looks like a secret, a person or a place although nobody has told us its value."""
