//! What ended at providers of single sign-on a moment ago: who was on the way back from one meanwhile
//! begins no session.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::Result;

/// So long it is remembered: no login takes longer.
const KEPT: TimeDelta = TimeDelta::minutes(15);

/// What ended at the provider `server`.
#[derive(Clone, Copy, Debug)]
pub struct ProviderLogout<'a> {
    /// The provider.
    pub server: &'a str,
    /// Whose sessions, hashed; none: whoever's.
    pub subject_hash: Option<&'a [u8]>,
    /// What the provider calls them, hashed; none given: all of the subject.
    pub session_hashes: &'a [Vec<u8>],
}

/// Remembers what ended. It comes before the sessions are ended: logins by the provider wait from here
/// until the transaction ends, so that neither misses the other.
pub async fn note(
    conn: &mut PgConnection,
    ended: ProviderLogout<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("SELECT FROM auth_server WHERE name = $1 FOR NO KEY UPDATE", ended.server)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "DELETE FROM provider_logout WHERE id IN
             (SELECT id FROM provider_logout WHERE ended_at <= $1 FOR UPDATE SKIP LOCKED)",
        now - KEPT,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO provider_logout (server, subject_hash, session_hash, ended_at)
         SELECT $1, $2, session_hash, $4
         FROM unnest(CASE WHEN cardinality($3::bytea[]) = 0 THEN ARRAY[NULL::bytea]
                          ELSE $3::bytea[] END) AS session_hash",
        ended.server,
        ended.subject_hash,
        ended.session_hashes,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A login that comes to its end.
#[derive(Clone, Copy, Debug)]
pub struct EndingLogin<'a> {
    /// The provider.
    pub server: &'a str,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// Whose it is, hashed.
    pub subject_hash: &'a [u8],
    /// What the provider calls the session, hashed; none where it does not tell.
    pub session_hash: Option<&'a [u8]>,
}

/// Whether the session of a login ended at the provider since it began: by its name or, where that is
/// not told, perhaps. Nothing more is [noted](note) until the transaction ends.
pub async fn ended_since(conn: &mut PgConnection, login: EndingLogin<'_>) -> Result<bool> {
    sqlx::query!("SELECT FROM auth_server WHERE name = $1 FOR SHARE", login.server)
        .execute(&mut *conn)
        .await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM provider_logout
               WHERE server = $1 AND ended_at >= $2
                 AND (subject_hash IS NULL OR subject_hash = $3)
                 AND (session_hash IS NULL OR session_hash = $4
                      OR subject_hash IS NOT NULL AND $4::bytea IS NULL)) AS "ended!""#,
        login.server,
        login.began_at,
        login.subject_hash,
        login.session_hash,
    )
    .fetch_one(conn)
    .await?)
}
