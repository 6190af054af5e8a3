//! What files tell.

use palisade_api::Digest;
use palisade_api::rest::is_zero;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::malware::Malware;
use super::secret::Secret;
use crate::layer;
use crate::package::Package;

/// What one file tells. Kept by the layer's digest, so small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Text that tells the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Packages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    /// Paths that a package of the operating system owns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<PathHash>,
    /// When the youngest package of an rpm database was installed, in Unix
    /// seconds; 0 elsewhere.
    #[serde(skip_serializing_if = "is_zero")]
    pub installed_at: i64,
    /// Repositories of Red Hat that the image was built from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content_sets: Vec<String>,
    /// Users with the rights of root, as the list of users tells them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superusers: Vec<String>,
    /// Secrets, cloaked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Permission bits of a file that runs as its owner or group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_id: Option<u32>,
    /// What the file is known as, where it is known malware.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malware: Option<Malware>,
    /// What is wrong with the file; the rest may then be incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Facts {
    /// Notes what is wrong; the first problem stays.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problem.get_or_insert_with(|| problem.into_text());
    }

    /// Of a hard link at `path` to a file that was not read: a file of interest
    /// would hide what it tells; none for others.
    pub(crate) fn of_unread_link(path: &str, target: &str) -> Option<Self> {
        super::wants(path).then(|| {
            let target = layer::shown(target.as_bytes());
            let mut facts = Self::default();
            facts.problem(Problem::new(format!("is a hard link to {target}, which was not read")));
            facts
        })
    }

    /// How much memory it takes, in units of some 200 bytes.
    pub(crate) fn weight(&self) -> usize {
        let packages = self.packages.iter().map(weight_of);
        1 + packages.sum::<usize>() + self.secrets.len() + self.owned.len() / 25
    }

    /// Leaves out packages behind the first, so that what is told weighs no more than `most`; where
    /// there is no room for any, nothing changes.
    pub(crate) fn shorten(&mut self, most: usize) {
        let mut left = most.saturating_sub(1 + self.secrets.len());
        let fits = |package: &&Package| {
            let rest = left.checked_sub(weight_of(package));
            left = rest.unwrap_or_default();
            rest.is_some()
        };
        let (all, kept) = (self.packages.len(), self.packages.iter().take_while(fits).count());
        if kept == 0 {
            return;
        }
        self.packages.truncate(kept);
        // What is owned by a package that is left out would not be told of at all.
        self.owned = Vec::new();
        let reason =
            format!("tells of more than there is room for: of {all} packages {kept} count");
        self.problem(Problem::new(reason));
    }
}

/// How much memory a package takes, in units of some 200 bytes.
fn weight_of(package: &Package) -> usize {
    1 + (package.name.len() + package.version.len() + package.file.len()) / 200
}

/// Stands for a path where only equality matters: of the million files of an
/// image, most are only remembered as this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathHash(u64);

impl PathHash {
    /// The hash of `path` in normal form. It is cut from SHA-256, so that
    /// nobody makes a file that hides another.
    pub fn of(path: &str) -> Self {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(Digest::of(path.as_bytes()).as_bytes()) {
            *to = *from;
        }
        Self(u64::from_be_bytes(first))
    }
}
