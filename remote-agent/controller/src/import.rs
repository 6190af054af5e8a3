//! Imports of this cluster's own objects: the one that runs, or the last that did.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use palisade_policy::edit::resource::task::{ImportTask, State};

/// The import that runs, or the last that did. A restart forgets it: what was imported
/// is stored by then, and what was not is gone.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<Option<ImportTask>>);

impl Imports {
    fn lock(&self) -> MutexGuard<'_, Option<ImportTask>> {
        // Each change of it is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an import, or gives the one that runs already.
    pub(crate) fn begin(&self, by: &str, now: DateTime<Utc>) -> Result<ImportTask, ImportTask> {
        let mut last = self.lock();
        match last.clone().map(|task| task.seen_at(now)).filter(|t| t.state == State::Running) {
            Some(running) => Err(running),
            None => Ok(last.insert(ImportTask::begun(by, now)).clone()),
        }
    }

    /// Notes how an import ended.
    pub(crate) fn end(&self, task: ImportTask, state: State, now: DateTime<Utc>) {
        *self.lock() = Some(task.ended(state, now));
    }

    /// The import that runs, or the last that did.
    pub(crate) fn last(&self, now: DateTime<Utc>) -> Option<ImportTask> {
        self.lock().clone().map(|task| task.seen_at(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_import_runs_at_a_time() {
        let (imports, now) = (Imports::default(), Utc::now());
        let first = imports.begin("admin", now).unwrap();
        assert_eq!(imports.begin("other", now).unwrap_err(), first);
        imports.end(first.clone(), State::Done, now);
        assert_eq!(imports.last(now).map(|task| task.state), Some(State::Done));
        assert_ne!(imports.begin("other", now).unwrap().tid, first.tid);
    }
}
