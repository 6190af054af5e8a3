//! Kinds of feeds, and sources as they are named on a command line.

use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// A kind of feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedKind {
    /// Whatever the content tells.
    Auto,
    /// Records in the OSV format, of any ecosystem.
    Osv,
    /// The Debian security tracker's JSON.
    Debian,
    /// Lists of Debian's advisories.
    DebianAdvisories,
    /// Changelogs of Debian's packages.
    DebianChangelogs,
    /// Records of the Ubuntu CVE tracker.
    Ubuntu,
    /// Alpine's secdb, and MinimOS's.
    Alpine,
    /// Wolfi's secdb.
    Wolfi,
    /// Chainguard's secdb.
    Chainguard,
    /// CSAF documents of Red Hat and SUSE.
    Csaf,
    /// OVAL definitions of Red Hat, SUSE, Oracle, AlmaLinux, Azure Linux,
    /// Ubuntu and Debian.
    Oval,
    /// Updates of Amazon Linux.
    Amazon,
    /// Errata of Rocky Linux.
    Rocky,
    /// Errata of AlmaLinux.
    Alma,
    /// Updates of Oracle Linux.
    Oracle,
    /// Updates of Fedora.
    Fedora,
    /// Updates of Bottlerocket.
    Bottlerocket,
    /// Photon OS's metadata of CVEs.
    Photon,
    /// Arch's list of vulnerable packages.
    Arch,
    /// Advisories of GitHub.
    Github,
    /// Advisories of GitLab.
    Gitlab,
    /// The Ruby advisory database.
    Rubysec,
    /// PHP's advisories of FriendsOfPHP.
    FriendsOfPhp,
    /// Vulnerabilities of Kubernetes.
    Kubernetes,
    /// The National Vulnerability Database, version 2.0.
    Nvd,
    /// How likely exploitation is.
    Epss,
    /// CISA's catalogue of exploited vulnerabilities.
    Kev,
}

impl FeedKind {
    /// Every kind.
    pub const ALL: [Self; 27] = [
        Self::Auto,
        Self::Osv,
        Self::Debian,
        Self::DebianAdvisories,
        Self::DebianChangelogs,
        Self::Ubuntu,
        Self::Alpine,
        Self::Wolfi,
        Self::Chainguard,
        Self::Csaf,
        Self::Oval,
        Self::Amazon,
        Self::Rocky,
        Self::Alma,
        Self::Oracle,
        Self::Fedora,
        Self::Bottlerocket,
        Self::Photon,
        Self::Arch,
        Self::Github,
        Self::Gitlab,
        Self::Rubysec,
        Self::FriendsOfPhp,
        Self::Kubernetes,
        Self::Nvd,
        Self::Epss,
        Self::Kev,
    ];

    /// Its name in `KIND=PATH`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Osv => "osv",
            Self::Debian => "debian",
            Self::DebianAdvisories => "debian-advisories",
            Self::DebianChangelogs => "debian-changelogs",
            Self::Ubuntu => "ubuntu",
            Self::Alpine => "alpine",
            Self::Wolfi => "wolfi",
            Self::Chainguard => "chainguard",
            Self::Csaf => "csaf",
            Self::Oval => "oval",
            Self::Amazon => "amazon",
            Self::Rocky => "rocky",
            Self::Alma => "almalinux",
            Self::Oracle => "oracle",
            Self::Fedora => "fedora",
            Self::Bottlerocket => "bottlerocket",
            Self::Photon => "photon",
            Self::Arch => "arch",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Rubysec => "rubysec",
            Self::FriendsOfPhp => "friendsofphp",
            Self::Kubernetes => "kubernetes",
            Self::Nvd => "nvd",
            Self::Epss => "epss",
            Self::Kev => "kev",
        }
    }

    /// What it reads, for a page of help.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Auto => "any of the others, told by the content of each file",
            Self::Osv => "OSV records: a folder, zip, JSON or JSON lines",
            Self::Debian => "the Debian security tracker's JSON",
            Self::DebianAdvisories => "the tracker's lists of DSA and DLA, as text or JSON lines",
            Self::DebianChangelogs => "changelogs of Debian's packages, JSON lines",
            Self::Ubuntu => "the Ubuntu CVE tracker: a checkout, or JSON lines of path and text",
            Self::Alpine => "Alpine's secdb, as JSON or YAML, and MinimOS's",
            Self::Wolfi => "Wolfi's secdb",
            Self::Chainguard => "Chainguard's secdb",
            Self::Csaf => "CSAF advisories and VEX of Red Hat and SUSE",
            Self::Oval => {
                "OVAL of Red Hat, SUSE, Oracle, AlmaLinux, Azure Linux, Photon OS, Ubuntu and Debian"
            }
            Self::Amazon => "Amazon Linux: updateinfo.xml, or its updates as JSON",
            Self::Rocky => "Rocky Linux: errata as JSON, or updateinfo.xml",
            Self::Alma => "AlmaLinux: errata as JSON, or updateinfo.xml",
            Self::Oracle => "Oracle Linux: updateinfo.xml",
            Self::Fedora => "Fedora: updateinfo.xml, or updates as Bodhi's interface gives them",
            Self::Bottlerocket => "Bottlerocket: updateinfo.xml",
            Self::Arch => "Arch: the list of vulnerable packages as JSON",
            Self::Photon => "Photon OS: its CVE metadata as JSON",
            Self::Github => "GitHub's advisories as its REST or GraphQL interface gives them",
            Self::Gitlab => "GitLab's advisories: a checkout, or its records as JSON",
            Self::Rubysec => "the Ruby advisory database: a checkout, or its records as JSON",
            Self::FriendsOfPhp => {
                "PHP's advisories of FriendsOfPHP: a checkout, or its records as JSON"
            }
            Self::Kubernetes => "vulnerabilities of Kubernetes in the OSV format",
            Self::Nvd => "NVD 2.0: scores of all, and versions of programs without packages",
            Self::Epss => "EPSS: the probability of exploitation, CSV",
            Self::Kev => "CISA's catalogue of exploited vulnerabilities, JSON or CSV",
        }
    }

    /// Whether it speaks for the distribution itself, so that it knows
    /// better than a collection of advisories.
    pub(in crate::vulndb) const fn is_tracker(self) -> bool {
        matches!(
            self,
            Self::Debian
                | Self::Ubuntu
                | Self::Alpine
                | Self::Wolfi
                | Self::Chainguard
                | Self::Csaf
                | Self::Oval
                | Self::Amazon
                | Self::Rocky
                | Self::Alma
                | Self::Oracle
                | Self::Fedora
                | Self::Bottlerocket
                | Self::Photon
                | Self::Arch
        )
    }
}

/// A source of the database: `KIND=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpec {
    /// What kind of feed it is.
    pub kind: FeedKind,
    /// A file, packed or not, an archive or a folder.
    pub path: PathBuf,
}

/// A text that is no source.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{text:?} is no source: expected KIND=PATH, with one of the kinds {}", kinds())]
pub struct NoSource {
    text: String,
}

fn kinds() -> String {
    FeedKind::ALL.map(FeedKind::name).join(", ")
}

impl FromStr for FeedKind {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| NoSource { text: text.to_owned() })
    }
}

impl FromStr for SourceSpec {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let bad = || NoSource { text: text.to_owned() };
        let (kind, path) = text.split_once('=').ok_or_else(bad)?;
        let kind = kind.parse().map_err(|_| bad())?;
        if path.is_empty() {
            return Err(bad());
        }
        Ok(Self { kind, path: path.into() })
    }
}
