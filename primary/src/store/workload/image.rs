//! The images that run, by what engines call them.

use std::collections::HashMap;

use palisade_api::Digest;
use palisade_policy::admission::image_name::ImageName;
use sqlx::{PgConnection, PgTransaction, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Workload;
use crate::store::within::Within;
use crate::store::{Result, StoreError};

/// What an engine calls an image: its name and its id.
type Called<'a> = (&'a str, &'a str);

/// The numbers of the images of `workloads`, in their order. New ones get one. None of
/// them is forgotten before the transaction ends.
///
/// What is known is looked up first: an insertion that finds it there uses up a number, and
/// clusters report the same images again and again.
pub(super) async fn numbers(
    tx: &mut PgTransaction<'_>,
    workloads: &[Workload],
) -> Result<Vec<i32>> {
    let mut images: Vec<Called<'_>> = workloads.iter().map(called).collect();
    images.sort_unstable();
    images.dedup();
    let mut known = lock(tx, &images).await?;
    images.retain(|image| !known.contains_key(image));
    if !images.is_empty() {
        insert(tx, &images).await?;
        known.extend(lock(tx, &images).await?);
    }
    let numbers: Option<Vec<i32>> =
        workloads.iter().map(|one| known.get(&called(one)).copied()).collect();
    numbers.ok_or_else(|| {
        StoreError::inconsistent("running_image", "an image was forgotten while it was reported")
    })
}

fn called(workload: &Workload) -> Called<'_> {
    (&workload.image, &workload.image_id)
}

/// The numbers of those images that are known, which are kept until the transaction ends.
async fn lock<'a>(
    tx: &mut PgTransaction<'_>,
    images: &[Called<'a>],
) -> Result<HashMap<Called<'a>, i32>> {
    let (names, ids): (Vec<String>, Vec<String>) =
        images.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).unzip();
    let rows = sqlx::query!(
        r#"SELECT running_image.id, wanted.place AS "place!"
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, image_id, place)
           JOIN running_image ON running_image.name = wanted.name
                             AND running_image.image_id = wanted.image_id
           FOR KEY SHARE OF running_image"#,
        &names,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let place = |place: i64| usize::try_from(place - 1).ok();
    Ok(rows.into_iter().filter_map(|row| Some((*images.get(place(row.place)?)?, row.id))).collect())
}

/// Gives numbers to images, in the order of what they are called, as everybody does.
async fn insert(tx: &mut PgTransaction<'_>, images: &[Called<'_>]) -> Result<()> {
    let mut columns = Columns::default();
    for (name, image_id) in images {
        columns.push(name, image_id);
    }
    sqlx::query!(
        "INSERT INTO running_image (name, image_id, registry, repository, tag, digest)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
                              $6::bytea[])
         ON CONFLICT (name, image_id) DO NOTHING",
        &columns.names,
        &columns.image_ids,
        &columns.registries,
        &columns.repositories,
        &columns.tags,
        &columns.digests as &[Option<Vec<u8>>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Images that run in one of the clusters and one of the namespaces, of which
/// none named are all of them; and within what there is for whoever asks.
pub async fn of(
    conn: &mut PgConnection,
    within: Option<&Within>,
    clusters: &[Uuid],
    namespaces: &[String],
) -> Result<Vec<i32>> {
    let mut sql = QueryBuilder::<Postgres>::new("");
    if let Some(within) = within {
        within.push(&mut sql);
    }
    let table = if namespaces.is_empty() { "cluster_image" } else { "workload" };
    sql.push("SELECT DISTINCT running_image FROM ").push(table).push(" WHERE true");
    if !clusters.is_empty() {
        sql.push(" AND cluster_id = ANY (").push_bind(clusters).push(")");
    }
    if !namespaces.is_empty() {
        sql.push(" AND namespace = ANY (").push_bind(namespaces).push(")");
    }
    Ok(sql.build_query_scalar().fetch_all(conn).await?)
}

/// Reports on images that run, as of the last [`renew`].
pub async fn reports(conn: &mut PgConnection, images: &[i32]) -> Result<Vec<i32>> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT report FROM running_image_report WHERE running_image = ANY($1)",
        images,
    )
    .fetch_all(conn)
    .await?)
}

