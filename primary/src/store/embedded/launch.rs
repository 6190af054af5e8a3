//! Starts programs of Postgres as the unprivileged user, on the cluster's
//! folder.
//!
//! The folders above the data folder may be closed to that user: `/root` is.
//! So a shell opens the cluster's folder with this process's rights, and the
//! program knows it as `/proc/self/fd/9`, which needs no right on the folders
//! above, keeps the path of the socket short however deep the data folder
//! lies, and is inherited by every process that the server forks.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::EmbeddedError;
use super::account::Account;

/// The cluster's folder as the launched program knows it.
pub(super) const FOLDER: &str = "/proc/self/fd/9";

/// Opens the folder `$0` and becomes the program in the arguments.
const SHELL: &str = r#"exec 9<"$0" && exec "$@""#;

/// The folder of a cluster, held open.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    handle: Arc<File>,
}

impl Folder {
    pub(super) fn open(path: PathBuf) -> Result<Self, EmbeddedError> {
        let handle = File::open(&path).map_err(EmbeddedError::file("open", &path))?;
        Ok(Self { path, handle: Arc::new(handle) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder by a path short enough for a socket, valid in this process
    /// as long as a clone of this value lives.
    pub(super) fn reach(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.handle.as_raw_fd()).into()
    }
}

/// A command that runs `program` as the account, in a process group of its own
/// so that Ctrl-C in a terminal reaches the primary alone. With `end_with_us`
/// the kernel interrupts it when the thread that spawned it ends.
pub(super) fn command(
    account: &Account,
    folder: &Path,
    program: &Path,
    end_with_us: bool,
) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SHELL).arg(folder);
    if has_setpriv() {
        command.arg("setpriv");
        if account.change {
            command.arg(format!("--reuid={}", account.uid()));
            command.arg(format!("--regid={}", account.gid()));
            command.arg("--clear-groups");
        }
        if end_with_us {
            command.arg("--pdeathsig=INT");
        }
        command.arg("--");
    } else if account.change {
        // Without util-linux the folders above must be open to the user, and
        // a killed primary leaves its server for the next start to stop.
        command.uid(account.uid()).gid(account.gid());
    }
    command.arg(program);
    command.env_clear().current_dir("/").process_group(0);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn has_setpriv() -> bool {
    let output = Command::new("setpriv").arg("--help").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("--pdeathsig"))
}
