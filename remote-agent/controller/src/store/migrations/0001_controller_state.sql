-- Objects of the logs that a primary owns, and local ones (log 0).
CREATE TABLE object (
    log INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (log, kind, name)
) STRICT, WITHOUT ROWID;

-- How far each log is applied.
CREATE TABLE position (
    log INTEGER PRIMARY KEY,
    epoch BLOB NOT NULL,
    revision INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT;

-- Events in the order they happened. AUTOINCREMENT: a number is never given
-- twice, not even after the table was emptied.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    category TEXT NOT NULL,
    detail BLOB NOT NULL
) STRICT;
CREATE INDEX event_category ON event (category, seq);

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "user" (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    default_password INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES "user" (name) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_name);
