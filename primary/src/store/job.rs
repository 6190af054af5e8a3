//! Work for any replica: listing registries, looking at tags and scanning
//! images.

use std::time::Duration;

use palisade_api::Digest;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Result, StoreError, image};

/// A job that was taken. It is ours until the lease ends.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub work: Work,
    /// The registry; empty for scans that were asked for by themselves.
    pub registry: String,
    /// How often it was taken, this time included.
    pub attempts: i32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Find the images of the registry.
    List,
    /// Look at one tag, which somebody pushed.
    Tag {
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
    },
    /// Scan one image.
    Scan {
        /// A repository that holds it.
        repository: String,
        /// Digest of its manifest.
        digest: Digest,
    },
    /// Scan what a request names.
    Repository {
        /// The scan that was asked for.
        scan: Uuid,
    },
}

/// Scans asked for by themselves that run at a time. Two who look at the same
/// moment may go one beyond.
const MOST_REPOSITORIES: i64 = 6;

/// Asks for the listing of a registry, unless it is asked for already.
pub async fn list(conn: &mut PgConnection, registry: &str) -> Result<()> {
    sqlx::query!(
        "INSERT INTO job (kind, registry) VALUES ('list', $1) ON CONFLICT DO NOTHING",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Asks for looks at tags, unless they are asked for already. Somebody who
/// looks right now may have looked too early: those are looked at again.
pub async fn look_at_tags(
    conn: &mut PgConnection,
    registry: &str,
    tags: &[(String, String)],
) -> Result<()> {
    let (repositories, tags): (Vec<String>, Vec<String>) = tags.iter().cloned().unzip();
    // In the order of their names, so that two who tell of the same do not wait for each other.
    sqlx::query!(
        "INSERT INTO job (kind, registry, repository, tag)
         SELECT DISTINCT 'tag', $1, pushed.repository, pushed.tag
         FROM unnest($2::text[], $3::text[]) AS pushed (repository, tag)
         ORDER BY pushed.repository, pushed.tag
         ON CONFLICT (registry, repository, tag) WHERE kind = 'tag' DO UPDATE SET
             run_after = now(), leased_until = NULL, attempts = job.attempts + 1",
        registry,
        &repositories,
        &tags,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Has somebody look again at tags of a registry that somebody looks at right now: what these were told
/// may be older than what is known by now.
pub async fn look_again(conn: &mut PgConnection, registry: &str) -> Result<()> {
    sqlx::query!(
        "WITH looking AS (
             SELECT id FROM job WHERE registry = $1 AND kind = 'tag' AND leased_until IS NOT NULL
             ORDER BY repository, tag FOR UPDATE)
         UPDATE job SET run_after = now(), leased_until = NULL, attempts = attempts + 1
         FROM looking WHERE job.id = looking.id",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Asks for scans of the scheduled images of a registry, each manifest once. What waits for
/// another registry, which failed to give it, is read here now.
pub async fn scan_scheduled(conn: &mut PgConnection, registry: &str) -> Result<u64> {
    // First: this waits for whoever has changed one of these jobs, and must have changed none.
    let done = sqlx::query!(
        "INSERT INTO job (kind, registry, repository, digest)
         SELECT DISTINCT ON (digest) 'scan', registry, repository, digest
         FROM image WHERE registry = $1 AND status = 'scheduled'
         ORDER BY digest, repository, tag
         ON CONFLICT DO NOTHING",
        registry,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "WITH here AS (
             SELECT DISTINCT ON (digest) digest, repository
             FROM image WHERE registry = $1 AND status = 'scheduled'
             ORDER BY digest, repository, tag),
         waiting AS (
             SELECT job.id, here.repository FROM job JOIN here ON job.digest = here.digest
                    JOIN registry ON registry.name = job.registry
             WHERE job.kind = 'scan' AND job.registry <> $1 AND job.leased_until IS NULL
               AND job.run_after > now() AND job.attempts < 2
             FOR UPDATE OF job SKIP LOCKED FOR KEY SHARE OF registry SKIP LOCKED)
         UPDATE job SET registry = $1, repository = waiting.repository, run_after = now(),
                        back_registry = job.registry, back_repository = job.repository,
                        back_after = job.run_after,
                        back_result = (SELECT result FROM image
                                       WHERE image.registry = job.registry
                                         AND image.digest = job.digest LIMIT 1)
         FROM waiting WHERE job.id = waiting.id",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Which jobs somebody takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any.
    All,
    /// Scans of images.
    Scans,
    /// Looks at registries and tags.
    Lists,
    /// Looks at tags.
    Tags,
}

/// Takes the next job for `lease`.
pub async fn take(conn: &mut PgConnection, lease: Duration, takes: Takes) -> Result<Option<Job>> {
    let kinds: &[String] = &match takes {
        Takes::All => ["list", "tag", "scan", "repository"].map(str::to_owned).to_vec(),
        Takes::Scans => vec!["scan".to_owned(), "repository".to_owned()],
        Takes::Lists => vec!["list".to_owned(), "tag".to_owned()],
        Takes::Tags => vec!["tag".to_owned()],
    };
    let row = sqlx::query!(
        "UPDATE job SET attempts = attempts + 1,
                        leased_until = now() + make_interval(secs => $1)
         WHERE id = (
             SELECT id FROM job
             WHERE run_after <= now() AND (leased_until IS NULL OR leased_until < now())
                   AND kind = ANY($2)
                   AND (kind <> 'repository'
                        OR (SELECT count(*) FROM job
                            WHERE kind = 'repository' AND leased_until >= now()) < $3)
             ORDER BY run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, registry, repository, tag, digest, repository_scan, attempts",
        lease.as_secs_f64(),
        kinds,
        MOST_REPOSITORIES,
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let work = match (row.repository, row.tag, row.digest, row.repository_scan) {
            (Some(repository), None, Some(digest), _) => Work::Scan {
                repository,
                digest: Digest::try_from(digest.as_slice())
                    .map_err(|error| StoreError::inconsistent("job", error))?,
            },
            (Some(repository), Some(tag), None, _) => Work::Tag { repository, tag },
            (_, _, _, Some(scan)) => Work::Repository { scan },
            _ => Work::List,
        };
        let registry = row.registry.unwrap_or_default();
        Ok(Job { id: row.id, work, registry, attempts: row.attempts })
    })
    .transpose()
}

/// Keeps a job for another `lease`. False when it is no longer ours.
pub async fn renew(conn: &mut PgConnection, job: &Job, lease: Duration) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE job SET leased_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts,
        lease.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a job. False when it was cancelled, or taken by another after the
/// lease: its result must not be stored then.
pub async fn done(conn: &mut PgConnection, job: &Job) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM job WHERE id = $1 AND attempts = $2", job.id, job.attempts,)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a job back, to be tried again after a pause.
pub async fn postpone(conn: &mut PgConnection, job: &Job, pause: Duration) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE job SET leased_until = NULL, run_after = now() + make_interval(secs => $3)
         WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts,
        pause.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Why and for how long a registry is left alone.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'a> {
    /// For how long.
    pub pause: Duration,
    /// Why, as images say it.
    pub result: &'a str,
}

/// Gives a scan back, to be done at once from another place. Where this registry gives the image
/// after a `wait`, the scan can [go back](go_back).
pub async fn hand_on(
    conn: &mut PgConnection,
    job: &Job,
    place: &image::Place,
    wait: Option<Wait<'_>>,
) -> Result<bool> {
    // The registries before the job, as who deletes one comes to them.
    sqlx::query!(
        "SELECT FROM registry WHERE name = $1 OR name = $2 ORDER BY name FOR KEY SHARE",
        job.registry,
        place.registry,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "UPDATE job SET registry = $3, repository = $4, leased_until = NULL, run_after = now(),
                        back_registry = CASE WHEN $6::text IS NOT NULL THEN registry END,
                        back_repository = repository,
                        back_after = now() + make_interval(secs => $5::float8),
                        back_result = $6
         WHERE id = $1 AND attempts = $2",
        job.id,
        job.attempts,
        place.registry,
        place.repository,
        wait.map(|wait| wait.pause.as_secs_f64()),
        wait.map(|wait| wait.result),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a scan back to the registry that was asked first and wanted to be left alone, for when
/// that is over, and says why. None where there is no such registry, or this one is welcome
/// sooner, after `pause`.
pub async fn go_back(
    conn: &mut PgConnection,
    job: &Job,
    pause: Option<Duration>,
) -> Result<Option<String>> {
    // The registry before the job, as who deletes the registry comes to them.
    sqlx::query!(
        "SELECT FROM registry WHERE name = (SELECT back_registry FROM job WHERE id = $1)
         FOR KEY SHARE",
        job.id,
    )
    .execute(&mut *conn)
    .await?;
    Ok(sqlx::query_scalar!(
        r#"UPDATE job SET registry = back_registry, repository = back_repository,
                          run_after = back_after, leased_until = NULL, back_registry = NULL
           WHERE id = $1 AND attempts = $2 AND back_registry IS NOT NULL
             AND ($3::float8 IS NULL OR back_after < now() + make_interval(secs => $3))
           RETURNING coalesce(back_result, '') AS "result!""#,
        job.id,
        job.attempts,
        pause.map(|pause| pause.as_secs_f64()),
    )
    .fetch_optional(conn)
    .await?)
}

/// Cancels the jobs of a registry; images that were not scanned say so.
pub async fn cancel(conn: &mut PgConnection, registry: &str, result: &str) -> Result<u64> {
    // The images first, as everybody who ends a job does.
    image::lock(conn, registry).await?;
    sqlx::query!(
        "UPDATE image SET status = 'failed', result = $2
         WHERE registry = $1 AND status IN ('scheduled', 'scanning')",
        registry,
        result,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM job WHERE id IN
             (SELECT id FROM job WHERE registry = $1 ORDER BY repository, tag FOR UPDATE)",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Asks for scans of images that wait without a job: the job went with
/// another registry that held the same image. Images whose scan was lost with
/// who read them wait again.
pub async fn heal(conn: &mut PgConnection) -> Result<u64> {
    sqlx::query!(
        "WITH lost AS (
             SELECT image.registry, image.repository, image.tag FROM image
             WHERE image.status = 'scanning'
               AND EXISTS (SELECT FROM job WHERE job.kind = 'scan' AND job.digest = image.digest
                                             AND job.leased_until < now())
             ORDER BY image.registry, image.repository, image.tag FOR NO KEY UPDATE)
         UPDATE image SET status = 'scheduled' FROM lost
         WHERE image.registry = lost.registry AND image.repository = lost.repository
           AND image.tag = lost.tag",
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "INSERT INTO job (kind, registry, repository, digest)
         SELECT DISTINCT ON (image.digest) 'scan', image.registry, image.repository, image.digest
         FROM image
         WHERE image.status IN ('scheduled', 'scanning') AND image.digest IS NOT NULL
           AND NOT EXISTS (SELECT FROM job WHERE job.kind = 'scan' AND job.digest = image.digest)
         ORDER BY image.digest, image.registry, image.repository
         ON CONFLICT DO NOTHING",
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// That could be taken.
    pub waiting: i64,
    /// That somebody works on.
    pub running: i64,
}

/// Counts the jobs.
pub async fn backlog(conn: &mut PgConnection) -> Result<Backlog> {
    Ok(sqlx::query_as!(
        Backlog,
        r#"SELECT count(*) FILTER (WHERE leased_until IS NULL OR leased_until < now())
                      AS "waiting!",
                  count(*) FILTER (WHERE leased_until >= now()) AS "running!"
           FROM job"#,
    )
    .fetch_one(conn)
    .await?)
}
