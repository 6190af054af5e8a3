//! What was read of nodes, containers and the platform.

use sqlx::Row;

use super::{Store, StoreError};

/// The last look at what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredScan {
    /// `host`, `workload` or `platform`.
    pub kind: String,
    /// Which.
    pub id: String,
    /// The summary, JSON; empty before the first look.
    pub brief: String,
}

impl Store {
    /// Keeps what was read of `id`, in place of what was read before.
    pub async fn scan_put(
        &self,
        kind: &str,
        id: &str,
        inventory: &[u8],
        read_ms: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO scan (kind, id, inventory, read_ms, brief, vulndb)
             VALUES (?, ?, ?, ?, '', '')
             ON CONFLICT (kind, id) DO UPDATE
             SET inventory = excluded.inventory, read_ms = excluded.read_ms, brief = '', vulndb = ''",
        )
        .bind(kind)
        .bind(id)
        .bind(inventory)
        .bind(read_ms)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Keeps the summary of a look with the database of version `vulndb`;
    /// true if there is something to keep it with.
    pub async fn scan_set_brief(
        &self,
        kind: &str,
        id: &str,
        brief: &str,
        vulndb: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE scan SET brief = ?, vulndb = ? WHERE kind = ? AND id = ?")
            .bind(brief)
            .bind(vulndb)
            .bind(kind)
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What was read of `id`, and when.
    pub async fn scan_inventory(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>, StoreError> {
        let row = sqlx::query("SELECT inventory, read_ms FROM scan WHERE kind = ? AND id = ?")
            .bind(kind)
            .bind(id)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_get("inventory")?, row.try_get("read_ms")?)))
    }

    /// The summaries of all.
    pub async fn scan_list(&self) -> Result<Vec<StoredScan>, StoreError> {
        let rows = sqlx::query("SELECT kind, id, brief FROM scan ORDER BY kind, id")
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(|row| stored(&row)).collect()
    }

    /// Those that were not looked at with the database of version `vulndb`.
    pub async fn scan_list_outdated(&self, vulndb: &str) -> Result<Vec<StoredScan>, StoreError> {
        let rows =
            sqlx::query("SELECT kind, id, brief FROM scan WHERE vulndb <> ? ORDER BY kind, id")
                .bind(vulndb)
                .fetch_all(&self.reader)
                .await?;
        rows.into_iter().map(|row| stored(&row)).collect()
    }

    /// Forgets what was read of `id`.
    pub async fn scan_delete(&self, kind: &str, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM scan WHERE kind = ? AND id = ?")
            .bind(kind)
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<StoredScan, StoreError> {
    Ok(StoredScan {
        kind: row.try_get("kind")?,
        id: row.try_get("id")?,
        brief: row.try_get("brief")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::scratch;

    #[tokio::test]
    async fn what_was_read_is_looked_at_again_until_it_is_gone() {
        let (_folder, store) = scratch().await;
        store.scan_put("host", "a", b"one", 7).await.unwrap();
        assert_eq!(store.scan_list_outdated("1").await.unwrap().len(), 1);
        assert!(store.scan_set_brief("host", "a", "{}", "1").await.unwrap());
        assert!(!store.scan_set_brief("host", "b", "{}", "1").await.unwrap());
        assert_eq!(store.scan_list_outdated("1").await.unwrap(), []);
        assert_eq!(store.scan_list_outdated("2").await.unwrap()[0].brief, "{}");
        // What is read anew has not been looked at.
        store.scan_put("host", "a", b"two", 8).await.unwrap();
        assert_eq!(store.scan_inventory("host", "a").await.unwrap(), Some((b"two".to_vec(), 8)));
        assert_eq!(store.scan_list().await.unwrap()[0].brief, "");
        store.scan_delete("host", "a").await.unwrap();
        assert_eq!(store.scan_inventory("host", "a").await.unwrap(), None);
    }
}
