"""The tables of state.db, as the list of migrations that made them; position in the list is the schema's version."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE change (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        kind     TEXT NOT NULL,
        summary  TEXT NOT NULL,
        status   TEXT NOT NULL,
        locks    TEXT NOT NULL,
        started  TEXT NOT NULL,
        ended    TEXT,
        error    TEXT,
        result   TEXT
    ) STRICT;
    CREATE INDEX change_open ON change (status) WHERE ended IS NULL;
    CREATE TABLE task (
        change   INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
        number   INTEGER NOT NULL,
        kind     TEXT NOT NULL,
        version  INTEGER NOT NULL,
        summary  TEXT NOT NULL,
        args     TEXT NOT NULL,
        memo     TEXT NOT NULL DEFAULT '{}',
        status   TEXT NOT NULL DEFAULT 'waiting',
        started  TEXT,
        ended    TEXT,
        PRIMARY KEY (change, number)
    ) STRICT;
    CREATE TABLE intent (
        service  TEXT PRIMARY KEY,
        wanted   TEXT NOT NULL CHECK (wanted IN ('running', 'stopped')),
        at       TEXT NOT NULL,
        reason   TEXT NOT NULL
    ) STRICT;
    CREATE TABLE audit (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        at       TEXT NOT NULL,
        uid      INTEGER NOT NULL,
        pid      INTEGER NOT NULL,
        method   TEXT NOT NULL,
        path     TEXT NOT NULL,
        status   INTEGER NOT NULL,
        change   INTEGER
    ) STRICT;
    """,
    "ALTER TABLE task ADD COLUMN error TEXT;",
)

AUDIT_ROWS = 10_000
"""The audit log keeps this many rows: about 1 MB, years of an owner's own commands."""

CHANGE_ROWS = 500
"""Ended changes kept, with their tasks."""
