//! API keys.

use chrono::{DateTime, Utc};
use palisade_identity::{ApiKeyHash, Roles};
use sqlx::PgConnection;

use super::role_columns::RoleColumns;
use super::{Result, StoreError};

/// An API key.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Its name.
    pub name: String,
    /// For the administrators.
    pub description: String,
    /// Its roles.
    pub roles: Roles,
    /// What is stored of the secret.
    pub secret_hash: ApiKeyHash,
    /// How the expiry was chosen.
    pub expiration_type: String,
    /// Hours, where they were chosen.
    pub expiration_hours: i32,
    /// When it expires, if ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: String,
    /// When it last vouched for a call, if ever.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The constraint that forbids two keys of a name.
pub const DUPLICATE_API_KEY: &str = "api_key_pkey";

struct Record {
    name: String,
    description: String,
    role: String,
    role_domains: String,
    scoped_role: Option<String>,
    secret_hash: Vec<u8>,
    expiration_type: String,
    expiration_hours: i32,
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    created_by: String,
    last_used_at: Option<DateTime<Utc>>,
}

impl TryFrom<Record> for ApiKeyRow {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self> {
        let roles = RoleColumns {
            role: record.role,
            domains: record.role_domains,
            scoped: record.scoped_role,
        };
        Ok(Self {
            roles: roles.read("api_key")?,
            secret_hash: ApiKeyHash::from_stored(&record.secret_hash)
                .ok_or_else(|| StoreError::inconsistent("api_key", "secret_hash"))?,
            name: record.name,
            description: record.description,
            expiration_type: record.expiration_type,
            expiration_hours: record.expiration_hours,
            expires_at: record.expires_at,
            created_at: record.created_at,
            created_by: record.created_by,
            last_used_at: record.last_used_at,
        })
    }
}

/// The key `name`.
pub async fn get(conn: &mut PgConnection, name: &str) -> Result<Option<ApiKeyRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT name, description, role, role_domains::text AS "role_domains!", scoped_role::text,
                  secret_hash, expiration_type, expiration_hours, expires_at, created_at, created_by,
                  last_used_at
           FROM api_key WHERE name = $1"#,
        name,
    )
    .fetch_optional(conn)
    .await?
    .map(ApiKeyRow::try_from)
    .transpose()
}

/// All keys by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<ApiKeyRow>> {
    sqlx::query_as!(
        Record,
        r#"SELECT name, description, role, role_domains::text AS "role_domains!", scoped_role::text,
                  secret_hash, expiration_type, expiration_hours, expires_at, created_at, created_by,
                  last_used_at
           FROM api_key ORDER BY name"#,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(ApiKeyRow::try_from)
    .collect()
}

/// How many keys there are.
#[derive(Clone, Copy, Debug)]
pub struct KeyCounts {
    /// In all.
    pub in_all: i64,
    /// That one created.
    pub of_one: i64,
}

/// Counts the keys, those that expired among them.
pub async fn count(conn: &mut PgConnection, created_by: &str) -> Result<KeyCounts> {
    Ok(sqlx::query_as!(
        KeyCounts,
        r#"SELECT count(*) AS "in_all!", count(*) FILTER (WHERE created_by = $1) AS "of_one!"
           FROM api_key"#,
        created_by,
    )
    .fetch_one(conn)
    .await?)
}

/// Some key that holds the role `name`, everywhere or in a namespace.
pub async fn holder_of_role(conn: &mut PgConnection, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT name FROM api_key
         WHERE role = $1 OR jsonb_exists(role_domains, $1) OR scoped_role ->> 'role' = $1
         ORDER BY name LIMIT 1",
        name,
    )
    .fetch_optional(conn)
    .await?)
}

/// Creates a key; breaks [`DUPLICATE_API_KEY`] where the name is taken.
pub async fn create(conn: &mut PgConnection, key: &ApiKeyRow) -> Result<()> {
    let roles = RoleColumns::of(&key.roles)?;
    sqlx::query!(
        "INSERT INTO api_key
             (name, description, role, role_domains, secret_hash, expiration_type,
              expiration_hours, expires_at, created_at, created_by, scoped_role)
         VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9, $10, $11::text::jsonb)",
        key.name,
        key.description,
        roles.role,
        roles.domains,
        key.secret_hash.as_bytes(),
        key.expiration_type,
        key.expiration_hours,
        key.expires_at,
        key.created_at,
        key.created_by,
        roles.scoped,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a key another global role, without a scope.
pub async fn set_role(conn: &mut PgConnection, name: &str, role: &str) -> Result<()> {
    sqlx::query!("UPDATE api_key SET role = $2, scoped_role = NULL WHERE name = $1", name, role)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down that a key vouched for a call.
pub async fn used(conn: &mut PgConnection, name: &str, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE api_key SET last_used_at = GREATEST(last_used_at, $2) WHERE name = $1",
        name,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a key; says whether there was one.
pub async fn delete(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let done = sqlx::query!("DELETE FROM api_key WHERE name = $1", name).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
