//! Sessions of local users.

use sqlx::Row;

use super::{Store, StoreError};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Named by the token.
    pub id: String,
    /// Whose it is.
    pub user_name: String,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds of the last call, to the precision of some seconds.
    pub last_seen_ms: i64,
}

impl Store {
    /// Opens a session unless its user has `limit` of them; true if it was opened.
    /// Sessions last seen before `idle_before_ms` are ended first.
    pub async fn session_create(
        &self,
        session: &StoredSession,
        limit: u32,
        idle_before_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query("DELETE FROM session WHERE last_seen_ms < ?")
            .bind(idle_before_ms)
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query(
            "INSERT INTO session (id, user_name, created_ms, last_seen_ms)
             SELECT ?1, ?2, ?3, ?4
             WHERE (SELECT count(*) FROM session WHERE user_name = ?2) < ?5",
        )
        .bind(&session.id)
        .bind(&session.user_name)
        .bind(session.created_ms)
        .bind(session.last_seen_ms)
        .bind(limit)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The session `id`.
    pub async fn session(&self, id: &str) -> Result<Option<StoredSession>, StoreError> {
        let row =
            sqlx::query("SELECT id, user_name, created_ms, last_seen_ms FROM session WHERE id = ?")
                .bind(id)
                .fetch_optional(&self.reader)
                .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(StoredSession {
            id: row.try_get("id")?,
            user_name: row.try_get("user_name")?,
            created_ms: row.try_get("created_ms")?,
            last_seen_ms: row.try_get("last_seen_ms")?,
        }))
    }

    /// Notes that the session was used.
    pub async fn session_touch(&self, id: &str, at_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE session SET last_seen_ms = ? WHERE id = ?")
            .bind(at_ms)
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Ends the session; false if there is none.
    pub async fn session_delete(&self, id: &str) -> Result<bool, StoreError> {
        let done =
            sqlx::query("DELETE FROM session WHERE id = ?").bind(id).execute(&self.writer).await?;
        Ok(done.rows_affected() == 1)
    }
}
