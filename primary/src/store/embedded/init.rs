//! Makes the cluster.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::Stdio;

use tracing::info;

use super::account::Account;
use super::launch::{FOLDER, command};
use super::locate::Programs;
use super::{EmbeddedError, NAME, Options, files};

/// A cluster in the making. It only gets its name when it is whole, so that a
/// crash in between leaves nothing that looks like a cluster.
const UNFINISHED: &str = "postgres.new";

/// Makes the cluster in the data folder.
pub(super) fn cluster(
    data_dir: &Path,
    programs: &Programs,
    account: &Account,
    options: Options,
) -> Result<(), EmbeddedError> {
    let unfinished = data_dir.join(UNFINISHED);
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(EmbeddedError::file("remove", &unfinished))?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .map_err(EmbeddedError::file("create", &unfinished))?;
    account.give(&unfinished)?;
    info!(version = programs.version, "making the database cluster");

    let program = programs.path("initdb");
    let mut initdb = command(account, &unfinished, &program, false);
    initdb
        .args(["-D", FOLDER, "--username", NAME, "--encoding", "UTF8", "--locale", "C.UTF-8"])
        .args(["--auth-local", "peer", "--auth-host", "reject"])
        .args(["--data-checksums", "--no-instructions"])
        .stdin(Stdio::null());
    if !options.fsync {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().map_err(|source| EmbeddedError::Program {
        program: program.display().to_string(),
        source,
    })?;
    if !output.status.success() {
        return Err(EmbeddedError::Init {
            status: output.status.to_string(),
            text: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    let finished = data_dir.join(files::CLUSTER);
    fs::rename(&unfinished, &finished).map_err(EmbeddedError::file("rename", &unfinished))?;
    File::open(data_dir)
        .and_then(|folder| folder.sync_all())
        .map_err(EmbeddedError::file("write", data_dir))
}
