//! What tells the operating system and its packages: which files are read,
//! one module a kind of file.

mod apk;
mod dpkg;
mod release;

use serde::{Deserialize, Serialize};

pub(crate) use release::debian_version;
pub use release::{Distribution, PackageFormat};

use super::{Entry, Facts, Inspector, Problem};
use crate::layer::Tree;
use crate::package::Package;

/// The kinds of files that tell of an operating system.
pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector { wants: is_release, read: read_release },
    Inspector {
        wants: is_dpkg_status,
        read: |entry, bytes, facts| {
            read_packages(entry, bytes, facts, |path, text| dpkg::parse(path, text, true))
        },
    },
    Inspector {
        wants: is_dpkg_status_d,
        read: |entry, bytes, facts| {
            read_packages(entry, bytes, facts, |path, text| dpkg::parse(path, text, false))
        },
    },
    Inspector {
        wants: is_apk_installed,
        read: |entry, bytes, facts| read_packages(entry, bytes, facts, apk::parse),
    },
];

/// Files that tell the operating system, first hit wins.
const RELEASE_FILES: [&str; 8] = [
    "etc/os-release",
    "usr/lib/os-release",
    "etc/lsb-release",
    "etc/centos-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/fedora-release",
    "etc/apt/sources.list",
];

const DPKG_STATUS: &str = "var/lib/dpkg/status";
const DPKG_STATUS_D: &str = "var/lib/dpkg/status.d";
const APK_INSTALLED: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

fn is_release(entry: &Entry<'_>) -> bool {
    RELEASE_FILES.contains(&entry.path) || entry.base() == "os-release"
}

/// Package databases are recognised wherever they lie, since a link may lead
/// there.
fn is_dpkg_status(entry: &Entry<'_>) -> bool {
    entry.ends_with("dpkg/status")
}

fn is_dpkg_status_d(entry: &Entry<'_>) -> bool {
    let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    (folder == "dpkg/status.d" || folder.ends_with("/dpkg/status.d"))
        && !entry.path.ends_with(".md5sums")
}

fn is_apk_installed(entry: &Entry<'_>) -> bool {
    entry.ends_with("apk/db/installed")
}

/// Whether the file is a package database, so that an image that hides it is
/// not understood.
pub(crate) fn is_database(entry: &Entry<'_>) -> bool {
    is_dpkg_status(entry) || is_dpkg_status_d(entry) || is_apk_installed(entry)
}

/// Whether a link at `path` may lead to what tells the operating system.
pub(crate) fn is_on_the_way(path: &str) -> bool {
    let leads_to = |file: &str| {
        file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    };
    leads_to(DPKG_STATUS)
        || leads_to(DPKG_STATUS_D)
        || APK_INSTALLED.iter().any(|file| leads_to(file))
        || RELEASE_FILES.iter().any(|file| leads_to(file))
}

fn read_release(_: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    const LONGEST: usize = 64 << 10;
    let text = bytes.get(..LONGEST).unwrap_or(bytes);
    if text.contains(&0) {
        return Err(Problem::new("is no text"));
    }
    facts.release = Some(String::from_utf8_lossy(text).into_owned());
    Ok(())
}

fn read_packages(
    entry: &Entry<'_>,
    bytes: &[u8],
    facts: &mut Facts,
    parse: impl Fn(&str, &str) -> Result<Vec<Package>, Problem>,
) -> Result<(), Problem> {
    facts.packages.extend(parse(entry.path, &String::from_utf8_lossy(bytes))?);
    Ok(())
}

/// What the files of an image tell about its operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsInventory {
    /// The operating system, where it is known.
    pub distribution: Option<Distribution>,
    /// Its packages, ordered by name.
    pub packages: Vec<Package>,
}

impl OsInventory {
    /// Reads the operating system and the packages from a tree.
    pub fn of(tree: &Tree) -> Self {
        let distribution = RELEASE_FILES
            .iter()
            .find_map(|path| Distribution::parse(path, tree.file(path)?.release.as_deref()?));
        let mut packages = Vec::new();
        let mut add = |facts: &Facts| packages.extend(facts.packages.iter().cloned());
        if let Some(facts) = tree.file(DPKG_STATUS) {
            add(facts);
        }
        for (_, facts) in tree.files_in(DPKG_STATUS_D) {
            add(facts);
        }
        // Where `lib` is a link to `usr/lib` both paths are the same file.
        if let Some(facts) = APK_INSTALLED.iter().find_map(|path| tree.file(path)) {
            add(facts);
        }
        packages.retain(|package| package.ecosystem.is_os());
        packages.sort();
        packages.dedup();
        Self { distribution, packages }
    }
}
