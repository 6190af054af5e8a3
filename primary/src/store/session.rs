//! Sessions of users.
//!
//! Who ends several takes them in the order of their ids, so that two who end the same
//! ones do not wait for each other.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::{Roles, SessionId};
use sqlx::PgConnection;

use super::Result;
use super::role_columns::RoleColumns;

/// A session with what a call needs to know of its user.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// The user's full name.
    pub fullname: String,
    /// The user's name without the server.
    pub username: String,
    /// The user's directory; empty for local users.
    pub server: String,
    /// The user's roles now.
    pub roles: Roles,
    /// Last call.
    pub last_seen_at: DateTime<Utc>,
    /// End of life, whatever happens.
    pub ends_at: DateTime<Utc>,
    /// Idle time after which the session ends.
    pub timeout: TimeDelta,
}

/// Starts a session.
pub async fn create(
    conn: &mut PgConnection,
    id: SessionId,
    fullname: &str,
    address: &str,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO session (id, fullname, address, created_at, last_seen_at, ends_at)
         VALUES ($1, $2, $3, $4, $4, $5)",
        id.as_uuid(),
        fullname,
        address,
        now,
        ends_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a provider of single sign-on calls a session and its user.
#[derive(Clone, Debug)]
pub struct ProviderSession {
    /// Its word for the session, sealed, for asking it to end that.
    pub sealed: Vec<u8>,
    /// What a provider of SAML calls the user, hashed, for finding the sessions that it ends.
    pub name_id_hash: Option<Vec<u8>>,
    /// What the provider calls the session, hashed, if it tells.
    pub session_hash: Option<Vec<u8>>,
}

/// Keeps what a provider calls a session.
pub async fn set_provider_session(
    conn: &mut PgConnection,
    id: SessionId,
    at_provider: &ProviderSession,
) -> Result<()> {
    sqlx::query!(
        "UPDATE session SET id_token = $2, name_id_hash = $3, session_index_hash = $4
         WHERE id = $1",
        id.as_uuid(),
        at_provider.sealed,
        at_provider.name_id_hash.as_deref(),
        at_provider.session_hash.as_deref(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The provider's word for a session, sealed, if there is one.
pub async fn id_token(conn: &mut PgConnection, id: SessionId) -> Result<Option<Vec<u8>>> {
    let found = sqlx::query_scalar!("SELECT id_token FROM session WHERE id = $1", id.as_uuid())
        .fetch_optional(conn)
        .await?;
    Ok(found.flatten())
}

/// The session `id`, alive or not.
pub async fn get(conn: &mut PgConnection, id: SessionId) -> Result<Option<SessionRow>> {
    let row = sqlx::query!(
        r#"SELECT s.id, u.fullname, u.username, u.server, u.role,
                  u.role_domains::text AS "role_domains!", u.scoped_role::text, u.timeout, s.last_seen_at, s.ends_at
           FROM session s JOIN "user" u USING (fullname) WHERE s.id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let roles =
            RoleColumns { role: row.role, domains: row.role_domains, scoped: row.scoped_role };
        Ok(SessionRow {
            id: SessionId::from_uuid(row.id),
            roles: roles.read("user")?,
            fullname: row.fullname,
            username: row.username,
            server: row.server,
            last_seen_at: row.last_seen_at,
            ends_at: row.ends_at,
            timeout: TimeDelta::seconds(row.timeout.into()),
        })
    })
    .transpose()
}

/// A session as administrators see it.
#[derive(Clone, Debug)]
pub struct ListedSession {
    /// The session.
    pub id: SessionId,
    /// Where the login came from.
    pub address: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// Last call.
    pub last_seen_at: DateTime<Utc>,
    /// End of life, whatever happens.
    pub ends_at: DateTime<Utc>,
}

/// The live sessions of a user, the newest first.
pub async fn list_of_user(
    conn: &mut PgConnection,
    fullname: &str,
    now: DateTime<Utc>,
) -> Result<Vec<ListedSession>> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.address, s.created_at, s.last_seen_at, s.ends_at
           FROM session s JOIN "user" u USING (fullname)
           WHERE s.fullname = $1 AND s.ends_at > $2
             AND s.last_seen_at + make_interval(secs => u.timeout) > $2
           ORDER BY s.created_at DESC, s.id"#,
        fullname,
        now,
    )
    .fetch_all(conn)
    .await?;
    let listed = rows.into_iter().map(|row| ListedSession {
        id: SessionId::from_uuid(row.id),
        address: row.address,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        ends_at: row.ends_at,
    });
    Ok(listed.collect())
}

/// Ends a session of a user; says whether there was such a one.
pub async fn delete_one_of_user(
    conn: &mut PgConnection,
    fullname: &str,
    id: SessionId,
) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM session WHERE fullname = $1 AND id = $2", fullname, id.as_uuid())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the sessions of all who hold the role `name`; gives their full names.
pub async fn delete_of_role(conn: &mut PgConnection, name: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        r#"DELETE FROM session WHERE id IN (
               SELECT s.id FROM session s JOIN "user" u USING (fullname)
               WHERE u.role = $1 OR jsonb_exists(u.role_domains, $1)
                     OR u.scoped_role ->> 'role' = $1
               ORDER BY s.id FOR UPDATE OF s)
           RETURNING fullname"#,
        name,
    )
    .fetch_all(conn)
    .await?)
}

/// Restarts the idle time; says whether the session still exists.
pub async fn touch(conn: &mut PgConnection, id: SessionId, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE session SET last_seen_at = GREATEST(last_seen_at, $2) WHERE id = $1",
        id.as_uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session; says whether it existed.
pub async fn delete(conn: &mut PgConnection, id: SessionId) -> Result<bool> {
    let done =
        sqlx::query!("DELETE FROM session WHERE id = $1", id.as_uuid()).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a user; says how many there were.
pub async fn delete_of_user(conn: &mut PgConnection, fullname: &str) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM session WHERE id IN
             (SELECT id FROM session WHERE fullname = $1 ORDER BY id FOR UPDATE)",
        fullname,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Counts the live sessions of a user.
pub async fn count_of_user(
    conn: &mut PgConnection,
    fullname: &str,
    now: DateTime<Utc>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM session s JOIN "user" u USING (fullname)
           WHERE s.fullname = $1 AND s.ends_at > $2
             AND s.last_seen_at + make_interval(secs => u.timeout) > $2"#,
        fullname,
        now,
    )
    .fetch_one(conn)
    .await?)
}
