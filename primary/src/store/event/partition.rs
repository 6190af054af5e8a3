//! Partitions of the events, one a day of UTC.

use chrono::NaiveDate;
use sqlx::PgConnection;

use crate::store::Result;

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its day.
    pub day: NaiveDate,
    /// Rows, as the database estimates; negative before its first look.
    pub rows: i64,
}

/// All partitions, oldest first.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Partition>> {
    Ok(sqlx::query_as!(
        Partition,
        r#"SELECT day AS "day!", rows AS "rows!" FROM event_partition ORDER BY day"#,
    )
    .fetch_all(conn)
    .await?)
}

/// Makes the partition of a day, unless there is one. Says whether it did.
pub async fn create(conn: &mut PgConnection, day: NaiveDate) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"SELECT event_partition_create($1) AS "created!""#, day)
        .fetch_one(conn)
        .await?)
}

/// Drops the partition of a day with all that is in it.
pub async fn drop(conn: &mut PgConnection, day: NaiveDate) -> Result<()> {
    sqlx::query_scalar!(r#"SELECT event_partition_drop($1) AS "dropped: ()""#, day)
        .fetch_one(conn)
        .await?;
    Ok(())
}
