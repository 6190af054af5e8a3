//! Finds the system's Postgres.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// The oldest major version that will do.
pub(super) const OLDEST: u32 = 15;

/// Folders whose subfolders hold the programs of one version each, in `bin`:
/// `/usr/lib/postgresql/15`, `/usr/lib/postgresql15`, `/usr/pgsql-15`.
const PARENTS: [&str; 3] = ["/usr/lib/postgresql", "/usr/lib", "/usr"];

/// The programs of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
    /// As the server tells it, for the log.
    pub(super) version: String,
}

impl Programs {
    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.dir.join(program)
    }
}

/// The programs of the newest version.
pub(super) fn newest() -> Result<Programs, EmbeddedError> {
    installed().into_values().next_back().ok_or(EmbeddedError::NotInstalled)
}

/// The programs of the version `major`.
pub(super) fn of_major(major: u32) -> Result<Programs, EmbeddedError> {
    installed().remove(&major).ok_or(EmbeddedError::MajorNotInstalled { major })
}

fn installed() -> BTreeMap<u32, Programs> {
    let mut found = BTreeMap::new();
    for dir in candidates() {
        if let Some(programs) = inspect(dir) {
            found.entry(programs.major).or_insert(programs);
        }
    }
    found
}

fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for parent in PARENTS {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        dirs.extend(entries.flatten().map(|entry| entry.path().join("bin")));
    }
    dirs
}

fn inspect(dir: PathBuf) -> Option<Programs> {
    if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
        return None;
    }
    let version = version(&dir.join("postgres"))?;
    let major = major(&version)?;
    (major >= OLDEST).then_some(Programs { dir, major, version })
}

fn version(postgres: &Path) -> Option<String> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.strip_prefix("postgres (PostgreSQL) ")?.trim().to_owned())
}

/// The major version in a text such as `15.18 (Debian …)` or `17beta1`.
fn major(version: &str) -> Option<u32> {
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_leading_number() {
        assert_eq!(major("15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("17beta1"), Some(17));
        assert_eq!(major("devel"), None);
    }
}
