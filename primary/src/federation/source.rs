//! The logs in the database, as the source of the delta stream.

use palisade_api::Revision;
use palisade_api::kind::LogId;
use palisade_sync::{
    ChangeRecord, Changes, Head, Item, Position, SetDigest, SnapshotReader, Source,
};
use sqlx::PgTransaction;

use crate::store::change::{self, Since};
use crate::store::{Database, StoreError, object};

/// Objects that one page of a snapshot has at most.
const PAGE: u32 = 500;

/// The logs in the database.
#[derive(Clone, Debug)]
pub struct DatabaseSource(Database);

impl DatabaseSource {
    /// The logs of `database`.
    pub fn new(database: Database) -> Self {
        Self(database)
    }
}

impl Source for DatabaseSource {
    type Error = StoreError;
    type Snapshot = DatabaseSnapshot;

    async fn head(&self, log: LogId) -> Result<Head, StoreError> {
        let head = change::head(&mut *self.0.acquire().await?, log).await?;
        Ok(Head { position: position(&head), floor: head.floor })
    }

    async fn changes(
        &self,
        log: LogId,
        after: Revision,
        limit: u32,
    ) -> Result<Changes, StoreError> {
        let since = change::since(&mut *self.0.acquire().await?, log, after, limit).await?;
        let Since::Changes { epoch, changes } = since else { return Ok(Changes::Unreachable) };
        let record = |change: change::Change| {
            let digest = SetDigest::from(change.digest);
            Ok(ChangeRecord { change: change.decode()?.into(), digest })
        };
        let records = changes.into_iter().map(record).collect::<Result<_, StoreError>>()?;
        Ok(Changes::Next { epoch, records })
    }

    async fn snapshot(&self, log: LogId) -> Result<DatabaseSnapshot, StoreError> {
        let mut transaction = self.0.begin_snapshot().await?;
        let head = change::head(&mut transaction, log).await?;
        Ok(DatabaseSnapshot { transaction, log, position: position(&head), after: None })
    }
}

fn position(head: &change::Head) -> Position {
    Position { epoch: head.epoch, revision: head.revision, digest: head.digest.into() }
}

/// All live objects of a log at one revision, read page by page in one
/// transaction.
#[derive(Debug)]
pub struct DatabaseSnapshot {
    transaction: PgTransaction<'static>,
    log: LogId,
    position: Position,
    after: Option<(u32, String)>,
}

impl SnapshotReader for DatabaseSnapshot {
    type Error = StoreError;

    fn position(&self) -> Position {
        self.position
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StoreError> {
        let after = self.after.as_ref().map(|(kind, name)| (*kind, name.as_str()));
        let objects = object::page(&mut self.transaction, self.log, after, PAGE).await?;
        let Some(last) = objects.last() else { return Ok(None) };
        self.after = Some((last.kind, last.name.clone()));
        let item = |object: object::AnyObject| Item {
            kind: object.kind,
            name: object.name,
            revision: object.revision,
            payload: Some(object.payload),
        };
        Ok(Some(objects.into_iter().map(item).collect()))
    }
}
