//! Package URLs, `pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12`.
//!
//! Written so that reading gives the same package and distribution again; read
//! as other programs write them too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::inspect::os::{Distribution, debian_version};
use crate::package::{Ecosystem, Package};
use crate::vulndb::ubuntu_version;

/// A package URL in its parts, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Purl {
    /// `deb`, `npm` and the like.
    pub(super) kind: String,
    /// Parts joined with slashes; empty where there is none.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) qualifiers: BTreeMap<String, String>,
    /// What is meant within the package.
    pub(super) subpath: String,
}

/// Ecosystems with their types.
const TYPES: [(Ecosystem, &str); 26] = [
    (Ecosystem::Dpkg, "deb"),
    (Ecosystem::Apk, "apk"),
    (Ecosystem::Rpm, "rpm"),
    (Ecosystem::Pacman, "alpm"),
    (Ecosystem::Npm, "npm"),
    (Ecosystem::Python, "pypi"),
    (Ecosystem::Gem, "gem"),
    (Ecosystem::Maven, "maven"),
    (Ecosystem::Go, "golang"),
    (Ecosystem::Cargo, "cargo"),
    (Ecosystem::Composer, "composer"),
    (Ecosystem::NuGet, "nuget"),
    (Ecosystem::Cran, "cran"),
    (Ecosystem::Cran, "bioconductor"),
    (Ecosystem::Pub, "pub"),
    (Ecosystem::Hex, "hex"),
    (Ecosystem::Conda, "conda"),
    (Ecosystem::Swift, "swift"),
    (Ecosystem::Bitnami, "bitnami"),
    (Ecosystem::Application, "generic"),
    (Ecosystem::CocoaPods, "cocoapods"),
    (Ecosystem::Conan, "conan"),
    (Ecosystem::Cpan, "cpan"),
    (Ecosystem::Hackage, "hackage"),
    (Ecosystem::Julia, "julia"),
    (Ecosystem::LuaRocks, "luarocks"),
];
/// Tells Wordpress from other programs.
const WORDPRESS: &str = "wordpress";

