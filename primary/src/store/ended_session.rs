//! Sessions that end without their user: by themselves, or because they ended at a provider.

use chrono::{DateTime, Utc};
use palisade_identity::{Roles, SessionId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::role_columns::RoleColumns;
use super::{Result, StoreError};

/// A session that ended.
#[derive(Clone, Debug)]
pub struct EndedSession {
    /// The session.
    pub id: SessionId,
    /// The user's full name.
    pub fullname: String,
    /// The user's roles now.
    pub roles: Roles,
    /// Where the login came from.
    pub address: String,
}

struct EndedRow {
    id: Uuid,
    fullname: String,
    address: String,
    role: String,
    role_domains: String,
    scoped_role: Option<String>,
}

impl TryFrom<EndedRow> for EndedSession {
    type Error = StoreError;

    fn try_from(row: EndedRow) -> Result<Self> {
        let roles =
            RoleColumns { role: row.role, domains: row.role_domains, scoped: row.scoped_role };
        Ok(Self {
            id: SessionId::from_uuid(row.id),
            roles: roles.read("user")?,
            fullname: row.fullname,
            address: row.address,
        })
    }
}

/// Ends the sessions of a user of a provider of SAML: those of the given sessions there, or all
/// where none is given. Gives them.
pub async fn delete_of_name_id(
    conn: &mut PgConnection,
    name_id_hash: &[u8],
    session_index_hashes: &[Vec<u8>],
) -> Result<Vec<EndedSession>> {
    let rows = sqlx::query_as!(
        EndedRow,
        r#"DELETE FROM session s USING "user" u
           WHERE u.fullname = s.fullname AND s.id IN (
               SELECT id FROM session
               WHERE name_id_hash = $1
                 AND (cardinality($2::bytea[]) = 0 OR session_index_hash = ANY($2))
               ORDER BY id FOR UPDATE)
           RETURNING s.id, s.fullname, s.address, u.role,
                     u.role_domains::text AS "role_domains!", u.scoped_role::text"#,
        name_id_hash,
        session_index_hashes,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(EndedSession::try_from).collect()
}

/// Which sessions ended at a provider of OpenID Connect.
#[derive(Clone, Copy, Debug)]
pub enum AtProvider<'a> {
    /// All of somebody.
    Subject(&'a str),
    /// The one whose name there has this hash, of somebody if it is known of whom. A session
    /// of theirs whose name was not told may be it.
    Session {
        /// SHA-256 of the name.
        sid_hash: &'a [u8],
        /// Who, as the provider calls them.
        subject: Option<&'a str>,
    },
}

/// Ends the sessions that ended at the provider `server`; gives them.
pub async fn delete_at_provider(
    conn: &mut PgConnection,
    server: &str,
    ended: AtProvider<'_>,
) -> Result<Vec<EndedSession>> {
    let (subject, sid_hash) = match ended {
        AtProvider::Subject(subject) => (Some(subject), None),
        AtProvider::Session { sid_hash, subject } => (subject, Some(sid_hash)),
    };
    let rows = sqlx::query_as!(
        EndedRow,
        r#"DELETE FROM session s USING "user" u
           WHERE u.fullname = s.fullname AND s.id IN (
               SELECT s.id FROM session s JOIN "user" u USING (fullname)
               WHERE u.server = $1
                 AND ($2::text IS NULL OR u.subject = $2)
                 AND ($3::bytea IS NULL OR s.session_index_hash = $3
                      OR $2 IS NOT NULL AND s.session_index_hash IS NULL)
               ORDER BY s.id FOR UPDATE OF s)
           RETURNING s.id, s.fullname, s.address, u.role,
                     u.role_domains::text AS "role_domains!", u.scoped_role::text"#,
        server,
        subject,
        sid_hash,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(EndedSession::try_from).collect()
}

/// A session whose time was over.
#[derive(Clone, Debug)]
pub struct OverSession {
    /// The session.
    pub session: EndedSession,
    /// Whether nobody used it for long; else it came to the end of its life.
    pub idle: bool,
}

/// Removes sessions that ended, `most` at a time, and gives them. What another replica
/// removes at the moment is its to tell.
pub async fn sweep(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<OverSession>> {
    let rows = sqlx::query!(
        r#"DELETE FROM session s USING "user" u
           WHERE u.fullname = s.fullname AND s.id IN (
               SELECT s.id FROM session s JOIN "user" u USING (fullname)
               WHERE s.ends_at <= $1 OR s.last_seen_at + make_interval(secs => u.timeout) <= $1
               ORDER BY s.id LIMIT $2 FOR UPDATE OF s SKIP LOCKED)
           RETURNING s.id, s.fullname, s.address, s.ends_at > $1 AS "idle!", u.role,
                     u.role_domains::text AS "role_domains!", u.scoped_role::text"#,
        now,
        most,
    )
    .fetch_all(conn)
    .await?;
    let over = rows.into_iter().map(|row| {
        let session = EndedRow {
            id: row.id,
            fullname: row.fullname,
            address: row.address,
            role: row.role,
            role_domains: row.role_domains,
            scoped_role: row.scoped_role,
        };
        Ok(OverSession { session: session.try_into()?, idle: row.idle })
    });
    over.collect()
}
