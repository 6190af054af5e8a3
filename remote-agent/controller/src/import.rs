//! Imports of this cluster's own objects: the one that runs, or the last that did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use chrono::{DateTime, Utc};
use palisade_policy::edit::resource::task::{ImportTask, State};

/// The import that runs, or the last that did, and whether somebody holds it. A restart
/// forgets it: what was imported is stored by then, and what was not is gone.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<Option<(ImportTask, Weak<()>)>>);

/// An import that runs. Dropped before its end, it died.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) task: ImportTask,
    held: Arc<()>,
}

impl Imports {
    fn lock(&self) -> MutexGuard<'_, Option<(ImportTask, Weak<()>)>> {
        // Each change of it is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an import, or gives the one that runs already.
    pub(crate) fn begin(&self, by: &str, now: DateTime<Utc>) -> Result<Running, ImportTask> {
        let mut last = self.lock();
        if let Some(running) = last.as_ref().map(stands).filter(|t| t.state == State::Running) {
            return Err(running);
        }
        let running = Running { task: ImportTask::begun(by, now), held: Arc::default() };
        *last = Some((running.task.clone(), Arc::downgrade(&running.held)));
        Ok(running)
    }

    /// Notes how an import ended.
    pub(crate) fn end(&self, running: Running, state: State, now: DateTime<Utc>) {
        *self.lock() = Some((running.task.ended(state, now), Weak::new()));
    }

    /// The import that runs, or the last that did.
    pub(crate) fn last(&self) -> Option<ImportTask> {
        self.lock().as_ref().map(stands)
    }
}

fn stands((task, held): &(ImportTask, Weak<()>)) -> ImportTask {
    let task = task.clone();
    if held.strong_count() > 0 { task } else { task.died_if_running() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_import_runs_at_a_time() {
        let (imports, now) = (Imports::default(), Utc::now());
        let first = imports.begin("admin", now).unwrap();
        let tid = first.task.tid;
        assert_eq!(imports.begin("other", now).unwrap_err(), first.task);
        imports.end(first, State::Done, now);
        assert_eq!(imports.last().map(|task| task.state), Some(State::Done));
        let second = imports.begin("other", now).unwrap();
        assert_ne!(second.task.tid, tid);
        // Who ran it is gone.
        drop(second);
        let state = imports.last().map(|task| task.state);
        assert!(matches!(state, Some(State::Failed { by_file: false, .. })), "{state:?}");
        imports.begin("third", now).unwrap();
    }
}
