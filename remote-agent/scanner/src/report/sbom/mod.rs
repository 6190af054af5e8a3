//! Software bills of materials: CycloneDX and SPDX, out and in.
//!
//! What is written carries, in the package URL and in few other places, all
//! that matching asks for: reading it gives the inventory again, and with it
//! the same findings.

mod carrier;
mod cyclonedx;
mod cyclonedx_xml;
mod read;
mod spdx2;
mod spdx2_text;
mod spdx3;

use std::collections::HashMap;

use palisade_api::Digest;
use serde::Deserialize;
use thiserror::Error;

use carrier::carried;
pub(super) use carrier::predicate;
pub use read::{Reading, read, read_about, read_stated};

use super::Report;
use super::purl::Purl;
use crate::package::{Ecosystem, LayeredPackage};

/// The program that documents name as their maker.
const TOOL: &str = "palisade-scanner";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SbomFormat {
    /// CycloneDX JSON, 1.2 to 1.7.
    CycloneDx,
    /// CycloneDX XML of any version.
    CycloneDxXml,
    /// SPDX 2.2 or 2.3 as JSON.
    Spdx2,
    /// SPDX 2.2 or 2.3 as lines of tag and value.
    Spdx2Text,
    /// SPDX 3.0 as JSON-LD.
    Spdx3,
}

/// A document that cannot be read.
#[derive(Debug, Error)]
pub enum SbomError {
    /// It is none of the formats.
    #[error(
        "it is no SBOM that is known: CycloneDX JSON or XML, SPDX 2 JSON or tag-value, SPDX 3 JSON"
    )]
    Foreign,
    /// It breaks its format.
    #[error("it is no valid {format}: {reason}")]
    Malformed {
        /// The format.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It is larger than any honest one.
    #[error("it has more than {limit} {what}")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

/// What tells the formats apart; the rest is skipped without being kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Probe {
    #[serde(rename = "bomFormat")]
    bom_format: Option<String>,
    #[serde(rename = "spdxVersion")]
    spdx_version: Option<String>,
    #[serde(rename = "@context")]
    context: Option<Context>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Context {
    One(String),
    Several(Vec<serde_json::Value>),
    Other(serde::de::IgnoredAny),
}

/// Which kind of SBOM the content is, or carries; none when it is none.
pub fn detect(content: &[u8]) -> Option<SbomFormat> {
    bare_format(content).or_else(|| carried(content, None).map(|(format, _)| format))
}

/// Whether the bill in the content is what a statement says of an image.
pub fn is_stated(content: &[u8]) -> bool {
    bare_format(content).is_none() && carried(content, Some(&[])).is_none()
}

fn bare_format(content: &[u8]) -> Option<SbomFormat> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    if cyclonedx_xml::is_it(content) {
        return Some(SbomFormat::CycloneDxXml);
    }
    if !content.starts_with(b"{") {
        return spdx2_text::is_it(content).then_some(SbomFormat::Spdx2Text);
    }
    let probe: Probe = serde_json::from_slice(content).ok()?;
    let is_spdx3 = |context: &str| context.contains("spdx.org/rdf/3");
    if probe.bom_format.as_deref() == Some("CycloneDX") {
        Some(SbomFormat::CycloneDx)
    } else if probe.spdx_version.is_some_and(|version| version.starts_with("SPDX-2")) {
        Some(SbomFormat::Spdx2)
    } else if match probe.context {
        Some(Context::One(one)) => is_spdx3(&one),
        Some(Context::Several(all)) => all.iter().any(|c| c.as_str().is_some_and(is_spdx3)),
        Some(Context::Other(_)) | None => false,
    } {
        Some(SbomFormat::Spdx3)
    } else {
        None
    }
}

impl Report {
    /// Packages and vulnerabilities as CycloneDX 1.6 JSON.
    pub fn cyclonedx(&self, target: &str) -> Result<String, serde_json::Error> {
        cyclonedx::write(&Listed::of(self, target))
    }

    /// Packages as SPDX 2.3 JSON.
    pub fn spdx(&self, target: &str) -> Result<String, serde_json::Error> {
        spdx2::write(&Listed::of(self, target))
    }

    /// Packages as SPDX 2.3 in lines of tag and value.
    pub fn spdx_text(&self, target: &str) -> String {
        spdx2_text::write(&Listed::of(self, target))
    }

    /// Packages as SPDX 3.0 JSON-LD.
    pub fn spdx3(&self, target: &str) -> Result<String, serde_json::Error> {
        spdx3::write(&Listed::of(self, target))
    }
}

/// The packages of a report, each under a name of its own in the document.
struct Listed<'a> {
    report: &'a Report,
    /// What was scanned, without control characters.
    target: String,
    packages: Vec<ListedPackage<'a>>,
}

struct ListedPackage<'a> {
    layered: &'a LayeredPackage,
    purl: String,
    /// The package URL, with a number behind it from the second of its kind on.
    reference: String,
}

impl<'a> Listed<'a> {
    fn of(report: &'a Report, target: &str) -> Self {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let packages = report
            .packages
            .iter()
            .map(|layered| {
                let purl = Purl::of(&layered.package, report.distribution.as_ref()).to_string();
                let times = seen.entry(purl.clone()).or_default();
                *times += 1;
                let reference = if *times == 1 { purl.clone() } else { format!("{purl}#{times}") };
                ListedPackage { layered, purl, reference }
            })
            .collect();
        Self { report, target: target.chars().filter(|c| !c.is_control()).collect(), packages }
    }

    /// A random-looking number that is the same for the same content.
    fn uuid(&self) -> uuid::Uuid {
        let mut content = self.target.clone();
        for part in [self.report.digest, self.report.image_id].into_iter().flatten() {
            content.push_str(&part.to_oci());
        }
        content.push_str(&self.report.scanned_at.to_rfc3339());
        for package in &self.packages {
            content.push('\n');
            content.push_str(&package.reference);
        }
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(Digest::of(content.as_bytes()).as_bytes()) {
            *to = *from;
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn time(&self) -> String {
        self.report.scanned_at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl ListedPackage<'_> {
    /// Whether it is a program and not a part of one.
    fn is_application(&self) -> bool {
        matches!(self.layered.package.ecosystem, Ecosystem::Application | Ecosystem::Wordpress)
    }
}

#[cfg(test)]
mod tests;
