//! The highest id that a rule of each kind ever had.

use palisade_api::ObjectKind;
use sqlx::{PgConnection, PgTransaction};

use super::object::kind_column;
use super::{Result, StoreError};

/// The highest id that a rule of the kind ever had; 0 when there was none.
pub async fn highest(conn: &mut PgConnection, kind: ObjectKind) -> Result<u32> {
    let highest =
        sqlx::query_scalar!("SELECT highest FROM rule_id WHERE kind = $1", kind_column(kind))
            .fetch_optional(conn)
            .await?;
    u32::try_from(highest.unwrap_or(0))
        .map_err(|_| StoreError::inconsistent("rule_id", "an id is out of range"))
}

/// Remembers that an id was given. Ids never go down.
pub async fn raise(tx: &mut PgTransaction<'_>, kind: ObjectKind, highest: u32) -> Result<()> {
    sqlx::query!(
        "INSERT INTO rule_id (kind, highest) VALUES ($1, $2)
         ON CONFLICT (kind) DO UPDATE SET highest = greatest(rule_id.highest, EXCLUDED.highest)",
        kind_column(kind),
        i64::from(highest),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
