-- VEX documents: in them somebody says whether products suffer from vulnerabilities.

CREATE TABLE vex_document (
    -- Of documents that say different things of one moment the highest holds.
    -- One that takes the place of another has a number of its own.
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What it calls itself; `sha256:…` of its content where it has no id.
    document    text        NOT NULL,
    -- `openvex`, `csaf` or `cyclonedx`.
    format      text        NOT NULL,
    author      text        NOT NULL,
    -- Null where it does not tell.
    issued_at   timestamptz,
    statements  integer     NOT NULL,
    -- Bytes as they were sent.
    size        bigint      NOT NULL,
    -- SHA-256 of those.
    digest      bytea       NOT NULL,
    uploaded_by text        NOT NULL,
    uploaded_at timestamptz NOT NULL,
    -- Compressed with zstd.
    body        bytea       NOT NULL,
    CONSTRAINT vex_document_document_key UNIQUE (document),
    CONSTRAINT vex_document_digest_check CHECK (octet_length(digest) = 32)
);

ALTER TABLE vex_document ALTER COLUMN body SET STORAGE EXTERNAL;

-- Findings that do not count because a document says so; written with the
-- verdict of the report.
CREATE TABLE finding_vex (
    report             integer NOT NULL,
    vulnerable_package integer NOT NULL,
    CONSTRAINT finding_vex_pkey PRIMARY KEY (report, vulnerable_package),
    CONSTRAINT finding_vex_report_fkey
        FOREIGN KEY (report) REFERENCES report (id) ON DELETE CASCADE
);

CREATE INDEX finding_vex_vulnerable_package_idx ON finding_vex (vulnerable_package, report);

-- Findings without those that the vulnerability profile accepts, and those of
-- which a VEX document says that they do no harm.
CREATE OR REPLACE VIEW counted_finding AS
    SELECT finding.report, package.id AS vulnerable_package, package.vulnerability,
           package.severity, package.package_name, package.package_version, package.fixed_version
    FROM finding
    JOIN vulnerable_package AS package ON package.id = finding.vulnerable_package
    WHERE NOT EXISTS (
        SELECT FROM accepted_vulnerability AS accepted
        WHERE accepted.vulnerability = package.vulnerability
          AND (NOT accepted.unfixed OR package.fixed_version = '')
          AND (accepted.everywhere
               OR (accepted.entry, finding.report) IN (SELECT entry, report FROM accepted_place)))
      AND NOT EXISTS (
        SELECT FROM finding_vex
        WHERE finding_vex.report = finding.report
          AND finding_vex.vulnerable_package = finding.vulnerable_package);

CREATE TRIGGER vex_document_live AFTER INSERT OR DELETE ON vex_document
    FOR EACH STATEMENT EXECUTE FUNCTION live_notify('scans');
-- Most publications of verdicts change none.
CREATE TRIGGER finding_vex_live AFTER INSERT OR DELETE ON finding_vex
    FOR EACH ROW EXECUTE FUNCTION live_notify('scans');
