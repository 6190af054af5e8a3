//! What distributions ask of whoever holds their packages against their
//! advisories, beyond the order of versions. Nothing here reads or keeps
//! anything.

use std::borrow::Cow;

use super::advisory::{self, Naming};
use super::release::Distribution;
use crate::package::{Ecosystem, Package};

/// A name that an advisory may give a package, and the version to hold
/// against the versions it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'p> {
    pub name: Cow<'p, str>,
    pub version: Cow<'p, str>,
}

/// What to look `package` up by in the advisories of `ecosystem`.
pub fn candidates<'p>(ecosystem: &str, package: &'p Package) -> Vec<Candidate<'p>> {
    // Validated builds have advisories of their own.
    if ecosystem.contains("FIPS") && !is_fips(&package.version) {
        return Vec::new();
    }
    let source = || source(package);
    let binary =
        || Candidate { name: (&*package.name).into(), version: (&*package.version).into() };
    let mut candidates = match advisory::naming(ecosystem) {
        Naming::Source => vec![source()],
        Naming::Binary => vec![binary()],
        Naming::Both => vec![source(), binary()],
    };
    candidates.dedup();
    if advisory::ignores_epoch(ecosystem) {
        for candidate in &mut candidates {
            let version = without_epoch(&candidate.version).to_owned();
            candidate.version = version.into();
        }
    }
    candidates
}

/// The source of a package in the name and version of advisories.
fn source(package: &Package) -> Candidate<'_> {
    // Signed kernels are built again from packages of their own, which
    // advisories do not know: `linux-signed-amd64`, `linux-signed-hwe-6.5`.
    let signed =
        |begin| package.source.strip_prefix(begin).filter(|_| is(package, Ecosystem::Dpkg));
    if let Some(rest) = signed("linux-signed") {
        let kernel = match rest {
            "-amd64" | "-arm64" | "-i386" => "linux".to_owned(),
            flavour => format!("linux{flavour}"),
        };
        return Candidate { name: kernel.into(), version: package.shown_version().into() };
    }
    let version = if package.source_version.is_empty() {
        Cow::Borrowed(package.version.as_str())
    } else {
        // The name of a source package does not tell its epoch.
        match package.version.split_once(':') {
            Some((epoch, _)) => format!("{epoch}:{}", package.source_version).into(),
            None => package.source_version.as_str().into(),
        }
    };
    Candidate { name: package.source.as_str().into(), version }
}

fn is(package: &Package, ecosystem: Ecosystem) -> bool {
    package.ecosystem == ecosystem
}

fn is_fips(version: &str) -> bool {
    version.to_ascii_lowercase().contains("fips")
}

/// The form in which a version, of a package or of an advisory, is compared
/// on `distribution`.
pub fn compared<'v>(
    distribution: &Distribution,
    ecosystem: &str,
    version: &'v str,
) -> Cow<'v, str> {
    let version = if advisory::ignores_epoch(ecosystem) { without_epoch(version) } else { version };
    // CentOS builds `….el8` what Red Hat calls `….el8_4`.
    if distribution.id == "centos" {
        return without_minor(version);
    }
    version.into()
}

/// `1:2.3-4` without the `1:`.
fn without_epoch(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// Cuts the `_4` of the first `.el8_4`.
fn without_minor(version: &str) -> Cow<'_, str> {
    let cut = || {
        let (before, rest) = version.split_once(".el")?;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (major, rest) = rest.split_at_checked(digits(rest))?;
        let minor = rest.strip_prefix('_')?;
        let (minor, rest) = minor.split_at_checked(digits(minor))?;
        (!major.is_empty() && !minor.is_empty()).then(|| format!("{before}.el{major}{rest}"))
    };
    cut().map_or(Cow::Borrowed(version), Cow::Owned)
}

