-- Federated registries: what is beside their object in the log, the images in
-- them, the reports on those, and the work to do.

-- The settings are the object of the same name; here is what is not for
-- members: credentials and the state of the scan.
CREATE TABLE registry (
    name               text        PRIMARY KEY,
    -- Sealed JSON; null when anybody may read.
    sealed_credentials bytea,
    started_at         timestamptz,
    -- What went wrong last; empty when nothing did.
    error_message      text        NOT NULL DEFAULT '',
    error_detail       text        NOT NULL DEFAULT '',
    CONSTRAINT registry_name_check CHECK (name <> '')
);

-- The result of the scan of one manifest, whatever names it has.
CREATE TABLE report (
    -- SHA-256 of the manifest.
    digest         bytea       PRIMARY KEY,
    scanned_at     timestamptz NOT NULL,
    -- Version of the vulnerability database.
    cvedb_version  text        NOT NULL,
    -- The element of a registry's list, without repository and tag.
    summary        json        NOT NULL,
    -- JSON, compressed with zstd.
    body           bytea       NOT NULL,
    -- The encoded message palisade.scan.v1.Verdict without names.
    verdict        bytea       NOT NULL,
    -- Whether names or verdict changed since the verdict was last published.
    publish        boolean     NOT NULL DEFAULT true,
    -- Names of the objects in the log that were published.
    published      text[]      NOT NULL DEFAULT '{}',
    CONSTRAINT report_digest_check CHECK (octet_length(digest) = 32)
);

CREATE INDEX report_publish_idx ON report (digest) WHERE publish;

-- A name in a registry and what it leads to.
CREATE TABLE image (
    registry     text NOT NULL,
    repository   text NOT NULL,
    tag          text NOT NULL,
    -- Null when the registry did not tell.
    digest       bytea,
    -- Digest of the index that the tag leads to, where it does.
    index_digest bytea,
    -- scheduled, scanning, finished or failed.
    status       text NOT NULL,
    -- Why it failed; empty when it did not.
    result       text NOT NULL DEFAULT '',
    CONSTRAINT image_pkey PRIMARY KEY (registry, repository, tag),
    CONSTRAINT image_registry_fkey FOREIGN KEY (registry) REFERENCES registry (name) ON DELETE CASCADE,
    CONSTRAINT image_status_check CHECK (status IN ('scheduled', 'scanning', 'finished', 'failed'))
);

CREATE INDEX image_digest_idx ON image (digest);

-- Work for any replica: taken with a lease, tried again when it ran out.
CREATE TABLE job (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- list a registry, or scan an image.
    kind         text        NOT NULL,
    registry     text        NOT NULL,
    -- For scans.
    repository   text,
    digest       bytea,
    attempts     integer     NOT NULL DEFAULT 0,
    run_after    timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    CONSTRAINT job_kind_check CHECK (kind IN ('list', 'scan')),
    CONSTRAINT job_scan_check CHECK ((kind = 'scan') = (digest IS NOT NULL AND repository IS NOT NULL)),
    CONSTRAINT job_registry_fkey FOREIGN KEY (registry) REFERENCES registry (name) ON DELETE CASCADE
);

CREATE UNIQUE INDEX job_list_key ON job (registry) WHERE kind = 'list';
CREATE UNIQUE INDEX job_scan_key ON job (digest) WHERE kind = 'scan';
CREATE INDEX job_run_after_idx ON job (run_after, id);
