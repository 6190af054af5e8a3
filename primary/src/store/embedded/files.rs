//! The files of the embedded Postgres that the primary itself handles.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::account::{Account, admitted};
use super::{EmbeddedError, NAME};

/// The folder of the cluster inside the data folder.
pub(super) const CLUSTER: &str = "postgres";

/// Makes the data folder where there is none, and returns its real path.
pub(super) fn data_dir(path: &Path) -> Result<PathBuf, EmbeddedError> {
    if !path.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(EmbeddedError::file("create", path))?;
    }
    fs::canonicalize(path).map_err(EmbeddedError::file("open", path))
}

/// Takes the lock on the data folder; none while another process has it. The
/// kernel drops it with the process.
pub(super) fn try_lock(data_dir: &Path) -> Result<Option<File>, EmbeddedError> {
    let folder = File::open(data_dir).map_err(EmbeddedError::file("open", data_dir))?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => {
            Err(EmbeddedError::File { doing: "lock", path: data_dir.to_owned(), source })
        }
    }
}

/// The major version of Postgres that made the cluster.
pub(super) fn major(cluster: &Path) -> Result<u32, EmbeddedError> {
    let path = cluster.join("PG_VERSION");
    let text = fs::read_to_string(&path).map_err(EmbeddedError::file("read", &path))?;
    text.trim().parse().map_err(|_| EmbeddedError::NotACluster {
        path: cluster.to_owned(),
        detail: format!("PG_VERSION is {:?}", text.trim()),
    })
}

/// Says who may connect: over the socket only, the kernel vouching for the
/// user of the process. No password exists.
pub(super) fn write_access(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let map: Vec<String> =
        admitted(account).iter().map(|user| format!("{NAME} \"{user}\" {NAME}\n")).collect();
    write(account, &cluster.join("pg_ident.conf"), &map.concat())?;
    write(account, &cluster.join("pg_hba.conf"), &format!("local all {NAME} peer map={NAME}\n"))
}

fn write(account: &Account, path: &Path, text: &str) -> Result<(), EmbeddedError> {
    fs::write(path, text).map_err(EmbeddedError::file("write", path))?;
    account.give(path)
}
