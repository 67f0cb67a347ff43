"""Labelled text: shapes in which diagnostics show secrets, and innocent tokens that must survive."""
