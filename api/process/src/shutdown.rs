//! The owner of all tasks: they are cancelled together and waited for.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, info, warn};

/// Owns the tasks of the running program. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the program stops. Give tasks a child of it.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Where parts start tasks of their own.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Starts a task, which must end soon after the token is cancelled.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let span = tracing::info_span!(parent: None, "task", name);
        self.tasks.spawn(task.instrument(span));
    }

    /// Asks all tasks to end.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Waits until all tasks have ended, for at most `limit`. Says whether
    /// they have.
    pub async fn drained(&self, limit: Duration) -> bool {
        self.tasks.close();
        let drained = tokio::time::timeout(limit, self.tasks.wait()).await.is_ok();
        if !drained {
            warn!(tasks = self.tasks.len(), "tasks did not end in time and are abandoned");
        }
        drained
    }
}

/// Requests the shutdown at the first SIGTERM or SIGINT, and ends the process
/// at the second: whoever insists need not wait for the drain.
pub fn on_signal(shutdown: &Shutdown) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        for first in [true, false] {
            let (name, code) = tokio::select! {
                _ = terminate.recv() => ("SIGTERM", 128 + SignalKind::terminate().as_raw_value()),
                _ = interrupt.recv() => ("SIGINT", 128 + SignalKind::interrupt().as_raw_value()),
            };
            if first {
                info!(signal = name, "stopping");
                shutdown.request();
            } else {
                warn!(signal = name, "ending at once");
                std::process::exit(code);
            }
        }
    });
    Ok(())
}
