"""Asks the catalogue's questions in order."""
