//! Stops what is left of a server: one that an earlier run left behind, and
//! the processes of one whose first process died.

use std::fs;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracing::{info, warn};

use super::{EmbeddedError, PORT};

/// The signals that stop a server, ever less politely, and how long each may
/// take: a clean stop, and one that leaves recovery to the next start.
const SIGNALS: [(Signal, Duration); 2] =
    [(Signal::SIGINT, Duration::from_secs(30)), (Signal::SIGQUIT, Duration::from_secs(15))];

/// Sees that no server works on the cluster. The caller holds the lock on the
/// data folder, so one that does has no supervisor any more.
pub(super) fn stop(cluster: &Path) -> Result<(), EmbeddedError> {
    let path = cluster.join("postmaster.pid");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(EmbeddedError::file("read", &path)(error)),
    };
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    if let Some(pid) = pid.filter(|pid| serves(*pid, cluster)) {
        info!(pid, "stopping the Postgres that an earlier run left behind");
        end(pid, cluster)?;
    }
    // Postgres takes a stale file for a running server when its process number
    // is in use again, as it soon is in a container.
    remove(&cluster.join(format!(".s.PGSQL.{PORT}.lock")))?;
    if remove(&path)? {
        warn!("Postgres was not stopped cleanly; it recovers now");
    }
    Ok(())
}

/// Removes a file; false where there is none.
fn remove(path: &Path) -> Result<bool, EmbeddedError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(EmbeddedError::file("remove", path)(error)),
    }
}

/// Whether the process is a Postgres that works on the cluster: its working
/// folder is the cluster's.
fn serves(pid: i32, cluster: &Path) -> bool {
    let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).ok();
    let program = link("exe").is_some_and(|exe| {
        exe.file_name().is_some_and(|name| name.to_string_lossy().starts_with("postgres"))
    });
    program && link("cwd").is_some_and(|cwd| cwd == cluster)
}

fn end(pid: i32, cluster: &Path) -> Result<(), EmbeddedError> {
    for (signal, patience) in SIGNALS {
        if kill(Pid::from_raw(pid), signal).is_err() {
            break;
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !serves(pid, cluster) {
                return Ok(());
            }
            pause(Duration::from_millis(10));
        }
    }
    if serves(pid, cluster) { Err(EmbeddedError::Leftover { pid }) } else { Ok(()) }
}

/// How long the processes of a dead server may take to notice by themselves.
const NOTICE: Duration = Duration::from_secs(2);

/// Ends the processes that the server's first process leaves behind when it
/// dies. They notice its death when they wait for something, but one that
/// holds or awaits a lock in shared memory may never do, and as long as one
/// lives no other server starts on the cluster.
pub(super) fn end_orphans(cluster: &Path) {
    let cluster = cluster.canonicalize().unwrap_or_else(|_| cluster.to_owned());
    let deadline = Instant::now() + NOTICE;
    loop {
        let orphans = processes(&cluster);
        if orphans.is_empty() {
            return;
        }
        if Instant::now() > deadline {
            for pid in orphans {
                warn!(pid, "killing a process that a dead Postgres left behind");
                match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                    // Gone by itself meanwhile.
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(error) => warn!(pid, %error, "it cannot be killed"),
                }
            }
        }
        pause(Duration::from_millis(20));
    }
}

fn processes(cluster: &Path) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| serves(*pid, cluster)).collect()
}

/// Lets a moment pass on this thread, which only waits.
fn pause(time: Duration) {
    let never = (Mutex::new(()), Condvar::new());
    let guard = never.0.lock().unwrap_or_else(PoisonError::into_inner);
    drop(never.1.wait_timeout(guard, time));
}
