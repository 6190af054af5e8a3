//! The names under which the database keeps packages: one spelling of what
//! feeds and distributions call the same, decided in one place.

use std::borrow::Cow;

use crate::package::Ecosystem;

/// Distributions that have releases, as the database names them.
const RELEASED: [&str; 17] = [
    "AlmaLinux",
    "Alpaquita",
    "Alpine",
    "Amazon Linux",
    "Azure Linux",
    "BellSoft Hardened Containers",
    "Debian",
    "Fedora",
    "Mageia",
    "Oracle Linux",
    "Photon OS",
    "Red Hat",
    "Rocky Linux",
    "SUSE",
    "Ubuntu",
    "openEuler",
    "openSUSE",
];
/// Those that have none.
const ROLLING: [&str; 7] =
    ["Arch Linux", "Bottlerocket", "Chainguard", "CleanStart", "Echo", "MinimOS", "Wolfi"];

/// What a feed's name of an ecosystem means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The database's name: `Debian:12`, `Red Hat:9`, `PyPI`.
    pub key: String,
    /// The product of Red Hat that the name carries, as a CPE; else empty.
    pub cpe: String,
    /// Whether it is what subscribers of Ubuntu Pro get, beside the release.
    pub pro: bool,
}

/// Reads the name of an ecosystem in the OSV format.
pub fn named(name: &str) -> Named {
    let plain = |key: String| Named { key, cpe: String::new(), pro: false };
    let Some((family, rest)) = name.trim().split_once(':') else {
        return plain(spelled(name.trim()).to_owned());
    };
    match family {
        "Debian" => plain(format!("Debian:{}", debian(rest))),
        "Ubuntu" => ubuntu(rest),
        "Alpine" => plain(alpine(rest)),
        "Red Hat" => Named { key: red_hat(rest), cpe: red_hat_cpe(rest), pro: false },
        "SUSE" => plain(suse(rest).unwrap_or_else(|| name.to_owned())),
        "openSUSE" => plain(format!("openSUSE:{}", rest.trim())),
        "Photon OS" => plain(format!("Photon OS:{}", with_minor(rest.trim()))),
        "AlmaLinux" | "Rocky Linux" | "Oracle Linux" | "CentOS" | "Azure Linux" | "Mageia"
        | "Fedora" => plain(format!("{family}:{}", major(rest))),
        // Rolling: a release that the name carries means nothing.
        "Wolfi" | "Chainguard" | "MinimOS" | "CleanStart" => plain(family.to_owned()),
        _ if is_language(family) => plain(spelled(family).to_owned()),
        _ => plain(name.trim().to_owned()),
    }
}

