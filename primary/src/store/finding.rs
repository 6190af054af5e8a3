//! What was found in all images, in rows for questions about the fleet.
//!
//! Three tables: what is known of a vulnerability, which versions of packages
//! have it, and which images hold those. A new database changes few rows of
//! the first two and leaves the third, which is the large one, mostly alone.

use palisade_api::Digest;
use sqlx::PgConnection;

use super::Result;

/// Taken shared by who writes findings, alone by who removes what no finding
/// names: between the two a row could vanish that is about to be named.
const LOCK: i64 = 0x5041_4c49_4649_4e44;

/// Rows of `finding_gone` that one statement removes: a trigger looks at where the
/// vulnerabilities of all of them were seen, while nobody counts.
const MOST_SETTLED: i64 = 5_000;

/// What is known of a vulnerability, whatever package has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownVulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// The worst that is told of it in any package.
    pub rating: Rating,
    /// CVSS v2 vector.
    pub vectors: String,
    /// CVSS v3 vector.
    pub vectors_v3: String,
    /// What goes wrong.
    pub description: String,
    /// Where to read more.
    pub link: String,
    /// Unix seconds; 0 when unknown.
    pub published: i64,
    /// Unix seconds; 0 when unknown.
    pub modified: i64,
    /// Probability and percentile by EPSS.
    pub epss: Option<(f32, f32)>,
    /// Whether it is in the catalogue of known exploited vulnerabilities.
    pub kev: bool,
}

/// How bad it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rating {
    /// 4 critical to 1 low; 0 when nobody rated it.
    pub severity: i16,
    /// CVSS v2.
    pub score: f32,
    /// CVSS v3.
    pub score_v3: f32,
    /// The rating in the words of the feed.
    pub feed_rating: String,
}

/// Which version of which package has which vulnerability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageKey {
    /// The vulnerability's name.
    pub vulnerability: String,
    /// The package as reports show it.
    pub package_name: String,
    /// Its version.
    pub package_version: String,
    /// The operating system or the language.
    pub source: String,
}

/// A version of a package that has a vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct VulnerablePackage {
    /// Which.
    pub key: PackageKey,
    /// How bad it is there.
    pub rating: Rating,
    /// `fix exists`, `unpatched`, `will not fix` or `unaffected`.
    pub status: &'static str,
    /// The versions that repair it, joined with ` OR `.
    pub fixed_version: String,
}

/// The findings of reports: which report holds which of `keys`.
#[derive(Clone, Debug, Default)]
pub struct ReportFindings {
    /// Ids of the reports whose findings these are, all of them.
    pub reports: Vec<i32>,
    /// Vulnerable packages, each once.
    pub keys: Vec<PackageKey>,
    /// Report id and place in `keys`.
    pub pairs: Vec<(i32, i32)>,
}

/// Keeps vulnerable packages from being removed until the transaction ends.
/// Comes before [`tell_packages`] and [`replace`].
pub async fn lock(tx: &mut sqlx::PgTransaction<'_>) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock_shared($1)", LOCK).fetch_one(&mut **tx).await?;
    Ok(())
}

