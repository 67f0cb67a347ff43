"""state.db: changes, intent and audit on disk; the only room that speaks SQL."""

from tarsd.store.database import Database, Trouble

__all__ = ["Database", "Trouble"]