impl Purl {
    /// The URL of `package` on `distribution`.
    pub(super) fn of(package: &Package, distribution: Option<&Distribution>) -> Self {
        let kind = TYPES.iter().find(|(ecosystem, _)| *ecosystem == package.ecosystem);
        let kind = kind.map_or("generic", |(_, kind)| kind).to_owned();
        let mut purl = Self { kind, version: package.version.clone(), ..Self::default() };
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                purl.qualifiers.insert(key.to_owned(), value.to_owned());
            }
        };
        add("arch", &package.arch);
        let (namespace, name) = match package.ecosystem {
            Ecosystem::Dpkg | Ecosystem::Apk | Ecosystem::Rpm | Ecosystem::Pacman => {
                if let Some(distribution) = distribution {
                    add("distro", &distro(distribution));
                }
                add("upstream", &upstream(package));
                add("rpmmod", &package.stream);
                add("vendor", &package.vendor);
                (distribution.map_or("", |d| d.id.as_str()), package.name.as_str())
            }
            Ecosystem::Maven => package.name.split_once(':').unwrap_or(("", &package.name)),
            Ecosystem::Wordpress => (WORDPRESS, package.name.as_str()),
            Ecosystem::Npm | Ecosystem::Go | Ecosystem::Composer | Ecosystem::Swift => {
                package.name.rsplit_once('/').unwrap_or(("", &package.name))
            }
            _ => ("", package.name.as_str()),
        };
        if !package.installed_version.is_empty() {
            package.installed_version.clone_into(&mut purl.version);
        }
        if package.ecosystem == Ecosystem::Rpm
            && let Some((epoch, version)) = package.version.split_once(':')
        {
            add("epoch", epoch);
            version.clone_into(&mut purl.version);
        }
        namespace.clone_into(&mut purl.namespace);
        name.clone_into(&mut purl.name);
        if package.ecosystem == Ecosystem::Python {
            purl.name = super::matching::normal_name(package.ecosystem, name).into_owned();
        }
        purl
    }

    /// Reads a URL; none when it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:"))?;
        let rest = text.get(rest.len()..)?.trim_start_matches('/');
        let (rest, subpath) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        let rest = rest.trim_end_matches('/');
        // A scope's own mark may stand unencoded: the version's is the last,
        // and stands in the last part.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, version),
            _ => (rest, ""),
        };
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decode(namespace.trim_matches('/')),
            name: decode(name),
            version: decode(version),
            qualifiers: qualifiers
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.to_ascii_lowercase(), decode(value)))
                .collect(),
            subpath: decode(subpath.trim_matches('/')),
        };
        purl.take_major();
        (!purl.kind.is_empty() && !purl.name.is_empty()).then_some(purl)
    }

    /// The major version, `v2`, that some write behind the module of Go whose name it ends.
    fn take_major(&mut self) {
        let subpath = std::mem::take(&mut self.subpath);
        let (first, rest) = subpath.split_once('/').unwrap_or((&subpath, ""));
        let is_number = |n: &str| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit());
        if self.kind == "golang" && first.strip_prefix('v').is_some_and(is_number) {
            first.clone_into(&mut self.subpath);
            self.join_subpath();
            rest.clone_into(&mut self.subpath);
        } else {
            self.subpath = subpath;
        }
    }

    /// Takes the subpath for the end of the name.
    fn join_subpath(&mut self) {
        let parts = [&self.namespace, &self.name, &self.subpath].map(String::as_str);
        let all: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let all = all.join("/");
        let (namespace, name) = all.rsplit_once('/').unwrap_or(("", &all));
        (self.namespace, self.name) = (namespace.to_owned(), name.to_owned());
        self.subpath.clear();
    }

    /// Takes the subpath for the end of the name where that is `name`: of a module of Go within
    /// another's folder, as syft writes it.
    pub(super) fn complete(&mut self, name: &str) {
        let behind = name.strip_suffix(self.subpath.as_str()).and_then(|n| n.strip_suffix('/'));
        let before = format!("{}/{}", self.namespace, self.name);
        let is_whole = behind.is_some_and(|behind| behind.eq_ignore_ascii_case(&before));
        if self.kind == "golang" && !self.subpath.is_empty() && is_whole {
            self.join_subpath();
        }
    }

    /// The ecosystem; none for a type that is not known.
    pub(super) fn ecosystem(&self) -> Option<Ecosystem> {
        if self.kind == "generic" && self.namespace == WORDPRESS {
            return Some(Ecosystem::Wordpress);
        }
        TYPES.iter().find(|(_, kind)| *kind == self.kind).map(|(ecosystem, _)| *ecosystem)
    }

    /// Adds what is told beside the URL and not in it: the source that the
    /// package was built from, and the module that it is of.
    pub(super) fn add(&mut self, source: &str, version: &str, stream: &str) {
        if !source.is_empty() {
            let upstream = match version.split_once(':').map_or(version, |(_, version)| version) {
                "" => source.to_owned(),
                own if self.kind == "rpm" => format!("{source}-{own}.src.rpm"),
                _ => format!("{source}@{version}"),
            };
            self.qualifiers.entry("upstream".to_owned()).or_insert(upstream);
        }
        if !stream.is_empty() {
            self.qualifiers.entry("rpmmod".to_owned()).or_insert_with(|| stream.to_owned());
        }
    }

    /// The package that it names, told of by the file at `path`.
    pub(super) fn package(&self, path: &str) -> Option<Package> {
        let ecosystem = self.ecosystem()?;
        let name = match ecosystem {
            Ecosystem::Maven if !self.namespace.is_empty() => {
                format!("{}:{}", self.namespace, self.name)
            }
            Ecosystem::Npm | Ecosystem::Go | Ecosystem::Composer | Ecosystem::Swift
                if !self.namespace.is_empty() =>
            {
                format!("{}/{}", self.namespace, self.name)
            }
            // As cyclonedx-gomod writes it.
            Ecosystem::Go if self.name == "std" => "stdlib".to_owned(),
            _ => self.name.clone(),
        };
        let mut package = Package::new(ecosystem, name, self.version.clone(), path);
        let qualifier =
            |key: &str| self.qualifiers.get(key).map(String::as_str).unwrap_or_default();
        qualifier("arch").clone_into(&mut package.arch);
        if ecosystem == Ecosystem::Gem {
            // Some write the platform behind: `1.13.0-x86_64-linux`.
            package.version = package.version.split('-').next().unwrap_or_default().to_owned();
        }
        if !ecosystem.is_os() {
            return Some(package);
        }
        qualifier("vendor").clone_into(&mut package.vendor);
        // Some give the epoch apart for Debian's packages too.
        if !qualifier("epoch").is_empty() && !package.version.contains(':') {
            package.version = format!("{}:{}", qualifier("epoch"), package.version);
        }
        if ecosystem == Ecosystem::Rpm {
            package.stream = stream(qualifier("rpmmod"));
            if package.stream.is_empty() {
                package.stream = stream(qualifier("modularitylabel"));
            }
        }
        // Those who build Wolfi call it otherwise.
        let upstream = match qualifier("upstream") {
            "" if ecosystem == Ecosystem::Apk => qualifier("origin"),
            upstream => upstream,
        };
        match ecosystem {
            Ecosystem::Rpm => source_of_rpm(&mut package, upstream),
            _ if !upstream.is_empty() => {
                let (source, version) = upstream.split_once('@').unwrap_or((upstream, ""));
                source.clone_into(&mut package.source);
                if !version.is_empty() && version != package.version {
                    package.installed_version = std::mem::take(&mut package.version);
                    version.clone_into(&mut package.version);
                }
            }
            _ => {}
        }
        Some(package)
    }

    /// The distribution that it names.
    pub(super) fn distribution(&self) -> Option<Distribution> {
        let distro = self.qualifiers.get("distro")?;
        // Ubuntu and Debian also have code names, as in `esm-infra/jammy` and `debian-sid`.
        let name = distro.rsplit('/').next().unwrap_or_default();
        let ids = ["debian-", "raspbian-", "ubuntu-"];
        let name = ids.iter().find_map(|id| name.strip_prefix(id)).unwrap_or(name);
        let debian = debian_version(name).map(|version| ("debian", version));
        if let Some((id, version)) = debian.or_else(|| Some(("ubuntu", ubuntu_version(name)?))) {
            return distribution(id, version);
        }
        if distro.starts_with(|c: char| c.is_ascii_digit()) {
            return distribution(&self.namespace, distro);
        }
        // `opensuse-leap-15.5`, `openEuler-22.03-LTS-SP1` and `alpaquita-stream`, but `wolfi`
        // and `opensuse-tumbleweed`.
        let is_version = |at: usize| {
            let version = distro.get(at + 1..).unwrap_or_default();
            version.starts_with(|c: char| c.is_ascii_digit())
                || matches!(version, "unstable" | "stream" | "rolling")
        };
        let version = distro.match_indices('-').map(|(at, _)| at).find(|at| is_version(*at));
        let (id, version) = match version.map(|at| distro.split_at(at)) {
            Some((id, version)) => (id, version.trim_start_matches('-')),
            None => (distro.as_str(), ""),
        };
        distribution(id, version)
    }
}

