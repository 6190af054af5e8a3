//! What the cluster obeys, in memory: built from the store at the start and
//! brought up to date object by object.
//!
//! Admission decides from two parts of it: the compiled rules, replaced as a
//! whole when a rule changes, and the index of verdicts, changed in place, so
//! that one new verdict costs the same among ten and among ten thousand.

mod federated;

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

use federated::read;
pub use federated::{Federated, Sensors};

use crate::federation::Drift;
use crate::store::{LOCAL, Store, StoreError};

/// What the cluster obeys.
#[derive(Debug, Default)]
pub struct InForce {
    /// Held while the store and what is in force are brought to one revision.
    pub(crate) writing: Arc<tokio::sync::Mutex<()>>,
    /// Logs of which something else is stored than what came.
    pub(crate) drift: Drift,
    /// The revision up to which federated objects were applied, where some were.
    pub(crate) applied: watch::Sender<Revision>,
    objects: Mutex<Objects>,
    rules: ArcSwap<CompiledRules>,
    verdicts: RwLock<VerdictIndex>,
}

#[derive(Debug, Default)]
struct Objects {
    federated: Federated,
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
        let kind = ObjectKind::AdmissionRule.number();
        for object in store.objects(LOCAL, kind).await? {
            let rule: AdmissionRule = serde_json::from_slice(&object.payload)
                .map_err(|_| StoreError::Damaged("admission rule"))?;
            in_force.lock().local_admission_rules.insert(rule.id, rule);
        }
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

    /// Puts a local admission rule in force, or takes it out.
    pub(crate) fn local_admission_rule(&self, id: u32, rule: Option<AdmissionRule>) {
        let mut objects = self.lock();
        match rule {
            Some(rule) => objects.local_admission_rules.insert(id, rule),
            None => objects.local_admission_rules.remove(&id),
        };
        self.compile(&mut objects);
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
                code: error.code(),
                text: error.to_string(),
                field: error.field_at_fault().to_owned(),
            };
            objects.errors.insert((LogId::Federation, kind, name), error.clone());
            federated.push(error);
        }
        federated
    }

    /// Reads the federated objects. Nothing is put in force meanwhile.
    pub fn federated<R>(&self, read: impl FnOnce(&Federated) -> R) -> R {
        read(&self.lock().federated)
    }

    /// The federated registries, by name.
    pub fn registries(&self) -> Vec<Registry> {
        self.federated(|federated| federated.registries.values().cloned().collect())
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
        self.federated = Federated::default();
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
            return self.federated.put(kind, &item.name, payload);
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
            self.federated.take_out(kind, name);
        } else if let Ok(id) = name.parse() {
            self.admission_rules.remove(&id);
            self.revisions.remove(&id);
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