/// Whether an advisory with the version `fixed` for the module stream
/// `stream` (`nodejs:18`; empty where it tells none) may speak of `package`:
/// several streams of one package live side by side, each with repairs of its
/// own.
pub fn is_same_stream(package: &Package, fixed: Option<&str>, stream: &str) -> bool {
    if !is(package, Ecosystem::Rpm) {
        return true;
    }
    if !stream.is_empty() && !package.stream.is_empty() {
        return package.stream == stream;
    }
    let is_module = !package.stream.is_empty() || is_modular(&package.version);
    let Some(fixed) = fixed else { return stream.is_empty() || is_module };
    if is_module != (!stream.is_empty() || is_modular(fixed)) {
        return false;
    }
    // A package that counts as its stream does is repaired by what counts so
    // too; parts that count otherwise tell nothing.
    let number = package.stream.split_once(':').map_or("", |(_, number)| number);
    !counts_as(&package.version, number) || counts_as(fixed, number)
}

/// `1.2-3.module+el8.9.0+19519+e25b965a`; rebuilds write `.module_el8`.
fn is_modular(version: &str) -> bool {
    version.contains(".module+") || version.contains(".module_")
}

/// Whether `1:18.20.1-1` begins with the numbers of the stream `18`.
fn counts_as(version: &str, stream: &str) -> bool {
    stream.starts_with(|c: char| c.is_ascii_digit())
        && without_epoch(version)
            .strip_prefix(stream)
            .is_some_and(|rest| rest.starts_with(['.', '-']) || rest.is_empty())
}

/// Who builds the packages of a distribution, in the words of its packages.
const VENDORS: [(&str, &[&str]); 12] = [
    ("rhel", &["Red Hat"]),
    ("rhcos", &["Red Hat"]),
    ("centos", &["CentOS"]),
    ("centos-stream", &["CentOS", "Red Hat"]),
    ("rocky", &["Rocky"]),
    ("almalinux", &["AlmaLinux"]),
    ("ol", &["Oracle"]),
    ("amzn", &["Amazon"]),
    ("fedora", &["Fedora"]),
    ("sles", &["SUSE"]),
    ("opensuse-leap", &["openSUSE", "SUSE"]),
    ("opensuse-tumbleweed", &["openSUSE", "SUSE"]),
];

