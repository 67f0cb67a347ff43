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
    """
    CREATE TABLE incident (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        fault        TEXT NOT NULL,
        subject      TEXT NOT NULL,
        status       TEXT NOT NULL,
        severity     TEXT NOT NULL,
        summary      TEXT NOT NULL,
        fix          TEXT,
        opened       TEXT NOT NULL,
        resolved     TEXT,
        attempts     INTEGER NOT NULL DEFAULT 0,
        next_try     TEXT,
        reopened     INTEGER NOT NULL DEFAULT 0,
        acknowledged TEXT,
        by_owner     INTEGER NOT NULL DEFAULT 0,
        muted        TEXT,
        omitted      INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE UNIQUE INDEX incident_unresolved ON incident (fault, subject) WHERE resolved IS NULL;
    CREATE INDEX incident_resolved ON incident (fault, subject, resolved);
    CREATE TABLE entry (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
        token    TEXT NOT NULL UNIQUE,
        at       TEXT NOT NULL,
        kind     TEXT NOT NULL,
        text     TEXT NOT NULL,
        seconds  REAL,
        data     TEXT
    ) STRICT;
    CREATE INDEX entry_incident ON entry (incident, id);
    CREATE TABLE act (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        incident INTEGER NOT NULL,
        remedy   TEXT NOT NULL,
        counts   INTEGER NOT NULL,
        began    TEXT NOT NULL,
        ended    TEXT,
        outcome  TEXT,
        seconds  REAL
    ) STRICT;
    """,
    """
    CREATE TABLE watch (
        id       INTEGER PRIMARY KEY CHECK (id = 1),
        until    INTEGER NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE boot (
        boot     TEXT PRIMARY KEY,
        at       TEXT NOT NULL,
        verdict  TEXT NOT NULL,
        seconds  REAL NOT NULL,
        services INTEGER NOT NULL,
        missing  TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE held (
        subject     TEXT PRIMARY KEY,
        collections INTEGER NOT NULL,
        records     INTEGER,
        at          TEXT NOT NULL,
        run         TEXT NOT NULL,
        lost        INTEGER NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE audit ADD COLUMN who TEXT;
    CREATE TABLE token (
        id       TEXT PRIMARY KEY,
        name     TEXT NOT NULL UNIQUE,
        role     TEXT NOT NULL,
        hash     BLOB NOT NULL UNIQUE,
        made     TEXT NOT NULL,
        expires  REAL NOT NULL
    ) STRICT;
    CREATE TABLE signed_out (
        session  TEXT PRIMARY KEY,
        until    REAL NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE notice (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        key      TEXT NOT NULL UNIQUE,
        base     TEXT NOT NULL,
        episode  INTEGER NOT NULL,
        kind     TEXT NOT NULL,
        channel  TEXT NOT NULL,
        incident INTEGER NOT NULL,
        fault    TEXT NOT NULL,
        subject  TEXT NOT NULL,
        severity TEXT NOT NULL,
        text     TEXT NOT NULL,
        fix      TEXT,
        seen     TEXT NOT NULL,
        state    TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due      TEXT,
        ended    TEXT,
        why      TEXT,
        message  TEXT,
        repeated INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE silence (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        fault    TEXT NOT NULL,
        subject  TEXT NOT NULL,
        until    TEXT NOT NULL,
        reason   TEXT NOT NULL,
        made     TEXT NOT NULL
    ) STRICT;
    CREATE TABLE channel (
        name     TEXT PRIMARY KEY,
        since    TEXT NOT NULL
    ) STRICT;
    """,
)

AUDIT_ROWS = 10_000
"""The audit log keeps this many rows: about 1 MB, years of an owner's own commands."""

CHANGE_ROWS = 500
"""Ended changes kept, with their tasks."""

INCIDENT_ROWS = 500
"""Resolved incidents kept, with their timelines."""

ENTRY_ROWS = 200
"""Lines of a timeline kept: its beginning and its newest, what is between them is dropped and counted."""

ENTRY_HEAD = 50
"""Of these the lines of the beginning."""

TIMELINE_ROWS = 20_000
"""Lines of all timelines together, about 4 MB: what is resolved and began before the last so many is dropped."""

ACT_ROWS = 1000
"""Acts of the healer kept; what has not ended stays however old it is."""

NOTICE_ROWS = 2000
"""Notices kept, about 1 MB; one that is not over stays however old it is."""
