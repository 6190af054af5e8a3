//! Users of the primary.

use chrono::{DateTime, Utc};
use palisade_identity::{PasswordHash, Role};
use sqlx::PgConnection;

use super::{Result, StoreError};

/// A user.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// `username`, or `server:username` for a directory's user.
    pub fullname: String,
    /// Name without the server.
    pub username: String,
    /// The directory; empty for local users.
    pub server: String,
    /// Absent for a directory's user.
    pub password_hash: Option<PasswordHash>,
    /// The first administrator's password still stands.
    pub default_password: bool,
    /// Mail address, may be empty.
    pub email: String,
    /// Global role.
    pub role: Role,
    /// Idle time in seconds after which a session ends.
    pub timeout: i32,
    /// Language of the portal.
    pub locale: String,
    /// Last login, if any.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Logins so far.
    pub login_count: i64,
}

/// A local user to be created.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// The name, also the full name.
    pub username: &'a str,
    /// The hashed password.
    pub password_hash: &'a PasswordHash,
    /// Whether this is the first administrator with its first password.
    pub default_password: bool,
    /// Mail address, may be empty.
    pub email: &'a str,
    /// Global role.
    pub role: Role,
    /// Idle time in seconds.
    pub timeout: i32,
    /// Language of the portal.
    pub locale: &'a str,
}

/// What of a user is changed; absent keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserChange<'a> {
    /// A new password, which ends the first password's warning.
    pub password_hash: Option<&'a PasswordHash>,
    /// Mail address.
    pub email: Option<&'a str>,
    /// Global role.
    pub role: Option<Role>,
    /// Idle time in seconds.
    pub timeout: Option<i32>,
    /// Language of the portal.
    pub locale: Option<&'a str>,
}

/// The constraint that forbids two users of a name.
pub const DUPLICATE_USER: &str = "user_pkey";

struct Record {
    fullname: String,
    username: String,
    server: String,
    password_hash: Option<String>,
    default_password: bool,
    email: String,
    role: String,
    timeout: i32,
    locale: String,
    last_login_at: Option<DateTime<Utc>>,
    login_count: i64,
}

impl TryFrom<Record> for UserRow {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self> {
        Ok(Self {
            role: role_of(&record.role)?,
            fullname: record.fullname,
            username: record.username,
            server: record.server,
            password_hash: record.password_hash.map(PasswordHash::from_stored),
            default_password: record.default_password,
            email: record.email,
            timeout: record.timeout,
            locale: record.locale,
            last_login_at: record.last_login_at,
            login_count: record.login_count,
        })
    }
}

/// The role that a row names.
pub(super) fn role_of(text: &str) -> Result<Role> {
    text.parse().map_err(|error| StoreError::inconsistent("user", error))
}

/// The user `fullname`.
pub async fn get(conn: &mut PgConnection, fullname: &str) -> Result<Option<UserRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT fullname, username, server, password_hash, default_password, email, role,
                  timeout, locale, last_login_at, login_count
           FROM "user" WHERE fullname = $1"#,
        fullname,
    )
    .fetch_optional(conn)
    .await?
    .map(UserRow::try_from)
    .transpose()
}

/// The user `fullname`, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, fullname: &str) -> Result<Option<UserRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT fullname, username, server, password_hash, default_password, email, role,
                  timeout, locale, last_login_at, login_count
           FROM "user" WHERE fullname = $1 FOR UPDATE"#,
        fullname,
    )
    .fetch_optional(conn)
    .await?
    .map(UserRow::try_from)
    .transpose()
}

/// All users by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<UserRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT fullname, username, server, password_hash, default_password, email, role,
                  timeout, locale, last_login_at, login_count
           FROM "user" ORDER BY fullname"#,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(UserRow::try_from)
    .collect()
}

/// Whether there is any user.
pub async fn any(conn: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM "user") AS "any!""#)
        .fetch_one(conn)
        .await?)
}

/// Creates a local user; breaks [`DUPLICATE_USER`] where the name is taken.
pub async fn create(conn: &mut PgConnection, user: &NewUser<'_>) -> Result<()> {
    sqlx::query!(
        r#"INSERT INTO "user"
               (fullname, username, password_hash, default_password, email, role, timeout, locale)
           VALUES ($1, $1, $2, $3, $4, $5, $6, $7)"#,
        user.username,
        user.password_hash.as_str(),
        user.default_password,
        user.email,
        user.role.as_str(),
        user.timeout,
        user.locale,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes a user; says whether there was one.
pub async fn update(
    conn: &mut PgConnection,
    fullname: &str,
    change: UserChange<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        r#"UPDATE "user" SET
               password_hash = COALESCE($2, password_hash),
               default_password = default_password AND $2::text IS NULL,
               email = COALESCE($3, email),
               role = COALESCE($4, role),
               timeout = COALESCE($5, timeout),
               locale = COALESCE($6, locale)
           WHERE fullname = $1"#,
        fullname,
        change.password_hash.map(PasswordHash::as_str),
        change.email,
        change.role.map(Role::as_str),
        change.timeout,
        change.locale,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a login; says whether the user still exists.
pub async fn logged_in(conn: &mut PgConnection, fullname: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        r#"UPDATE "user" SET last_login_at = $2, login_count = login_count + 1
           WHERE fullname = $1"#,
        fullname,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a user and ends its sessions; says whether there was one.
pub async fn delete(conn: &mut PgConnection, fullname: &str) -> Result<bool> {
    let done =
        sqlx::query!(r#"DELETE FROM "user" WHERE fullname = $1"#, fullname).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
