//! What the cluster obeys, in memory: built from the store at the start and
//! brought up to date object by object.
//!
//! Admission decides from two parts of it: the compiled rules, replaced as a
//! whole when a rule changes, and the index of verdicts, changed in place, so
//! that one new verdict costs the same among ten and among ten thousand.

mod object_set;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use arc_swap::ArcSwap;
use palisade_api::kind::LogId;
use palisade_api::rest::scan::Registry;
use palisade_api::scan::Verdict;
use palisade_api::{Code, ObjectKind, Revision};
use palisade_policy::admission::{AdmissionRule, CompiledRules, VerdictIndex};
use palisade_sync::{Item, ObjectError};
use prost::Message as _;
use tokio::sync::watch;
use tracing::warn;

use object_set::read;
pub use object_set::{ObjectSet, Sensors};

use crate::federation::Drift;
use crate::own_edit::{self, OwnChange};
use crate::store::{LOCAL, Store, StoreError};

/// What the cluster obeys.
#[derive(Debug, Default)]
pub struct InForce {
    /// Held while the store and what is in force are brought to one revision.
    pub(crate) writing: Arc<tokio::sync::Mutex<()>>,
    /// The turn of whoever changes what this cluster has of its own.
    pub(crate) own_turn: Arc<tokio::sync::Mutex<()>>,
    /// Logs of which something else is stored than what came.
    pub(crate) drift: Drift,
    /// The revision up to which federated objects were applied, where some were.
    pub(crate) applied: watch::Sender<Revision>,
    objects: Mutex<Objects>,
    rules: ArcSwap<CompiledRules>,
    verdicts: RwLock<VerdictIndex>,
}

/// The objects that are in force, by owner.
#[derive(Debug, Default)]
pub struct Owned {
    /// Those of the federation.
    pub federated: ObjectSet,
    /// Those of this cluster.
    pub own: ObjectSet,
}

impl Owned {
    /// What one of the owners has, the federation being asked first.
    pub fn find<'a, T>(&'a self, of: impl Fn(&'a ObjectSet) -> Option<T>) -> Option<T> {
        of(&self.federated).or_else(|| of(&self.own))
    }
}

#[derive(Debug, Default)]
struct Objects {
    owned: Owned,
    admission_rules: BTreeMap<u32, AdmissionRule>,
    local_admission_rules: BTreeMap<u32, AdmissionRule>,
    /// Revisions of the federated admission rules, to report those that do
    /// not compile.
    revisions: BTreeMap<u32, Revision>,
    /// Objects that are stored and not in force, by log, kind and name.
    errors: BTreeMap<(LogId, u32, String), ObjectError>,
}

impl InForce {
    /// Puts in force what is stored.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let in_force = Self::default();
        let built_in = own_edit::built_in().map_err(|_| StoreError::Damaged("built-in object"))?;
        let stored = store.objects_all(LOCAL).await?.into_iter().filter_map(|object| {
            // What is of a newer version, that version puts in force.
            let kind = ObjectKind::from_number(object.kind)?;
            Some(((kind, object.name), Some(object.payload)))
        });
        in_force.own_change(built_in.into_iter().chain(stored));
        for log in LogId::ALL {
            let objects = store.objects_all(log.number()).await?;
            let items = objects.into_iter().map(|object| Item {
                kind: object.kind,
                name: object.name,
                revision: object.revision,
                payload: Some(object.payload.into()),
            });
            in_force.replace(log, &items.collect::<Vec<_>>());
        }
        Ok(in_force)
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        // Nothing that holds the lock can panic halfway through a change.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The compiled rules.
    pub fn rules(&self) -> Arc<CompiledRules> {
        self.rules.load_full()
    }

    /// The index of verdicts. Held for the time of a decision only.
    pub fn verdicts(&self) -> RwLockReadGuard<'_, VerdictIndex> {
        self.verdicts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something else is stored of the federation than what came, and is
    /// asked for anew.
    pub fn has_drifted(&self) -> bool {
        self.drift.is_there()
    }

    /// The objects of `log` that are stored and not in force.
    pub(crate) fn errors(&self, log: LogId) -> Vec<ObjectError> {
        let objects = self.lock();
        objects.errors.iter().filter(|((of, ..), _)| *of == log).map(|(_, e)| e.clone()).collect()
    }

