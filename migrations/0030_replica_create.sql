-- The running replicas of the primary, so that they find each other.
CREATE TABLE replica (
    -- New at each start.
    id           uuid        PRIMARY KEY,
    -- host:port by which the others reach its federation listener.
    address      text        NOT NULL,
    -- Of its program.
    version      text        NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    -- By the clock of the database, as those of the replicas may differ.
    heartbeat_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX replica_heartbeat_at_idx ON replica (heartbeat_at);
