//! Logins that a browser began and a provider has not answered yet.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;

/// An attempt.
#[derive(Clone, Debug)]
pub struct SsoAttempt {
    /// SHA-256 of the state.
    pub state_hash: Vec<u8>,
    /// The provider.
    pub server: String,
    /// What the login needs when it goes on, sealed.
    pub sealed: Vec<u8>,
    /// SHA-256 of what the browser holds.
    pub browser_hash: Option<Vec<u8>>,
    /// When it is too late.
    pub expires_at: DateTime<Utc>,
    /// From where it began.
    pub address: String,
}

/// How many attempts are kept.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// In all; one more pushes out the oldest of whoever began the most.
    pub in_all: i64,
    /// From one address; one more pushes its oldest out.
    pub of_address: i64,
}

/// Writes an attempt down; says whether there was room. Those that came too late make
/// some, and the oldest of the same address; and when there are too many in all, the
/// oldest of the address with the most: a few that begin logins without end keep nobody
/// else from logging in.
pub async fn create(
    conn: &mut PgConnection,
    attempt: &SsoAttempt,
    most: Most,
    now: DateTime<Utc>,
) -> Result<bool> {
    // Many begin at once: what another is deleting is left to it, because to wait for it
    // could be to wait for each other.
    sqlx::query!(
        "DELETE FROM sso_attempt WHERE state_hash IN
             (SELECT state_hash FROM sso_attempt WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED)",
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM sso_attempt WHERE state_hash IN
             (SELECT state_hash FROM sso_attempt WHERE state_hash IN
                  (SELECT state_hash FROM sso_attempt WHERE address = $1
                   ORDER BY expires_at DESC OFFSET $2)
              FOR UPDATE SKIP LOCKED)",
        attempt.address,
        most.of_address - 1,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM sso_attempt WHERE state_hash =
             (SELECT state_hash FROM sso_attempt
              JOIN (SELECT address, count(*) AS attempts FROM sso_attempt GROUP BY address)
                   AS of_address USING (address)
              WHERE (SELECT count(*) FROM sso_attempt) >= $1
              ORDER BY attempts DESC, expires_at LIMIT 1 FOR UPDATE OF sso_attempt SKIP LOCKED)",
        most.in_all,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "INSERT INTO sso_attempt (state_hash, server, sealed, browser_hash, expires_at, address)
         SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM sso_attempt) < $7",
        attempt.state_hash,
        attempt.server,
        attempt.sealed,
        attempt.browser_hash.as_deref(),
        attempt.expires_at,
        attempt.address,
        most.in_all,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the attempt of a state: nobody takes it a second time.
pub async fn take(
    conn: &mut PgConnection,
    state_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<SsoAttempt>> {
    let row = sqlx::query_as!(
        SsoAttempt,
        "DELETE FROM sso_attempt WHERE state_hash = $1
         RETURNING state_hash, server, sealed, browser_hash, expires_at, address",
        state_hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.filter(|attempt| now < attempt.expires_at))
}
