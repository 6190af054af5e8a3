-- What the primary told of itself lately, so that the same is told once, whatever
-- replica tells it, without a look at the events.
CREATE TABLE event_told (
    cluster_id uuid NOT NULL,
    -- SHA-256 of the event's name and message.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    -- The same is told again from then on.
    silent_until timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, digest)
);

-- What is forgotten.
CREATE INDEX event_told_silent_until_idx ON event_told (silent_until);
