"""Alerts: what becomes of incidents in messages that reach the owner (docs/alerts.md)."""
