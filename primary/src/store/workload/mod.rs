//! What runs in the clusters, as their agents report it.
//!
//! [`write`] takes what is reported, [`list`] asks for it.

mod by_vulnerability;
pub mod image;
pub mod image_list;
pub mod list;
pub mod write;

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::PgConnection;

use super::Result;

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// 64 hex digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its namespace, or empty.
    pub namespace: String,
    /// The name of its pod, or empty.
    pub pod: String,
    /// The name of the node.
    pub host: String,
    /// The name of the image, or empty.
    pub image: String,
    /// Digest of the image's configuration, without its algorithm, or empty.
    pub image_id: String,
    /// Whether its first process is root's.
    pub run_as_root: bool,
    /// When it was started; 1970 when unknown.
    pub started_at: DateTime<Utc>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its operating system.
    pub os: String,
    /// Version of its kernel.
    pub kernel: String,
    /// Processors.
    pub cpus: i32,
    /// Bytes.
    pub memory: i64,
}

/// The digest of what is held of a cluster; none where that is not whole.
pub async fn held(conn: &mut PgConnection, cluster: ClusterId) -> Result<Option<Vec<u8>>> {
    let digest = sqlx::query_scalar!(
        "SELECT digest FROM workload_state WHERE cluster_id = $1",
        cluster.as_uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(digest.flatten())
}

/// Forgets what clusters ran that are members no more. Says how many those
/// were. What is held of a cluster is locked before what it ran, as by its reports; a
/// cluster whose last report is taken just now is left for the next time.
pub async fn forget_removed(conn: &mut PgConnection) -> Result<u64> {
    let gone: Vec<uuid::Uuid> = sqlx::query_scalar!(
        "SELECT cluster_id FROM workload_state AS state
         WHERE NOT EXISTS (SELECT FROM member
                           WHERE member.id = state.cluster_id AND member.removed_at IS NULL)
         LIMIT 100 FOR UPDATE OF state SKIP LOCKED",
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM workload WHERE cluster_id = ANY($1)", &gone)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM node WHERE cluster_id = ANY($1)", &gone).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM cluster_image WHERE cluster_id = ANY($1)", &gone)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM workload_state WHERE cluster_id = ANY($1)", &gone)
        .execute(conn)
        .await?;
    Ok(gone.len() as u64)
}
