//! Upstream feeds: one module a format. A module makes [`Advisory`]s of a
//! document, which all go to the [`Sink`] the same way.
//!
//! *Gotchas*: feeds are input from elsewhere. A record that is malformed is
//! counted, told and left out; a file that cannot be read fails the build.
//!
//! [`Advisory`]: advisory::Advisory

mod advisory;
mod arch;
mod bodhi;
mod csaf;
mod debian;
mod detect;
mod epss;
mod errata;
mod friends_of_php;
mod github;
mod gitlab;
mod input;
mod kev;
mod kind;
mod nvd;
mod osv;
mod oval;
mod pages;
mod photon;
mod platform;
mod records;
mod rubysec;
mod secdb;
mod ubuntu;
mod updateinfo;

use super::record::{Affected, Prose, Vulnerability};
use crate::version::Scheme;
pub(super) use detect::{looks_like, resolve};
pub(super) use input::InputError;
pub use kind::{FeedKind, NoSource, SourceSpec};
pub(crate) use ubuntu::release_of as ubuntu_version;

/// What a feed tells of one package.
#[derive(Debug)]
pub(super) struct PackageEntry {
    pub(super) ecosystem: String,
    pub(super) package: String,
    pub(super) affected: Affected,
}

/// Where a feed's records go.
pub(super) trait Sink {
    /// A vulnerability in general. `exact` tells that the record is about
    /// this vulnerability itself.
    fn vulnerability(&mut self, vulnerability: Vulnerability, prose: Prose, exact: bool);
    /// A vulnerability of a package.
    fn package(&mut self, entry: PackageEntry);
    /// A record was understood.
    fn valid(&mut self);
    /// A record was not understood; `reason` is told for the first ones.
    fn malformed(&mut self, place: &str, reason: &str);
    /// A document ends where it should go on.
    fn cut(&mut self, place: &str, reason: &str) {
        self.malformed(place, reason);
    }
    /// The digest of a document's content, for the source's digest.
    fn content(&mut self, bytes: &[u8]);
}

/// Reads a source into `sink`.
pub(super) fn read(spec: &SourceSpec, sink: &mut dyn Sink) -> Result<(), InputError> {
    let path = &spec.path;
    match spec.kind {
        FeedKind::Osv | FeedKind::Kubernetes => osv::read(path, sink),
        FeedKind::Debian => debian::read(path, sink),
        FeedKind::DebianAdvisories => debian::advisories::read(path, sink),
        FeedKind::DebianChangelogs => debian::changelogs::read(path, sink),
        FeedKind::Ubuntu => ubuntu::read(path, sink),
        FeedKind::Alpine | FeedKind::Wolfi | FeedKind::Chainguard => {
            secdb::read(spec.kind, path, sink)
        }
        FeedKind::Csaf => csaf::read(path, sink),
        FeedKind::Oval => oval::read(path, sink),
        FeedKind::Amazon => json_or_updates(path, sink, errata::read, ""),
        FeedKind::Rocky => json_or_updates(path, sink, errata::read, "Rocky Linux"),
        FeedKind::Alma => json_or_updates(path, sink, errata::read, "AlmaLinux"),
        FeedKind::Oracle => json_or_updates(path, sink, errata::read, "Oracle Linux"),
        FeedKind::Bottlerocket => updateinfo::read("", path, sink),
        FeedKind::Fedora => json_or_updates(path, sink, bodhi::read, ""),
        FeedKind::Arch => arch::read(path, sink),
        FeedKind::Photon => photon::read(path, sink),
        FeedKind::Github => github::read(path, sink),
        FeedKind::Gitlab => gitlab::read(path, sink),
        FeedKind::Rubysec => rubysec::read(path, sink),
        FeedKind::FriendsOfPhp => friends_of_php::read(path, sink),
        FeedKind::Nvd => nvd::read(path, sink),
        FeedKind::Epss => epss::read(path, sink),
        FeedKind::Kev => kev::read(path, sink),
        // Resolved before; what is left is a file that nothing knows.
        FeedKind::Auto => Err(detect::unknown(path)),
    }
}

/// Reads documents of the distribution whose versions have the tag of
/// Enterprise Linux.
type Read =
    fn(enterprise: &str, path: &std::path::Path, sink: &mut dyn Sink) -> Result<(), InputError>;

/// Distributions that tell the same in JSON and in XML.
fn json_or_updates(
    path: &std::path::Path,
    sink: &mut dyn Sink,
    json: Read,
    enterprise: &str,
) -> Result<(), InputError> {
    for file in input::files(path, |name| input::is_json(name) || input::is_xml(name))? {
        let read = if input::is_named(&file, input::is_xml) { updateinfo::read } else { json };
        read(enterprise, &file, sink)?;
    }
    Ok(())
}

/// By whose rules the versions of an ecosystem of the database are ordered.
fn scheme_of(key: &str) -> Scheme {
    let family = key.split(':').next().unwrap_or_default();
    match family {
        "Debian" | "Ubuntu" | "Echo" => Scheme::Dpkg,
        "Alpaquita"
        | "Alpine"
        | "BellSoft Hardened Containers"
        | "Chainguard"
        | "CleanStart"
        | "MinimOS"
        | "Wolfi" => Scheme::Apk,
        "AlmaLinux" | "Amazon Linux" | "Arch Linux" | "Azure Linux" | "Bottlerocket" | "Fedora"
        | "Mageia" | "Oracle Linux" | "Photon OS" | "Red Hat" | "Rocky Linux" | "SUSE"
        | "openEuler" | "openSUSE" => Scheme::Rpm,
        "PyPI" => Scheme::Pep440,
        "npm" | "crates.io" | "Pub" | "Hex" | "SwiftURL" | "Bitnami" | "Kubernetes" => {
            Scheme::SemVer
        }
        "Maven" => Scheme::Maven,
        "RubyGems" => Scheme::Gem,
        "Go" => Scheme::Go,
        "NuGet" => Scheme::NuGet,
        "Packagist" => Scheme::Composer,
        _ => Scheme::Generic,
    }
}

/// The module stream that an rpm version belongs to, where the title of its
/// advisory names it: `Important: nodejs:18 security update`.
fn stream_of(version: &str, title: &str) -> String {
    if !version.contains(".module") {
        return String::new();
    }
    let is_stream = |word: &&str| {
        word.split_once(':').is_some_and(|(name, stream)| !name.is_empty() && !stream.is_empty())
    };
    let mut words = title.split([' ', ',']).map(|word| word.trim_end_matches([':', '.']));
    words.find(is_stream).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
