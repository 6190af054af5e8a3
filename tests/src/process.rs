//! Child processes that die with the test and leave their log behind.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::programs;
use crate::wait::Hopeless;

/// How many lines of a child's log are shown when it is dropped.
const SHOWN_LINES: usize = 60;

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// Arguments of `setpriv` that come before the program.
    privileges: Vec<OsString>,
}

impl Launch {
    /// Starts `program`; `name` heads its log.
    pub fn new(name: impl Into<String>, program: PathBuf) -> Self {
        Self {
            name: name.into(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            privileges: vec!["--pdeathsig".into(), "KILL".into()],
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Moves the clock that the program sees, by a text such as `+2h`.
    pub fn clock_off_by(self, offset: &str) -> Result<Self> {
        let library = faketime_library()?;
        Ok(self
            .env("LD_PRELOAD", library)
            .env("FAKETIME", offset)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
    }

    /// Runs as `uid` and `gid`, and stops by SIGINT when the test dies.
    #[must_use]
    pub fn as_user(mut self, uid: u32, gid: u32) -> Self {
        self.privileges = vec![
            "--pdeathsig".into(),
            "INT".into(),
            "--reuid".into(),
            uid.to_string().into(),
            "--regid".into(),
            gid.to_string().into(),
            "--clear-groups".into(),
        ];
        self
    }

    /// Lets the test's death interrupt the program instead of killing it.
    #[must_use]
    pub fn interrupted_with_test(mut self) -> Self {
        self.privileges = vec!["--pdeathsig".into(), "INT".into()];
        self
    }

    /// Lets the program read its clock from `file`, which holds a text such as
    /// `+2h` and may change while it runs.
    pub fn clock_from(self, file: &Path) -> Result<Self> {
        let library = faketime_library()?;
        Ok(self
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
    }

    /// Runs it in a network namespace.
    pub fn in_namespace(mut self, namespace: &str) -> Result<Self> {
        let program = std::mem::replace(&mut self.program, programs::system("ip", &sbin())?);
        let before = ["netns", "exec", namespace].map(OsString::from);
        self.arguments = before.into_iter().chain([program.into()]).chain(self.arguments).collect();
        Ok(self)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(programs::system("setpriv", &[])?);
        command
            .args(&self.privileges)
            .arg("--")
            .arg(&self.program)
            .args(&self.arguments)
            .env_remove("PALISADE_TOKEN")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// Starts it with its output going to a file in `log_dir`.
    pub fn spawn(&self, log_dir: &Path) -> Result<Process> {
        let log = log_dir.join(format!("{}.log", self.name));
        let file = File::options().create(true).append(true).open(&log)?;
        let child = self
            .command()?
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Process { name: self.name.clone(), child, log })
    }

    /// Runs it to its end.
    pub async fn run(&self, within: Duration) -> Result<Finished> {
        let output = self.command()?.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        let output = timeout(within, output)
            .await
            .with_context(|| format!("{} did not end within {within:?}", self.name))??;
        Ok(Finished {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// Where programs of administrators are.
pub(crate) fn sbin() -> [PathBuf; 2] {
    ["/usr/sbin".into(), "/sbin".into()]
}

/// Moves the clock of the program that reads it from `file`, see
/// [`Launch::clock_from`]: whole or not at all, since the program reads it at
/// each look at the clock.
pub fn set_clock(file: &Path, jump: &str) -> Result<()> {
    let aside = file.with_extension("new");
    std::fs::write(&aside, format!("{jump}\n"))?;
    Ok(std::fs::rename(aside, file)?)
}

fn faketime_library() -> Result<PathBuf> {
    std::fs::read_dir("/usr/lib")?
        .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
        .find(|library| library.is_file())
        .context("faketime is not installed: run scripts/setup.sh")
}

/// A program that ran to its end.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it logged.
    pub stderr: String,
}

impl Finished {
    /// The printed text of a success.
    pub fn ok(self) -> Result<String> {
        if !self.status.success() {
            bail!("{}: {}{}", self.status, self.stdout, self.stderr);
        }
        Ok(self.stdout)
    }
}

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Its process id; none once it has been waited for.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Fails with the end of the log when it has ended.
    pub fn check_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                Err(Hopeless(format!("{} ended ({status}), see its log", self.name)).into())
            }
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid().with_context(|| format!("{} has ended", self.name))?;
        kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        Ok(())
    }

    /// `kill -9`, then waits for its end.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Waits for its end.
    pub async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        timeout(within, self.child.wait())
            .await
            .with_context(|| format!("{} did not end within {within:?}", self.name))?
            .map_err(Into::into)
    }

    /// Sends `signal` and waits for its end.
    pub async fn stop(&mut self, signal: Signal, within: Duration) -> Result<ExitStatus> {
        self.signal(signal)?;
        self.ended(within).await
    }

    /// Sends a signal that it ends by, and waits for that on this thread: for who is
    /// dropped.
    pub(crate) fn quit(&self, signal: Signal) {
        let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()) else { return };
        let pid = Pid::from_raw(pid);
        // One that a test has stopped hears no other signal.
        if kill(pid, signal).is_ok() && kill(pid, Signal::SIGCONT).is_ok() {
            let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), ended) == Err(Errno::EINTR) {}
        }
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        eprintln!("---- end of the log of {} ----\n{}", self.name, self.log_tail());
    }
}
