//! Single values that the primary keeps for itself.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// The value of the setting `name`.
pub async fn get<T: DeserializeOwned>(conn: &mut PgConnection, name: &str) -> Result<Option<T>> {
    let text =
        sqlx::query_scalar!(r#"SELECT value::text AS "value!" FROM setting WHERE name = $1"#, name)
            .fetch_optional(conn)
            .await?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| StoreError::inconsistent("setting", format_args!("{name}: {e}")))
}

/// Writes the setting `name`.
pub async fn put<T: Serialize + Sync>(
    conn: &mut PgConnection,
    name: &str,
    value: &T,
) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::inconsistent("setting", format_args!("{name}: {e}")))?;
    sqlx::query!(
        "INSERT INTO setting (name, value) VALUES ($1, $2::text::json)
         ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
        name,
        text,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the setting `name` unless it exists; gives the value that stands.
pub async fn put_once<T: Serialize + DeserializeOwned + Sync>(
    conn: &mut PgConnection,
    name: &str,
    value: &T,
) -> Result<T> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::inconsistent("setting", format_args!("{name}: {e}")))?;
    sqlx::query!(
        "INSERT INTO setting (name, value) VALUES ($1, $2::text::json)
         ON CONFLICT (name) DO NOTHING",
        name,
        text,
    )
    .execute(&mut *conn)
    .await?;
    get(conn, name)
        .await?
        .ok_or_else(|| StoreError::inconsistent("setting", format_args!("{name} vanished")))
}

/// The value of the setting `name`, `default` where there was none, locked until
/// the transaction ends.
pub async fn lock<T: Serialize + DeserializeOwned + Sync>(
    conn: &mut PgConnection,
    name: &str,
    default: &T,
) -> Result<T> {
    put_once(conn, name, default).await?;
    let text = sqlx::query_scalar!(
        r#"SELECT value::text AS "value!" FROM setting WHERE name = $1 FOR UPDATE"#,
        name
    )
    .fetch_one(conn)
    .await?;
    serde_json::from_str(&text)
        .map_err(|e| StoreError::inconsistent("setting", format_args!("{name}: {e}")))
}