/// Names that other programs give distributions, with the ids.
const FAMILIES: [(&str, &str); 16] = [
    ("redhat", "rhel"),
    ("red hat enterprise linux", "rhel"),
    ("debian gnu/linux", "debian"),
    ("alpine linux", "alpine"),
    ("rocky linux", "rocky"),
    ("oracle linux server", "ol"),
    ("amazon linux", "amzn"),
    ("alma", "almalinux"),
    ("amazon", "amzn"),
    ("oracle", "ol"),
    ("cbl-mariner", "mariner"),
    ("opensuse.leap", "opensuse-leap"),
    ("opensuse.tumbleweed", "opensuse-tumbleweed"),
    ("suse linux enterprise server", "sles"),
    ("suse linux enterprise micro", "sle-micro"),
    ("slem", "sle-micro"),
];

/// The distribution of a name and a version.
pub(super) fn distribution(name: &str, version: &str) -> Option<Distribution> {
    let name = name.trim().to_lowercase();
    // `2023.3.20231211 (Amazon Linux)`
    let version = version.split_whitespace().next().unwrap_or_default();
    let known = FAMILIES.iter().find(|(family, _)| *family == name);
    let id = known.map_or(name.as_str(), |(_, id)| id);
    let plain = |text: &str| !text.contains(|c: char| c.is_control() || c.is_whitespace());
    (!id.is_empty() && plain(id) && plain(version)).then(|| Distribution::new(id, version))
}

