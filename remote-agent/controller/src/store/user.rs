//! Local users.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError};

/// A local user.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// The name to log in with.
    pub name: String,
    /// argon2id, PHC form.
    pub password_hash: String,
    /// `admin`, `reader` or a role that the table of roles knows.
    pub role: String,
    /// Whether the first password still stands.
    pub default_password: bool,
}

impl std::fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredUser")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a user unless one of that name exists; true if it was added.
    pub async fn user_create(&self, user: &StoredUser) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO \"user\" (name, password_hash, role, default_password)
             VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(&user.name)
        .bind(&user.password_hash)
        .bind(&user.role)
        .bind(user.default_password)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The user `name`.
    pub async fn user(&self, name: &str) -> Result<Option<StoredUser>, StoreError> {
        let row = sqlx::query(
            "SELECT name, password_hash, role, default_password FROM \"user\" WHERE name = ?",
        )
        .bind(name)
        .fetch_optional(&self.reader)
        .await?;
        row.as_ref().map(stored).transpose()
    }

    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<StoredUser>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, password_hash, role, default_password FROM \"user\" ORDER BY name",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(stored).collect()
    }

    /// How many users there are.
    pub async fn user_count(&self) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM \"user\"").fetch_one(&self.reader).await?;
        Ok(count as u64)
    }

    /// Sets a password of the user's own choice and ends all sessions of that user.
    pub async fn user_set_password(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let mut transaction = self.writer.begin().await?;
        let done = sqlx::query(
            "UPDATE \"user\" SET password_hash = ?, default_password = 0 WHERE name = ?",
        )
        .bind(hash)
        .bind(name)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM session WHERE user_name = ?")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

fn stored(row: &SqliteRow) -> Result<StoredUser, StoreError> {
    Ok(StoredUser {
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        role: row.try_get("role")?,
        default_password: row.try_get("default_password")?,
    })
}
