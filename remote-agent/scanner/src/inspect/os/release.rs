//! Which operating system an image is built on.

use serde::{Deserialize, Serialize};

use crate::vulndb::ecosystem;

/// A distribution with its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// As `os-release` names it, for example `debian`. Where that tells too
    /// little the id is one of our own: `centos-stream`, `suse-liberty`.
    pub id: String,
    /// For example `12`; empty for one that has no versions.
    pub version: String,
    /// The repositories that an image of Red Hat was built from, ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content_sets: Vec<String>,
}

/// Files that tell the operating system, first hit wins. Rebuilds of Red
/// Hat's carry its file beside their own.
pub(super) const FILES: [&str; 13] = [
    "etc/os-release",
    "usr/lib/os-release",
    "etc/lsb-release",
    "etc/centos-release",
    "etc/oracle-release",
    "etc/almalinux-release",
    "etc/rocky-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/fedora-release",
    "etc/apt/sources.list",
    "etc/debian_version",
    "etc/alpine-release",
];

/// Characters of an id and of a version: every list of images shows them.
const MOST_CHARS: usize = 128;

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

/// What release files call distributions that do not use their id there: the
/// beginning of the line, the id.
const NAMES: [(&str, &str); 14] = [
    ("Red Hat", "rhel"),
    ("CentOS Stream", "centos-stream"),
    ("CentOS", "centos"),
    ("Oracle", "ol"),
    ("Amazon", "amzn"),
    ("AlmaLinux", "almalinux"),
    ("Rocky", "rocky"),
    ("Fedora", "fedora"),
    ("VMware Photon", "photon"),
    ("CBL-Mariner", "mariner"),
    ("Azure Linux", "azurelinux"),
    ("openEuler", "openeuler"),
    ("openSUSE Leap", "opensuse-leap"),
    ("openSUSE Tumbleweed", "opensuse-tumbleweed"),
];

/// The number of Debian's release `codename`.
pub(crate) fn debian_version(codename: &str) -> Option<&'static str> {
    DEBIAN.iter().find(|(name, _)| *name == codename).map(|(_, version)| *version)
}

impl Distribution {
    /// The distribution `id` in the given version.
    pub fn new(id: &str, version: &str) -> Self {
        let short = |text: &str| text.chars().take(MOST_CHARS).collect::<String>();
        let (id, version) = (short(id).to_ascii_lowercase(), short(version));
        Self { id, version, content_sets: Vec::new() }
    }

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
        if path.ends_with("debian_version") {
            let number = bare_number(text)?;
            return Some(Self::new("debian", number.split('.').next().unwrap_or(number)));
        }
        if path.ends_with("alpine-release") {
            return bare_number(text).map(|number| Self::new("alpine", number));
        }
        Self::release_line(text)
    }

    fn os_release(text: &str) -> Option<Self> {
        let id = value(text, "ID")?.to_ascii_lowercase();
        let version = value(text, "VERSION_ID").unwrap_or_default();
        let told = |key| value(text, key).unwrap_or_default();
        Some(match id.as_str() {
            "rhcos" => Self::new(&id, &told("RHEL_VERSION")),
            "rhel" if text.contains("SLES Expanded Support") || text.contains("Liberty Linux") => {
                Self::new("suse-liberty", &version)
            }
            "centos" if told("NAME").contains("Stream") => Self::new("centos-stream", &version),
            "debian" if version.is_empty() => {
                // Testing and unstable name themselves in one text only.
                let pretty = told("PRETTY_NAME");
                let version = debian_version(&told("VERSION_CODENAME"))
                    .or_else(|| debian_version(pretty.rsplit('/').next().unwrap_or_default()));
                Self::new(&id, version.unwrap_or("unstable"))
            }
            // `VERSION="22.03 (LTS-SP3)"`: support differs from pack to pack.
            "openeuler" => match told("VERSION").split_once(" (") {
                Some((number, pack)) if number == version => {
                    Self::new(&id, &format!("{version}-{}", pack.trim_end_matches(')')))
                }
                _ => Self::new(&id, &version),
            },
            // Rolling ones tell no version at all.
            _ if version.is_empty() => Self::new(&id, &told("BUILD_ID")),
            _ => Self::new(&id, &version),
        })
    }

    fn lsb_release(text: &str) -> Option<Self> {
        let name = value(text, "DISTRIB_ID")?;
        let id = id_of(&name)?;
        let version = value(text, "DISTRIB_RELEASE")?;
        let version = match id.as_str() {
            "debian" | "centos" => version.split('.').next().unwrap_or_default(),
            _ => &version,
        };
        Some(Self::new(&id, version))
    }

    /// A line such as `CentOS Linux release 7.9.2009 (Core)`.
    fn release_line(text: &str) -> Option<Self> {
        let line = text.lines().next()?;
        let (name, rest) = line.split_once(" release ")?;
        let version = rest.split_whitespace().next()?;
        Some(Self::new(&id_of(name)?, version))
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

    /// The same with what the versions of its packages tell of openEuler's support pack, which
    /// only the text of `os-release` does else: `5.1.8-6.oe2203sp3` is of `22.03 (LTS-SP3)`.
    #[must_use]
    pub(crate) fn with_pack_of<'v>(self, mut versions: impl Iterator<Item = &'v str>) -> Self {
        let Some((year, month)) = self.version.split_once('.') else { return self };
        // The one of each second spring is supported for long, and has packs.
        let is_long = month == "03" && year.parse::<u32>().is_ok_and(|year| year.is_multiple_of(2));
        if self.id != "openeuler" || !is_long {
            return self;
        }
        let mark = format!(".oe{year}{month}");
        let pack = |version: &'v str| {
            let (_, rest) = version.rsplit_once(mark.as_str())?;
            let number = rest.strip_prefix("sp").unwrap_or_default();
            number.split(|c: char| !c.is_ascii_digit()).next()
        };
        let version = match versions.find_map(pack) {
            Some("") => format!("{}-LTS", self.version),
            Some(number) => format!("{}-LTS-SP{number}", self.version),
            None => return self,
        };
        Self { version, ..self }
    }

    /// The form of reports: `debian:12`.
    pub fn base_os(&self) -> String {
        let id = match self.id.as_str() {
            "centos-stream" => "centos",
            id => id,
        };
        format!("{id}:{}", self.version)
    }

    /// The part of the version before the first dot.
    pub fn major(&self) -> &str {
        self.version.split('.').next().unwrap_or_default()
    }

    /// The names under which the vulnerability database keeps its packages,
    /// the preferred one first; none where it has none.
    pub fn ecosystems(&self) -> Vec<String> {
        ecosystem::of_distribution(&self.id, &self.version)
    }

    /// Whether its packages can be held against anything.
    pub fn is_supported(&self) -> bool {
        !self.ecosystems().is_empty()
    }
}