/// `debian-12`; without a version the name alone.
fn distro(distribution: &Distribution) -> String {
    if distribution.version.is_empty() {
        distribution.id.clone()
    } else {
        format!("{}-{}", distribution.id, distribution.version)
    }
}

/// `nodejs:18` of `nodejs:18:8090020240101:a1b2c3d4`.
fn stream(label: &str) -> String {
    label.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")
}

/// What a package was built from, as other programs write it too; empty where
/// that is the package itself.
fn upstream(package: &Package) -> String {
    match package.ecosystem {
        Ecosystem::Rpm if !package.source_version.is_empty() => {
            format!("{}-{}.src.rpm", package.source, package.source_version)
        }
        _ if !package.installed_version.is_empty() => {
            format!("{}@{}", package.source, package.version)
        }
        _ if package.source != package.name => package.source.clone(),
        _ => String::new(),
    }
}

/// Reads `NAME-VERSION-RELEASE.src.rpm`, or the name alone.
fn source_of_rpm(package: &mut Package, upstream: &str) {
    let Some(file) = upstream.strip_suffix(".src.rpm") else {
        if !upstream.is_empty() {
            upstream.clone_into(&mut package.source);
        }
        return;
    };
    let mut parts = file.rsplitn(3, '-');
    let (release, version, name) = (parts.next(), parts.next(), parts.next());
    let (Some(release), Some(version), Some(name)) = (release, version, name) else { return };
    name.clone_into(&mut package.source);
    let source = format!("{version}-{release}");
    let own = package.version.split_once(':').map_or(&*package.version, |(_, own)| own);
    if own != source {
        package.source_version = source;
    }
}

impl std::fmt::Display for Purl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for part in self.namespace.split('/').filter(|part| !part.is_empty()) {
            write!(f, "{}/", encode(part))?;
        }
        f.write_str(&encode(&self.name))?;
        if !self.version.is_empty() {
            write!(f, "@{}", encode(&self.version))?;
        }
        for (at, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if at == 0 { '?' } else { '&' }, encode(value))?;
        }
        Ok(())
    }
}

