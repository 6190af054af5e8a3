-- What each member has of its own, for one that loses its disks: the newest
-- revisions.

CREATE TABLE member_configuration (
    member_id  uuid        NOT NULL,
    -- Grows by one with each change that the member told.
    revision   bigint      NOT NULL,
    -- SHA-256 of the JSON.
    digest     bytea       NOT NULL,
    stored_at  timestamptz NOT NULL,
    -- Bytes of the JSON.
    size       bigint      NOT NULL,
    -- The JSON, compressed with zstd.
    body       bytea       NOT NULL,
    CONSTRAINT member_configuration_pkey PRIMARY KEY (member_id, revision),
    CONSTRAINT member_configuration_member_fkey FOREIGN KEY (member_id) REFERENCES member (id)
        ON DELETE CASCADE,
    CONSTRAINT member_configuration_digest_check CHECK (octet_length(digest) = 32)
);
