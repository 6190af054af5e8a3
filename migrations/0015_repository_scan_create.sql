-- Scans of single images that CI and Harbor ask for, and the names of images
-- that were scanned so.

CREATE TABLE repository_scan (
    id             uuid        PRIMARY KEY,
    -- SHA-256 of who asked for what: the same request again finds its scan.
    -- Null for those that are asked for by id.
    request_digest bytea,
    -- Sealed JSON: the request with its credentials.
    sealed_request bytea       NOT NULL,
    asked_at       timestamptz NOT NULL DEFAULT now(),
    -- Null while it waits or runs.
    ended_at       timestamptz,
    -- Number of the reason; 0 when it succeeded.
    outcome        smallint    NOT NULL DEFAULT 0,
    -- What went wrong; empty when nothing did.
    detail         text        NOT NULL DEFAULT '',
    -- The report: JSON, compressed with zstd.
    body           bytea,
    CONSTRAINT repository_scan_request_digest_key UNIQUE (request_digest)
);

CREATE INDEX repository_scan_asked_at_idx ON repository_scan (asked_at);

ALTER TABLE job
    ALTER COLUMN registry DROP NOT NULL,
    ADD COLUMN repository_scan uuid,
    DROP CONSTRAINT job_kind_check,
    DROP CONSTRAINT job_work_check;
ALTER TABLE job
    ADD CONSTRAINT job_kind_check CHECK (kind IN ('list', 'scan', 'tag', 'repository')),
    ADD CONSTRAINT job_registry_check CHECK ((kind = 'repository') = (registry IS NULL)),
    ADD CONSTRAINT job_repository_scan_check
        CHECK ((kind = 'repository') = (repository_scan IS NOT NULL)),
    ADD CONSTRAINT job_work_check CHECK (
        (kind IN ('list', 'repository')
         AND repository IS NULL AND tag IS NULL AND digest IS NULL)
        OR (kind = 'scan' AND repository IS NOT NULL AND tag IS NULL AND digest IS NOT NULL)
        OR (kind = 'tag' AND repository IS NOT NULL AND tag IS NOT NULL AND digest IS NULL)),
    ADD CONSTRAINT job_repository_scan_fkey
        FOREIGN KEY (repository_scan) REFERENCES repository_scan (id) ON DELETE CASCADE;

CREATE UNIQUE INDEX job_repository_scan_key ON job (repository_scan);

-- Names of images that were scanned by themselves or by a stand-alone scanner.
CREATE TABLE repository_image (
    -- URL of the registry with a trailing slash; empty when nobody said.
    registry     text        NOT NULL,
    repository   text        NOT NULL,
    tag          text        NOT NULL,
    -- SHA-256 of the manifest.
    digest       bytea       NOT NULL,
    -- Digest of the index that the tag leads to, where it does.
    index_digest bytea,
    scanned_at   timestamptz NOT NULL,
    CONSTRAINT repository_image_pkey PRIMARY KEY (registry, repository, tag),
    CONSTRAINT repository_image_digest_check CHECK (octet_length(digest) = 32)
);

CREATE INDEX repository_image_digest_idx ON repository_image (digest);
CREATE INDEX repository_image_scanned_at_idx ON repository_image (scanned_at);

-- All names of images, of registries or not; those without have no namespace.
CREATE VIEW image_name AS
    SELECT registry, ''::text AS url, repository, tag, digest, index_digest
    FROM image WHERE digest IS NOT NULL
    UNION ALL
    SELECT '_repo_scan', registry, repository, tag, digest, index_digest FROM repository_image;

CREATE OR REPLACE VIEW accepted_place AS
    SELECT entry.id AS entry, report.id AS report
    FROM vulnerability_profile_entry AS entry
    CROSS JOIN image_name AS image
    JOIN report ON report.digest = image.digest
    WHERE (entry.domains <> '{}' OR entry.images <> '{}')
      AND (entry.images = '{}'
           OR EXISTS (SELECT FROM unnest(entry.images_like) AS wanted
                      WHERE image.repository || ':' || image.tag LIKE wanted))
      AND (entry.domains = '{}'
           OR EXISTS (SELECT
                      FROM object,
                           json_array_elements_text(
                               convert_from(object.payload, 'UTF8')::json -> 'domains') AS domain,
                           unnest(entry.domains_like) AS wanted
                      WHERE object.kind = 10 AND object.name = image.registry
                        AND domain LIKE wanted));

-- Findings without those that the vulnerability profile accepts.
CREATE VIEW counted_finding AS
    SELECT finding.report, package.id AS vulnerable_package, package.vulnerability,
           package.severity, package.package_name, package.package_version, package.fixed_version
    FROM finding
    JOIN vulnerable_package AS package ON package.id = finding.vulnerable_package
    WHERE NOT EXISTS (
        SELECT FROM accepted_vulnerability AS accepted
        WHERE accepted.vulnerability = package.vulnerability
          AND (NOT accepted.unfixed OR package.fixed_version = '')
          AND (accepted.everywhere
               OR (accepted.entry, finding.report) IN (SELECT entry, report FROM accepted_place)));

-- Ids of the vulnerabilities that some image has. Texts are patterns of LIKE;
-- null stands for any.
CREATE FUNCTION vulnerability_matching(
    name_like text, severities smallint[], fixable boolean, kev_only boolean, epss_from real,
    score_from real, score_to real, score_v3_from real, score_v3_to real,
    published_from bigint, published_to bigint, modified_from bigint,
    package_like text, image_like text, base_os_like text)
RETURNS SETOF integer LANGUAGE sql STABLE AS $$
    SELECT one.id FROM vulnerability AS one
    WHERE (name_like IS NULL OR one.name ILIKE name_like)
      AND (severities IS NULL OR one.severity = ANY (severities))
      AND (kev_only IS NULL OR one.kev = kev_only)
      AND (epss_from IS NULL OR one.epss >= epss_from)
      AND (score_from IS NULL OR one.score >= score_from)
      AND (score_to IS NULL OR one.score <= score_to)
      AND (score_v3_from IS NULL OR one.score_v3 >= score_v3_from)
      AND (score_v3_to IS NULL OR one.score_v3 <= score_v3_to)
      AND (published_from IS NULL OR one.published >= published_from)
      AND (published_to IS NULL OR one.published <= published_to)
      AND (modified_from IS NULL OR one.modified >= modified_from)
      AND EXISTS (
          SELECT FROM counted_finding AS found
          WHERE found.vulnerability = one.id
            AND (fixable IS NULL OR (found.fixed_version <> '') = fixable)
            AND (package_like IS NULL OR found.package_name ILIKE package_like)
            AND (image_like IS NULL OR found.report IN (
                SELECT report.id FROM report JOIN image_name ON image_name.digest = report.digest
                WHERE image_name.repository || ':' || image_name.tag ILIKE image_like))
            AND (base_os_like IS NULL OR found.report IN (
                SELECT id FROM report WHERE base_os ILIKE base_os_like)))
$$;

-- Queries that clients page through; any replica goes on with one.
CREATE TABLE asset_query (
    id       uuid        PRIMARY KEY,
    -- Who asked.
    caller   text        NOT NULL,
    -- What of: vulnerabilities or images.
    kind     text        NOT NULL,
    filter   json        NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT asset_query_kind_check CHECK (kind IN ('vulnerability', 'image'))
);

CREATE INDEX asset_query_caller_idx ON asset_query (caller, asked_at);
