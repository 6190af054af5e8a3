//! SPDX 2.3 as JSON.

use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{Reader, Told, or_empty};
use super::{Listed, SbomError, TOOL, VERSION};
use crate::scan::FileMalware;

pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";
pub(super) const ROOT: &str = "SPDXRef-Image";
pub(super) const SYSTEM: &str = "SPDXRef-OperatingSystem";
/// Stands before the layer in a package's comment.
const LAYER: &str = "layer: ";
/// Stands before the repositories in the comment of a distribution.
const BUILT_FROM: &str = "built from: ";
/// Stands before the path in a package's source.
const FOUND: &str = "found in: ";

/// The id of the package at a place in the list.
pub(super) fn id(at: usize) -> String {
    format!("SPDXRef-Package-{}", at + 1)
}

/// The id of the file at a place in the list of malware.
pub(super) fn malware_id(at: usize) -> String {
    format!("SPDXRef-Malware-{}", at + 1)
}

pub(super) fn malware_comment(found: &FileMalware) -> String {
    let layer = found.layer.map(|layer| format!(", {}", comment(&layer.to_oci())));
    format!("known malware: {}{}", found.malware.name, layer.unwrap_or_default())
}

pub(super) fn namespace(listed: &Listed<'_>) -> String {
    format!("https://spdx.org/spdxdocs/{TOOL}-{}", listed.uuid())
}

pub(super) fn comment(layer: &str) -> String {
    format!("{LAYER}{layer}")
}

pub(super) fn source_info(path: &str) -> String {
    format!("{FOUND}{path}")
}

/// The path in what says where a package was found, as this and other programs
/// say it.
pub(super) fn path(source_info: &str) -> &str {
    // `acquired package info from DPKG DB: /var/lib/dpkg/status, /a/b`
    let others = || {
        let told = source_info.strip_prefix("acquired package info from ")?;
        told.split_once(": ")?.1.split(", ").next()
    };
    source_info.strip_prefix(FOUND).or_else(others).unwrap_or_default()
}

/// What other programs say that a package was built from, and its version.
fn source(source_info: &str) -> (&str, &str) {
    let told = source_info.strip_prefix("built package from: ").unwrap_or_default();
    told.rsplit_once(' ').unwrap_or((told, ""))
}

pub(super) fn built_from(content_sets: &[String]) -> String {
    format!("{BUILT_FROM}{}", content_sets.join(" "))
}

/// The repositories in a comment.
pub(super) fn content_sets(comment: &str) -> impl Iterator<Item = &str> {
    comment.strip_prefix(BUILT_FROM).unwrap_or_default().split_whitespace()
}

/// The layer in a comment.
pub(super) fn layer(comment: &str) -> &str {
    comment.strip_prefix(LAYER).unwrap_or_default()
}

