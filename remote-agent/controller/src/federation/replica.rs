//! Stores what the delta stream brings, then puts it in force.

use std::collections::HashMap;
use std::sync::Arc;

use palisade_api::Revision;
use palisade_api::kind::LogId;
use palisade_sync::{
    Applied, Change, Held, Item, ObjectError, Position, Replacement, ReplicaStore, SetDigest,
};

use super::drift::digest_of;
use crate::in_force::InForce;
use crate::store::{ObjectWrite, Store, StoreError, StoredObject, StoredPosition};

/// The replica of the primary's logs. Clones share it.
#[derive(Clone, Debug)]
pub struct FederationReplica {
    store: Store,
    in_force: Arc<InForce>,
}

/// Revision and payload of an object, or none where it does not exist.
type State = Option<(Revision, Vec<u8>)>;

impl FederationReplica {
    pub(crate) fn new(store: Store, in_force: Arc<InForce>) -> Self {
        Self { store, in_force }
    }

    pub(super) fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// Waits for a log of which something else is stored than what came.
    pub async fn drifted(&self) -> LogId {
        self.in_force.drift.next().await
    }

    /// Compares what is stored of `log` with its digest. Where they differ, the
    /// digest is corrected, so that the primary will see it too, and the number of
    /// objects is given.
    pub(super) async fn check(&self, log: LogId) -> Result<Option<usize>, StoreError> {
        self.to_the_end(move |replica| async move {
            let Some(position) = replica.store.position(log.number()).await? else {
                return Ok(None);
            };
            let objects = replica.store.objects_all(log.number()).await?;
            let count = objects.len();
            let digest = digest_of(objects).to_bytes();
            if digest == position.digest {
                return Ok(None);
            }
            replica.store.position_correct(log.number(), digest).await?;
            Ok(Some(count))
        })
        .await
    }

    /// Drops all that is federated and gives the number of objects dropped.
    pub(crate) async fn forget(&self) -> Result<u64, StoreError> {
        self.to_the_end(|replica| async move {
            let dropped = replica.store.objects_forget_federation().await?;
            replica.in_force.forget_federation();
            for log in LogId::ALL {
                replica.in_force.drift.made_good(log);
            }
            Ok(dropped)
        })
        .await
    }

    /// Does `work` to its end, one at a time, even when the link that asked for
    /// it breaks meanwhile: what is stored and not in force would stay so.
    async fn to_the_end<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let writing = Arc::clone(&self.in_force.writing).lock_owned().await;
        let work = work(self.clone());
        let task = tokio::spawn(async move {
            let outcome = work.await;
            drop(writing);
            outcome
        });
        task.await.map_err(|_| StoreError::Interrupted)?
    }

    async fn apply_whole(&self, log: LogId, changes: Vec<Change>) -> Result<Applied, StoreError> {
        let mut position = self.position(log).await?;
        let keys = changes.iter().flat_map(|change| &change.items);
        let keys = keys.map(|item| (item.kind, item.name.clone())).collect();
        let mut states: HashMap<(u32, String), State> =
            self.store.objects_named(log.number(), keys).await?;
        // The last state of each object, in the order of the log.
        let mut last: HashMap<(u32, String), Item> = HashMap::new();
        for change in changes {
            for item in change.items {
                let key = (item.kind, item.name.clone());
                let state = states.entry(key.clone()).or_default();
                let old = state.as_ref().map(|(revision, payload)| (*revision, payload.as_slice()));
                position.digest.replace(old, &item);
                *state = item.payload.as_ref().map(|payload| (item.revision, payload.to_vec()));
                last.insert(key, item);
            }
            position.revision = change.revision;
        }
        let writes = states
            .into_iter()
            .map(|((kind, name), state)| match state {
                Some((revision, payload)) => {
                    ObjectWrite::Put(StoredObject { kind, name, revision, payload })
                }
                None => ObjectWrite::Delete { kind, name },
            })
            .collect();
        self.store.objects_apply(log.number(), writes, stored(&position), false).await?;
        let some = !last.is_empty();
        let errors = self.in_force.change(log, last.into_values());
        // A change may be for other clusters alone.
        if some {
            self.applied(log, &position);
        }
        Ok(Applied { position, errors })
    }

    async fn replace_whole(
        &self,
        log: LogId,
        replacement: Replacement,
    ) -> Result<Vec<ObjectError>, StoreError> {
        let Replacement { position, items } = replacement;
        let writes = items
            .iter()
            .filter_map(|item| {
                let payload = item.payload.as_ref()?.to_vec();
                let name = item.name.clone();
                Some(ObjectWrite::Put(StoredObject {
                    kind: item.kind,
                    name,
                    revision: item.revision,
                    payload,
                }))
            })
            .collect();
        self.store.objects_apply(log.number(), writes, stored(&position), true).await?;
        self.in_force.drift.made_good(log);
        let errors = self.in_force.replace(log, &items);
        self.applied(log, &position);
        Ok(errors)
    }

    fn applied(&self, log: LogId, position: &Position) {
        if log == LogId::Federation {
            self.in_force.applied.send_replace(position.revision);
        }
    }

    async fn position(&self, log: LogId) -> Result<Position, StoreError> {
        let Some(stored) = self.store.position(log.number()).await? else {
            return Ok(Position::NONE);
        };
        Ok(Position {
            epoch: stored.epoch,
            revision: stored.revision,
            digest: SetDigest::try_from(stored.digest.as_slice())
                .map_err(|_| StoreError::Damaged("digest"))?,
        })
    }
}

fn stored(position: &Position) -> StoredPosition {
    StoredPosition {
        epoch: position.epoch,
        revision: position.revision,
        digest: position.digest.to_bytes(),
    }
}

impl ReplicaStore for FederationReplica {
    type Error = StoreError;

    async fn held(&self, log: LogId) -> Result<Held, StoreError> {
        // A write of an earlier link may be on its way.
        let _writing = self.in_force.writing.lock().await;
        self.in_force.drift.told(log);
        Ok(Held { position: self.position(log).await?, errors: self.in_force.errors(log) })
    }

    async fn apply(&self, log: LogId, changes: Vec<Change>) -> Result<Applied, StoreError> {
        self.to_the_end(|replica| async move { replica.apply_whole(log, changes).await }).await
    }

    async fn replace(
        &self,
        log: LogId,
        replacement: Replacement,
    ) -> Result<Vec<ObjectError>, StoreError> {
        self.to_the_end(|replica| async move { replica.replace_whole(log, replacement).await })
            .await
    }
}
