//! What tells the operating system and its packages: which files are read,
//! one module a kind of file.

mod apk;
mod dpkg;
mod release;

use palisade_api::Digest;
use serde::{Deserialize, Serialize};

pub(crate) use release::debian_version;
pub use release::{Distribution, PackageFormat};

use crate::error::ScanError;
use crate::layer::{FileContent, Tree};

/// A package of the operating system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Name of the installed package.
    pub name: String,
    /// Name of the package it was built from: advisories speak of these.
    pub source: String,
    /// The version that advisories compare with.
    pub version: String,
    /// The file that told of it.
    pub file: String,
}

impl Package {
    /// The name that reports show: `source/name` where the two differ.
    pub fn shown_name(&self) -> String {
        if self.source == self.name {
            self.name.clone()
        } else {
            format!("{}/{}", self.source, self.name)
        }
    }
}

/// How a file of interest is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Text that tells the operating system.
    Release,
    /// `var/lib/dpkg/status`.
    DpkgStatus,
    /// A file of `var/lib/dpkg/status.d`.
    DpkgStatusD,
    /// `lib/apk/db/installed`.
    ApkInstalled,
}

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

/// How the file at `path` is read; none when it is of no interest. Package
/// databases are recognised wherever they lie, since a link may lead there.
pub(crate) fn file_kind(path: &str) -> Option<FileKind> {
    let ends = |tail: &str| {
        path.strip_suffix(tail).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    if ends("dpkg/status") {
        Some(FileKind::DpkgStatus)
    } else if path
        .rsplit_once('/')
        .is_some_and(|(folder, _)| folder == "dpkg/status.d" || folder.ends_with("/dpkg/status.d"))
    {
        (!path.ends_with(".md5sums")).then_some(FileKind::DpkgStatusD)
    } else if ends("apk/db/installed") {
        Some(FileKind::ApkInstalled)
    } else if RELEASE_FILES.contains(&path) || ends("os-release") {
        Some(FileKind::Release)
    } else {
        None
    }
}

/// Whether a change of `path` may change what a scan finds.
pub(crate) fn is_relevant(path: &str) -> bool {
    let leads_to = |file: &str| {
        path.is_empty()
            || file == path
            || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    };
    file_kind(path).is_some()
        || leads_to(DPKG_STATUS)
        || leads_to(DPKG_STATUS_D)
        || APK_INSTALLED.iter().any(|file| leads_to(file))
        || RELEASE_FILES.iter().any(|file| leads_to(file))
}

/// Reads a file of interest.
pub(crate) fn parse(path: &str, kind: FileKind, bytes: &[u8]) -> Result<FileContent, ScanError> {
    let text = String::from_utf8_lossy(bytes);
    Ok(match kind {
        FileKind::Release => FileContent::Release(text.chars().take(64 << 10).collect()),
        FileKind::DpkgStatus => FileContent::Packages(dpkg::parse(path, &text, true)?),
        FileKind::DpkgStatusD => FileContent::Packages(dpkg::parse(path, &text, false)?),
        FileKind::ApkInstalled => FileContent::Packages(apk::parse(path, &text)?),
    })
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
        let distribution = RELEASE_FILES.iter().find_map(|path| match tree.file(path) {
            Some(FileContent::Release(text)) => Distribution::parse(path, text),
            _ => None,
        });
        let mut packages = Vec::new();
        let mut add = |content: &FileContent| {
            if let FileContent::Packages(found) = content {
                packages.extend(found.iter().cloned());
            }
        };
        if let Some(content) = tree.file(DPKG_STATUS) {
            add(content);
        }
        for (_, content) in tree.files_in(DPKG_STATUS_D) {
            add(content);
        }
        // Where `lib` is a link to `usr/lib` both paths are the same file.
        if let Some(content) = APK_INSTALLED.iter().find_map(|path| tree.file(path)) {
            add(content);
        }
        packages.sort();
        packages.dedup();
        Self { distribution, packages }
    }
}

/// A package with the layer that brought or last changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayeredPackage {
    /// The package.
    #[serde(flatten)]
    pub package: Package,
    /// The layer; none where the source has no layers.
    pub layer: Option<Digest>,
}
