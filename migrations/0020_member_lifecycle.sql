-- What the life of a member needs beyond joining: its certificates one by one,
-- so that they can be revoked when it joins again; joins that somebody has to
-- confirm; fixed tokens; and what an operator should know of it.

CREATE TABLE certificate (
    -- Lower-case hex.
    serial     text        PRIMARY KEY,
    member_id  uuid        NOT NULL,
    -- SHA-256 of the authority that signed it.
    authority  bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    -- When its member first came with it. What was signed may never arrive.
    used_at    timestamptz,
    revoked_at timestamptz,
    CONSTRAINT certificate_member_fkey FOREIGN KEY (member_id) REFERENCES member (id)
        ON DELETE CASCADE,
    CONSTRAINT certificate_authority_check CHECK (octet_length(authority) = 32)
);

CREATE INDEX certificate_member_id_idx ON certificate (member_id);
CREATE INDEX certificate_revoked_idx ON certificate (expires_at) WHERE revoked_at IS NOT NULL;

INSERT INTO certificate (serial, member_id, authority, expires_at)
SELECT certificate_serial, member.id, sha256(authority.certificate), certificate_expires_at
FROM member, authority;

ALTER TABLE token
    -- Whether a member that lost its disks may take up its former entry.
    ADD COLUMN rejoin        boolean NOT NULL DEFAULT true,
    -- Whether somebody has to confirm each join.
    ADD COLUMN approval      boolean NOT NULL DEFAULT false,
    -- A fixed token, sealed; null for tokens that are signed.
    ADD COLUMN sealed_secret bytea;

ALTER TABLE member
    -- Joined, and not confirmed yet.
    ADD COLUMN pending          boolean NOT NULL DEFAULT false,
    -- Removed, and shown until somebody takes it off the list.
    ADD COLUMN listed           boolean NOT NULL DEFAULT false,
    -- When it last took up its entry again after it had lost its disks.
    ADD COLUMN rejoined_at      timestamptz,
    -- When a second agent with its identity was last refused, and from where.
    ADD COLUMN duplicate_at     timestamptz,
    ADD COLUMN duplicate_source text,
    ADD CONSTRAINT member_listed_check CHECK (removed_at IS NOT NULL OR NOT listed),
    ADD CONSTRAINT member_duplicate_check
        CHECK ((duplicate_at IS NULL) = (duplicate_source IS NULL));
