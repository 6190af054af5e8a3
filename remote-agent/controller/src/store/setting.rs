//! Single values by name.

use super::{Store, StoreError};

impl Store {
    /// The value of the setting `name`.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM setting WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.reader)
            .await?)
    }

    /// Sets the setting `name`.
    pub async fn setting_set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&self.writer)
        .await?;
        self.own_changed();
        Ok(())
    }
}
