//! The logs in the database, as the source of the delta stream.

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Revision};
use palisade_sync::{
    ChangeRecord, Changes, Head, Hidden, Item, Position, SetDigest, SnapshotReader, Source,
};
use sqlx::PgTransaction;

use crate::store::change::{self, Since};
use crate::store::view::View;
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
        Ok(Head { position: position(&head), floor: head.floor, targeted: head.targeted })
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
            Ok(ChangeRecord {
                change: change.decode()?.into(),
                digest,
                parts: change.decode_parts()?,
            })
        };
        let records = changes.into_iter().map(record).collect::<Result<_, StoreError>>()?;
        Ok(Changes::Next { epoch, records })
    }

    async fn hidden(&self, log: LogId, member: ClusterId) -> Result<Hidden, StoreError> {
        if log != LogId::Federation {
            return Ok(Hidden::NOTHING);
        }
        let mut transaction = self.0.begin_snapshot().await?;
        let head = change::head(&mut transaction, log).await?;
        View::of(&mut transaction, member).await?.hidden(&mut transaction, log, &head).await
    }

    async fn snapshot(
        &self,
        log: LogId,
        member: ClusterId,
    ) -> Result<DatabaseSnapshot, StoreError> {
        let mut transaction = self.0.begin_snapshot().await?;
        let head = change::head(&mut transaction, log).await?;
        let whole = position(&head);
        // Views are of the federation log; everybody sees all verdicts.
        let view = View::of(&mut transaction, member).await?;
        let hidden = view.hidden(&mut transaction, log, &head).await?.digest;
        let beside = view.beside(&mut transaction).await?;
        let position = Position { digest: whole.digest.less(hidden), ..whole };
        Ok(DatabaseSnapshot { transaction, log, view, position, hidden, after: None, beside })
    }
}

fn position(head: &change::Head) -> Position {
    Position { epoch: head.epoch, revision: head.revision, digest: head.digest.into() }
}

/// All live objects of a log that a member is shown at one revision, read page
/// by page in one transaction.
#[derive(Debug)]
pub struct DatabaseSnapshot {
    transaction: PgTransaction<'static>,
    log: LogId,
    view: View,
    position: Position,
    hidden: SetDigest,
    after: Option<(u32, String)>,
    /// What is in the view and not in the log, until it was given out.
    beside: Vec<Item>,
}

impl SnapshotReader for DatabaseSnapshot {
    type Error = StoreError;

    fn position(&self) -> Position {
        self.position
    }

    fn hidden(&self) -> SetDigest {
        self.hidden
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StoreError> {
        let after = self.after.as_ref().map(|(kind, name)| (*kind, name.as_str()));
        let objects = object::page(&mut self.transaction, self.log, after, PAGE).await?;
        let Some(last) = objects.last() else {
            let beside = std::mem::take(&mut self.beside);
            return Ok((!beside.is_empty()).then_some(beside));
        };
        self.after = Some((last.kind, last.name.clone()));
        Ok(Some(objects.into_iter().filter_map(|object| self.view.item(object)).collect()))
    }
}
