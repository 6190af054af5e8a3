-- What the link of a member brings and needs.

-- Digest of the set of live objects after the change, so that what a replica
-- acknowledges can be compared at any revision.
ALTER TABLE change ADD COLUMN digest bytea NOT NULL;
ALTER TABLE change ADD CONSTRAINT change_digest_check CHECK (octet_length(digest) = 32);

-- Events of all members, as they sent them.
CREATE TABLE event (
    cluster_id uuid        NOT NULL,
    -- Grows by one with each event of the member.
    seq        bigint      NOT NULL,
    at         timestamptz NOT NULL,
    name       text        NOT NULL,
    level      text        NOT NULL,
    -- The log that shows it: audit, event, security.
    category   text        NOT NULL,
    -- The record as the REST list of that log shows it.
    detail     json        NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (cluster_id, seq)
);

CREATE INDEX event_at_idx ON event (at DESC, cluster_id, seq);
CREATE INDEX event_category_at_idx ON event (category, at DESC);
