//! Directories and providers that vouch for users.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// A directory or provider; its settings are the domain's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthServerRow<S> {
    /// Its name.
    pub name: String,
    /// Its settings, without secrets.
    pub settings: S,
    /// Its sealed secret, if any.
    pub secret: Option<Vec<u8>>,
    /// Grows with each change.
    pub revision: i64,
}

/// The constraint that forbids two of a name.
pub const DUPLICATE_AUTH_SERVER: &str = "auth_server_pkey";

/// One as it is stored, the settings as a text.
struct Stored {
    name: String,
    settings: String,
    secret: Option<Vec<u8>>,
    revision: i64,
}

impl Stored {
    fn read<S: DeserializeOwned>(self) -> Result<AuthServerRow<S>> {
        let Self { name, settings, secret, revision } = self;
        let settings = serde_json::from_str(&settings)
            .map_err(|e| StoreError::inconsistent("auth_server", format_args!("{name}: {e}")))?;
        Ok(AuthServerRow { name, settings, secret, revision })
    }
}

fn write<S: Serialize>(settings: &S) -> Result<String> {
    serde_json::to_string(settings).map_err(|e| StoreError::inconsistent("auth_server", e))
}

/// All of them by name.
pub async fn list<S: DeserializeOwned>(conn: &mut PgConnection) -> Result<Vec<AuthServerRow<S>>> {
    let rows = sqlx::query_as!(
        Stored,
        r#"SELECT name, settings::text AS "settings!", secret, revision
           FROM auth_server ORDER BY name"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Stored::read).collect()
}

/// The one of this name.
pub async fn get<S: DeserializeOwned>(
    conn: &mut PgConnection,
    name: &str,
) -> Result<Option<AuthServerRow<S>>> {
    let row = sqlx::query_as!(
        Stored,
        r#"SELECT name, settings::text AS "settings!", secret, revision
           FROM auth_server WHERE name = $1"#,
        name,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Stored::read).transpose()
}

/// The one of this name, which stays as it is until the transaction ends.
pub async fn hold<S: DeserializeOwned>(
    conn: &mut PgConnection,
    name: &str,
) -> Result<Option<AuthServerRow<S>>> {
    let row = sqlx::query_as!(
        Stored,
        r#"SELECT name, settings::text AS "settings!", secret, revision
           FROM auth_server WHERE name = $1 FOR SHARE"#,
        name,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Stored::read).transpose()
}

/// How many there are.
pub async fn count(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM auth_server"#)
        .fetch_one(conn)
        .await?)
}

/// Creates one; breaks [`DUPLICATE_AUTH_SERVER`] where the name is taken.
pub async fn create<S: Serialize + Sync>(
    conn: &mut PgConnection,
    name: &str,
    settings: &S,
    secret: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO auth_server (name, settings, secret) VALUES ($1, $2::text::jsonb, $3)",
        name,
        write(settings)?,
        secret,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes one anew, unless it changed since `revision`; says whether it did.
pub async fn update<S: Serialize + Sync>(
    conn: &mut PgConnection,
    row: &AuthServerRow<S>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE auth_server SET settings = $2::text::jsonb, secret = $3, revision = revision + 1
         WHERE name = $1 AND revision = $4",
        row.name,
        write(&row.settings)?,
        row.secret.as_deref(),
        row.revision,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes one with its users and their sessions, unless it changed since `revision`; gives the
/// users' full names, none where it did or is gone.
pub async fn delete(
    conn: &mut PgConnection,
    name: &str,
    revision: i64,
) -> Result<Option<Vec<String>>> {
    let done =
        sqlx::query!("DELETE FROM auth_server WHERE name = $1 AND revision = $2", name, revision,)
            .execute(&mut *conn)
            .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let users =
        sqlx::query_scalar!(r#"DELETE FROM "user" WHERE server = $1 RETURNING fullname"#, name)
            .fetch_all(conn)
            .await?;
    Ok(Some(users))
}
