//! What all readers share: from components to an inventory.

use std::borrow::Cow;

use palisade_api::Digest;
use serde::{Deserialize, Deserializer};

use super::carrier::{carried, stated};
use super::{
    SbomError, SbomFormat, bare_format, cyclonedx, cyclonedx_xml, spdx2, spdx2_text, spdx3,
};
use crate::inspect::os::Distribution;
use crate::limits::Limits;
use crate::package::{Ecosystem, LayeredPackage, Package};
use crate::report::matching::normal_name;
use crate::report::purl::{self, Purl};
use crate::scan::{FileProblem, Inventory, LayerSummary};
use crate::source::ImageConfig;

/// Bytes of a document at most.
const DOCUMENT_BYTES: u64 = 512 << 20;
/// Bytes of a text in a document at most: names, URLs, paths.
const TEXT_BYTES: usize = 16 << 10;
/// What SPDX writes where nothing is said.
const NO_ASSERTION: &str = "NOASSERTION";

/// What a document gives.
#[derive(Debug)]
pub struct Reading {
    /// Its format.
    pub format: SbomFormat,
    /// What it lists.
    pub inventory: Inventory,
}

/// Reads a document that is known by `name` in what is said of it.
pub fn read(name: &str, content: &[u8], limits: &Limits) -> Result<Reading, SbomError> {
    let found = find(content, None)?.ok_or(SbomError::Foreign)?;
    reading(name, found, limits)
}

/// Reads a document as [`read`] does; none where it is a statement about none of `images`.
pub fn read_about(
    name: &str,
    content: &[u8],
    images: &[Digest],
    limits: &Limits,
) -> Result<Option<Reading>, SbomError> {
    find(content, Some(images))?.map(|found| reading(name, found, limits)).transpose()
}

/// Reads what a statement says of one of `images`; none where it is about none of them, or
/// about something else than what they hold.
pub fn read_stated(
    name: &str,
    statement: &[u8],
    images: &[Digest],
    limits: &Limits,
) -> Result<Option<Reading>, SbomError> {
    stated(statement, images).map(|found| reading(name, found, limits)).transpose()
}

type Found<'a> = (SbomFormat, Cow<'a, [u8]>);

fn find<'a>(content: &'a [u8], images: Option<&[Digest]>) -> Result<Option<Found<'a>>, SbomError> {
    if content.len() as u64 > DOCUMENT_BYTES {
        return Err(SbomError::TooLarge { what: "bytes", limit: DOCUMENT_BYTES });
    }
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let bare = bare_format(content).map(|format| (format, Cow::Borrowed(content)));
    Ok(bare.or_else(|| carried(content, images)))
}

fn reading(
    name: &str,
    (format, content): Found<'_>,
    limits: &Limits,
) -> Result<Reading, SbomError> {
    let mut reader = Reader { most: limits.packages, ..Reader::default() };
    match format {
        SbomFormat::CycloneDx => cyclonedx::read(&content, &mut reader)?,
        SbomFormat::CycloneDxXml => cyclonedx_xml::read(&content, &mut reader)?,
        SbomFormat::Spdx2 => spdx2::read(&content, &mut reader)?,
        SbomFormat::Spdx2Text => spdx2_text::read(&content, &mut reader)?,
        SbomFormat::Spdx3 => spdx3::read(&content, &mut reader)?,
    }
    Ok(Reading { format, inventory: reader.inventory(name) })
}

/// What is written as null is empty.
pub(super) fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Repositories that a distribution is said to be built from, at most.
const CONTENT_SETS: usize = 1_000;

/// What a document says of a package.
#[derive(Default)]
pub(super) struct Told<'a> {
    pub(super) name: &'a str,
    pub(super) purl: &'a str,
    /// Its version, where the URL does not tell that.
    pub(super) version: &'a str,
    pub(super) path: &'a str,
    pub(super) layer: &'a str,
    /// What it was built from, where the URL does not tell that.
    pub(super) source: &'a str,
    pub(super) source_version: &'a str,
    /// The module that it is of, where the URL does not tell that.
    pub(super) stream: &'a str,
}

/// Whether a text is one version: some write beside the URL which ones a project takes.
fn is_version(text: &str) -> bool {
    let is_of_ranges = |c: char| c.is_whitespace() || "*,|".contains(c);
    text != NO_ASSERTION
        && !text.contains(is_of_ranges)
        && !text.starts_with(['<', '>', '=', '~', '^', '!'])
}

/// The distribution that is told first, with the release that is told of it later, where it was
/// told without.
fn in_full(first: Option<Distribution>, later: Option<Distribution>) -> Option<Distribution> {
    let Some(first) = first else { return later };
    let version = later.filter(|later| first.version.is_empty() && later.id == first.id);
    Some(Distribution { version: version.map_or(first.version, |later| later.version), ..first })
}

