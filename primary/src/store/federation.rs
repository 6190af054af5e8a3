//! What the primary knows of itself as the holder of a federation.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::fed::RestInfo;
use sqlx::{PgConnection, PgTransaction};

use super::{Database, Result, StoreError};

/// The primary as the holder of a federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Federation {
    /// The primary's own id among the clusters.
    pub cluster_id: ClusterId,
    /// When it was promoted; none while it is standalone.
    pub promoted_at: Option<DateTime<Utc>>,
    /// Name in the federation; none for the configured one.
    pub name: Option<String>,
    /// Where members reach the federation listener; empty for what is
    /// configured.
    pub master: RestInfo,
    /// Where the REST API is reached, for clients.
    pub rest: RestInfo,
    /// Minutes, for clients only.
    pub ping_interval: i32,
    /// Minutes, for clients only.
    pub poll_interval: i32,
    /// `https` or empty.
    pub use_proxy: String,
    /// Whether results of repository scans go to the members.
    pub deploy_repo_scan_data: bool,
}

struct Row {
    cluster_id: uuid::Uuid,
    promoted_at: Option<DateTime<Utc>>,
    name: Option<String>,
    master_server: String,
    master_port: i32,
    rest_server: String,
    rest_port: i32,
    ping_interval: i32,
    poll_interval: i32,
    use_proxy: String,
    deploy_repo_scan_data: bool,
}

impl From<Row> for Federation {
    fn from(row: Row) -> Self {
        let port = |port: i32| u32::try_from(port).unwrap_or_default();
        Self {
            cluster_id: ClusterId::from_uuid(row.cluster_id),
            promoted_at: row.promoted_at,
            name: row.name,
            master: RestInfo { server: row.master_server, port: port(row.master_port) },
            rest: RestInfo { server: row.rest_server, port: port(row.rest_port) },
            ping_interval: row.ping_interval,
            poll_interval: row.poll_interval,
            use_proxy: row.use_proxy,
            deploy_repo_scan_data: row.deploy_repo_scan_data,
        }
    }
}

/// Reads it.
pub async fn get(conn: &mut PgConnection) -> Result<Federation> {
    let row = sqlx::query_as!(
        Row,
        "SELECT cluster_id, promoted_at, name, master_server, master_port, rest_server,
                rest_port, ping_interval, poll_interval, use_proxy, deploy_repo_scan_data
         FROM federation",
    )
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}

/// The primary's own id among the clusters. It never changes, so it is read once.
pub async fn cluster_id(database: &Database, conn: &mut PgConnection) -> Result<ClusterId> {
    let read = async { get(conn).await.map(|federation| federation.cluster_id) };
    database.cluster_id.get_or_try_init(|| read).await.copied()
}

/// Reads it and keeps others from changing it, or from joining by it, until
/// the transaction ends.
pub async fn lock(tx: &mut PgTransaction<'_>) -> Result<Federation> {
    let row = sqlx::query_as!(
        Row,
        "SELECT cluster_id, promoted_at, name, master_server, master_port, rest_server,
                rest_port, ping_interval, poll_interval, use_proxy, deploy_repo_scan_data
         FROM federation FOR UPDATE",
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.into())
}

/// Writes everything but the id.
pub async fn update(tx: &mut PgTransaction<'_>, federation: &Federation) -> Result<()> {
    let port = |info: &RestInfo| i32::try_from(info.port).unwrap_or_default();
    let done = sqlx::query!(
        "UPDATE federation
         SET promoted_at = $1, name = $2, master_server = $3, master_port = $4,
             rest_server = $5, rest_port = $6, ping_interval = $7, poll_interval = $8,
             use_proxy = $9, deploy_repo_scan_data = $10
         WHERE cluster_id = $11",
        federation.promoted_at,
        federation.name,
        federation.master.server,
        port(&federation.master),
        federation.rest.server,
        port(&federation.rest),
        federation.ping_interval,
        federation.poll_interval,
        federation.use_proxy,
        federation.deploy_repo_scan_data,
        federation.cluster_id.as_uuid(),
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(StoreError::inconsistent("federation", "the one row is missing"));
    }
    Ok(())
}
