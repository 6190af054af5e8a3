//! What must hold after every fault.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use palisade_tests::writer::groups;
use palisade_tests::{Rest, wait};
use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// File descriptors that a process may have more at the end of a run: connections
/// to the database come and go.
const FEW_DESCRIPTORS: usize = 64;
/// Memory that it may have more, in KiB.
const LITTLE_MEMORY: u64 = 48 << 10;

/// Looks at what agents hold while the faults go on: nothing that was never
/// committed.
#[derive(Debug)]
pub(crate) struct Watcher {
    seen: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

impl Watcher {
    pub(crate) fn start(agents: Vec<Rest>) -> Self {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let into = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(std::time::Duration::from_millis(200));
            for agent in agents.iter().cycle() {
                pace.tick().await;
                // One that is down or cut off shows nothing.
                if let Ok(held) = groups(agent).await {
                    into.lock().await.extend(held);
                }
            }
        });
        Self { seen, task }
    }

    /// Fails when an agent held what the primary never committed.
    pub(crate) async fn finish(self, database_url: &str) -> Result<()> {
        self.task.abort();
        let mut database = PgConnection::connect(database_url).await?;
        let committed: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT name FROM audit WHERE kind = 'group'")
                .fetch_all(&mut database)
                .await?;
        let committed: BTreeSet<String> = committed.into_iter().collect();
        let seen = self.seen.lock().await;
        ensure!(!seen.is_empty(), "nobody looked at the agents");
        let invented: Vec<_> = seen.difference(&committed).collect();
        ensure!(invented.is_empty(), "held but never committed: {invented:?}");
        Ok(())
    }
}

/// Waits until `agent` holds exactly what `primary` does.
pub(crate) async fn same(primary: &Rest, agent: &Rest) -> Result<()> {
    wait::until("the agent holds what the primary does", || async {
        let (ours, theirs) = (groups(primary).await?, groups(agent).await?);
        let missing = ours.difference(&theirs).count();
        let more = theirs.difference(&ours).count();
        ensure!(missing + more == 0, "{missing} are missing, {more} are too many");
        Ok(Some(()))
    })
    .await
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings {
    descriptors: usize,
    memory_kib: u64,
}

impl Holdings {
    pub(crate) fn of(pid: Option<u32>) -> Result<Self> {
        let pid = pid.context("the process has ended")?;
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("no VmRSS")?;
        let memory_kib = line.split_whitespace().nth(1).context("no value")?.parse()?;
        Ok(Self { descriptors, memory_kib })
    }

    /// Fails when a process has grown from `self` to `now`.
    pub(crate) fn check(self, now: Self) -> Result<()> {
        println!("from {self:?} to {now:?}");
        ensure!(
            now.descriptors <= self.descriptors + FEW_DESCRIPTORS,
            "file descriptors leak: {self:?}, then {now:?}"
        );
        ensure!(
            now.memory_kib <= self.memory_kib + self.memory_kib / 2 + LITTLE_MEMORY,
            "memory leaks: {self:?}, then {now:?}"
        );
        Ok(())
    }
}
