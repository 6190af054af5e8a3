//! What this node is and what runs on it, by what the kernel and the node's
//! own files say. Where they say nothing, nothing is known.
//!
//! [`host`] is the machine, [`container`] what runs on it, [`engine`] what it is
//! called.

pub mod container;
pub mod engine;
pub mod host;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of a file of the kernel at most.
const MOST_BYTES: u64 = 1 << 20;

/// Where the node's own files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePaths {
    /// Its root folder: `/`, or where that is mounted in a container.
    pub root: PathBuf,
    /// Its `/proc`.
    pub proc: PathBuf,
}

impl Default for NodePaths {
    fn default() -> Self {
        Self { root: "/".into(), proc: "/proc".into() }
    }
}

/// The text of a small file; what is no UTF-8 in it is replaced.
fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
