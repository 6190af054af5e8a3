//! Users of the primary.

use chrono::{DateTime, Utc};
use palisade_identity::{PasswordHash, Roles};
use sqlx::PgConnection;

use super::role_columns::RoleColumns;
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
    /// When the password was set.
    pub password_changed_at: DateTime<Utc>,
    /// The next login must bring a new password.
    pub reset_password: bool,
    /// Failed logins since the last one that succeeded.
    pub failed_logins: u32,
    /// When the last of too many failed logins was.
    pub blocked_at: Option<DateTime<Utc>>,
    /// Mail address, may be empty.
    pub email: String,
    /// Roles.
    pub roles: Roles,
    /// An administrator chose the roles of a directory's user.
    pub roles_chosen: bool,
    /// Idle time in seconds after which a session ends.
    pub timeout: i32,
    /// Language of the portal.
    pub locale: String,
    /// Last login, if any.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Logins so far.
    pub login_count: i64,
}

/// A user to be created.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// The full name.
    pub fullname: &'a str,
    /// The name without the server.
    pub username: &'a str,
    /// The directory; empty for local users.
    pub server: &'a str,
    /// The hashed password; only a directory's user has none.
    pub password_hash: Option<&'a PasswordHash>,
    /// Whether this is the first administrator with its first password.
    pub default_password: bool,
    /// Mail address, may be empty.
    pub email: &'a str,
    /// Roles.
    pub roles: &'a Roles,
    /// Idle time in seconds.
    pub timeout: i32,
    /// Language of the portal.
    pub locale: &'a str,
    /// Now.
    pub at: DateTime<Utc>,
}

/// What of a user is changed; absent keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserChange<'a> {
    /// Mail address.
    pub email: Option<&'a str>,
    /// Roles.
    pub roles: Option<&'a Roles>,
    /// Whether an administrator chose the roles.
    pub roles_chosen: Option<bool>,
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
    password_changed_at: DateTime<Utc>,
    reset_password: bool,
    failed_logins: i32,
    blocked_at: Option<DateTime<Utc>>,
    email: String,
    role: String,
    role_domains: String,
    scoped_role: Option<String>,
    roles_chosen: bool,
    timeout: i32,
    locale: String,
    last_login_at: Option<DateTime<Utc>>,
    login_count: i64,
}

impl TryFrom<Record> for UserRow {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self> {
        let roles = RoleColumns {
            role: record.role,
            domains: record.role_domains,
            scoped: record.scoped_role,
        };
        Ok(Self {
            roles: roles.read("user")?,
            fullname: record.fullname,
            username: record.username,
            server: record.server,
            password_hash: record.password_hash.map(PasswordHash::from_stored),
            default_password: record.default_password,
            password_changed_at: record.password_changed_at,
            reset_password: record.reset_password,
            failed_logins: u32::try_from(record.failed_logins).unwrap_or_default(),
            blocked_at: record.blocked_at,
            email: record.email,
            roles_chosen: record.roles_chosen,
            timeout: record.timeout,
            locale: record.locale,
            last_login_at: record.last_login_at,
            login_count: record.login_count,
        })
    }
}

/// The user `fullname`.
pub async fn get(conn: &mut PgConnection, fullname: &str) -> Result<Option<UserRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT fullname, username, server, password_hash, default_password,
                  password_changed_at, reset_password, failed_logins, blocked_at, email, role,
                  role_domains::text AS "role_domains!", scoped_role::text, roles_chosen, timeout, locale,
                  last_login_at, login_count
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
        r#"SELECT fullname, username, server, password_hash, default_password,
                  password_changed_at, reset_password, failed_logins, blocked_at, email, role,
                  role_domains::text AS "role_domains!", scoped_role::text, roles_chosen, timeout, locale,
                  last_login_at, login_count
           FROM "user" WHERE fullname = $1 FOR UPDATE"#,
        fullname,
    )
    .fetch_optional(conn)
    .await?
    .map(UserRow::try_from)
    .transpose()
}

/// Keeps others who change what users, keys and roles may do waiting until the transaction ends.
pub async fn one_change_at_a_time(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('user'))").fetch_one(conn).await?;
    Ok(())
}

/// All users by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<UserRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT fullname, username, server, password_hash, default_password,
                  password_changed_at, reset_password, failed_logins, blocked_at, email, role,
                  role_domains::text AS "role_domains!", scoped_role::text, roles_chosen, timeout, locale,
                  last_login_at, login_count
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

/// How many local users there are.
pub async fn count_local(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM "user" WHERE server = ''"#)
        .fetch_one(conn)
        .await?)
}

/// Some user that holds the role `name`, everywhere or in a namespace.
pub async fn holder_of_role(conn: &mut PgConnection, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT fullname FROM "user"
           WHERE role = $1 OR jsonb_exists(role_domains, $1) OR scoped_role ->> 'role' = $1
           ORDER BY fullname LIMIT 1"#,
        name,
    )
    .fetch_optional(conn)
    .await?)
}

/// Creates a user; breaks [`DUPLICATE_USER`] where the name is taken.
pub async fn create(conn: &mut PgConnection, user: &NewUser<'_>) -> Result<()> {
    let roles = RoleColumns::of(user.roles)?;
    sqlx::query!(
        r#"INSERT INTO "user"
               (fullname, username, server, password_hash, default_password, email, role,
                role_domains, timeout, locale, password_changed_at, scoped_role)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12::text::jsonb)"#,
        user.fullname,
        user.username,
        user.server,
        user.password_hash.map(PasswordHash::as_str),
        user.default_password,
        user.email,
        roles.role,
        roles.domains,
        user.timeout,
        user.locale,
        user.at,
        roles.scoped,
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
    let roles = change.roles.map(RoleColumns::of).transpose()?;
    let roles = roles.as_ref();
    let done = sqlx::query!(
        r#"UPDATE "user" SET
               email = COALESCE($2, email),
               role = COALESCE($3, role),
               role_domains = COALESCE($4::text::jsonb, role_domains),
               scoped_role = CASE WHEN $3::text IS NULL THEN scoped_role
                                  ELSE $8::text::jsonb END,
               roles_chosen = COALESCE($5, roles_chosen),
               timeout = COALESCE($6, timeout),
               locale = COALESCE($7, locale)
           WHERE fullname = $1"#,
        fullname,
        change.email,
        roles.map(|roles| roles.role.as_str()),
        roles.map(|roles| roles.domains.as_str()),
        change.roles_chosen,
        change.timeout,
        change.locale,
        roles.and_then(|roles| roles.scoped.as_deref()),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a login, which forgets failed ones; says whether the user still
/// exists.
pub async fn logged_in(conn: &mut PgConnection, fullname: &str, at: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        r#"UPDATE "user" SET last_login_at = $2, login_count = login_count + 1,
                             failed_logins = 0, blocked_at = NULL
           WHERE fullname = $1"#,
        fullname,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down the failed logins of a user.
pub async fn set_failed_logins(
    conn: &mut PgConnection,
    fullname: &str,
    count: u32,
    blocked_at: Option<DateTime<Utc>>,
) -> Result<()> {
    sqlx::query!(
        r#"UPDATE "user" SET failed_logins = $2, blocked_at = $3 WHERE fullname = $1"#,
        fullname,
        i32::try_from(count).unwrap_or(i32::MAX),
        blocked_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a user and ends its sessions; says whether there was one.
pub async fn delete(conn: &mut PgConnection, fullname: &str) -> Result<bool> {
    let done =
        sqlx::query!(r#"DELETE FROM "user" WHERE fullname = $1"#, fullname).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