/// Whether somebody else than the distribution built `package`, so that the
/// distribution's advisories do not speak of it: versions of one name need
/// not have anything to do with each other.
pub fn is_foreign(distribution: &Distribution, package: &Package) -> bool {
    !package.vendor.is_empty()
        && VENDORS.iter().find(|(id, _)| *id == distribution.id).is_some_and(|(_, vendors)| {
            !vendors.iter().any(|vendor| package.vendor.contains(vendor))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpm(name: &str, version: &str, stream: &str) -> Package {
        Package {
            arch: "x86_64".to_owned(),
            stream: stream.to_owned(),
            ..Package::new(Ecosystem::Rpm, name, version, "f")
        }
    }

    fn shown(ecosystem: &str, package: &Package) -> Vec<String> {
        candidates(ecosystem, package).iter().map(|c| format!("{} {}", c.name, c.version)).collect()
    }

    #[test]
    fn distributions_speak_of_sources_or_of_what_is_built() {
        let perl = Package {
            source: "perl".to_owned(),
            source_version: "5.26.3-420.el8".to_owned(),
            ..rpm("perl-Errno", "4:1.28-420.el8", "")
        };
        assert_eq!(shown("AlmaLinux:8", &perl), ["perl-Errno 4:1.28-420.el8"]);
        assert_eq!(shown("Azure Linux:3", &perl), ["perl 5.26.3-420.el8"]);
        assert_eq!(
            shown("Rocky Linux:8", &perl),
            ["perl 4:5.26.3-420.el8", "perl-Errno 4:1.28-420.el8"]
        );
        let bash = rpm("bash", "0:5.1-1.amzn2", "");
        assert_eq!(shown("Amazon Linux:2", &bash), ["bash 5.1-1.amzn2"]);
        assert_eq!(shown("Rocky Linux:9", &bash), ["bash 0:5.1-1.amzn2"]);
    }

    #[test]
    fn signed_kernels_are_kernels() {
        let kernel = |source: &str| Package {
            source: source.to_owned(),
            installed_version: "6.1.99-1".to_owned(),
            ..Package::new(Ecosystem::Dpkg, "linux-image-6.1.0-23-amd64", "6.1.99+1", "f")
        };
        assert_eq!(shown("Debian:12", &kernel("linux-signed-amd64")), ["linux 6.1.99-1"]);
        assert_eq!(shown("Ubuntu:22.04", &kernel("linux-signed")), ["linux 6.1.99-1"]);
        assert_eq!(
            shown("Ubuntu:22.04", &kernel("linux-signed-hwe-6.5")),
            ["linux-hwe-6.5 6.1.99-1"]
        );
    }

    #[test]
    fn validated_builds_have_advisories_of_their_own() {
        let package = |version| Package::new(Ecosystem::Dpkg, "openssl", version, "f");
        let fips = "Ubuntu:Pro:FIPS-updates:20.04";
        assert!(shown(fips, &package("1.1.1f-1ubuntu2")).is_empty());
        assert_eq!(shown(fips, &package("1.1.1f-1ubuntu2.fips.7")).len(), 1);
    }

    #[test]
    fn versions_as_they_are_compared() {
        for (id, ecosystem, version, expected) in [
            ("amzn", "Amazon Linux:2", "1:1.2-3.amzn2", "1.2-3.amzn2"),
            ("centos", "Red Hat:8", "1:1.2-3.el8_4", "1:1.2-3.el8"),
            ("centos", "Red Hat:8", "0:1.2-3.el8_4.2", "0:1.2-3.el8.2"),
            ("centos", "Red Hat:8", "0:1.2-3.el8", "0:1.2-3.el8"),
            ("rhel", "Red Hat:8", "0:1.2-3.el8_4", "0:1.2-3.el8_4"),
            ("rocky", "Rocky Linux:8", "1:1.2-3.el8_4", "1:1.2-3.el8_4"),
        ] {
            let distribution = Distribution::new(id, "8");
            assert_eq!(compared(&distribution, ecosystem, version), expected, "{id} {version}");
        }
    }

    #[test]
    fn streams_of_modules() {
        let module = "1:18.20.1-1.module+el8.9.0+1+a";
        let pip = "20.2.4-9.module+el8.10.0+2+b";
        for (package, fixed, stream, expected) in [
            (rpm("nodejs", module, "nodejs:18"), Some(module), "nodejs:18", true),
            (rpm("nodejs", module, "nodejs:18"), Some(module), "nodejs:20", false),
            // Advisories that tell no stream.
            (
                rpm("nodejs", "1:18.1.0-1.module+el8", "nodejs:18"),
                Some("1:18.2.0-1.module_el8"),
                "",
                true,
            ),
            (
                rpm("nodejs", "1:18.1.0-1.module+el8", "nodejs:18"),
                Some("1:20.2.0-1.module_el8"),
                "",
                false,
            ),
            (
                rpm("nodejs", "1:18.1.0-1.module+el8", "nodejs:18"),
                Some("1:180.0-1.module_el8"),
                "",
                false,
            ),
            (rpm("python39-pip", pip, "python39:3.9"), Some("20.2.5-1.module+el8"), "", true),
            // A package of a module is not repaired by one that is of none.
            (rpm("nodejs", module, "nodejs:18"), Some("1:18.21.0-1.el8"), "", false),
            (rpm("nodejs", "1:18.20.0-1.el8", ""), Some(module), "", false),
            (rpm("nodejs", "1:18.20.0-1.el8", ""), None, "nodejs:18", false),
            (rpm("nodejs", "1:18.20.0-1.el8", ""), None, "", true),
            (rpm("bash", "5-1.el8", ""), Some("5-2.el8"), "", true),
        ] {
            let name = format!("{} {fixed:?} {stream}", package.version);
            assert_eq!(is_same_stream(&package, fixed, stream), expected, "{name}");
        }
    }

    #[test]
    fn packages_of_others() {
        for (id, vendor, foreign) in [
            ("rhel", "Red Hat, Inc.", false),
            ("rhel", "Fedora Project", true),
            ("rhel", "", false),
            ("amzn", "Amazon Linux", false),
            ("amzn", "Amazon.com", false),
            ("amzn", "Docker", true),
            ("opensuse-leap", "SUSE LLC <https://www.suse.com/>", false),
            ("photon", "anybody", false),
        ] {
            let package = Package { vendor: vendor.to_owned(), ..rpm("nodejs", "18-1", "") };
            assert_eq!(is_foreign(&Distribution::new(id, "1"), &package), foreign, "{id} {vendor}");
        }
    }
}