/// Writes what a database knows of vulnerabilities. What it told before is
/// replaced by worse only.
pub async fn tell_vulnerabilities(
    conn: &mut PgConnection,
    vulndb: Digest,
    known: &[KnownVulnerability],
) -> Result<u64> {
    let text = |of: fn(&KnownVulnerability) -> &str| -> Vec<String> {
        known.iter().map(|one| of(one).to_owned()).collect()
    };
    let seconds = |of: fn(&KnownVulnerability) -> i64| known.iter().map(of).collect::<Vec<_>>();
    let ratings = RatingColumns::of(known.iter().map(|one| &one.rating));
    let epss: Vec<Option<f32>> = known.iter().map(|one| one.epss.map(|(score, _)| score)).collect();
    let percentiles: Vec<Option<f32>> =
        known.iter().map(|one| one.epss.map(|(_, percentile)| percentile)).collect();
    let kev: Vec<bool> = known.iter().map(|one| one.kev).collect();
    // Everybody takes the rows in the order of their names, so that nobody
    // waits for each other. Rows that stand are left out before: a conflict
    // would lock each, and use up a number.
    let done = sqlx::query!(
        "INSERT INTO vulnerability
             (name, severity, score, score_v3, feed_rating, vectors, vectors_v3, description, link,
              published, modified, epss, epss_percentile, kev, vulndb_digest)
         SELECT told.*, $15
         FROM unnest($1::text[], $2::smallint[], $3::real[], $4::real[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[],
                     $12::real[], $13::real[], $14::boolean[])
              AS told (name, severity, score, score_v3, feed_rating, vectors, vectors_v3,
                       description, link, published, modified, epss, epss_percentile, kev)
         LEFT JOIN vulnerability AS known ON known.name = told.name
         WHERE known.id IS NULL OR known.vulndb_digest <> $15
            OR (told.severity, told.score_v3, told.score)
               > (known.severity, known.score_v3, known.score)
         ORDER BY told.name
         ON CONFLICT ON CONSTRAINT vulnerability_name_key DO UPDATE SET
             severity = excluded.severity, score = excluded.score, score_v3 = excluded.score_v3,
             feed_rating = excluded.feed_rating, vectors = excluded.vectors,
             vectors_v3 = excluded.vectors_v3, description = excluded.description,
             link = excluded.link, published = excluded.published, modified = excluded.modified,
             epss = excluded.epss, epss_percentile = excluded.epss_percentile, kev = excluded.kev,
             vulndb_digest = excluded.vulndb_digest
         WHERE vulnerability.vulndb_digest <> excluded.vulndb_digest
            OR (excluded.severity, excluded.score_v3, excluded.score)
               > (vulnerability.severity, vulnerability.score_v3, vulnerability.score)",
        &text(|one| &one.name),
        &ratings.severities,
        &ratings.scores,
        &ratings.scores_v3,
        &ratings.feed_ratings,
        &text(|one| &one.vectors),
        &text(|one| &one.vectors_v3),
        &text(|one| &one.description),
        &text(|one| &one.link),
        &seconds(|one| one.published),
        &seconds(|one| one.modified),
        &epss as &[Option<f32>],
        &percentiles as &[Option<f32>],
        &kev,
        vulndb.as_bytes(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Writes vulnerable packages whose vulnerabilities were told. Rows that are
/// as they should be stay untouched: most images have packages of others, and
/// whoever writes these would wait.
pub async fn tell_packages(
    tx: &mut sqlx::PgTransaction<'_>,
    packages: &[VulnerablePackage],
) -> Result<u64> {
    let keys = KeyColumns::of(packages.iter().map(|package| &package.key));
    let ratings = RatingColumns::of(packages.iter().map(|package| &package.rating));
    let statuses: Vec<String> = packages.iter().map(|package| package.status.to_owned()).collect();
    let fixed: Vec<String> = packages.iter().map(|package| package.fixed_version.clone()).collect();
    let done = sqlx::query!(
        "INSERT INTO vulnerable_package
             (vulnerability, package_name, package_version, source, severity, score, score_v3,
              feed_rating, status, fixed_version)
         SELECT vulnerability.id, told.package_name, told.package_version, told.source,
                told.severity, told.score, told.score_v3, told.feed_rating, told.status,
                told.fixed_version
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::real[],
                     $7::real[], $8::text[], $9::text[], $10::text[])
              AS told (name, package_name, package_version, source, severity, score, score_v3,
                       feed_rating, status, fixed_version)
         JOIN vulnerability USING (name)
         LEFT JOIN vulnerable_package AS known
              ON known.vulnerability = vulnerability.id
                 AND known.package_name = told.package_name
                 AND known.package_version = told.package_version
                 AND known.source = told.source
         WHERE known.id IS NULL
            OR (known.severity, known.score, known.score_v3, known.feed_rating, known.status,
                known.fixed_version)
               IS DISTINCT FROM
               (told.severity, told.score, told.score_v3, told.feed_rating, told.status,
                told.fixed_version)
         ORDER BY vulnerability.id, told.package_name, told.package_version, told.source
         ON CONFLICT ON CONSTRAINT vulnerable_package_key DO UPDATE SET
             severity = excluded.severity, score = excluded.score, score_v3 = excluded.score_v3,
             feed_rating = excluded.feed_rating, status = excluded.status,
             fixed_version = excluded.fixed_version
         WHERE (vulnerable_package.severity, vulnerable_package.score, vulnerable_package.score_v3,
                vulnerable_package.feed_rating, vulnerable_package.status,
                vulnerable_package.fixed_version)
               IS DISTINCT FROM
               (excluded.severity, excluded.score, excluded.score_v3, excluded.feed_rating,
                excluded.status, excluded.fixed_version)",
        &keys.vulnerabilities,
        &keys.package_names,
        &keys.package_versions,
        &keys.sources,
        &ratings.severities,
        &ratings.scores,
        &ratings.scores_v3,
        &ratings.feed_ratings,
        &statuses,
        &fixed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Makes the rows of some reports in `$table` what they should be: the
/// difference is written. The vulnerable packages must have been told.
macro_rules! replace_in {
    ($table:tt, $tx:ident, $new:ident) => {{
        let keys = KeyColumns::of($new.keys.iter());
        let (reports, places): (Vec<i32>, Vec<i32>) = $new.pairs.iter().copied().unzip();
        sqlx::query!(
            "WITH vulnerable AS MATERIALIZED (
                 SELECT key.place, vulnerable_package.id
                 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
                      AS key (name, package_name, package_version, source, place)
                 JOIN vulnerability USING (name)
                 JOIN vulnerable_package ON vulnerable_package.vulnerability = vulnerability.id
                      AND vulnerable_package.package_name = key.package_name
                      AND vulnerable_package.package_version = key.package_version
                      AND vulnerable_package.source = key.source),
             found AS MATERIALIZED (
                 SELECT DISTINCT pair.report, vulnerable.id
                 FROM unnest($5::integer[], $6::integer[]) AS pair (report, place)
                 JOIN vulnerable ON vulnerable.place = pair.place + 1),
             gone AS (
                 DELETE FROM "
                + $table
                + " AS known
                 WHERE known.report = ANY($7)
                   AND NOT EXISTS (SELECT FROM found WHERE found.report = known.report
                                                       AND found.id = known.vulnerable_package))
             INSERT INTO "
                + $table
                + " (report, vulnerable_package)
             SELECT report, id FROM found
             EXCEPT SELECT report, vulnerable_package FROM "
                + $table
                + " WHERE report = ANY($7)
             ORDER BY report, id
             ON CONFLICT DO NOTHING",
            &keys.vulnerabilities,
            &keys.package_names,
            &keys.package_versions,
            &keys.sources,
            &reports,
            &places,
            &$new.reports,
        )
        .execute(&mut **$tx)
        .await?;
    }};
}

/// Makes the findings of some reports what they should be.
pub async fn replace(tx: &mut sqlx::PgTransaction<'_>, new: &ReportFindings) -> Result<()> {
    replace_in!("finding", tx, new);
    Ok(())
}

/// Makes those findings of some reports that do not count, because VEX
/// documents say so, what they should be.
pub async fn set_aside(tx: &mut sqlx::PgTransaction<'_>, new: &ReportFindings) -> Result<()> {
    replace_in!("finding_vex", tx, new);
    Ok(())
}

/// Looks at vulnerable packages that may have lost their last finding: forgets
/// that it may be so of those that have one. Says whether there may be more. It
/// needs no lock: whoever takes a finding away notes that in a row of its own.
pub async fn settle(conn: &mut PgConnection) -> Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM finding_gone
         WHERE ctid = ANY (ARRAY(
             SELECT gone.ctid FROM finding_gone AS gone
             WHERE EXISTS (SELECT FROM finding
                           WHERE finding.vulnerable_package = gone.vulnerable_package)
             LIMIT $1))",
        MOST_SETTLED,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == MOST_SETTLED.unsigned_abs())
}

/// Removes vulnerable packages that no image holds any more. None when
/// somebody writes findings right now.
pub async fn sweep(tx: &mut sqlx::PgTransaction<'_>) -> Result<Option<u64>> {
    let alone = sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "alone!""#, LOCK)
        .fetch_one(&mut **tx)
        .await?;
    if !alone {
        return Ok(None);
    }
    let done = sqlx::query!(
        "WITH gone AS (DELETE FROM finding_gone RETURNING vulnerable_package)
         DELETE FROM vulnerable_package
         WHERE id IN (SELECT vulnerable_package FROM gone)
           AND NOT EXISTS (SELECT FROM finding
                           WHERE finding.vulnerable_package = vulnerable_package.id)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(Some(done.rows_affected()))
}

#[derive(Default)]
struct KeyColumns {
    vulnerabilities: Vec<String>,
    package_names: Vec<String>,
    package_versions: Vec<String>,
    sources: Vec<String>,
}

impl KeyColumns {
    fn of<'a>(keys: impl Iterator<Item = &'a PackageKey>) -> Self {
        let mut columns = Self::default();
        for key in keys {
            columns.vulnerabilities.push(key.vulnerability.clone());
            columns.package_names.push(key.package_name.clone());
            columns.package_versions.push(key.package_version.clone());
            columns.sources.push(key.source.clone());
        }
        columns
    }
}

#[derive(Default)]
struct RatingColumns {
    severities: Vec<i16>,
    scores: Vec<f32>,
    scores_v3: Vec<f32>,
    feed_ratings: Vec<String>,
}

impl RatingColumns {
    fn of<'a>(ratings: impl Iterator<Item = &'a Rating>) -> Self {
        let mut columns = Self::default();
        for rating in ratings {
            columns.severities.push(rating.severity);
            columns.scores.push(rating.score);
            columns.scores_v3.push(rating.score_v3);
            columns.feed_ratings.push(rating.feed_rating.clone());
        }
        columns
    }
}
