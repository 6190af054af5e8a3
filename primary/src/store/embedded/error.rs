//! Why the embedded Postgres does not run, and what to do about it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// An embedded Postgres that cannot run.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// No Postgres is installed.
    #[error(
        "no Postgres of version {} or later is installed: install one (on Debian: apt install \
         postgresql) or give --database-url",
        super::locate::OLDEST
    )]
    NotInstalled,
    /// The cluster needs a version that is not installed.
    #[error(
        "the cluster in the data folder was made by Postgres {major}, which is not installed: \
         install it (on Debian: apt install postgresql-{major}), or move the data to a newer \
         version with pg_upgrade or pg_dump"
    )]
    MajorNotInstalled {
        /// The version that made the cluster.
        major: u32,
    },
    /// Started by root, and no user to run Postgres as.
    #[error(
        "Postgres does not run as root, and there is neither a user postgres nor nobody: create \
         one, or start palisade-primary as another user"
    )]
    NoAccount,
    /// Started by a user that may not use the cluster.
    #[error(
        "{} belongs to another user (uid {owner}): start palisade-primary as that user or as root",
        path.display()
    )]
    ForeignOwner {
        /// The folder of the cluster.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Another process works on the data folder.
    #[error("another palisade-primary runs with the data folder {}", data_dir.display())]
    Busy {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The cluster cannot be understood.
    #[error("{} is not the folder of a Postgres cluster: {detail}", path.display())]
    NotACluster {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A program cannot be run.
    #[error("cannot run {program}: {source}")]
    Program {
        /// The program.
        program: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The cluster could not be made.
    #[error("initdb failed ({status}): {text}")]
    Init {
        /// How it ended.
        status: String,
        /// What it said.
        text: String,
    },
    /// The server ended before it accepted queries, or never did.
    #[error("Postgres does not start: {text}")]
    Start {
        /// What it said last.
        text: String,
    },
    /// A server that another process left behind does not end.
    #[error("a Postgres that an earlier run left behind (process {pid}) does not stop")]
    Leftover {
        /// Its process.
        pid: i32,
    },
    /// The server runs but failed a statement.
    #[error("Postgres runs but its database cannot be prepared: {0}")]
    Prepare(#[from] sqlx::Error),
    /// A thread could not be started or ended badly.
    #[error("a thread failed: {0}")]
    Thread(String),
}

impl EmbeddedError {
    pub(super) fn file(
        doing: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { doing, path, source }
    }
}
