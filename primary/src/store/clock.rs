//! The clock of the database, which all replicas share.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;

/// The time of the transaction.
pub async fn now(conn: &mut PgConnection) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(conn).await?)
}