pub(super) fn write(listed: &Listed<'_>) -> Result<String, serde_json::Error> {
    let report = listed.report;
    let mut packages = vec![package(ROOT, &listed.target, "CONTAINER")];
    if let (Some(root), Some(digest)) = (packages.first_mut(), report.digest) {
        root["versionInfo"] = json!(digest.to_oci());
    }
    let related = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut relationships = vec![related(DOCUMENT, "DESCRIBES", ROOT)];
    if let Some(distribution) = &report.distribution {
        // As the schema of the JSON spells it; in the other notation there is a hyphen.
        let mut system = package(SYSTEM, &distribution.id, "OPERATING_SYSTEM");
        system["versionInfo"] = json!(distribution.version);
        if !distribution.content_sets.is_empty() {
            system["comment"] = json!(built_from(&distribution.content_sets));
        }
        packages.push(system);
        relationships.push(related(ROOT, "CONTAINS", SYSTEM));
    }
    for (at, listed) in listed.packages.iter().enumerate() {
        let id = id(at);
        let held = &listed.layered.package;
        let purpose = if listed.is_application() { "APPLICATION" } else { "LIBRARY" };
        let mut package = package(&id, &held.name, purpose);
        package["versionInfo"] = json!(held.shown_version());
        package["sourceInfo"] = json!(source_info(&held.file));
        package["externalRefs"] = json!([{ "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl", "referenceLocator": listed.purl }]);
        if let Some(layer) = listed.layered.layer {
            package["comment"] = json!(comment(&layer.to_oci()));
        }
        packages.push(package);
        relationships.push(related(ROOT, "CONTAINS", &id));
    }
    for (at, found) in report.malware.iter().enumerate() {
        let id = malware_id(at);
        let mut package = package(&id, &found.path, "FILE");
        package["checksums"] = json!([{ "algorithm": "SHA256",
            "checksumValue": found.malware.sha256.to_string() }]);
        package["comment"] = json!(malware_comment(found));
        packages.push(package);
        relationships.push(related(ROOT, "CONTAINS", &id));
    }
    serde_json::to_string_pretty(&json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": listed.target,
        "documentNamespace": namespace(listed),
        "creationInfo": {
            "created": listed.time(),
            "creators": [format!("Tool: {TOOL}-{VERSION}")],
        },
        "packages": packages,
        "relationships": relationships,
    }))
}

fn package(id: &str, name: &str, purpose: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "supplier": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "primaryPackagePurpose": purpose,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    #[serde(deserialize_with = "or_empty")]
    packages: Vec<Package>,
}

/// A package, of either notation.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Package {
    #[serde(rename = "SPDXID", deserialize_with = "or_empty")]
    pub(super) id: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) version_info: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) source_info: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) comment: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) primary_package_purpose: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) external_refs: Vec<ExternalRef>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ExternalRef {
    #[serde(deserialize_with = "or_empty")]
    pub(super) reference_type: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) reference_locator: String,
}

impl ExternalRef {
    /// The type may be written as the address of what says what it means.
    fn is_purl(&self) -> bool {
        self.reference_type.rsplit('/').next() == Some("purl")
    }
}

impl Package {
    /// Tells of the operating system that it is.
    fn introduce(&self, reader: &mut Reader) {
        reader.system(&self.name, &self.version_info, content_sets(&self.comment));
    }

    /// Gives what the package is to `reader`.
    pub(super) fn hand_over(&self, reader: &mut Reader) -> Result<(), SbomError> {
        let purl = self.external_refs.iter().find(|reference| reference.is_purl());
        let purl = purl.map_or("", |reference| &reference.reference_locator);
        match self.primary_package_purpose.as_str() {
            "CONTAINER" => reader.image(&self.version_info, purl),
            "OPERATING-SYSTEM" | "OPERATING_SYSTEM" => self.introduce(reader),
            // Before SPDX 2.3 only the id told.
            "" if self.id.starts_with(SYSTEM) => self.introduce(reader),
            // A file may be a package as well, such as a jar.
            "FILE" | "ARCHIVE" if purl.is_empty() => {}
            "SOURCE" | "DEVICE" | "FIRMWARE" => {}
            _ => {
                // The image and its folders stand among the packages too.
                if purl.is_empty() && self.version_info.is_empty()
                    || purl.starts_with("pkg:oci/")
                    || purl.starts_with("pkg:docker/")
                {
                    return Ok(());
                }
                let (source, source_version) = source(&self.source_info);
                reader.package(&Told {
                    name: &self.name,
                    purl,
                    version: &self.version_info,
                    path: path(&self.source_info),
                    layer: layer(&self.comment),
                    source,
                    source_version,
                    stream: "",
                })?;
            }
        }
        Ok(())
    }
}

pub(super) fn read(content: &[u8], reader: &mut Reader) -> Result<(), SbomError> {
    let document: Document = serde_json::from_slice(content)
        .map_err(|error| SbomError::Malformed { format: "SPDX 2", reason: error.to_string() })?;
    document.packages.iter().try_for_each(|package| package.hand_over(reader))
}
