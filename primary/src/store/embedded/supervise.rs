//! Keeps the server running, from a thread that lives as long as the process:
//! the kernel interrupts the server when the thread that started it ends.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::account::Account;
use super::launch::{FOLDER, Folder, command};
use super::leftover;
use super::locate::Programs;
use super::{EmbeddedError, Options, PORT};

/// The pause before a server that ended by itself is started again: at first,
/// at most, and the time of running after which it begins anew.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MOST: Duration = Duration::from_secs(10);
const STEADY: Duration = Duration::from_mins(1);

/// How long a stop may take, with each signal: a clean stop, one without a
/// checkpoint, and no questions asked.
const STOP: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// How many lines of the server's log an error repeats.
const LAST_LINES: usize = 12;

/// What is set besides Postgres's defaults.
const SETTINGS: [&str; 17] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=60",
    "shared_buffers=64MB",
    "huge_pages=off",
    "jit=off",
    // Parallel workers would need more of /dev/shm than containers have.
    "max_parallel_workers_per_gather=0",
    "synchronous_commit=on",
    "full_page_writes=on",
    "autovacuum=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_destination=stderr",
    "logging_collector=off",
    "log_line_prefix=",
    "lc_messages=C",
    "cluster_name=palisade",
];

/// The supervised server.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    ended: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    stopping: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The server's process while it runs. Its number cannot be used again
    /// before this is cleared.
    pid: Option<Pid>,
    stopping: bool,
    /// Whether a server ended by itself since the start.
    failed: bool,
    last_lines: VecDeque<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.lock();
        state.stopping = true;
        self.stopping.notify_all();
        if let Some(pid) = state.pid
            && let Err(error) = kill(pid, signal)
        {
            warn!(%error, %signal, "cannot signal Postgres");
        }
    }
}

/// Everything that is needed to start the server again.
struct Server {
    programs: Programs,
    account: Account,
    folder: Folder,
    options: Options,
    shared: Arc<Shared>,
}

impl Supervisor {
    /// Starts the thread, which starts the server.
    pub(super) fn start(
        programs: &Programs,
        account: &Account,
        folder: &Folder,
        options: Options,
    ) -> Result<Self, EmbeddedError> {
        let shared = Arc::new(Shared::default());
        let server = Server {
            programs: programs.clone(),
            account: account.clone(),
            folder: folder.clone(),
            options,
            shared: shared.clone(),
        };
        let (end, ended) = watch::channel(false);
        std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                server.keep_running();
                end.send_replace(true);
            })
            .map_err(|e| EmbeddedError::Thread(e.to_string()))?;
        Ok(Self { shared, ended })
    }

    /// What the server said last, if it ended by itself since the start.
    pub(super) fn failed(&self) -> Option<String> {
        let state = self.shared.lock();
        state.failed.then(|| Vec::from(state.last_lines.clone()).join("\n"))
    }

    /// Stops the server and waits until it is gone.
    pub(super) async fn stop(mut self) {
        for (signal, patience) in STOP {
            self.shared.signal(signal);
            let ended = self.ended.wait_for(|ended| *ended);
            if let Ok(Ok(_)) = tokio::time::timeout(patience, ended).await {
                info!("Postgres has stopped");
                return;
            }
            warn!(%signal, "Postgres does not stop");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if !*self.ended.borrow() {
            self.shared.signal(Signal::SIGINT);
        }
    }
}

impl Server {
    fn keep_running(&self) {
        let mut pause = PAUSE_FIRST;
        loop {
            let started = Instant::now();
            match self.spawn() {
                Ok(Some(child)) => self.attend(child),
                Ok(None) => return,
                Err(error) => {
                    error!(%error, "cannot start Postgres");
                    self.remember(format!("cannot run it: {error}"));
                    self.shared.lock().failed = true;
                }
            }
            if started.elapsed() > STEADY {
                pause = PAUSE_FIRST;
            }
            let state = self.shared.lock();
            let waited =
                self.shared.stopping.wait_timeout_while(state, pause, |state| !state.stopping);
            if waited.unwrap_or_else(PoisonError::into_inner).0.stopping {
                return;
            }
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }

    /// Starts the server, unless the supervisor stops.
    fn spawn(&self) -> std::io::Result<Option<Child>> {
        let mut state = self.shared.lock();
        if state.stopping {
            return Ok(None);
        }
        let program = self.programs.path("postgres");
        let mut command = command(&self.account, self.folder.path(), &program, true);
        command.args(["-D", FOLDER, "-p", &PORT.to_string(), "-k", FOLDER]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let fsync = if self.options.fsync { "fsync=on" } else { "fsync=off" };
        command.args(["-c", fsync]);
        if !std::path::Path::new("/dev/shm").exists() {
            command.args(["-c", "dynamic_shared_memory_type=mmap"]);
        }
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        state.pid = Some(Pid::from_raw(child.id() as i32));
        Ok(Some(child))
    }

    /// Reads the server's log until it ends, and sees that nothing of the
    /// server is left then.
    fn attend(&self, mut child: Child) {
        let stderr = child.stderr.take();
        let pid = Pid::from_raw(child.id() as i32);
        std::thread::scope(|scope| {
            // The log ends with the last process that can write to it.
            scope.spawn(|| stderr.map(|stderr| self.read_log(stderr)));
            // The process number stays taken until it is reaped, which
            // happens under the lock.
            let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), ended) == Err(nix::errno::Errno::EINTR) {}
            leftover::end_orphans(self.folder.path());
        });
        let mut state = self.shared.lock();
        let status = child.wait();
        state.pid = None;
        if !state.stopping {
            state.failed = true;
            match status {
                Ok(status) => error!(%status, "Postgres ended by itself and is started again"),
                Err(error) => error!(%error, "Postgres is lost and is started again"),
            }
        }
    }

    fn read_log(&self, stderr: impl Read) {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { return };
            let (severity, text) = line.split_once(":  ").unwrap_or(("", line.as_str()));
            match severity {
                "PANIC" => error!(target: "postgres", "{text}"),
                "WARNING" => warn!(target: "postgres", "{text}"),
                // One session's end, such as one that came while it starts.
                "FATAL" => info!(target: "postgres", "{text}"),
                _ => debug!(target: "postgres", severity, "{text}"),
            }
            self.remember(line);
        }
    }

    fn remember(&self, line: String) {
        let mut state = self.shared.lock();
        if state.last_lines.len() == LAST_LINES {
            state.last_lines.pop_front();
        }
        state.last_lines.push_back(line);
    }
}
