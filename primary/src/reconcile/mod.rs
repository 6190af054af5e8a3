//! Tasks that bring what is to what should be, periodically and when nudged.
//!
//! A task takes no input: it reads the present state, does what is missing and
//! leaves the rest to its next run, so a failed run, a lost nudge and a restart
//! are the same case. Several replicas may run the same task at once.

mod compaction;
mod event_retention;
mod finding_retention;
mod image_check_upkeep;
mod layer_retention;
mod report_vulnerability_upkeep;
mod repository_scan_retention;
mod rollout;
mod token_retention;
mod vulnerability_upkeep;
mod workload_upkeep;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use metrics::{counter, gauge, histogram};
use palisade_api::clock::SharedClock;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::App;
use crate::shutdown::Shutdown;
use crate::store::StoreError;

/// What a run found to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing: all is as it should be.
    Nothing,
    /// Something, told for the log.
    Something(String),
}

/// An idempotent task.
#[async_trait]
pub trait Task: Send + Sync + 'static {
    /// Its name in logs and metrics.
    fn name(&self) -> &'static str;

    /// How long to wait between runs when nobody nudges.
    fn period(&self) -> Duration;

    /// What wakes it before its period is over; by default nothing does.
    fn nudge(&self) -> Nudge {
        Nudge::default()
    }

    /// Does what is missing. Must be safe to stop anywhere.
    async fn run(&self) -> Result<Done, StoreError>;
}

/// Wakes a task before its period is over, though not before it has rested a while.
/// Nudges while it runs or rests lead to one more run.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Wakes the task.
    pub fn nudge(&self) {
        self.0.notify_one();
    }
}

/// A task rests this many times as long as it ran, however often it is nudged, and no
/// longer than its period: it takes a part in twenty of what the database can do.
const REST: u32 = 20;

/// Starts the tasks of the primary.
pub fn start(app: &App) {
    for task in tasks(app) {
        spawn(&app.shutdown, app.clock.clone(), task);
    }
}

fn tasks(app: &App) -> [Box<dyn Task>; 11] {
    let (database, clock) = (&app.database, &app.clock);
    [
        Box::new(compaction::Compaction {
            database: database.clone(),
            clock: clock.clone(),
            retention: app.config.change_retention,
        }),
        Box::new(event_retention::EventRetention {
            database: database.clone(),
            clock: clock.clone(),
            retention: app.config.event_retention,
        }),
        Box::new(finding_retention::FindingRetention { database: database.clone() }),
        Box::new(image_check_upkeep::ImageCheckUpkeep { database: database.clone() }),
        Box::new(layer_retention::LayerRetention {
            database: database.clone(),
            most: app.config.layer_cache_size,
        }),
        Box::new(report_vulnerability_upkeep::ReportVulnerabilityUpkeep {
            database: database.clone(),
        }),
        Box::new(repository_scan_retention::RepositoryScanRetention { database: database.clone() }),
        Box::new(rollout::Rollouts { database: database.clone(), clock: clock.clone() }),
        Box::new(token_retention::TokenRetention {
            database: database.clone(),
            clock: clock.clone(),
        }),
        Box::new(vulnerability_upkeep::VulnerabilityUpkeep {
            database: database.clone(),
            clock: clock.clone(),
        }),
        Box::new(workload_upkeep::WorkloadUpkeep {
            database: database.clone(),
            nudge: app.registries.running.clone(),
        }),
    ]
}

/// Runs the task now and then, until the shutdown. A run that is under way
/// then is dropped.
pub fn spawn(shutdown: &Shutdown, clock: SharedClock, task: Box<dyn Task>) {
    let nudge = task.nudge();
    let stop = shutdown.token().clone();
    shutdown.spawn(task.name(), async move {
        let running = async {
            loop {
                let took = run(&*task, &clock).await;
                let rest = took.saturating_mul(REST).min(task.period());
                let nudged = async {
                    tokio::time::sleep(rest).await;
                    nudge.0.notified().await;
                };
                tokio::select! {
                    () = tokio::time::sleep(task.period()) => {}
                    () = nudged => {}
                }
            }
        };
        stop.run_until_cancelled(running).await;
    });
}

/// Says how long it took.
async fn run(task: &dyn Task, clock: &SharedClock) -> Duration {
    let name = task.name();
    let started = Instant::now();
    let outcome = task.run().await;
    let took = started.elapsed();
    histogram!("palisade_reconcile_seconds", "task" => name).record(took);
    let result = if outcome.is_ok() { "ok" } else { "failed" };
    counter!("palisade_reconcile_runs_total", "task" => name, "result" => result).increment(1);
    match outcome {
        Ok(done) => {
            gauge!("palisade_reconcile_last_success_seconds", "task" => name)
                .set(clock.now().timestamp() as f64);
            match done {
                Done::Nothing => debug!("nothing to do"),
                Done::Something(text) => info!("{text}"),
            }
        }
        Err(error) => warn!(%error, "failed; the next run tries again"),
    }
    took
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use palisade_api::clock::SystemClock;
    use tokio::sync::watch;

    use super::*;

    struct Counting {
        period: Duration,
        takes: Duration,
        nudge: Nudge,
        runs: AtomicU32,
        told: watch::Sender<u32>,
    }

    #[async_trait]
    impl Task for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn period(&self) -> Duration {
            self.period
        }

        fn nudge(&self) -> Nudge {
            self.nudge.clone()
        }

        async fn run(&self) -> Result<Done, StoreError> {
            tokio::time::sleep(self.takes).await;
            let runs = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            self.told.send_replace(runs);
            if runs == 2 {
                return Err(StoreError::inconsistent("test", "the second run fails"));
            }
            Ok(Done::Nothing)
        }
    }

    /// Starts a task of which each run takes so long.
    fn counting(
        period: Duration,
        takes: Duration,
        shutdown: &Shutdown,
    ) -> (Nudge, watch::Receiver<u32>) {
        let (told, counted) = watch::channel(0);
        let (nudge, runs) = (Nudge::default(), AtomicU32::new(0));
        let task = Counting { period, takes, nudge: nudge.clone(), runs, told };
        spawn(shutdown, SystemClock::shared(), Box::new(task));
        (nudge, counted)
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_runs_at_once_and_when_it_is_nudged_and_ends_with_the_shutdown() {
        let shutdown = Shutdown::new();
        let (nudge, mut runs) = counting(Duration::from_hours(1), Duration::ZERO, &shutdown);
        for expected in 1..=3 {
            runs.wait_for(|runs| *runs == expected).await.unwrap();
            nudge.nudge();
        }
        shutdown.request();
        assert!(shutdown.drained(Duration::from_secs(10)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_runs_again_after_its_period_even_when_it_failed() {
        let shutdown = Shutdown::new();
        let (_, mut runs) = counting(Duration::from_mins(1), Duration::ZERO, &shutdown);
        runs.wait_for(|runs| *runs >= 4).await.unwrap();
        shutdown.request();
        assert!(shutdown.drained(Duration::from_secs(10)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_nudged_without_end_rests_for_longer_than_it_runs() {
        let shutdown = Shutdown::new();
        let began = Instant::now();
        let second = Duration::from_secs(1);
        let (nudge, mut runs) = counting(Duration::from_mins(1), second, &shutdown);
        for expected in 1..=3 {
            runs.wait_for(|runs| *runs == expected).await.unwrap();
            nudge.nudge();
        }
        // Three runs, and two rests between them.
        assert_eq!(began.elapsed().as_secs(), 3 + 2 * u64::from(REST));
        shutdown.request();
        assert!(shutdown.drained(Duration::from_secs(10)).await);
    }
}
