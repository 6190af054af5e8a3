-- The logs of changes, the objects they materialise, and what every change
-- leaves behind: its batch for replicas and its audit records for people.

-- One counter row a log. Its row lock serialises the writers of the log, so
-- that commit order is revision order.
CREATE TABLE log (
    id       smallint PRIMARY KEY,
    -- One life of the database; a restored backup starts a new one.
    epoch    uuid     NOT NULL,
    revision bigint   NOT NULL DEFAULT 0,
    -- Changes up to and including this revision are compacted away.
    floor    bigint   NOT NULL DEFAULT 0,
    -- Digest of the set of live objects.
    digest   bytea    NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    CONSTRAINT log_floor_check CHECK (floor BETWEEN 0 AND revision),
    CONSTRAINT log_digest_check CHECK (octet_length(digest) = 32)
);

INSERT INTO log (id, epoch)
SELECT id, epoch
FROM (SELECT gen_random_uuid() AS epoch) AS life, unnest(ARRAY[1, 2]) AS id;

-- Live objects only: a deletion lives on as a tombstone in its change.
CREATE TABLE object (
    kind     integer  NOT NULL,
    name     text     NOT NULL,
    log      smallint NOT NULL,
    revision bigint   NOT NULL,
    payload  bytea    NOT NULL,
    CONSTRAINT object_pkey PRIMARY KEY (kind, name),
    CONSTRAINT object_log_fkey FOREIGN KEY (log) REFERENCES log (id)
);

CREATE INDEX object_log_kind_name_idx ON object (log, kind, name);

CREATE TABLE change (
    log      smallint    NOT NULL,
    revision bigint      NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    -- The encoded message palisade.sync.v1.Batch.
    batch    bytea       NOT NULL,
    CONSTRAINT change_pkey PRIMARY KEY (log, revision),
    CONSTRAINT change_log_fkey FOREIGN KEY (log) REFERENCES log (id)
);

CREATE INDEX change_log_at_idx ON change (log, at);

CREATE TABLE audit (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    -- Who, and from which address; empty for the primary itself.
    actor    text        NOT NULL,
    source   text        NOT NULL,
    action   text        NOT NULL,
    -- What the action was done to: a kind and a name.
    kind     text        NOT NULL,
    name     text        NOT NULL,
    -- Present for changes of a log.
    log      smallint,
    revision bigint,
    before   json,
    after    json,
    CONSTRAINT audit_revision_check CHECK ((log IS NULL) = (revision IS NULL))
);

CREATE INDEX audit_at_idx ON audit (at);

-- Single values that the primary keeps for itself.
CREATE TABLE setting (
    name  text PRIMARY KEY,
    value json NOT NULL
);
