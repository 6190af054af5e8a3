//! Objects of the logs, local objects, and how far each log is applied.

use std::collections::HashMap;

use palisade_api::{Epoch, Revision};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::{Store, StoreError};

/// The log number of objects that belong to this cluster alone.
pub const LOCAL: u32 = 0;

/// SQLite takes 32,766 parameters in a statement; four and five are used an object.
const ROWS_A_STATEMENT: usize = 500;

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// A number of [`palisade_api::ObjectKind`], or one that this version does not know.
    pub kind: u32,
    /// Unique for its kind.
    pub name: String,
    /// The change that wrote it.
    pub revision: Revision,
    /// Its content.
    pub payload: Vec<u8>,
}

/// How far a log is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPosition {
    /// The life of the log.
    pub epoch: Epoch,
    /// The last change applied.
    pub revision: Revision,
    /// Digest of the live objects.
    pub digest: [u8; 32],
}

/// One write of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectWrite {
    /// Writes the object, whether it exists or not.
    Put(StoredObject),
    /// Removes the object, whether it exists or not.
    Delete {
        /// The object's kind.
        kind: u32,
        /// The object's name.
        name: String,
    },
}

impl Store {
    /// How far `log` is applied; none before the first contact.
    pub async fn position(&self, log: u32) -> Result<Option<StoredPosition>, StoreError> {
        let row = sqlx::query("SELECT epoch, revision, digest FROM position WHERE log = ?")
            .bind(log)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let epoch: Vec<u8> = row.try_get("epoch")?;
        let digest: Vec<u8> = row.try_get("digest")?;
        Ok(Some(StoredPosition {
            epoch: Epoch(Uuid::from_slice(&epoch).map_err(|_| StoreError::Damaged("epoch"))?),
            revision: Revision(row.try_get::<i64, _>("revision")? as u64),
            digest: digest.try_into().map_err(|_| StoreError::Damaged("digest"))?,
        }))
    }

    /// Applies `writes` and the position that they lead to, together or not at
    /// all. With `replace`, every other object of the log goes away.
    pub async fn objects_apply(
        &self,
        log: u32,
        writes: Vec<ObjectWrite>,
        position: StoredPosition,
        replace: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        if replace {
            sqlx::query("DELETE FROM object WHERE log = ?")
                .bind(log)
                .execute(&mut *transaction)
                .await?;
        }
        write_in_order(&mut transaction, log, writes).await?;
        sqlx::query(
            "INSERT INTO position (log, epoch, revision, digest) VALUES (?, ?, ?, ?)
             ON CONFLICT (log) DO UPDATE SET
                 epoch = excluded.epoch, revision = excluded.revision, digest = excluded.digest",
        )
        .bind(log)
        .bind(&position.epoch.0.as_bytes()[..])
        .bind(position.revision.0 as i64)
        .bind(&position.digest[..])
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Corrects the digest of `log` to that of the objects that are stored.
    pub async fn position_correct(&self, log: u32, digest: [u8; 32]) -> Result<(), StoreError> {
        sqlx::query("UPDATE position SET digest = ? WHERE log = ?")
            .bind(&digest[..])
            .bind(log)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Forgets all that a primary owned: every object and position of its logs.
    pub async fn objects_forget_federation(&self) -> Result<u64, StoreError> {
        let mut transaction = self.writer.begin().await?;
        let gone = sqlx::query("DELETE FROM object WHERE log <> ?")
            .bind(LOCAL)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        sqlx::query("DELETE FROM position").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(gone)
    }

    /// The objects of one kind, by name.
    pub async fn objects(&self, log: u32, kind: u32) -> Result<Vec<StoredObject>, StoreError> {
        sqlx::query(
            "SELECT kind, name, revision, payload FROM object
             WHERE log = ? AND kind = ? ORDER BY name",
        )
        .bind(log)
        .bind(kind)
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(read)
        .collect()
    }

    /// All objects of a log, by kind and name.
    pub async fn objects_all(&self, log: u32) -> Result<Vec<StoredObject>, StoreError> {
        sqlx::query(
            "SELECT kind, name, revision, payload FROM object WHERE log = ? ORDER BY kind, name",
        )
        .bind(log)
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(read)
        .collect()
    }

    /// One object.
    pub async fn object(
        &self,
        log: u32,
        kind: u32,
        name: &str,
    ) -> Result<Option<StoredObject>, StoreError> {
        sqlx::query(
            "SELECT kind, name, revision, payload FROM object
             WHERE log = ? AND kind = ? AND name = ?",
        )
        .bind(log)
        .bind(kind)
        .bind(name)
        .fetch_optional(&self.reader)
        .await?
        .as_ref()
        .map(read)
        .transpose()
    }

    /// Revision and payload of those of `keys` (kind and name) that exist.
    pub async fn objects_named(
        &self,
        log: u32,
        keys: Vec<(u32, String)>,
    ) -> Result<HashMap<(u32, String), Option<(Revision, Vec<u8>)>>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut connection = self.reader.acquire().await?;
        for keys in keys.chunks(ROWS_A_STATEMENT) {
            let mut select = QueryBuilder::<Sqlite>::new(
                "SELECT kind, name, revision, payload FROM object WHERE log = ",
            );
            select.push_bind(log).push(" AND (kind, name) IN (VALUES ");
            for (index, (kind, name)) in keys.iter().enumerate() {
                select.push(if index == 0 { "(" } else { ", (" });
                select.push_bind(*kind).push(", ").push_bind(name).push(")");
            }
            select.push(")");
            for row in select.build().fetch_all(&mut *connection).await? {
                let object = read(&row)?;
                found.insert((object.kind, object.name), Some((object.revision, object.payload)));
            }
        }
        Ok(found)
    }

    /// Writes one local object anew.
    pub async fn local_object_create(
        &self,
        kind: u32,
        name: &str,
        payload: &[u8],
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO object (log, kind, name, revision, payload) VALUES (?, ?, ?, 0, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(LOCAL)
        .bind(kind)
        .bind(name)
        .bind(payload)
        .execute(&self.writer)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Exists);
        }
        self.own_changed();
        Ok(())
    }

