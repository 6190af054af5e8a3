-- Vulnerabilities of all images without looking at all findings: which packages
-- have findings is known of all but those that changed lately.

-- Vulnerable packages that may have no finding any more: new ones, and those
-- that lost some since they were last looked at. A package may stand here often.
CREATE TABLE finding_gone (
    vulnerable_package integer NOT NULL
);

INSERT INTO finding_gone (vulnerable_package) SELECT id FROM vulnerable_package;

CREATE FUNCTION finding_gone_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO finding_gone (vulnerable_package) SELECT DISTINCT vulnerable_package FROM gone;
    RETURN NULL;
END
$$;

CREATE TRIGGER finding_gone AFTER DELETE ON finding
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION finding_gone_note();

CREATE FUNCTION vulnerable_package_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO finding_gone (vulnerable_package) SELECT id FROM added;
    RETURN NULL;
END
$$;

CREATE TRIGGER vulnerable_package_gone AFTER INSERT ON vulnerable_package
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION vulnerable_package_note();

-- Packages whose findings may count. Where a package is `plain`, each of its
-- findings does; and where it is not `gone` besides, there is one.
CREATE VIEW candidate_package AS
    SELECT package.id, package.vulnerability, package.package_name, package.package_version,
           package.fixed_version,
           NOT (package.id IN (SELECT vulnerable_package FROM finding_vex)
                OR package.vulnerability IN (SELECT vulnerability FROM accepted_vulnerability
                                             WHERE NOT everywhere)) AS plain,
           package.id IN (SELECT vulnerable_package FROM finding_gone) AS gone
    FROM vulnerable_package AS package
    WHERE NOT (package.vulnerability IN (SELECT vulnerability FROM accepted_vulnerability
                                         WHERE everywhere AND NOT unfixed))
      AND NOT (package.fixed_version = ''
               AND package.vulnerability IN (SELECT vulnerability FROM accepted_vulnerability
                                             WHERE everywhere AND unfixed));

-- The vulnerabilities that are meant, for FROM: there it becomes part of the
-- query, and what is null in it costs nothing. Names of images and systems are
-- resolved to reports before. The functions named vulnerability_matching are
-- those of the program before this one.
CREATE FUNCTION matching_vulnerability(
    name_like text, severities smallint[], fixable boolean, kev_only boolean, epss_from real,
    score_from real, score_to real, score_v3_from real, score_v3_to real,
    published_from bigint, published_to bigint, modified_from bigint,
    package_like text, reports integer[])
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
      -- All reports count: packages are enough.
      AND (reports IS NOT NULL OR one.id IN (
          SELECT package.vulnerability FROM candidate_package AS package
          WHERE (fixable IS NULL OR (package.fixed_version <> '') = fixable)
            AND (package_like IS NULL OR package.package_name ILIKE package_like)
            AND CASE WHEN package.plain AND NOT package.gone THEN true
                     ELSE EXISTS (SELECT FROM counted_finding AS found
                                  WHERE found.vulnerable_package = package.id) END))
      -- Few reports have few findings: these are read once.
      AND (reports IS NULL OR cardinality(reports) > 400 OR one.id IN (
          SELECT found.vulnerability FROM counted_finding AS found
          WHERE found.report = ANY (reports)
            AND (fixable IS NULL OR (found.fixed_version <> '') = fixable)
            AND (package_like IS NULL OR found.package_name ILIKE package_like)))
      -- Of many reports one is soon met that has the package.
      AND (reports IS NULL OR cardinality(reports) <= 400 OR one.id IN (
          SELECT package.vulnerability FROM candidate_package AS package
          WHERE (fixable IS NULL OR (package.fixed_version <> '') = fixable)
            AND (package_like IS NULL OR package.package_name ILIKE package_like)
            AND CASE WHEN package.plain
                     THEN (SELECT true FROM finding
                           WHERE finding.vulnerable_package = package.id
                             AND finding.report = ANY (reports) LIMIT 1)
                     ELSE (SELECT true FROM counted_finding AS found
                           WHERE found.vulnerable_package = package.id
                             AND found.report = ANY (reports) LIMIT 1) END))
$$;
