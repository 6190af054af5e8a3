-- What was read of nodes, containers and the platform, and the summary of the
-- last look at it: a new vulnerability database is applied without the disk.
CREATE TABLE scan (
    -- host, workload, platform
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    -- As the scanner packs it.
    inventory BLOB NOT NULL,
    read_ms INTEGER NOT NULL,
    -- JSON; empty before the first look.
    brief TEXT NOT NULL,
    -- Version of the database that was looked with.
    vulndb TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