    /// Puts `items` in force or takes them out, and gives those that cannot be.
    pub(crate) fn change(
        &self,
        log: LogId,
        items: impl IntoIterator<Item = Item>,
    ) -> Vec<ObjectError> {
        let mut errors = Vec::new();
        match log {
            LogId::Federation => {
                let mut objects = self.lock();
                let mut recompile = false;
                for item in items {
                    recompile |= item.kind == ObjectKind::AdmissionRule.number();
                    errors.extend(objects.put(&item));
                }
                if recompile {
                    errors.extend(self.compile(&mut objects));
                }
            }
            LogId::Verdicts => {
                let mut objects = self.lock();
                let mut index = self.verdicts.write().unwrap_or_else(PoisonError::into_inner);
                for item in items {
                    errors.extend(objects.put_verdict(&mut index, &item));
                }
            }
        }
        errors
    }

    /// Puts `items` in force instead of everything of `log`.
    pub(crate) fn replace(&self, log: LogId, items: &[Item]) -> Vec<ObjectError> {
        let mut objects = self.lock();
        objects.errors.retain(|(of, ..), _| *of != log);
        match log {
            LogId::Federation => {
                objects.clear_federation();
                let mut errors: Vec<_> =
                    items.iter().filter_map(|item| objects.put(item)).collect();
                errors.extend(self.compile(&mut objects));
                errors
            }
            LogId::Verdicts => {
                // Decisions go on by the old index until the new one is whole.
                let mut index = VerdictIndex::default();
                let errors =
                    items.iter().filter_map(|item| objects.put_verdict(&mut index, item)).collect();
                *self.verdicts.write().unwrap_or_else(PoisonError::into_inner) = index;
                errors
            }
        }
    }

    /// Takes out everything that a primary owned.
    pub(crate) fn forget_federation(&self) {
        for log in LogId::ALL {
            self.replace(log, &[]);
        }
    }

    /// Fails where an object of this cluster could not be put in force.
    pub(crate) fn own_check(kind: ObjectKind, name: &str, payload: &[u8]) -> Result<(), String> {
        Objects::default().own_put(kind, name, Some(payload))
    }

    /// Puts objects of this cluster in force, or takes them out.
    pub(crate) fn own_change(&self, changes: impl IntoIterator<Item = OwnChange>) {
        let mut objects = self.lock();
        let mut recompile = false;
        for ((kind, name), payload) in changes {
            recompile |= kind == ObjectKind::AdmissionRule;
            if let Err(error) = objects.own_put(kind, &name, payload.as_deref()) {
                warn!(
                    kind = kind.as_str(),
                    name, error, "an object of this cluster is not in force"
                );
            }
        }
        if recompile {
            self.compile(&mut objects);
        }
    }

    /// Compiles all rules and swaps them in. Rules that cannot be evaluated
    /// are out of force; the federated ones among them are given.
    fn compile(&self, objects: &mut Objects) -> Vec<ObjectError> {
        let kind = ObjectKind::AdmissionRule.number();
        let built_in = AdmissionRule::built_in();
        let (compiled, errors) = CompiledRules::compile(
            built_in
                .iter()
                .chain(objects.admission_rules.values())
                .chain(objects.local_admission_rules.values()),
        );
        self.rules.store(Arc::new(compiled));
        let mut federated = Vec::new();
        for (id, error) in errors {
            let Some(revision) = objects.revisions.get(&id) else {
                warn!(id, %error, "an admission rule of this cluster is not in force");
                continue;
            };
            warn!(id, %error, "a federated admission rule is not in force");
            let name = id.to_string();
            let error = ObjectError {
                kind,
                name: name.clone(),
                revision: *revision,
                code: error.refusal().code,
                text: error.to_string(),
                field: error.field_at_fault().to_owned(),
            };
            objects.errors.insert((LogId::Federation, kind, name), error.clone());
            federated.push(error);
        }
        federated
    }

    /// Reads the objects. Nothing is put in force meanwhile.
    pub fn read<R>(&self, read: impl FnOnce(&Owned) -> R) -> R {
        read(&self.lock().owned)
    }