/// The names under which the packages of a distribution are kept, the
/// preferred one first. `id` and `version` are those of `os-release`.
pub fn of_distribution(id: &str, version: &str) -> Vec<String> {
    let major = major(version);
    let one = |name: String| vec![name];
    match id {
        "debian" | "raspbian" => one(format!("Debian:{}", debian(version))),
        "echo" => one("Echo".to_owned()),
        "ubuntu" => {
            ["Ubuntu", "Ubuntu:Pro:FIPS", "Ubuntu:Pro:FIPS-updates", "Ubuntu:Pro:FIPS-preview"]
                .map(|line| format!("{line}:{version}"))
                .into()
        }
        "alpine" => one(alpine(version)),
        "wolfi" => one("Wolfi".to_owned()),
        // It is built of Wolfi's packages and has more.
        "chainguard" => vec!["Chainguard".to_owned(), "Wolfi".to_owned()],
        "minimos" => one("MinimOS".to_owned()),
        "cleanstart" => one("CleanStart".to_owned()),
        "alpaquita" => one(format!("Alpaquita:{major}")),
        "bellsoft-hardened-containers" => one(format!("BellSoft Hardened Containers:{major}")),
        "rhel" | "rhcos" | "centos" | "centos-stream" | "server" => one(format!("Red Hat:{major}")),
        "rocky" => one(format!("Rocky Linux:{major}")),
        "almalinux" => one(format!("AlmaLinux:{major}")),
        "ol" | "oracle" => one(format!("Oracle Linux:{major}")),
        "fedora" => one(format!("Fedora:{major}")),
        "amzn" => one(amazon(version)),
        "mariner" | "azurelinux" => one(format!("Azure Linux:{major}")),
        "photon" => one(format!("Photon OS:{}", with_minor(version))),
        "bottlerocket" => one("Bottlerocket".to_owned()),
        "arch" => one("Arch Linux".to_owned()),
        "mageia" => one(format!("Mageia:{major}")),
        "openeuler" => one(format!("openEuler:{version}")),
        "sles" | "sled" | "sles_sap" | "sle_hpc" | "suse" => one(format!("SUSE:{version}")),
        "sle-micro" | "sl-micro" | "suse-microos" | "sle-micro-rancher" => {
            one(format!("SUSE:Micro {version}"))
        }
        "suse-liberty" => one(format!("SUSE:Liberty {major}")),
        "opensuse-leap" | "opensuse" => one(format!("openSUSE:Leap {version}")),
        "opensuse-leap-micro" => one(format!("openSUSE:Leap Micro {version}")),
        "opensuse-tumbleweed" | "opensuse-microos" | "opensuse-slowroll" => {
            one("openSUSE:Tumbleweed".to_owned())
        }
        _ => Vec::new(),
    }
}

/// Whether a feed's name of an ecosystem begins with that of a distribution.
pub fn is_distribution(name: &str) -> bool {
    RELEASED.iter().chain(&ROLLING).any(|known| name.starts_with(known))
}

/// Whether packages that a scan finds are looked up in the ecosystem that the database calls `key`.
pub fn is_looked_up(key: &str) -> bool {
    match key.split_once(':') {
        Some((family, release)) => RELEASED.contains(&family) && !release.is_empty(),
        // Packages of distributions name no ecosystem of their own.
        None if key.is_empty() => false,
        None => ROLLING.contains(&key) || Ecosystem::ALL.iter().any(|one| one.osv() == key),
    }
}

/// The name of Amazon's release: those before the second are all the first.
pub fn amazon(version: &str) -> String {
    let version = version.trim();
    if version.starts_with("201") {
        return "Amazon Linux:1".to_owned();
    }
    format!("Amazon Linux:{}", major(version))
}

/// One spelling of the names that the ecosystem takes for the same.
pub fn package_name<'a>(key: &str, name: &'a str) -> Cow<'a, str> {
    match key {
        "PyPI" => python(name),
        "NuGet" | "Packagist" | "Pub" => lower(name),
        "SwiftURL" => swift(name),
        _ => Cow::Borrowed(name),
    }
}

/// Lower case, with one dash for every run of dashes, dots and underscores.
fn python(name: &str) -> Cow<'_, str> {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if matches!(c, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.extend(c.to_lowercase());
        }
    }
    if normal == name { Cow::Borrowed(name) } else { Cow::Owned(normal) }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.chars().any(char::is_uppercase) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// A repository's address without scheme and ending.
fn swift(name: &str) -> Cow<'_, str> {
    let bare = name.trim_start_matches("https://").trim_start_matches("http://");
    lower(bare.trim_end_matches('/').trim_end_matches(".git"))
}

fn is_language(family: &str) -> bool {
    const LANGUAGES: [&str; 16] = [
        "npm",
        "PyPI",
        "RubyGems",
        "Maven",
        "Go",
        "crates.io",
        "Packagist",
        "NuGet",
        "CRAN",
        "Pub",
        "Hex",
        "SwiftURL",
        "Bitnami",
        "ConanCenter",
        "Hackage",
        "Bioconductor",
    ];
    LANGUAGES.iter().any(|language| language.eq_ignore_ascii_case(family))
}

