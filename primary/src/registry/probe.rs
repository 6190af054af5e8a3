//! Tests of registries, asked for by clients that come back for the steps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_api::rest::scan::{Registry, RegistryConfig, RegistryTestStep};
use palisade_scanner::ScanOutcome;
use palisade_scanner::source::registry::{Filter, ProbeError, ProbeStep};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::credentials::RegistryCredentials;
use super::{Registries, RegistryFailure};
use crate::shutdown::Shutdown;

/// Tests at a time, finished ones that nobody fetched included.
const MAX_PROBES: usize = 32;
/// How long a client waits for a new step.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a test may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// The tests that run in this replica.
#[derive(Debug, Default)]
pub struct Probes(Mutex<HashMap<Uuid, Probe>>);

#[derive(Debug)]
struct Probe {
    steps: watch::Receiver<Steps>,
    /// Steps that the client has seen.
    seen: usize,
    _cancel: DropGuard,
}

#[derive(Clone, Debug, Default)]
struct Steps {
    all: Vec<RegistryTestStep>,
    done: bool,
}

/// What a client gets when it asks.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Nothing new.
    Nothing,
    /// The steps so far.
    Steps(Vec<RegistryTestStep>),
    /// All steps: the test is over.
    Done(Vec<RegistryTestStep>),
}

impl Probes {
    fn probes(&self) -> MutexGuard<'_, HashMap<Uuid, Probe>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment for news of the test `id`; none when there is no such
    /// test.
    pub async fn poll(&self, id: Uuid) -> Option<Progress> {
        let (mut steps, seen) = {
            let probes = self.probes();
            let probe = probes.get(&id)?;
            (probe.steps.clone(), probe.seen)
        };
        let news = steps.wait_for(|steps| steps.done);
        // Without news in time, what is there is what there is.
        let ended = matches!(tokio::time::timeout(PATIENCE, news).await, Ok(Err(_)));
        let now = steps.borrow().clone();
        let mut probes = self.probes();
        if now.done || ended {
            probes.remove(&id);
            return Some(Progress::Done(now.all));
        }
        let probe = probes.get_mut(&id)?;
        probe.seen = now.all.len();
        Some(if now.all.len() > seen { Progress::Steps(now.all) } else { Progress::Nothing })
    }

    /// Ends the test `id`; says whether there was one.
    pub fn cancel(&self, id: Uuid) -> bool {
        self.probes().remove(&id).is_some()
    }
}

impl Registries {
    /// Starts a test of the settings in `config`; secrets that it leaves out
    /// are those of the registry `name`, where it exists.
    pub async fn probe(
        self: &Arc<Self>,
        name: &str,
        config: RegistryConfig,
        shutdown: &Shutdown,
    ) -> Result<Uuid, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let (mut registry, mut credentials) = match self.find(&mut conn, name).await {
            Ok((row, registry)) => {
                let sealed = row.sealed_credentials.as_deref();
                (registry, RegistryCredentials::open(sealed, &self.sealer, name)?)
            }
            Err(RegistryFailure::Missing(_)) => {
                (Registry::default(), RegistryCredentials::default())
            }
            Err(error) => return Err(error),
        };
        drop(conn);
        // Kept secrets go to the kept address only.
        let kept = addresses(&registry);
        super::config::apply(&mut registry, &mut credentials, config.clone())?;
        if !registry.name.is_empty() && addresses(&registry) != kept {
            credentials = RegistryCredentials::default();
            super::config::apply(&mut registry, &mut credentials, config)?;
        }
        let cancel = CancellationToken::new();
        let (sender, steps) = watch::channel(Steps::default());
        let id = Uuid::new_v4();
        {
            let mut probes = self.probes.probes();
            if probes.len() >= MAX_PROBES {
                probes.retain(|_, probe| !probe.steps.borrow().done);
            }
            if probes.len() >= MAX_PROBES {
                return Err(RegistryFailure::Setting(
                    "Too many tests of registries run; try again in a minute.".to_owned(),
                ));
            }
            let probe = Probe { steps, seen: 0, _cancel: cancel.clone().drop_guard() };
            probes.insert(id, probe);
        }
        let stop = shutdown.token().clone();
        shutdown.spawn("registry-test", async move {
            let test = tokio::time::timeout(DEADLINE, run(&registry, &credentials, &sender));
            tokio::select! {
                outcome = test => if outcome.is_err() {
                    let late = "The test did not end in time".to_owned();
                    say(&sender, failed("timeout", ScanOutcome::Timeout, late));
                },
                () = cancel.cancelled() => {}
                () = stop.cancelled() => {}
            }
            sender.send_modify(|steps| steps.done = true);
        });
        Ok(id)
    }
}

/// Where secrets are sent.
fn addresses(registry: &Registry) -> [String; 3] {
    [
        registry.registry.clone(),
        registry.gitlab_external_url.clone(),
        registry.ibm_cloud_token_url.clone(),
    ]
}

async fn run(registry: &Registry, credentials: &RegistryCredentials, steps: &watch::Sender<Steps>) {
    let client = match credentials.client(registry) {
        Ok(client) => client,
        Err(error) => {
            return say(steps, failed("settings", ScanOutcome::InvalidInput, error.to_string()));
        }
    };
    let filters: Vec<Filter> =
        registry.filters.iter().filter_map(|text| Filter::parse(text).ok()).collect();
    // Every failure has been told as a step.
    if client.probe(&filters, |step| say(steps, shown(&step))).await.is_ok() {
        let text = "The test succeeded".to_owned();
        say(steps, RegistryTestStep { step_content: text, ..message("succeeded") });
    }
}

fn shown(step: &ProbeStep) -> RegistryTestStep {
    let told = match &step.error {
        None => RegistryTestStep {
            step_content: step.name(),
            count: step.count.map(|count| count as u64),
            ..message(step.action.as_str())
        },
        Some(ProbeError { outcome, text }) => RegistryTestStep {
            step_content: format!("{}: {text}", step.name()),
            ..failed(step.action.as_str(), *outcome, text.clone())
        },
    };
    RegistryTestStep { subject: step.subject.clone(), ..told }
}

fn message(step: &str) -> RegistryTestStep {
    RegistryTestStep {
        step_type: "message".to_owned(),
        step: step.to_owned(),
        ..RegistryTestStep::default()
    }
}

fn failed(step: &str, outcome: ScanOutcome, text: String) -> RegistryTestStep {
    RegistryTestStep {
        step_type: "error".to_owned(),
        step_content: text.clone(),
        step: step.to_owned(),
        error_code: Some(outcome as u32),
        error: text,
        ..RegistryTestStep::default()
    }
}

fn say(steps: &watch::Sender<Steps>, step: RegistryTestStep) {
    steps.send_modify(|steps| steps.all.push(step));
}
