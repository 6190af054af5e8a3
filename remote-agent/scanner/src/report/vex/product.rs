//! The products that statements speak of.

use std::borrow::Cow;

use super::Subject;
use crate::report::purl::{Purl, decode};
use crate::version::Scheme;
use crate::version::range::Intervals;

/// A product by all the names that a document gives it.
#[derive(Clone, Debug, Default)]
pub(super) struct Product {
    purls: Vec<Purl>,
    /// Digests with their algorithm, `sha256:…`.
    digests: Vec<String>,
    /// Names of images.
    names: Vec<String>,
    /// Vendor, product and version of CPEs.
    platforms: Vec<(String, String, String)>,
    /// Versions of the package, where the document names them apart; else any.
    versions: Vec<String>,
    /// Ranges of versions, where the document names such.
    ranges: Vec<Intervals>,
    any: bool,
}

/// Vendor and product of CPEs with the systems that they are.
const PLATFORMS: [(&str, &str, &[&str]); 6] = [
    ("redhat", "enterprise_linux", &["rhel", "centos"]),
    ("redhat", "rhel_eus", &["rhel"]),
    ("suse", "sles", &["sles"]),
    ("opensuse", "leap", &["opensuse-leap"]),
    ("debian", "debian_linux", &["debian"]),
    ("canonical", "ubuntu_linux", &["ubuntu"]),
];
/// Namespaces of package URLs that stand for the same.
const NAMESPACES: [(&str, &str); 4] =
    [("redhat", "rhel"), ("redhat", "centos"), ("suse", "sles"), ("opensuse", "opensuse-leap")];

impl Product {
    /// Whatever is scanned.
    pub(super) fn any() -> Self {
        Self { any: true, ..Self::default() }
    }

    /// Adds a name: a package URL, a digest or the name of an image.
    pub(super) fn name(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // Links between documents encode what they name once more.
        let is_encoded = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("pkg%3a"));
        let decoded = is_encoded.then(|| decode(text));
        let text = decoded.as_deref().unwrap_or(text);
        match Purl::parse(text) {
            Some(purl) => {
                if let Some(range) = purl.qualifiers.get("vers") {
                    self.range(range);
                }
                let of_image = matches!(purl.kind.as_str(), "oci" | "docker");
                let digest = Some(purl.version.as_str()).filter(|_| of_image);
                self.digests.extend(digest.filter(|d| d.contains(':')).map(str::to_owned));
                self.purls.push(purl);
            }
            None if text.starts_with("sha256:") || text.starts_with("sha512:") => {
                self.digests.push(text.to_owned());
            }
            None => {
                self.digests.extend(text.split_once('@').map(|(_, digest)| digest.to_owned()));
                self.names.push(text.to_owned());
            }
        }
    }

    /// Adds a digest by its algorithm, in any spelling.
    pub(super) fn digest(&mut self, algorithm: &str, value: &str) {
        let algorithm = algorithm.to_ascii_lowercase().replace('-', "");
        self.digests.push(format!("{algorithm}:{}", value.to_ascii_lowercase()));
    }

    /// Narrows it down to one version, or to one more.
    pub(super) fn version(&mut self, version: &str) {
        self.versions.push(version.to_owned());
    }

    /// Narrows it down to a range of versions, or to one more. What cannot be read stands for no
    /// version: whoever names versions speaks of no others.
    pub(super) fn range(&mut self, text: &str) {
        let range = Intervals::from_vers(text, decode);
        self.ranges.push(range.unwrap_or(Intervals::none(Scheme::Generic)));
    }

    pub(super) fn is_any(&self) -> bool {
        self.any
    }

    /// Adds a platform by its CPE, `cpe:/o:redhat:enterprise_linux:9::baseos`.
    pub(super) fn cpe(&mut self, text: &str) {
        let parts = text.strip_prefix("cpe:2.3:").or_else(|| text.strip_prefix("cpe:/"));
        let mut parts = parts.unwrap_or_default().split(':').skip(1);
        if let (Some(vendor), Some(product)) = (parts.next(), parts.next()) {
            let version = parts.next().unwrap_or_default().replace('*', "");
            self.platforms.push((vendor.to_owned(), product.to_owned(), version));
        }
    }

    /// Whether it is the operating system that the image is built on.
    pub(super) fn is_platform(&self, subject: &Subject) -> bool {
        let Some(ours) = &subject.distribution else { return false };
        // The names of releases have no order that a range could be held to.
        if !self.ranges.is_empty() {
            return false;
        }
        self.platforms.iter().any(|(vendor, product, version)| {
            let known = PLATFORMS.iter().find(|(v, p, _)| v == vendor && p == product);
            known.is_some_and(|(.., ids)| ids.contains(&ours.id.as_str()))
                && is_release(version, &ours.version)
        })
    }

    /// Whether it is the image.
    pub(super) fn is_image(&self, subject: &Subject) -> bool {
        if self.digests.iter().any(|digest| subject.digests.contains(digest)) {
            return true;
        }
        // An image whose digest is named is that one and no other. Which ones a range of
        // versions has, their tags do not tell.
        if !self.digests.is_empty() || !self.ranges.is_empty() {
            return false;
        }
        self.names.iter().any(|name| subject.names.iter().any(|image| same_image(name, image)))
            || self.purls.iter().any(|purl| {
                matches!(purl.kind.as_str(), "oci" | "docker")
                    && subject.names.iter().any(|image| is_oci(purl, image))
            })
    }

    /// Whether it is the package. What the URL does not tell may be anything.
    pub(super) fn is_package(&self, package: &Purl) -> bool {
        let all = self.versions.is_empty() && self.ranges.is_empty();
        let is_version = all
            || self.versions.iter().any(|version| {
                let named = Purl { version: version.clone(), ..package.clone() };
                version == &package.version || same_version(&named, package)
            });
        let is_meant = |purl: &Purl| {
            is_version || {
                let version = ranged_version(purl, package);
                self.ranges.iter().any(|range| range.contains(&version))
            }
        };
        self.purls.iter().any(|purl| {
            purl.kind == package.kind
                && same_name(purl, package)
                && same_distro(purl, package)
                && is_meant(purl)
                && (purl.version.is_empty() || same_version(purl, package))
                && ["arch", "rpmmod"].iter().all(|key| {
                    let (theirs, ours) = (purl.qualifiers.get(*key), package.qualifiers.get(*key));
                    theirs.is_none_or(|wanted| {
                        // Of a source comes what is built for any processor.
                        matches!(wanted.as_str(), "src" | "source")
                            || ours.is_none_or(|ours| ours == wanted)
                    })
                })
        })
    }
}

