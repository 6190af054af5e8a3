//! SPDX 2.3 as lines of tag and value.

use std::fmt::Write as _;

use super::read::Reader;
use super::spdx2::{self, DOCUMENT, ExternalRef, Package, ROOT, SYSTEM};
use super::{Listed, SbomError, TOOL, VERSION};

pub(super) fn write(listed: &Listed<'_>) -> String {
    let report = listed.report;
    let mut text = String::new();
    // Writing into a String cannot fail.
    let mut tag = |tag: &str, value: &str| {
        let _ = writeln!(text, "{tag}: {}", one_line(value));
    };
    tag("SPDXVersion", "SPDX-2.3");
    tag("DataLicense", "CC0-1.0");
    tag("SPDXID", DOCUMENT);
    tag("DocumentName", &listed.target);
    tag("DocumentNamespace", &spdx2::namespace(listed));
    tag("Creator", &format!("Tool: {TOOL}-{VERSION}"));
    tag("Created", &listed.time());
    tag("Relationship", &format!("{DOCUMENT} DESCRIBES {ROOT}"));
    let digest = report.digest.map(palisade_api::Digest::to_oci).unwrap_or_default();
    package(&mut tag, ROOT, &listed.target, &digest, "CONTAINER");
    if let Some(distribution) = &report.distribution {
        package(&mut tag, SYSTEM, &distribution.id, &distribution.version, "OPERATING-SYSTEM");
        if !distribution.content_sets.is_empty() {
            let comment = spdx2::built_from(&distribution.content_sets);
            tag("PackageComment", &format!("<text>{}</text>", one_line(&comment)));
        }
        tag("Relationship", &format!("{ROOT} CONTAINS {SYSTEM}"));
    }
    for (at, listed) in listed.packages.iter().enumerate() {
        let id = spdx2::id(at);
        let held = &listed.layered.package;
        let purpose = if listed.is_application() { "APPLICATION" } else { "LIBRARY" };
        package(&mut tag, &id, &held.name, held.shown_version(), purpose);
        let source = one_line(&spdx2::source_info(&held.file));
        tag("PackageSourceInfo", &format!("<text>{source}</text>"));
        if let Some(layer) = listed.layered.layer {
            let comment = spdx2::comment(&layer.to_oci());
            tag("PackageComment", &format!("<text>{comment}</text>"));
        }
        tag("ExternalRef", &format!("PACKAGE-MANAGER purl {}", listed.purl));
        tag("Relationship", &format!("{ROOT} CONTAINS {id}"));
    }
    for (at, found) in report.malware.iter().enumerate() {
        let id = spdx2::malware_id(at);
        package(&mut tag, &id, &found.path, "", "FILE");
        tag("PackageChecksum", &format!("SHA256: {}", found.malware.sha256));
        let comment = one_line(&spdx2::malware_comment(found));
        tag("PackageComment", &format!("<text>{comment}</text>"));
        tag("Relationship", &format!("{ROOT} CONTAINS {id}"));
    }
    text
}

fn package(tag: &mut impl FnMut(&str, &str), id: &str, name: &str, version: &str, purpose: &str) {
    tag("PackageName", name);
    tag("SPDXID", id);
    if !version.is_empty() {
        tag("PackageVersion", version);
    }
    tag("PackageSupplier", "NOASSERTION");
    tag("PackageDownloadLocation", "NOASSERTION");
    tag("FilesAnalyzed", "false");
    tag("PackageLicenseConcluded", "NOASSERTION");
    tag("PackageLicenseDeclared", "NOASSERTION");
    tag("PackageCopyrightText", "NOASSERTION");
    tag("PrimaryPackagePurpose", purpose);
}

/// Line ends would make tags of what is none, and so would the marks that
/// let a value have several lines.
fn one_line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

/// Whether it begins with tags, and one of them is that of the format.
pub(super) fn is_it(content: &[u8]) -> bool {
    let lines = content.split(|byte| *byte == b'\n').take(1000).map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let mut tags = lines.map_while(|line| {
        let end = line.iter().position(|byte| *byte == b':')?;
        Some((line.get(..end)?, line.get(end + 1..)?.trim_ascii()))
    });
    tags.any(|(tag, value)| tag == b"SPDXVersion" && value.starts_with(b"SPDX-2"))
}

pub(super) fn read(content: &[u8], reader: &mut Reader) -> Result<(), SbomError> {
    let text = String::from_utf8_lossy(content);
    let mut lines = text.lines();
    let mut open: Option<Package> = None;
    while let Some(line) = lines.next() {
        let Some((tag, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        let long;
        let value = match value.strip_prefix("<text>") {
            None => value,
            Some(first) => {
                long = until_end(first, &mut lines)?;
                long.as_str()
            }
        };
        match (tag.trim(), &mut open) {
            ("PackageName", _) => {
                let next = Package { name: value.to_owned(), ..Package::default() };
                if let Some(package) = open.replace(next) {
                    package.hand_over(reader)?;
                }
            }
            // Files and snippets end the packages' tags.
            ("FileName" | "SnippetSPDXID" | "LicenseID", _) => {
                if let Some(package) = open.take() {
                    package.hand_over(reader)?;
                }
            }
            ("SPDXID", Some(package)) => value.clone_into(&mut package.id),
            ("PackageVersion", Some(package)) => value.clone_into(&mut package.version_info),
            ("PackageSourceInfo", Some(package)) => value.clone_into(&mut package.source_info),
            ("PackageComment", Some(package)) => value.clone_into(&mut package.comment),
            ("PrimaryPackagePurpose", Some(package)) => {
                value.clone_into(&mut package.primary_package_purpose);
            }
            ("ExternalRef", Some(package)) => {
                let mut words = value.split_whitespace().skip(1);
                if let (Some(kind), Some(locator)) = (words.next(), words.next()) {
                    package.external_refs.push(ExternalRef {
                        reference_type: kind.to_owned(),
                        reference_locator: locator.to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    open.map_or(Ok(()), |package| package.hand_over(reader))
}

/// A value of several lines.
fn until_end(first: &str, lines: &mut std::str::Lines<'_>) -> Result<String, SbomError> {
    let mut value = String::new();
    let mut line = first;
    loop {
        if let Some((last, _)) = line.split_once("</text>") {
            value.push_str(last);
            return Ok(value);
        }
        value.push_str(line);
        value.push('\n');
        line = lines.next().ok_or_else(|| SbomError::Malformed {
            format: "SPDX 2",
            reason: "a <text> has no end".to_owned(),
        })?;
    }
}