/// Percent-encodes all but what the specification leaves alone.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = (byte == b'%').then(|| {
            let mut ahead = rest.clone();
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(ahead.next()?)? * 16 + digit(ahead.next()?)?;
            rest = ahead;
            Some(value as u8)
        });
        bytes.push(hex.flatten().unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(package: &Package, id: &str, version: &str) -> String {
        Purl::of(package, distribution(id, version).as_ref()).to_string()
    }

    #[test]
    fn packages_have_their_url() {
        let of = |ecosystem, name: &str, version: &str| Package::new(ecosystem, name, version, "f");
        let ssl = Package {
            source: "openssl".to_owned(),
            arch: "amd64".to_owned(),
            ..of(Ecosystem::Dpkg, "libssl3", "3.0.9-1+deb12u1")
        };
        let rebuilt = Package {
            installed_version: "1.9-1+b1".to_owned(),
            ..of(Ecosystem::Dpkg, "tool", "1.9-1")
        };
        let perl = Package {
            source: "perl".to_owned(),
            source_version: "5.26.3-422.el8".to_owned(),
            ..of(Ecosystem::Rpm, "perl-Errno", "1.28-422.el8")
        };
        let node = Package {
            stream: "nodejs:18".to_owned(),
            ..of(Ecosystem::Rpm, "nodejs", "1:18.1.0-2.el9")
        };
        for (package, expected) in [
            (
                ssl,
                "pkg:deb/debian/libssl3@3.0.9-1%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=openssl",
            ),
            (rebuilt, "pkg:deb/debian/tool@1.9-1%2Bb1?distro=debian-12&upstream=tool%401.9-1"),
            (
                perl,
                "pkg:rpm/debian/perl-Errno@1.28-422.el8?distro=debian-12&upstream=perl-5.26.3-422.el8.src.rpm",
            ),
            (node, "pkg:rpm/debian/nodejs@18.1.0-2.el9?distro=debian-12&epoch=1&rpmmod=nodejs:18"),
            (of(Ecosystem::Npm, "@babel/core", "7.0.0"), "pkg:npm/%40babel/core@7.0.0"),
            (
                of(Ecosystem::Maven, "org.slf4j:slf4j-api", "1.7"),
                "pkg:maven/org.slf4j/slf4j-api@1.7",
            ),
            (of(Ecosystem::Go, "golang.org/x/net", "v0.1.0"), "pkg:golang/golang.org/x/net@v0.1.0"),
            (of(Ecosystem::Python, "Jinja2", "2.10"), "pkg:pypi/jinja2@2.10"),
            (
                of(Ecosystem::Composer, "symfony/http-kernel", "v4"),
                "pkg:composer/symfony/http-kernel@v4",
            ),
            (of(Ecosystem::Application, "nginx", "1.25.1"), "pkg:generic/nginx@1.25.1"),
            (of(Ecosystem::Wordpress, "Wordpress", "6.1"), "pkg:generic/wordpress/Wordpress@6.1"),
        ] {
            let text = written(&package, "debian", "12");
            assert_eq!(text, expected);
            let read = Purl::parse(&text).unwrap().package("f").unwrap();
            let name = super::super::matching::normal_name(package.ecosystem, &package.name);
            assert_eq!(
                read,
                Package {
                    name: name.clone().into(),
                    source: if package.source == package.name {
                        name.into()
                    } else {
                        package.source.clone()
                    },
                    ..package.clone()
                }
            );
        }
    }

    #[test]
    fn urls_of_other_programs() {
        let package = |text: &str| Purl::parse(text).unwrap().package("").unwrap();
        let tz = package(
            "pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=debian-12&upstream=tzdata%402024a-0",
        );
        assert_eq!((tz.source.as_str(), tz.version.as_str()), ("tzdata", "2024a-0"));
        let perl = package(
            "pkg:rpm/rhel/perl-libs@5.26.3-422.el8?arch=x86_64&epoch=4&upstream=perl-5.26.3-422.el8.src.rpm&distro=rhel-8.9&rpmmod=perl:5.26:820181219:9edba152",
        );
        assert_eq!((perl.source.as_str(), perl.version.as_str()), ("perl", "4:5.26.3-422.el8"));
        assert_eq!(perl.stream, "perl:5.26");
        let ssl = package("pkg:apk/wolfi/libssl3@3.3.0-r8?arch=x86_64&origin=openssl");
        assert_eq!(ssl.source, "openssl");
        assert_eq!(package("pkg:npm/@babel/core@7.0.0").name, "@babel/core");
        assert_eq!(package("pkg:npm/@babel/core").version, "");
        assert_eq!(package("pkg:gem/nokogiri@1.13.0-x86_64-linux").version, "1.13.0");
        for (text, id, version) in [
            ("pkg:deb/debian/a@1?distro=debian-12", "debian", "12"),
            ("pkg:apk/alpine/a@1?distro=alpine-3.18.4", "alpine", "3.18.4"),
            ("pkg:apk/wolfi/a@1?distro=wolfi", "wolfi", ""),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", "opensuse-leap", "15.5"),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-tumbleweed", "opensuse-tumbleweed", ""),
            ("pkg:rpm/openeuler/a@1?distro=openEuler-22.03-LTS-SP1", "openeuler", "22.03-LTS-SP1"),
            ("pkg:deb/debian/a@1?distro=debian-unstable", "debian", "unstable"),
            ("pkg:apk/alpaquita/a@1?distro=alpaquita-stream", "alpaquita", "stream"),
            ("pkg:alpm/arch/a@1?distro=arch-rolling", "arch", "rolling"),
            ("pkg:rpm/centos/a@1?distro=centos-stream-9", "centos-stream", "9"),
            ("pkg:deb/debian/a@1?distro=debian-sid", "debian", "unstable"),
            ("pkg:deb/debian/a@1?distro=debian-bookworm", "debian", "12"),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-jammy", "ubuntu", "22.04"),
            // Others have releases that are called as Debian's.
            ("pkg:alpm/manjaro/a@1?distro=manjaro-unstable", "manjaro", "unstable"),
        ] {
            let found = Purl::parse(text).unwrap().distribution().unwrap();
            assert_eq!((found.id.as_str(), found.version.as_str()), (id, version), "{text}");
        }
        for (name, id) in [
            ("Debian GNU/Linux", "debian"),
            ("Red Hat Enterprise Linux", "rhel"),
            ("Alpine Linux", "alpine"),
        ] {
            assert_eq!(distribution(name, "9").unwrap().id, id);
        }
        for nonsense in ["", "pkg:", "pkg:deb", "pkg:deb/", "http://x/y@1", "pkg:/a@1"] {
            assert_eq!(Purl::parse(nonsense), None, "{nonsense}");
        }
        assert!(Purl::parse("pkg:unheard/of@1").unwrap().package("").is_none());
    }

    #[test]
    fn modules_of_go_by_their_subpath() {
        for (url, name, expected) in [
            ("pkg:golang/github.com/a/b@v3.3.0#v3", "", "github.com/a/b/v3"),
            (
                "pkg:golang/github.com/a/b@v3.3.0?type=module#v3/",
                "github.com/a/b/v3",
                "github.com/a/b/v3",
            ),
            ("pkg:golang/gopkg.example@v2.0.0#v2", "", "gopkg.example/v2"),
            ("pkg:golang/github.com/A/b@v1.0.0#api", "github.com/a/b/api", "github.com/A/b/api"),
            (
                "pkg:golang/github.com/a/b@v2.0.0#v2/api",
                "github.com/a/b/v2/api",
                "github.com/a/b/v2/api",
            ),
            // A package of the module.
            ("pkg:golang/github.com/a/b@v1.0.0#api", "github.com/a/b", "github.com/a/b"),
            ("pkg:golang/github.com/a/b@v1.0.0#api", "api", "github.com/a/b"),
            ("pkg:golang/github.com/a/b@v1.0.0#vendor", "", "github.com/a/b"),
            ("pkg:golang/std@1.21.3?type=module", "std", "stdlib"),
            ("pkg:npm/a@1.0.0#v2", "a/v2", "a"),
        ] {
            let mut purl = Purl::parse(url).unwrap();
            purl.complete(name);
            assert_eq!(purl.package("").unwrap().name, expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            namespace in "[a-z/é]{0,8}", name in "[^/\u{0}]{1,12}", version in ".{0,12}",
            value in ".{0,8}",
        ) {
            let namespace: Vec<&str> = namespace.split('/').filter(|p| !p.is_empty()).collect();
            let qualifiers = BTreeMap::from([("arch".to_owned(), value)]);
            let (kind, namespace) = ("npm".to_owned(), namespace.join("/"));
            let purl = Purl { kind, namespace, name, version, qualifiers, ..Purl::default() };
            prop_assert_eq!(Purl::parse(&purl.to_string()), Some(purl));
        }

        #[test]
        fn nonsense_is_no_panic(text in "(pkg:)?[a-z%@/?&=#0-9é]{0,40}") {
            if let Some(purl) = Purl::parse(&text) {
                purl.package("");
                purl.distribution();
            }
        }
    }
}