/// The package by its own name or by that of its source.
fn same_name(purl: &Purl, package: &Purl) -> bool {
    let os = matches!(package.kind.as_str(), "deb" | "apk" | "rpm");
    if !os && purl.namespace != package.namespace {
        return false;
    }
    let normal = |purl: &Purl| match purl.ecosystem() {
        Some(ecosystem) => crate::report::matching::normal_name(ecosystem, &purl.name).into_owned(),
        None => purl.name.clone(),
    };
    normal(purl) == normal(package)
        || os && package.qualifiers.get("upstream").is_some_and(|of| source_name(of) == purl.name)
}

/// The name of what a package was built from: of `openssl-3.0.7-6.el9.src.rpm`,
/// `openssl@3.0.9-1` and `openssl`.
fn source_name(upstream: &str) -> &str {
    match upstream.strip_suffix(".src.rpm") {
        Some(file) => file.rsplitn(3, '-').nth(2).unwrap_or(file),
        None => upstream.split('@').next().unwrap_or(upstream),
    }
}

/// The packages of one distribution are not those of another, whatever their
/// names.
fn same_distro(purl: &Purl, package: &Purl) -> bool {
    if !matches!(package.kind.as_str(), "deb" | "apk" | "rpm") {
        return true;
    }
    let (theirs, ours) = (purl.namespace.as_str(), package.namespace.as_str());
    let same = theirs.is_empty() || theirs == ours || NAMESPACES.contains(&(theirs, ours));
    let distro = |purl: &Purl| purl.distribution();
    same && match (distro(purl), distro(package)) {
        (Some(theirs), Some(ours)) => {
            // Some name the point release, which says nothing of packages.
            let major = theirs.version.split('.').next().filter(|_| theirs.id == "debian");
            is_release(major.unwrap_or(&theirs.version), &ours.version)
        }
        (theirs, _) => theirs.is_none(),
    }
}

/// Whether `ours` is the release `theirs` or a part of it: 9.3 is of 9.
fn is_release(theirs: &str, ours: &str) -> bool {
    theirs.is_empty()
        || ours.strip_prefix(theirs).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The version of the package, or that of its source where it is named by that.
fn same_version(purl: &Purl, package: &Purl) -> bool {
    let theirs = parts(purl);
    let of_source = package.qualifiers.get("upstream").is_some_and(|upstream| {
        source_name(upstream) == purl.name && source_version(upstream) == Some(theirs.1)
    });
    theirs == parts(package) || of_source
}

/// What a range is held to: of a package that is named by its source, the source's version where
/// that is told.
fn ranged_version<'p>(purl: &Purl, package: &'p Purl) -> Cow<'p, str> {
    let upstream = package.qualifiers.get("upstream").filter(|_| purl.name != package.name);
    match upstream.and_then(|upstream| upstream.split_once('@')) {
        Some((_, version)) => Cow::Borrowed(version),
        None => with_epoch(package),
    }
}

