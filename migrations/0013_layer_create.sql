-- What was read of layers, shared by all replicas; and looks at single tags,
-- which registries push to.

CREATE TABLE layer (
    -- SHA-256 of the layer as the registry stores it.
    digest          bytea       PRIMARY KEY,
    -- What the reader looked for: an older one is read again.
    format          integer     NOT NULL,
    -- JSON, compressed with zstd.
    body            bytea       NOT NULL,
    -- Bytes of the body.
    size            integer     NOT NULL,
    -- How often it was found here.
    reference_count bigint      NOT NULL DEFAULT 0,
    used_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT layer_digest_check CHECK (octet_length(digest) = 32)
);

-- JSON compressed with zstd does not shrink any more.
ALTER TABLE layer ALTER COLUMN body SET STORAGE EXTERNAL;

-- Layers that a scanner did and did not find there.
ALTER TABLE scanner
    ADD COLUMN cache_hits bigint NOT NULL DEFAULT 0,
    ADD COLUMN cache_misses bigint NOT NULL DEFAULT 0;

-- A look at one tag, after a push.
ALTER TABLE job ADD COLUMN tag text;
ALTER TABLE job DROP CONSTRAINT job_kind_check, DROP CONSTRAINT job_scan_check;
ALTER TABLE job
    ADD CONSTRAINT job_kind_check CHECK (kind IN ('list', 'scan', 'tag')),
    ADD CONSTRAINT job_work_check CHECK (
        (kind = 'list' AND repository IS NULL AND tag IS NULL AND digest IS NULL)
        OR (kind = 'scan' AND repository IS NOT NULL AND tag IS NULL AND digest IS NOT NULL)
        OR (kind = 'tag' AND repository IS NOT NULL AND tag IS NOT NULL AND digest IS NULL));
CREATE UNIQUE INDEX job_tag_key ON job (registry, repository, tag) WHERE kind = 'tag';
