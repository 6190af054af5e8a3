//! Passwords of users, present and former.

use chrono::{DateTime, Utc};
use palisade_identity::PasswordHash;
use sqlx::PgConnection;

use super::Result;

/// Sets a user's password and forgets failed logins. The former one becomes
/// part of the history, of which the newest `keep` are kept.
pub async fn set(
    conn: &mut PgConnection,
    fullname: &str,
    hash: &PasswordHash,
    keep: u32,
    reset_at_next_login: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"INSERT INTO password_history (fullname, password_hash)
           SELECT fullname, password_hash FROM "user"
           WHERE fullname = $1 AND password_hash IS NOT NULL"#,
        fullname,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM password_history WHERE fullname = $1 AND id NOT IN (
             SELECT id FROM password_history WHERE fullname = $1 ORDER BY id DESC LIMIT $2)",
        fullname,
        i64::from(keep),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"UPDATE "user" SET password_hash = $2, password_changed_at = $3, reset_password = $4,
                             default_password = false, failed_logins = 0, blocked_at = NULL
           WHERE fullname = $1"#,
        fullname,
        hash.as_str(),
        at,
        reset_at_next_login,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Former passwords of a user, the newest first.
pub async fn history(
    conn: &mut PgConnection,
    fullname: &str,
    limit: u32,
) -> Result<Vec<PasswordHash>> {
    let hashes = sqlx::query_scalar!(
        "SELECT password_hash FROM password_history WHERE fullname = $1
         ORDER BY id DESC LIMIT $2",
        fullname,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?;
    Ok(hashes.into_iter().map(PasswordHash::from_stored).collect())
}

/// Lets the age of all passwords begin now: those that were never meant to
/// expire do not do so at once.
pub async fn begin_ageing(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(r#"UPDATE "user" SET password_changed_at = $1"#, now).execute(conn).await?;
    Ok(())
}