/// Names that feeds spell in several ways.
fn spelled(name: &str) -> &str {
    match name.to_ascii_lowercase().as_str() {
        "npm" => "npm",
        "pypi" | "pip" => "PyPI",
        "rubygems" | "gem" => "RubyGems",
        "maven" => "Maven",
        "go" | "golang" => "Go",
        "crates.io" | "cargo" | "rust" => "crates.io",
        "packagist" | "composer" => "Packagist",
        "nuget" => "NuGet",
        // What is installed does not tell from which of the two it comes, and neither has what the
        // other has.
        "cran" | "bioconductor" => "CRAN",
        "pub" => "Pub",
        "hex" | "erlang" => "Hex",
        "swifturl" | "swift" => "SwiftURL",
        "conancenter" | "conan" => "ConanCenter",
        "kubernetes" => "Kubernetes",
        _ => name,
    }
}

fn major(version: &str) -> &str {
    version.trim().split(['.', ' ']).next().unwrap_or_default()
}

fn with_minor(version: &str) -> String {
    let mut parts = version.split('.');
    format!("{}.{}", parts.next().unwrap_or_default(), parts.next().unwrap_or("0"))
}

/// The number of a release of Debian, whose code name some feeds say.
fn debian(release: &str) -> &str {
    let release = release.trim();
    crate::inspect::os::debian_version(release).unwrap_or_else(|| major(release))
}

/// `22.04:LTS`, `Pro:18.04:LTS`, `Pro:FIPS:22.04:LTS`.
fn ubuntu(rest: &str) -> Named {
    let rest = rest.strip_suffix(":LTS").unwrap_or(rest);
    let cpe = String::new();
    match rest.strip_prefix("Pro:") {
        // Validated builds are a line of their own.
        Some(line) if line.contains(':') => {
            Named { key: format!("Ubuntu:Pro:{line}"), cpe, pro: false }
        }
        Some(release) => Named { key: format!("Ubuntu:{release}"), cpe, pro: true },
        None => Named { key: format!("Ubuntu:{rest}"), cpe, pro: false },
    }
}

fn alpine(release: &str) -> String {
    let release = release.trim().trim_start_matches('v');
    // That of `edge` carries what comes next, and the date of its making.
    if release.is_empty() || release == "edge" || release.contains("_alpha") {
        return "Alpine:edge".to_owned();
    }
    let mut parts = release.split(['.', '_']);
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => format!("Alpine:v{major}.{minor}"),
        // Others have feeds in the same form.
        _ => format!("Alpine:{release}"),
    }
}

/// The release of Enterprise Linux in the part of a CPE that names a
/// product: `enterprise_linux:9::baseos`, `rhel_eus:9.2::appstream`,
/// `openshift:4.14::el9`.
pub fn red_hat(product: &str) -> String {
    let parts: Vec<&str> = product.split(':').collect();
    let edition = parts.iter().rev().find_map(|part| {
        let number = part.strip_prefix("el")?;
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        number.get(..end).filter(|number| !number.is_empty())
    });
    let release = edition.unwrap_or_else(|| match parts.as_slice() {
        [product, version, ..] if product.contains("linux") || product.starts_with("rhel_") => {
            major(version)
        }
        [version] => major(version),
        _ => "",
    });
    format!("Red Hat:{release}")
}

fn red_hat_cpe(product: &str) -> String {
    if !product.contains(':') {
        return String::new();
    }
    let part = if product.starts_with("enterprise_linux:")
        && (product.ends_with("::baseos") || !product.contains("::"))
    {
        "o"
    } else {
        "a"
    };
    format!("cpe:/{part}:redhat:{product}")
}