    /// Writes this cluster's own objects, all or none, and notes the highest ids that
    /// rules of a kind have had.
    pub async fn own_objects_write(
        &self,
        writes: Vec<ObjectWrite>,
        highest_ids: Vec<(u32, u32)>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        write_in_order(&mut transaction, LOCAL, writes).await?;
        for (kind, highest) in highest_ids {
            sqlx::query(
                "INSERT INTO setting (name, value) VALUES (?, ?)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind(highest_id(kind))
            .bind(highest.to_string())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        self.own_changed();
        Ok(())
    }

    /// The highest id that a rule of a kind has had; 0 before the first.
    pub async fn own_highest_id(&self, kind: u32) -> Result<u32, StoreError> {
        match self.setting(&highest_id(kind)).await? {
            Some(text) => text.parse().map_err(|_| StoreError::Damaged("highest id")),
            None => Ok(0),
        }
    }
}

/// The setting that holds the highest id that a rule of a kind has had.
fn highest_id(kind: u32) -> String {
    format!("highest_id.{kind}")
}

/// Runs of puts go in few statements; a delete keeps its place among them.
async fn write_in_order(
    connection: &mut SqliteConnection,
    log: u32,
    writes: Vec<ObjectWrite>,
) -> Result<(), StoreError> {
    let mut run = Vec::new();
    for write in writes {
        match write {
            ObjectWrite::Put(object) => {
                run.push(object);
                if run.len() == ROWS_A_STATEMENT {
                    put(connection, log, std::mem::take(&mut run)).await?;
                }
            }
            ObjectWrite::Delete { kind, name } => {
                put(connection, log, std::mem::take(&mut run)).await?;
                sqlx::query("DELETE FROM object WHERE log = ? AND kind = ? AND name = ?")
                    .bind(log)
                    .bind(kind)
                    .bind(name)
                    .execute(&mut *connection)
                    .await?;
            }
        }
    }
    put(connection, log, run).await
}

async fn put(
    connection: &mut SqliteConnection,
    log: u32,
    objects: Vec<StoredObject>,
) -> Result<(), StoreError> {
    if objects.is_empty() {
        return Ok(());
    }
    let mut insert =
        QueryBuilder::<Sqlite>::new("INSERT INTO object (log, kind, name, revision, payload) ");
    insert.push_values(objects, |mut row, object| {
        row.push_bind(log)
            .push_bind(object.kind)
            .push_bind(object.name)
            .push_bind(object.revision.0 as i64)
            .push_bind(object.payload);
    });
    insert.push(
        " ON CONFLICT (log, kind, name) DO UPDATE SET
             revision = excluded.revision, payload = excluded.payload",
    );
    insert.build().execute(connection).await?;
    Ok(())
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<StoredObject, StoreError> {
    Ok(StoredObject {
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        revision: Revision(row.try_get::<i64, _>("revision")? as u64),
        payload: row.try_get("payload")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch;

    fn object(name: &str, revision: u64) -> StoredObject {
        StoredObject {
            kind: 1,
            name: name.to_owned(),
            revision: Revision(revision),
            payload: format!("{name}@{revision}").into_bytes(),
        }
    }

    fn at(revision: u64) -> StoredPosition {
        StoredPosition {
            epoch: Epoch(Uuid::from_u128(7)),
            revision: Revision(revision),
            digest: [revision as u8; 32],
        }
    }

    #[tokio::test]
    async fn a_batch_and_its_position_survive_a_restart() {
        let (folder, store) = scratch().await;
        let writes = vec![
            ObjectWrite::Put(object("fed.a", 1)),
            ObjectWrite::Put(object("fed.b", 1)),
            ObjectWrite::Delete { kind: 1, name: "fed.a".to_owned() },
            ObjectWrite::Put(object("fed.b", 2)),
        ];
        store.objects_apply(1, writes, at(2), false).await.unwrap();
        drop(store);

        let store = Store::open(&folder.path().join("agent.db")).await.unwrap();
        assert_eq!(store.position(1).await.unwrap(), Some(at(2)));
        assert_eq!(store.objects_all(1).await.unwrap(), [object("fed.b", 2)]);
        assert_eq!(store.position(2).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_snapshot_replaces_its_log_and_no_other() {
        let (_folder, store) = scratch().await;
        let many = (0..1200).map(|n| ObjectWrite::Put(object(&format!("fed.{n}"), 1))).collect();
        store.objects_apply(1, many, at(1), false).await.unwrap();
        store.objects_apply(2, vec![ObjectWrite::Put(object("v", 1))], at(1), false).await.unwrap();
        assert_eq!(store.objects_all(1).await.unwrap().len(), 1200);

        let snapshot = vec![ObjectWrite::Put(object("fed.only", 9))];
        store.objects_apply(1, snapshot, at(9), true).await.unwrap();
        assert_eq!(store.objects(1, 1).await.unwrap(), [object("fed.only", 9)]);
        assert_eq!(store.objects(2, 1).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn leaving_forgets_the_primary_and_keeps_what_is_local() {
        let (_folder, store) = scratch().await;
        store
            .objects_apply(1, vec![ObjectWrite::Put(object("fed.a", 1))], at(1), false)
            .await
            .unwrap();
        store.local_object_create(3, "1000", b"{}").await.unwrap();
        assert!(matches!(
            store.local_object_create(3, "1000", b"{}").await,
            Err(StoreError::Exists)
        ));
        assert_eq!(store.objects_forget_federation().await.unwrap(), 1);
        assert_eq!(store.position(1).await.unwrap(), None);
        assert_eq!(store.objects_all(LOCAL).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn own_objects_are_written_with_the_ids_that_they_used() {
        let (_folder, store) = scratch().await;
        assert_eq!(store.own_highest_id(1).await.unwrap(), 0);
        let writes = vec![
            ObjectWrite::Put(object("7", 0)),
            ObjectWrite::Put(object("8", 0)),
            ObjectWrite::Delete { kind: 1, name: "8".to_owned() },
        ];
        store.own_objects_write(writes, vec![(1, 8)]).await.unwrap();
        assert_eq!(store.objects_all(LOCAL).await.unwrap(), [object("7", 0)]);
        assert_eq!(store.own_highest_id(1).await.unwrap(), 8);
        assert_eq!(store.own_highest_id(2).await.unwrap(), 0);
    }
}
