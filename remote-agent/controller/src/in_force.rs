//! What the cluster obeys, in memory: built from the store at the start and
//! brought up to date object by object.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_api::kind::LogId;
use palisade_api::rest::scan::Registry;
use palisade_api::scan::Verdict;
use palisade_api::{Code, ObjectKind, Revision};
use palisade_sync::{Item, ObjectError};
use prost::Message as _;
use tracing::warn;

use crate::store::{Store, StoreError};

/// What the cluster obeys.
#[derive(Debug, Default)]
pub struct InForce {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    registries: BTreeMap<String, Registry>,
    verdicts: HashMap<String, Arc<Verdict>>,
    /// Objects that are stored and not in force, by log, kind and name.
    errors: BTreeMap<(LogId, u32, String), ObjectError>,
}

impl InForce {
    /// Puts in force what is stored.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let in_force = Self::default();
        for log in LogId::ALL {
            let objects = store.objects_all(log.number()).await?;
            let items = objects.into_iter().map(|object| Item {
                kind: object.kind,
                name: object.name,
                revision: object.revision,
                payload: Some(object.payload.into()),
            });
            in_force.replace(log, items.collect());
        }
        Ok(in_force)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The objects of `log` that are stored and not in force.
    pub(crate) fn errors(&self, log: LogId) -> Vec<ObjectError> {
        let state = self.lock();
        state.errors.iter().filter(|((of, ..), _)| *of == log).map(|(_, e)| e.clone()).collect()
    }

    /// Puts `items` in force or takes them out, and gives those that cannot be.
    pub(crate) fn change(
        &self,
        log: LogId,
        items: impl IntoIterator<Item = Item>,
    ) -> Vec<ObjectError> {
        let mut state = self.lock();
        let mut errors = Vec::new();
        for item in items {
            errors.extend(state.put(log, &item));
        }
        errors
    }

    /// Puts `items` in force instead of everything of `log`.
    pub(crate) fn replace(&self, log: LogId, items: Vec<Item>) -> Vec<ObjectError> {
        let mut state = self.lock();
        state.clear(log);
        items.iter().filter_map(|item| state.put(log, item)).collect()
    }

    /// Takes out everything that a primary owned.
    pub(crate) fn forget_federation(&self) {
        let mut state = self.lock();
        for log in LogId::ALL {
            state.clear(log);
        }
    }

    /// The federated registries, by name.
    pub fn registries(&self) -> Vec<Registry> {
        self.lock().registries.values().cloned().collect()
    }

    /// The verdicts, in no order.
    pub fn verdicts(&self) -> Vec<Arc<Verdict>> {
        self.lock().verdicts.values().cloned().collect()
    }
}

impl State {
    fn clear(&mut self, log: LogId) {
        match log {
            LogId::Federation => self.registries.clear(),
            LogId::Verdicts => self.verdicts.clear(),
        }
        self.errors.retain(|(of, ..), _| *of != log);
    }

    fn put(&mut self, log: LogId, item: &Item) -> Option<ObjectError> {
        let key = (log, item.kind, item.name.clone());
        self.errors.remove(&key);
        let kind = ObjectKind::from_number(item.kind)?;
        let error = match &item.payload {
            None => {
                self.take_out(kind, &item.name);
                return None;
            }
            Some(payload) => match self.put_in(kind, &item.name, payload) {
                Ok(()) => return None,
                Err(text) => refused(item.kind, &item.name, item.revision, text),
            },
        };
        // What was in force under this name is not what the primary wants.
        self.take_out(kind, &item.name);
        warn!(kind = item.kind, name = item.name, error = error.text, "an object is not in force");
        self.errors.insert(key, error.clone());
        Some(error)
    }

    fn put_in(&mut self, kind: ObjectKind, name: &str, payload: &[u8]) -> Result<(), String> {
        match kind {
            ObjectKind::Registry => {
                let registry = serde_json::from_slice(payload).map_err(|e| e.to_string())?;
                self.registries.insert(name.to_owned(), registry);
            }
            ObjectKind::Verdict => {
                let verdict = Verdict::decode(payload).map_err(|e| e.to_string())?;
                self.verdicts.insert(name.to_owned(), Arc::new(verdict));
            }
            _ => {}
        }
        Ok(())
    }

    fn take_out(&mut self, kind: ObjectKind, name: &str) {
        match kind {
            ObjectKind::Registry => {
                self.registries.remove(name);
            }
            ObjectKind::Verdict => {
                self.verdicts.remove(name);
            }
            _ => {}
        }
    }
}

fn refused(kind: u32, name: &str, revision: Revision, text: String) -> ObjectError {
    ObjectError { kind, name: name.to_owned(), revision, code: Code::ClusterWrongData, text }
}
