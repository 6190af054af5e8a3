//! Federated registries: credentials and the state of the scan. Their
//! settings are objects of the log.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;

/// A registry beside its object.
#[derive(Clone, Debug)]
pub struct RegistryRow {
    /// Its name.
    pub name: String,
    /// Sealed JSON; none when anybody may read.
    pub sealed_credentials: Option<Vec<u8>>,
    /// When the last scan was started.
    pub started_at: Option<DateTime<Utc>>,
    /// What went wrong last; empty when nothing did.
    pub error_message: String,
    /// More about it.
    pub error_detail: String,
}

/// How many images of a registry are in which state.
#[derive(Clone, Debug, Default)]
pub struct ImageCounts {
    /// The registry.
    pub registry: String,
    /// Whose scan has finished.
    pub scanned: i64,
    /// That wait.
    pub scheduled: i64,
    /// In scan.
    pub scanning: i64,
    /// Whose scan failed.
    pub failed: i64,
}

/// Stores a new registry.
pub async fn create(
    conn: &mut PgConnection,
    name: &str,
    sealed_credentials: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO registry (name, sealed_credentials) VALUES ($1, $2)",
        name,
        sealed_credentials,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the credentials. Says whether the registry exists.
pub async fn update_credentials(
    conn: &mut PgConnection,
    name: &str,
    sealed_credentials: Option<&[u8]>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE registry SET sealed_credentials = $2 WHERE name = $1",
        name,
        sealed_credentials,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a registry with its images and jobs. Says whether it existed.
pub async fn delete(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let done = sqlx::query!("DELETE FROM registry WHERE name = $1", name).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// One registry.
pub async fn get(conn: &mut PgConnection, name: &str) -> Result<Option<RegistryRow>> {
    Ok(sqlx::query_as!(
        RegistryRow,
        "SELECT name, sealed_credentials, started_at, error_message, error_detail
         FROM registry WHERE name = $1",
        name,
    )
    .fetch_optional(conn)
    .await?)
}

/// All registries, by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<RegistryRow>> {
    Ok(sqlx::query_as!(
        RegistryRow,
        "SELECT name, sealed_credentials, started_at, error_message, error_detail
         FROM registry ORDER BY name",
    )
    .fetch_all(conn)
    .await?)
}

/// Notes that a scan begins: errors of the last one are forgotten.
pub async fn start(conn: &mut PgConnection, name: &str, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE registry SET started_at = $2, error_message = '', error_detail = ''
         WHERE name = $1",
        name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes what went wrong.
pub async fn fail(
    conn: &mut PgConnection,
    name: &str,
    message: &str,
    detail: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE registry SET error_message = $2, error_detail = $3 WHERE name = $1",
        name,
        message,
        detail,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Images by state, of every registry that has some.
pub async fn image_counts(conn: &mut PgConnection) -> Result<Vec<ImageCounts>> {
    Ok(sqlx::query_as!(
        ImageCounts,
        r#"SELECT registry,
                  count(*) FILTER (WHERE status = 'finished') AS "scanned!",
                  count(*) FILTER (WHERE status = 'scheduled') AS "scheduled!",
                  count(*) FILTER (WHERE status = 'scanning') AS "scanning!",
                  count(*) FILTER (WHERE status = 'failed') AS "failed!"
           FROM image GROUP BY registry"#,
    )
    .fetch_all(conn)
    .await?)
}

/// Names of the registries that are being listed.
pub async fn being_listed(conn: &mut PgConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(r#"SELECT registry AS "registry!" FROM job WHERE kind = 'list'"#)
        .fetch_all(conn)
        .await?)
}