/// A product of SUSE, with its release and service pack: `Linux Enterprise
/// Server 15 SP5`, `Linux Enterprise Module for Basesystem 15 SP5`, `Linux
/// Enterprise Micro 5.5`. A module belongs to the release of its base.
pub fn suse(product: &str) -> Option<String> {
    let product = product.trim().trim_start_matches("SUSE ");
    if !product.starts_with("Linux ") && !product.starts_with("Liberty ") {
        return None;
    }
    let words: Vec<&str> = product.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let release = words.get(at)?.trim_end_matches(':');
    let has = |word: &str| words.contains(&word);
    if has("Liberty") {
        return Some(format!("SUSE:Liberty {}", major(release)));
    }
    if has("Micro") && !has("Module") {
        return Some(format!("SUSE:Micro {release}"));
    }
    let pack = words.get(at + 1..)?.iter().find_map(|word| {
        let pack = word.strip_prefix("SP")?;
        pack.bytes().all(|b| b.is_ascii_digit()).then_some(pack)
    });
    Some(match pack {
        Some(pack) if !pack.is_empty() => format!("SUSE:{release}.{pack}"),
        _ => format!("SUSE:{release}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_feeds() {
        for (name, key) in [
            ("Debian:12", "Debian:12"),
            ("Debian:bookworm", "Debian:12"),
            ("Debian:sid", "Debian:unstable"),
            ("Ubuntu:22.04:LTS", "Ubuntu:22.04"),
            ("Ubuntu:24.10", "Ubuntu:24.10"),
            ("Ubuntu:Pro:FIPS:22.04:LTS", "Ubuntu:Pro:FIPS:22.04"),
            ("Alpine:v3.18", "Alpine:v3.18"),
            ("Alpine:3.18", "Alpine:v3.18"),
            ("Alpine:edge", "Alpine:edge"),
            ("Alpine:v1", "Alpine:1"),
            ("AlmaLinux:9", "AlmaLinux:9"),
            ("Rocky Linux:8.10", "Rocky Linux:8"),
            ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:15.5"),
            ("SUSE:Linux Enterprise Server for SAP Applications 12 SP5", "SUSE:12.5"),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:15.5"),
            ("SUSE:Linux Enterprise Server 15 SP4-LTSS", "SUSE:15.4"),
            ("SUSE:Linux Enterprise Server 15", "SUSE:15"),
            ("SUSE:Linux Enterprise Micro 5.5", "SUSE:Micro 5.5"),
            ("SUSE:Linux Micro 6.0", "SUSE:Micro 6.0"),
            ("openSUSE:Leap 15.6", "openSUSE:Leap 15.6"),
            ("openSUSE:Tumbleweed", "openSUSE:Tumbleweed"),
            ("Photon OS:5.0", "Photon OS:5.0"),
            ("Azure Linux:3.0", "Azure Linux:3"),
            ("Chainguard", "Chainguard"),
            ("Chainguard:rolling", "Chainguard"),
            ("Maven:https://repo.example.org", "Maven"),
            ("pip", "PyPI"),
            ("Bioconductor", "CRAN"),
            ("RUBYGEMS", "RubyGems"),
            ("Elsewhere:1", "Elsewhere:1"),
        ] {
            assert_eq!(named(name).key, key, "{name}");
        }
    }

    #[test]
    fn products_of_red_hat() {
        for (name, key, cpe) in [
            (
                "Red Hat:enterprise_linux:9::baseos",
                "Red Hat:9",
                "cpe:/o:redhat:enterprise_linux:9::baseos",
            ),
            (
                "Red Hat:enterprise_linux:8::appstream",
                "Red Hat:8",
                "cpe:/a:redhat:enterprise_linux:8::appstream",
            ),
            (
                "Red Hat:rhel_eus:9.2::appstream",
                "Red Hat:9",
                "cpe:/a:redhat:rhel_eus:9.2::appstream",
            ),
            ("Red Hat:openshift:4.14::el9", "Red Hat:9", "cpe:/a:redhat:openshift:4.14::el9"),
            ("Red Hat:9", "Red Hat:9", ""),
        ] {
            let named = named(name);
            assert_eq!((named.key.as_str(), named.cpe.as_str()), (key, cpe), "{name}");
        }
    }

    #[test]
    fn what_no_scan_finds() {
        for (name, expected) in [
            ("npm", true),
            ("Debian:12", true),
            ("Ubuntu:Pro:FIPS:22.04:LTS", true),
            ("Red Hat:enterprise_linux:9::baseos", true),
            // A product that is of no release of Enterprise Linux.
            ("Red Hat:satellite:utils", false),
            ("Wolfi", true),
            ("Bioconductor:3.18", true),
            ("Echo:PyPI", false),
            ("GitHub Actions", false),
            ("OSS-Fuzz", false),
            ("Root:Debian:12", false),
            ("", false),
        ] {
            assert_eq!(is_looked_up(&named(name).key), expected, "{name}");
        }
    }

    #[test]
    fn subscriptions_belong_to_the_release() {
        let pro = named("Ubuntu:Pro:18.04:LTS");
        assert_eq!((pro.key.as_str(), pro.pro), ("Ubuntu:18.04", true));
        assert!(!named("Ubuntu:18.04:LTS").pro);
    }

    #[test]
    fn distributions_find_their_feeds() {
        for (id, version, feed) in [
            ("debian", "12.4", "Debian:12"),
            ("debian", "unstable", "Debian:sid"),
            ("ubuntu", "22.04", "Ubuntu:22.04:LTS"),
            ("alpine", "3.18.4", "Alpine:v3.18"),
            ("alpine", "3.20_alpha20231219", "Alpine:edge"),
            ("alpine", "3.23.0_alpha20250612", "Alpine:edge"),
            ("alpine", "3.18.0_rc2", "Alpine:v3.18"),
            ("rhel", "9.2", "Red Hat:enterprise_linux:9::appstream"),
            ("centos", "7", "Red Hat:7"),
            ("rocky", "9.3", "Rocky Linux:9"),
            ("almalinux", "8.9", "AlmaLinux:8"),
            ("ol", "8.9", "Oracle Linux:8"),
            ("amzn", "2023", "Amazon Linux:2023"),
            ("sles", "15.5", "SUSE:Linux Enterprise Module for Basesystem 15 SP5"),
            ("opensuse-leap", "15.6", "openSUSE:Leap 15.6"),
            ("sl-micro", "6.0", "SUSE:Linux Micro 6.0"),
            ("mariner", "2.0", "Azure Linux:2"),
            ("azurelinux", "3.0", "Azure Linux:3"),
            ("photon", "5.0", "Photon OS:5.0"),
            ("mageia", "9", "Mageia:9"),
            ("alpaquita", "stream", "Alpaquita:stream"),
            ("alpaquita", "23", "Alpaquita:23"),
            ("bellsoft-hardened-containers", "23", "BellSoft Hardened Containers:23"),
            ("openeuler", "24.03-LTS-SP1", "openEuler:24.03-LTS-SP1"),
            ("wolfi", "20230201", "Wolfi"),
        ] {
            let keys = of_distribution(id, version);
            assert_eq!(keys.first().map(String::as_str), Some(named(feed).key.as_str()), "{id}");
        }
        assert_eq!(amazon("2018.03"), "Amazon Linux:1");
        assert!(of_distribution("nixos", "24.05").is_empty());
    }

    #[test]
    fn names_that_are_the_same() {
        for (key, name, expected) in [
            ("PyPI", "zope.Interface", "zope-interface"),
            ("PyPI", "Foo_.-Bar", "foo-bar"),
            ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
            ("SwiftURL", "https://github.com/Apple/swift-nio.git", "github.com/apple/swift-nio"),
            ("npm", "JSONStream", "JSONStream"),
            ("Debian:12", "libX", "libX"),
        ] {
            assert_eq!(package_name(key, name), expected);
        }
    }
}