    /// The federated registries, by name.
    pub fn registries(&self) -> Vec<Registry> {
        self.read(|objects| objects.federated.registries.values().cloned().collect())
    }

    /// The federated admission rules, by id.
    pub fn admission_rules(&self) -> Vec<AdmissionRule> {
        self.lock().admission_rules.values().cloned().collect()
    }

    /// The admission rules of this cluster, by id.
    pub fn local_admission_rules(&self) -> Vec<AdmissionRule> {
        self.lock().local_admission_rules.values().cloned().collect()
    }
}

impl Objects {
    fn clear_federation(&mut self) {
        self.owned.federated = ObjectSet::default();
        self.admission_rules.clear();
        self.revisions.clear();
    }

    /// What was in force under a name is not what the primary wants: it goes
    /// out first, and stays out when the new object cannot be read.
    fn put(&mut self, item: &Item) -> Option<ObjectError> {
        let kind = ObjectKind::from_number(item.kind)?;
        self.errors.remove(&(LogId::Federation, item.kind, item.name.clone()));
        self.take_out(kind, &item.name);
        let payload = item.payload.as_ref()?;
        match self.put_in(kind, item, payload) {
            Ok(()) => None,
            Err(text) => Some(self.refuse(LogId::Federation, item, text)),
        }
    }

    fn put_in(&mut self, kind: ObjectKind, item: &Item, payload: &[u8]) -> Result<(), String> {
        if kind != ObjectKind::AdmissionRule {
            return self.owned.federated.put(kind, &item.name, payload);
        }
        let rule: AdmissionRule = read(payload)?;
        if rule.id.to_string() != item.name {
            return Err(format!("the rule says that its id is {}", rule.id));
        }
        self.revisions.insert(rule.id, item.revision);
        self.admission_rules.insert(rule.id, rule);
        Ok(())
    }

    fn take_out(&mut self, kind: ObjectKind, name: &str) {
        if kind != ObjectKind::AdmissionRule {
            self.owned.federated.take_out(kind, name);
        } else if let Ok(id) = name.parse() {
            self.admission_rules.remove(&id);
            self.revisions.remove(&id);
        }
    }

    fn own_put(
        &mut self,
        kind: ObjectKind,
        name: &str,
        payload: Option<&[u8]>,
    ) -> Result<(), String> {
        match (kind, payload) {
            (ObjectKind::AdmissionRule, Some(payload)) => {
                let rule: AdmissionRule = read(payload)?;
                self.local_admission_rules.insert(rule.id, rule);
                Ok(())
            }
            (ObjectKind::AdmissionRule, None) => {
                if let Ok(id) = name.parse() {
                    self.local_admission_rules.remove(&id);
                }
                Ok(())
            }
            (kind, Some(payload)) => self.owned.own.put(kind, name, payload),
            (kind, None) => {
                self.owned.own.take_out(kind, name);
                Ok(())
            }
        }
    }

    fn put_verdict(&mut self, index: &mut VerdictIndex, item: &Item) -> Option<ObjectError> {
        let kind = ObjectKind::from_number(item.kind)?;
        self.errors.remove(&(LogId::Verdicts, item.kind, item.name.clone()));
        if kind != ObjectKind::Verdict {
            let text = "objects of this kind do not belong in this log".to_owned();
            return Some(self.refuse(LogId::Verdicts, item, text));
        }
        index.remove(&item.name);
        let payload = item.payload.as_ref()?;
        match Verdict::decode(payload.clone()) {
            Ok(verdict) if verdict.image_digest == item.name => {
                index.put(verdict);
                None
            }
            Ok(_) => {
                let text = "the verdict is on another image than its name says".to_owned();
                Some(self.refuse(LogId::Verdicts, item, text))
            }
            Err(error) => Some(self.refuse(LogId::Verdicts, item, error.to_string())),
        }
    }

    fn refuse(&mut self, log: LogId, item: &Item, text: String) -> ObjectError {
        warn!(kind = item.kind, name = item.name, error = text, "an object is not in force");
        let error = ObjectError {
            kind: item.kind,
            name: item.name.clone(),
            revision: item.revision,
            code: Code::ClusterWrongData,
            text,
            field: String::new(),
        };
        self.errors.insert((log, item.kind, item.name.clone()), error.clone());
        error
    }
}