/// The version with its epoch, wherever that stands.
fn with_epoch(package: &Purl) -> Cow<'_, str> {
    match parts(package) {
        ("", rest) => Cow::Borrowed(rest),
        (epoch, rest) => Cow::Owned(format!("{epoch}:{rest}")),
    }
}

/// The epoch, which stands in the version or beside it, and the rest.
fn parts(purl: &Purl) -> (&str, &str) {
    let is_epoch = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let within = purl.version.split_once(':').filter(|(epoch, _)| is_epoch(epoch));
    let beside = purl.qualifiers.get("epoch").map_or("", String::as_str);
    let (epoch, rest) = within.unwrap_or((beside, purl.version.as_str()));
    (epoch.trim_start_matches('0'), rest)
}

/// The version of what a package was built from, without its epoch: of
/// `openssl-3.0.7-6.el9.src.rpm` and `openssl@1:3.0.9-1`.
fn source_version(upstream: &str) -> Option<&str> {
    if let Some(file) = upstream.strip_suffix(".src.rpm") {
        let name = source_name(upstream);
        return file.strip_prefix(name)?.strip_prefix('-');
    }
    let (_, version) = upstream.split_once('@')?;
    Some(version.split_once(':').map_or(version, |(_, rest)| rest))
}

/// A name as Docker Hub's images are called: the names of the registry itself, and of the folder
/// of its own images, may be left out.
fn canonical(name: &str) -> &str {
    const HUB: [&str; 3] = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"];
    let on_hub = HUB.iter().find_map(|hub| name.strip_prefix(hub));
    let bare = on_hub.unwrap_or(name);
    bare.strip_prefix("library/").filter(|rest| !rest.contains('/')).unwrap_or(bare)
}

/// `shop/orders` is `shop/orders:v1` and `registry.example/shop/orders:v1`,
/// but `orders` is not.
fn same_image(name: &str, image: &str) -> bool {
    let name = name.split_once("://").map_or(name, |(_, name)| name);
    let (name, tag) = split_tag(canonical(name));
    let (image, image_tag) = split_tag(canonical(image));
    if tag.is_some() && tag != Some(image_tag.unwrap_or("latest")) {
        return false;
    }
    let without_registry = image
        .split_once('/')
        .filter(|(host, _)| host.contains(['.', ':']) || *host == "localhost")
        .map(|(_, rest)| rest);
    name == image || without_registry == Some(name)
}

/// `pkg:oci/orders?repository_url=registry.example/shop/orders&tag=v1`.
fn is_oci(purl: &Purl, image: &str) -> bool {
    let qualifier = |key: &str| purl.qualifiers.get(key).map(String::as_str);
    let tag = qualifier("tag").or(Some(purl.version.as_str()).filter(|v| !v.is_empty()));
    let with_tag = |name: &str| match tag {
        Some(tag) => same_image(&format!("{name}:{tag}"), image),
        None => same_image(name, image),
    };
    match qualifier("repository_url") {
        // Some write the folder of the repository, some the whole.
        Some(url) => with_tag(url) || with_tag(&format!("{url}/{}", purl.name)),
        None if purl.namespace.is_empty() => {
            let last = split_tag(image).0.rsplit('/').next().unwrap_or_default();
            last == purl.name && tag.is_none_or(|tag| split_tag(image).1 == Some(tag))
        }
        None => with_tag(&format!("{}/{}", purl.namespace, purl.name)),
    }
}

fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some sources are of another version than what is built of them.
    #[test]
    fn ranges_of_sources() {
        let gcc = Purl::parse("pkg:deb/debian/gcc@4:12.2.0-3?upstream=gcc-defaults@1.203").unwrap();
        for (name, range, expected) in [
            ("gcc-defaults", "vers:deb/<2", true),
            ("gcc-defaults", "vers:deb/>=2", false),
            ("gcc", "vers:deb/>=4:12", true),
            ("gcc", "vers:deb/<2", false),
        ] {
            let mut product = Product::default();
            product.name(&format!("pkg:deb/debian/{name}"));
            product.range(range);
            assert_eq!(product.is_package(&gcc), expected, "{name} {range}");
        }
    }

    #[test]
    fn names_of_sources() {
        for (upstream, name) in [
            ("openssl-3.0.7-6.el9_2.src.rpm", "openssl"),
            ("java-17-openjdk-17.0.1-2.el9.src.rpm", "java-17-openjdk"),
            ("openssl@3.0.9-1", "openssl"),
            ("openssl", "openssl"),
        ] {
            assert_eq!(source_name(upstream), name);
        }
    }
}
