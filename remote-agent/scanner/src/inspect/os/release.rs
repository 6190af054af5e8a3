//! Which operating system an image is built on.

use serde::{Deserialize, Serialize};

use crate::vulndb::ecosystem;

/// How packages of a distribution are named and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackageFormat {
    /// Debian's.
    Dpkg,
    /// Alpine's.
    Apk,
}

/// A distribution with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// For example `debian`.
    pub id: String,
    /// For example `12`; empty for one that has no versions.
    pub version: String,
}

/// Debian's releases by code name. The youngest has no number.
const DEBIAN: [(&str, &str); 13] = [
    ("squeeze", "6"),
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
    ("sid", "unstable"),
    ("unstable", "unstable"),
    ("testing", "14"),
];

/// The number of Debian's release `codename`.
pub(crate) fn debian_version(codename: &str) -> Option<&'static str> {
    DEBIAN.iter().find(|(name, _)| *name == codename).map(|(_, version)| *version)
}

impl Distribution {
    /// Reads `text`, the content of the file at `path`.
    pub fn parse(path: &str, text: &str) -> Option<Self> {
        // `centos-release` ends the same way.
        if path.ends_with("/os-release") {
            return Self::os_release(text);
        }
        if path.ends_with("lsb-release") {
            return Self::lsb_release(text);
        }
        if path.ends_with("sources.list") {
            return Self::sources_list(text);
        }
        Self::release_line(text)
    }

    fn new(id: &str, version: &str) -> Self {
        Self { id: id.to_ascii_lowercase(), version: version.to_owned() }
    }

    fn os_release(text: &str) -> Option<Self> {
        let id = value(text, "ID")?;
        let codename = value(text, "VERSION_CODENAME");
        let version = match (id.as_str(), value(text, "VERSION_ID")) {
            ("rhcos", _) => value(text, "RHEL_VERSION"),
            ("debian", None) => codename.as_deref().and_then(debian_version).map(str::to_owned),
            (_, version) => version,
        };
        if id == "debian" && version.is_none() {
            // Testing and unstable name themselves in one text only.
            let pretty = value(text, "PRETTY_NAME").unwrap_or_default();
            let codename = pretty.rsplit('/').next().unwrap_or_default();
            return Some(Self::new(&id, debian_version(codename).unwrap_or("unstable")));
        }
        Some(Self::new(&id, version.as_deref().unwrap_or_default()))
    }

    fn lsb_release(text: &str) -> Option<Self> {
        let id = value(text, "DISTRIB_ID")?.to_ascii_lowercase();
        let version = value(text, "DISTRIB_RELEASE")?;
        let version = match id.as_str() {
            "debian" | "centos" => version.split('.').next().unwrap_or_default().to_owned(),
            _ => version,
        };
        Some(Self::new(&id, &version))
    }

    /// A line such as `CentOS Linux release 7.9.2009 (Core)`.
    fn release_line(text: &str) -> Option<Self> {
        let line = text.lines().next()?;
        let (name, rest) = line.split_once(" release ")?;
        let version = rest.split_whitespace().next()?;
        let id = match name {
            name if name.starts_with("Red Hat") => "rhel".to_owned(),
            name => name.split_whitespace().next()?.to_ascii_lowercase(),
        };
        Some(Self::new(&id, version))
    }

    /// A line such as `deb http://deb.debian.org/debian bookworm main`.
    fn sources_list(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            if words.next() != Some("deb") || !line.contains(" main") {
                return None;
            }
            let suite =
                words.find(|word| !word.starts_with('[') && !word.contains(['/', ']', '=']))?;
            debian_version(suite).map(|version| Self::new("debian", version))
        })
    }

    /// The form of reports: `debian:12`.
    pub fn base_os(&self) -> String {
        format!("{}:{}", self.id, self.version)
    }

    /// How its packages are compared; none when this system's packages are
    /// not understood.
    pub fn format(&self) -> Option<PackageFormat> {
        match self.id.as_str() {
            "debian" | "ubuntu" | "raspbian" => Some(PackageFormat::Dpkg),
            "alpine" | "wolfi" | "chainguard" => Some(PackageFormat::Apk),
            _ => None,
        }
    }

    /// The names under which the database keeps its packages, the preferred
    /// one first.
    pub fn ecosystems(&self) -> Vec<String> {
        ecosystem::of_distribution(&self.id, &self.version)
    }
}

/// The value of `key` in lines of the form `KEY=value` or `KEY="value"`.
fn value(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let value = line.trim().strip_prefix(key)?.strip_prefix('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_os(path: &str, text: &str) -> String {
        Distribution::parse(path, text).unwrap().base_os()
    }

    #[test]
    fn detection() {
        let release = "etc/os-release";
        assert_eq!(base_os(release, "ID=debian\nVERSION_ID=\"12\"\n"), "debian:12");
        assert_eq!(base_os(release, "NAME=x\nID=alpine\nVERSION_ID=3.18.4\n"), "alpine:3.18.4");
        assert_eq!(base_os(release, "ID=debian\nVERSION_CODENAME=trixie\n"), "debian:13");
        assert_eq!(
            base_os(release, "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux forky/sid\"\n"),
            "debian:unstable"
        );
        assert_eq!(
            base_os("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\n"),
            "ubuntu:22.04"
        );
        assert_eq!(
            base_os("etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n"),
            "centos:7.9.2009"
        );
        assert_eq!(
            base_os("etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n"),
            "debian:12"
        );
    }

    #[test]
    fn names_in_advisories() {
        let of = |id, version| Distribution::new(id, version).ecosystems();
        assert_eq!(of("debian", "12.4"), ["Debian:12"]);
        assert_eq!(of("alpine", "3.18.4"), ["Alpine:v3.18"]);
        assert_eq!(of("alpine", "3.20_alpha20231219"), ["Alpine:edge"]);
        assert_eq!(of("ubuntu", "22.04"), ["Ubuntu:22.04"]);
        assert_eq!(of("almalinux", "9.3"), ["AlmaLinux:9"]);
    }
}
