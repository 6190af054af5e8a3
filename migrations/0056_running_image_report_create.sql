-- What is accepted is looked up by functions that Postgres does not unfold: most
-- profiles have no entry of most kinds, and the queries that ask are planned in half
-- the time.

-- Vulnerabilities that entries accept: those for every place or for some, those for
-- what has no fix, all others, or both.
CREATE FUNCTION accepted_vulnerability_ids(of_everywhere boolean, of_unfixed boolean)
RETURNS SETOF integer LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM vulnerability_profile_entry AS entry
        WHERE NOT entry.expired AND (entry.domains = '{}' AND entry.images = '{}') = of_everywhere
          AND entry.unfixed IS NOT DISTINCT FROM coalesce(of_unfixed, entry.unfixed))
    THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT accepted.vulnerability FROM accepted_vulnerability AS accepted
                 WHERE accepted.everywhere = of_everywhere
                   AND accepted.unfixed = coalesce(of_unfixed, accepted.unfixed);
END
$$;

-- Where entries that are for some places accept what they name.
CREATE FUNCTION accepted_places()
RETURNS TABLE (entry bigint, report integer) LANGUAGE plpgsql STABLE ROWS 1000 AS $$
BEGIN
    IF EXISTS (SELECT FROM vulnerability_profile_entry AS one
               WHERE NOT one.expired AND (one.domains <> '{}' OR one.images <> '{}'))
    THEN
        RETURN QUERY SELECT place.entry, place.report FROM accepted_place AS place;
    END IF;
END
$$;

-- As before.
CREATE OR REPLACE VIEW candidate_package AS
    SELECT package.id, package.vulnerability, package.package_name, package.package_version,
           package.fixed_version,
           NOT (package.id IN (SELECT vulnerable_package FROM finding_vex)
                OR package.vulnerability IN (SELECT accepted_vulnerability_ids(false, NULL)))
               AS plain,
           package.id IN (SELECT vulnerable_package FROM finding_gone) AS gone
    FROM vulnerable_package AS package
    WHERE NOT package.vulnerability IN (SELECT accepted_vulnerability_ids(true, false))
      AND NOT (package.fixed_version = ''
               AND package.vulnerability IN (SELECT accepted_vulnerability_ids(true, true)));

-- As before; of what is accepted in some places, the entry is looked for by the name
-- of the vulnerability instead of among all that entries accept.
CREATE OR REPLACE VIEW counted_finding AS
    SELECT finding.report, package.id AS vulnerable_package, package.vulnerability,
           package.severity, package.package_name, package.package_version,
           package.fixed_version
    FROM finding JOIN vulnerable_package AS package ON package.id = finding.vulnerable_package
    WHERE NOT package.vulnerability IN (SELECT accepted_vulnerability_ids(true, false))
      AND NOT (package.fixed_version = ''
               AND package.vulnerability IN (SELECT accepted_vulnerability_ids(true, true)))
      AND NOT (package.vulnerability IN (SELECT accepted_vulnerability_ids(false, NULL))
               AND EXISTS (
                   SELECT FROM vulnerability AS one
                   CROSS JOIN vulnerability_profile_entry AS entry
                   WHERE one.id = package.vulnerability AND NOT entry.expired
                     AND (NOT entry.unfixed OR package.fixed_version = '')
                     -- The places are read once and not joined for each finding.
                     AND CASE
                         WHEN upper(one.name) = entry.exact
                              OR entry.exact IS NULL AND upper(one.name) LIKE entry.pattern
                              OR entry.exact IS NULL AND entry.recent AND one.published > 0
                                 AND one.published >= extract(epoch FROM now())::bigint
                                                      - entry.days * 86400
                         THEN (entry.id, finding.report) IN
                              (SELECT entry, report FROM accepted_places()) END))
      AND NOT EXISTS (SELECT FROM finding_vex
                      WHERE finding_vex.report = finding.report
                        AND finding_vex.vulnerable_package = finding.vulnerable_package);

-- `running_report` as it was when it was last looked at: which reports are on what
-- runs, without finding it out for each page. Rows may name what is gone since.
CREATE TABLE running_image_report (
    running_image  integer  NOT NULL,
    report         integer  NOT NULL,
    CONSTRAINT running_image_report_pkey PRIMARY KEY (running_image, report)
);
INSERT INTO running_image_report (running_image, report)
SELECT running_image, report FROM running_report;
