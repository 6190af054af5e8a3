//! The running replicas of the primary. Ages are told by the database's clock.

use std::time::Duration;

use palisade_api::ReplicaId;
use sqlx::PgConnection;

use super::Result;

/// A running replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaRow {
    /// Its id, new at each start.
    pub id: ReplicaId,
    /// `host:port` of its federation listener.
    pub address: String,
    /// Version of its program.
    pub version: String,
}

/// Says that a replica lives.
pub async fn beat(conn: &mut PgConnection, replica: &ReplicaRow) -> Result<()> {
    sqlx::query!(
        "INSERT INTO replica (id, address, version) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET address = excluded.address, heartbeat_at = now()",
        replica.id.as_uuid(),
        replica.address,
        replica.version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The replicas that said so within `age`, beside `own`.
pub async fn others(
    conn: &mut PgConnection,
    own: ReplicaId,
    age: Duration,
) -> Result<Vec<ReplicaRow>> {
    let rows = sqlx::query!(
        "SELECT id, address, version FROM replica
         WHERE id <> $1 AND heartbeat_at > now() - make_interval(secs => $2) ORDER BY id",
        own.as_uuid(),
        age.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?;
    let others = rows.into_iter().map(|row| ReplicaRow {
        id: ReplicaId::from_uuid(row.id),
        address: row.address,
        version: row.version,
    });
    Ok(others.collect())
}

/// Forgets a replica that stops.
pub async fn remove(conn: &mut PgConnection, id: ReplicaId) -> Result<()> {
    sqlx::query!("DELETE FROM replica WHERE id = $1", id.as_uuid()).execute(conn).await?;
    Ok(())
}

/// Forgets replicas that have said nothing for `age`.
pub async fn sweep(conn: &mut PgConnection, age: Duration) -> Result<()> {
    sqlx::query!(
        "DELETE FROM replica WHERE heartbeat_at < now() - make_interval(secs => $1)",
        age.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