/// A text that is a version and nothing else. Debian's testing has a name in its place, which
/// others who build on it keep.
fn bare_number(text: &str) -> Option<&str> {
    const LONGEST: usize = 32;
    let text = text.trim();
    let is_number = text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() <= LONGEST
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    is_number.then_some(text)
}

/// The id of what a release file calls `name`.
fn id_of(name: &str) -> Option<String> {
    match NAMES.iter().find(|(begin, _)| name.starts_with(begin)) {
        Some((_, id)) => Some((*id).to_owned()),
        None => Some(name.split_whitespace().next()?.to_ascii_lowercase()),
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

    #[test]
    fn os_release() {
        for (text, expected) in [
            ("ID=debian\nVERSION_ID=\"12\"", "debian:12"),
            ("ID=debian\nVERSION_CODENAME=trixie", "debian:13"),
            ("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux forky/sid\"", "debian:unstable"),
            ("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"", "ubuntu:22.04"),
            ("NAME=x\nID=alpine\nVERSION_ID=3.18.4", "alpine:3.18.4"),
            ("ID=wolfi\nVERSION_ID=\"20230201\"", "wolfi:20230201"),
            ("ID=chainguard\nVERSION_ID=\"20230214\"", "chainguard:20230214"),
            ("NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nVERSION_ID=\"8.9\"", "rhel:8.9"),
            ("ID=\"rhcos\"\nVERSION_ID=\"4.12\"\nRHEL_VERSION=\"8.6\"", "rhcos:8.6"),
            (
                "ID=\"rhel\"\nVERSION_ID=\"8.9\"\nPRETTY_NAME=\"SLES Expanded Support 8.9\"",
                "suse-liberty:8.9",
            ),
            ("NAME=\"CentOS Linux\"\nID=\"centos\"\nVERSION_ID=\"7\"", "centos:7"),
            ("NAME=\"CentOS Stream\"\nID=\"centos\"\nVERSION_ID=\"9\"", "centos:9"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"", "rocky:9.3"),
            ("ID=\"almalinux\"\nVERSION_ID=\"9.3\"", "almalinux:9.3"),
            ("ID=\"ol\"\nVERSION_ID=\"8.9\"", "ol:8.9"),
            ("ID=\"amzn\"\nVERSION_ID=\"2\"", "amzn:2"),
            ("ID=\"amzn\"\nVERSION_ID=\"2018.03\"", "amzn:2018.03"),
            ("ID=fedora\nVERSION_ID=40", "fedora:40"),
            ("ID=\"sles\"\nVERSION_ID=\"15.5\"", "sles:15.5"),
            ("ID=\"sl-micro\"\nVERSION_ID=\"6.0\"", "sl-micro:6.0"),
            ("ID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"", "opensuse-leap:15.5"),
            (
                "ID=\"opensuse-tumbleweed\"\n# VERSION_ID=\"1\"\nVERSION_ID=\"20240101\"",
                "opensuse-tumbleweed:20240101",
            ),
            ("ID=photon\nVERSION_ID=4.0", "photon:4.0"),
            ("ID=mariner\nVERSION_ID=\"2.0\"", "mariner:2.0"),
            ("ID=azurelinux\nVERSION_ID=\"3.0\"", "azurelinux:3.0"),
            ("ID=bottlerocket\nVERSION_ID=1.19.2", "bottlerocket:1.19.2"),
            (
                "ID=\"openEuler\"\nVERSION_ID=\"22.03\"\nVERSION=\"22.03 (LTS-SP3)\"",
                "openeuler:22.03-LTS-SP3",
            ),
            ("ID=arch\nBUILD_ID=rolling", "arch:rolling"),
        ] {
            let found = Distribution::parse("etc/os-release", text).unwrap();
            assert_eq!(found.base_os(), expected, "{text}");
        }
        assert_eq!(Distribution::parse("etc/os-release", "NAME=nobody"), None);
    }

    #[test]
    fn packs_that_packages_tell_of() {
        for (id, version, of_package, expected) in [
            ("openEuler", "22.03", "5.1.8-6.oe2203sp3", "22.03-LTS-SP3"),
            ("openEuler", "24.03", "1:2-7.oe2403", "24.03-LTS"),
            ("openEuler", "22.03", "5.1.8-6.oe2403", "22.03"),
            ("openEuler", "20.03", "5.0-12.oe1", "20.03"),
            ("openEuler", "23.09", "5.2-1.oe2309", "23.09"),
            ("openEuler", "22.03-LTS-SP1", "5.1.8-6.oe2203sp3", "22.03-LTS-SP1"),
            ("rhel", "22.03", "5.1.8-6.oe2203sp3", "22.03"),
        ] {
            let versions = ["3.0-1", of_package];
            let found = Distribution::new(id, version).with_pack_of(versions.into_iter());
            assert_eq!(found.version, expected, "{id} {version} {of_package}");
        }
    }

    #[test]
    fn other_files() {
        for (path, text, expected) in [
            ("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04", "ubuntu:22.04"),
            ("etc/lsb-release", "DISTRIB_ID=Debian\nDISTRIB_RELEASE=12.4", "debian:12"),
            (
                "etc/lsb-release",
                "DISTRIB_ID=\"VMware Photon OS\"\nDISTRIB_RELEASE=\"4.0\"",
                "photon:4.0",
            ),
            ("etc/centos-release", "CentOS Linux release 7.9.2009 (Core)", "centos:7.9.2009"),
            ("etc/centos-release", "CentOS Stream release 8", "centos:8"),
            ("etc/oracle-release", "Oracle Linux Server release 6.10", "ol:6.10"),
            ("etc/almalinux-release", "AlmaLinux release 8.4 (Electric Cheetah)", "almalinux:8.4"),
            ("etc/rocky-release", "Rocky Linux release 8.5 (Green Obsidian)", "rocky:8.5"),
            (
                "etc/redhat-release",
                "Red Hat Enterprise Linux Server release 6.10 (Santiago)",
                "rhel:6.10",
            ),
            ("etc/system-release", "Amazon Linux AMI release 2018.03", "amzn:2018.03"),
            ("etc/system-release", "Amazon Linux release 2 (Karoo)", "amzn:2"),
            ("etc/fedora-release", "Fedora release 40 (Forty)", "fedora:40"),
            (
                "etc/apt/sources.list",
                "# a\ndeb [arch=amd64] http://deb.debian.org/debian bookworm main",
                "debian:12",
            ),
            ("etc/debian_version", "12.4\n", "debian:12"),
            ("etc/debian_version", "8\n", "debian:8"),
            ("etc/alpine-release", "3.4.6\n", "alpine:3.4.6"),
            ("etc/alpine-release", "3.21.0_alpha20240807\n", "alpine:3.21.0_alpha20240807"),
        ] {
            assert_eq!(Distribution::parse(path, text).unwrap().base_os(), expected, "{text}");
        }
        // Ubuntu has this one.
        for text in ["bookworm/sid\n", "kali-rolling\n", "12 or so", ""] {
            assert_eq!(Distribution::parse("etc/debian_version", text), None, "{text}");
        }
    }
}