/// Brings what is known of the images that run up to date: the reports on them, of
/// which the worst counts. Says how many changed; nothing where another replica does
/// it just now.
pub async fn renew(tx: &mut PgTransaction<'_>) -> Result<u64> {
    let ours = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtext('running_image')) AS "ours!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    if !ours {
        return Ok(0);
    }
    sqlx::query!(
        "WITH now AS MATERIALIZED (SELECT running_image, report FROM running_report),
         gone AS (
             DELETE FROM running_image_report AS kept
             WHERE NOT EXISTS (SELECT FROM now WHERE now.running_image = kept.running_image
                                                 AND now.report = kept.report))
         INSERT INTO running_image_report (running_image, report)
         SELECT running_image, report FROM now
         EXCEPT SELECT running_image, report FROM running_image_report",
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE running_image AS image
         SET clusters = now.clusters, workloads = now.workloads, scanned_at = now.scanned_at,
             report = now.report, critical = now.critical, high = now.high, medium = now.medium, low = now.low
         FROM (
             SELECT one.id, coalesce(spread.clusters, 0) AS clusters,
                    coalesce(runs.workloads, 0) AS workloads, found.scanned_at, found.report,
                    coalesce(found.critical, 0) AS critical, coalesce(found.high, 0) AS high,
                    coalesce(found.medium, 0) AS medium, coalesce(found.low, 0) AS low
             FROM running_image AS one
             LEFT JOIN (SELECT running_image, count(*)::integer AS clusters
                        FROM cluster_image GROUP BY running_image) AS spread
                  ON spread.running_image = one.id
             LEFT JOIN (SELECT running_image, count(*)::integer AS workloads
                        FROM workload GROUP BY running_image) AS runs
                  ON runs.running_image = one.id
             LEFT JOIN (SELECT DISTINCT ON (running.running_image) running.running_image,
                               running.report, report.scanned_at, report.critical, report.high, report.medium,
                               report.low
                        FROM running_image_report AS running
                        JOIN report ON report.id = running.report
                        ORDER BY running.running_image, report.critical DESC, report.high DESC,
                                 report.medium DESC, report.scanned_at DESC) AS found
                  ON found.running_image = one.id) AS now
         WHERE now.id = image.id
           AND (image.clusters, image.workloads, image.critical, image.high, image.medium,
                image.low, image.scanned_at, image.report)
               IS DISTINCT FROM
               (now.clusters, now.workloads, now.critical, now.high, now.medium, now.low,
                now.scanned_at, now.report)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets images that no cluster runs any more.
///
/// A cluster that reports what it runs in parts has workloads first, and its images with
/// the last part. Whether there are any is asked once the images are locked, against who
/// reports them just now.
pub async fn forget_unused(tx: &mut PgTransaction<'_>) -> Result<u64> {
    let unused = sqlx::query_scalar!(
        "SELECT image.id FROM running_image AS image
         WHERE NOT EXISTS (SELECT FROM cluster_image WHERE running_image = image.id)
         LIMIT 10000 FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM running_image AS image
         WHERE id = ANY($1)
           AND NOT EXISTS (SELECT FROM workload WHERE running_image = image.id)",
        &unused,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

#[derive(Default)]
struct Columns {
    names: Vec<String>,
    image_ids: Vec<String>,
    registries: Vec<String>,
    repositories: Vec<String>,
    tags: Vec<String>,
    digests: Vec<Option<Vec<u8>>>,
}

impl Columns {
    fn push(&mut self, name: &str, image_id: &str) {
        // What has no name has no parts either.
        let parsed = (!name.is_empty()).then(|| ImageName::parse(name));
        let digest = parsed.as_ref().and_then(|parsed| parsed.digest.as_deref());
        let digest = digest.and_then(|digest| Digest::from_oci(digest).ok());
        self.names.push(name.to_owned());
        self.image_ids.push(image_id.to_owned());
        self.digests.push(digest.map(|digest| digest.as_bytes().to_vec()));
        let (registry, repository, tag) = parsed
            .map(|parsed| (parsed.registry, parsed.repository, parsed.tag))
            .unwrap_or_default();
        self.registries.push(registry);
        self.repositories.push(repository);
        self.tags.push(tag);
    }
}
