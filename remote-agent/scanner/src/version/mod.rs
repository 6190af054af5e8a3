//! The order of versions, one module an ecosystem's rules, and the ranges
//! that its tools write.
//!
//! Every order is total over all text: what an ecosystem would refuse has a
//! defined place too, because images and feeds hold it anyway. Nothing is
//! allocated to compare; each module describes a version as a sequence whose
//! elements are ordered, see [`sequence`].

mod apk;
mod composer;
mod digits;
mod dpkg;
mod gem;
mod generic;
mod go;
mod maven;
mod nuget;
mod pep440;
pub mod range;
mod rpm;
mod semver;
mod sequence;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// By whose rules versions are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scheme {
    /// Debian and its descendants.
    Dpkg,
    /// Red Hat and all others with rpm packages.
    Rpm,
    /// Alpine, Wolfi, Chainguard.
    Apk,
    /// Python.
    Pep440,
    /// Semantic Versioning 2.0, read as leniently as npm does.
    SemVer,
    /// Java.
    Maven,
    /// Ruby.
    Gem,
    /// Go modules and the toolchain itself.
    Go,
    /// .NET.
    NuGet,
    /// PHP.
    Composer,
    /// Programs that follow no known rules.
    Generic,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 11] = [
        Self::Dpkg,
        Self::Rpm,
        Self::Apk,
        Self::Pep440,
        Self::SemVer,
        Self::Maven,
        Self::Gem,
        Self::Go,
        Self::NuGet,
        Self::Composer,
        Self::Generic,
    ];

    /// Orders two versions. Different spellings of one version are equal.
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        let (left, right) = (left.trim().as_bytes(), right.trim().as_bytes());
        match self {
            Self::Dpkg => dpkg::compare(left, right),
            Self::Rpm => rpm::compare(left, right),
            Self::Apk => apk::compare(left, right),
            Self::Pep440 => pep440::compare(left, right),
            Self::SemVer => semver::compare(left, right),
            Self::Maven => maven::compare(left, right),
            Self::Gem => gem::compare(left, right),
            Self::Go => go::compare(left, right),
            Self::NuGet => nuget::compare(left, right),
            Self::Composer => composer::compare(left, right),
            Self::Generic => generic::compare(left, right),
        }
    }
}
