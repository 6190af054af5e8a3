//! Messages of providers that were taken, and count once: assertions and requests of SAML, for
//! which the table is named, and logout tokens of OpenID Connect.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;

/// Remembers one until it would be refused for its age; says whether it is the
/// first time. Those that are too old now are forgotten.
pub async fn remember(
    conn: &mut PgConnection,
    server: &str,
    id_hash: &[u8],
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    // What another is forgetting is left to it: nobody waits for each other.
    sqlx::query!(
        "DELETE FROM saml_assertion WHERE (server, id_hash) IN
             (SELECT server, id_hash FROM saml_assertion WHERE expires_at <= $1
              FOR UPDATE SKIP LOCKED)",
        now,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "INSERT INTO saml_assertion (server, id_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        server,
        id_hash,
        until,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
