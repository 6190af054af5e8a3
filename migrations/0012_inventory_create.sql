-- What images hold, apart from what a database makes of it, and what was
-- found in all of them, for questions about the whole fleet.

CREATE TABLE inventory (
    -- SHA-256 of the manifest.
    digest  bytea       PRIMARY KEY,
    -- What the reader looked for: an older one is read again.
    format  integer     NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    -- JSON, compressed with zstd.
    body    bytea       NOT NULL,
    CONSTRAINT inventory_digest_check CHECK (octet_length(digest) = 32)
);

-- JSON compressed with zstd does not shrink any more.
ALTER TABLE inventory ALTER COLUMN body SET STORAGE EXTERNAL;

ALTER TABLE report
    -- Stands for the digest where rows are many.
    ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY,
    -- The body holds the findings alone, the rest comes from the inventory;
    -- else it is a whole report that an earlier version stored.
    ADD COLUMN findings_only boolean NOT NULL DEFAULT false,
    -- SHA-256 of the body before compression.
    ADD COLUMN body_digest bytea NOT NULL DEFAULT '',
    -- SHA-256 of the vulnerability database, and the date of its newest record.
    ADD COLUMN vulndb_digest bytea NOT NULL DEFAULT '',
    ADD COLUMN vulndb_built_at timestamptz NOT NULL DEFAULT '-infinity',
    -- Stands for the rows of finding: equal where those are.
    ADD COLUMN findings_digest bytea NOT NULL DEFAULT '',
    -- Whose signatures the image has; null when nobody asked.
    ADD COLUMN signatures json,
    -- What lists show and filter by; the summary has the rest.
    ADD COLUMN cvedb_create_time text NOT NULL DEFAULT '',
    ADD COLUMN image_id text NOT NULL DEFAULT '',
    ADD COLUMN base_os text NOT NULL DEFAULT '',
    ADD COLUMN size bigint NOT NULL DEFAULT 0,
    ADD COLUMN critical integer NOT NULL DEFAULT 0,
    ADD COLUMN high integer NOT NULL DEFAULT 0,
    ADD COLUMN medium integer NOT NULL DEFAULT 0,
    ADD COLUMN low integer NOT NULL DEFAULT 0,
    ADD COLUMN unknown integer NOT NULL DEFAULT 0,
    -- To be held against the present database though no registry asks for that
    -- by itself.
    ADD COLUMN rematch boolean NOT NULL DEFAULT false,
    -- The image is to be read again when it is found next.
    ADD COLUMN rescan boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT report_id_key UNIQUE (id);

CREATE INDEX report_vulndb_digest_idx ON report (vulndb_digest, digest);
CREATE INDEX report_image_id_idx ON report (image_id);
CREATE INDEX report_rematch_idx ON report (digest) WHERE rematch;

-- What is known of a vulnerability, whatever package has it.
CREATE TABLE vulnerability (
    id              integer  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The CVE where there is one, else the advisory's id.
    name            text     NOT NULL,
    -- The worst that is told of it in any package, and the scores with that.
    -- 4 critical, 3 high, 2 medium, 1 low, 0 when nobody rated it.
    severity        smallint NOT NULL,
    score           real     NOT NULL,
    score_v3        real     NOT NULL,
    vectors         text     NOT NULL,
    vectors_v3      text     NOT NULL,
    feed_rating     text     NOT NULL,
    description     text     NOT NULL,
    link            text     NOT NULL,
    -- Unix seconds; 0 when unknown.
    published       bigint   NOT NULL,
    modified        bigint   NOT NULL,
    -- What EPSS forecasts, 0 to 1; null when it does not.
    epss            real,
    epss_percentile real,
    -- Whether it is in the catalogue of known exploited vulnerabilities.
    kev             boolean  NOT NULL,
    -- SHA-256 of the vulnerability database that told.
    vulndb_digest   bytea    NOT NULL,
    CONSTRAINT vulnerability_name_key UNIQUE (name),
    CONSTRAINT vulnerability_severity_check CHECK (severity BETWEEN 0 AND 4)
);

CREATE INDEX vulnerability_severity_idx
    ON vulnerability (severity DESC, score_v3 DESC, score DESC, id);
CREATE INDEX vulnerability_published_idx ON vulnerability (published);

-- A version of a package that has a vulnerability, whatever image holds it.
CREATE TABLE vulnerable_package (
    id              integer  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vulnerability   integer  NOT NULL,
    package_name    text     NOT NULL,
    package_version text     NOT NULL,
    -- The operating system (`debian:12`) or the language.
    source          text     NOT NULL,
    severity        smallint NOT NULL,
    score           real     NOT NULL,
    score_v3        real     NOT NULL,
    -- `fix exists`, `unpatched`, `will not fix` or `unaffected`.
    status          text     NOT NULL,
    -- Joined with ` OR `; empty when nothing repairs it.
    fixed_version   text     NOT NULL,
    feed_rating     text     NOT NULL,
    CONSTRAINT vulnerable_package_key
        UNIQUE (vulnerability, package_name, package_version, source),
    CONSTRAINT vulnerable_package_vulnerability_fkey
        FOREIGN KEY (vulnerability) REFERENCES vulnerability (id),
    CONSTRAINT vulnerable_package_severity_check CHECK (severity BETWEEN 0 AND 4)
);

CREATE INDEX vulnerable_package_severity_idx ON vulnerable_package (severity DESC, id);
CREATE INDEX vulnerable_package_name_idx ON vulnerable_package (package_name, package_version);

-- An image that holds such a package: millions of rows, so two numbers each.
CREATE TABLE finding (
    report             integer NOT NULL,
    -- No foreign key: it would lock a row that many images share for each one
    -- written. store::finding keeps the two together.
    vulnerable_package integer NOT NULL,
    CONSTRAINT finding_pkey PRIMARY KEY (report, vulnerable_package),
    CONSTRAINT finding_report_fkey FOREIGN KEY (report) REFERENCES report (id) ON DELETE CASCADE
);

CREATE INDEX finding_vulnerable_package_idx ON finding (vulnerable_package, report);

-- What reports of an earlier version lack is read when their image is found
-- next.
UPDATE report
SET rescan = true,
    cvedb_create_time = coalesce(summary ->> 'cvedb_create_time', ''),
    image_id = coalesce(summary ->> 'image_id', ''),
    base_os = coalesce(summary ->> 'base_os', ''),
    size = coalesce((summary ->> 'size')::bigint, 0),
    critical = coalesce((summary ->> 'critical')::integer, 0),
    high = coalesce((summary ->> 'high')::integer, 0),
    medium = coalesce((summary ->> 'medium')::integer, 0);