/// Collects what a document lists.
#[derive(Default)]
pub(super) struct Reader {
    most: usize,
    digest: Option<Digest>,
    image_id: Option<Digest>,
    system: Option<Distribution>,
    /// The distribution that the first package URL names, with its release where one tells it.
    of_purl: Option<Distribution>,
    packages: Vec<LayeredPackage>,
    /// Components that cannot be matched, and the first of them.
    unknown: usize,
    first_unknown: String,
}

impl Reader {
    /// The image, whose version is its digest, or whose package URL has that.
    pub(super) fn image(&mut self, version: &str, purl: &str) {
        let of_purl = || Purl::parse(purl).filter(|purl| purl.kind == "oci").map(|of| of.version);
        let told = Digest::from_oci(version).ok();
        let told = told.or_else(|| Digest::from_oci(&of_purl()?).ok());
        self.digest = self.digest.or(told);
    }

    /// The digest of the image's configuration, where the text is one.
    pub(super) fn image_id(&mut self, text: &str) {
        self.image_id = self.image_id.or_else(|| Digest::from_oci(text).ok());
    }

    /// The operating system; the first one holds.
    pub(super) fn system<'a>(
        &mut self,
        id: &str,
        version: &str,
        content_sets: impl Iterator<Item = &'a str>,
    ) {
        if self.system.is_none() && id.len() + version.len() <= TEXT_BYTES {
            self.system = purl::distribution(id, version).map(|distribution| Distribution {
                content_sets: content_sets.take(CONTENT_SETS).map(str::to_owned).collect(),
                ..distribution
            });
        }
    }

    /// A package by its URL. One without is counted: it cannot be matched.
    pub(super) fn package(&mut self, told: &Told<'_>) -> Result<(), SbomError> {
        let Told { name, purl: url, version, path, layer, source, source_version, stream } = *told;
        let texts = [url, version, path, source, source_version, stream];
        let short = texts.iter().all(|text| text.len() <= TEXT_BYTES);
        let mut parsed = Purl::parse(url).filter(|_| short);
        if let Some(purl) = &mut parsed {
            if purl.version.is_empty() && is_version(version) {
                version.clone_into(&mut purl.version);
            }
            purl.complete(name);
            purl.add(source, source_version, stream);
        }
        let package = parsed.as_ref().and_then(|purl| Some((purl, purl.package(path)?)));
        let Some((purl, package)) = package.filter(|(_, package)| !package.version.is_empty())
        else {
            self.unknown += 1;
            if self.first_unknown.is_empty() {
                self.first_unknown = name.chars().filter(|c| !c.is_control()).take(80).collect();
            }
            return Ok(());
        };
        // A URL has one spelling where the component may keep the package's own:
        // those of modules of Go are written in small letters.
        let normal = |name| normal_name(package.ecosystem, name);
        let small = package.ecosystem == Ecosystem::Go && name.to_ascii_lowercase() == package.name;
        let same = name != package.name && (small || normal(name) == normal(&package.name));
        let package = if same && !package.ecosystem.is_os() {
            Package::new(package.ecosystem, name, package.version, path)
        } else {
            package
        };
        if self.of_purl.as_ref().is_none_or(|held| held.version.is_empty())
            && package.ecosystem.is_os()
        {
            self.of_purl = in_full(self.of_purl.take(), purl.distribution());
        }
        if self.packages.len() >= self.most {
            return Err(SbomError::TooLarge { what: "packages", limit: self.most as u64 });
        }
        self.packages.push(LayeredPackage { package, layer: Digest::from_oci(layer).ok() });
        Ok(())
    }

    fn inventory(mut self, name: &str) -> Inventory {
        // A document may list a component once for each place that needs it.
        self.packages.sort_by(|left, right| left.package.cmp(&right.package));
        self.packages.dedup_by(|left, right| left.package == right.package);
        let mut layers: Vec<LayerSummary> = Vec::new();
        for layer in self.packages.iter().filter_map(|layered| layered.layer) {
            if !layers.iter().any(|known| known.digest == layer) {
                layers.push(LayerSummary { digest: layer, size: 0, broken: false });
            }
        }
        let problems = (self.unknown > 0).then(|| FileProblem {
            path: name.to_owned(),
            reason: format!(
                "{} components have no package URL of a known type and version, the first is {:?}",
                self.unknown, self.first_unknown
            ),
        });
        let versions = self.packages.iter().map(|layered| layered.package.version.as_str());
        let distribution = in_full(self.system, self.of_purl);
        let distribution = distribution.map(|told| told.with_pack_of(versions));
        Inventory {
            digest: self.digest,
            index_digest: None,
            image_id: self.image_id,
            config: ImageConfig::default(),
            layers,
            distribution,
            packages: self.packages,
            problems: problems.into_iter().collect(),
            ..Inventory::default()
        }
    }
}
