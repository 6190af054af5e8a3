//! SPDX 3.0 as JSON-LD.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{Reader, Told, or_empty};
use super::spdx2::{built_from, comment, content_sets, layer, malware_comment, path, source_info};
use super::{Listed, SbomError, TOOL, VERSION};

const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
/// The one node that tells when and by whom the others were made.
const CREATION: &str = "_:creation";

pub(super) fn write(listed: &Listed<'_>) -> Result<String, serde_json::Error> {
    let report = listed.report;
    let namespace = super::spdx2::namespace(listed);
    let id = |name: &str| format!("{namespace}#{name}");
    let (tool, root, system) = (id("tool"), id("image"), id("operating-system"));
    let mut inside = Vec::new();
    let mut elements =
        vec![json!({ "type": "SoftwareAgent", "spdxId": tool, "creationInfo": CREATION,
            "name": format!("{TOOL}-{VERSION}") })];
    let mut image = package(&root, &listed.target, "container");
    if let Some(digest) = report.digest {
        image["software_packageVersion"] = json!(digest.to_oci());
    }
    elements.push(image);
    if let Some(distribution) = &report.distribution {
        let mut element = package(&system, &distribution.id, "operatingSystem");
        if !distribution.version.is_empty() {
            element["software_packageVersion"] = json!(distribution.version);
        }
        if !distribution.content_sets.is_empty() {
            element["comment"] = json!(built_from(&distribution.content_sets));
        }
        elements.push(element);
        inside.push(system);
    }
    for (at, listed) in listed.packages.iter().enumerate() {
        let held = &listed.layered.package;
        let id = id(&format!("package-{}", at + 1));
        let purpose = if listed.is_application() { "application" } else { "library" };
        let mut element = package(&id, &held.name, purpose);
        element["software_packageVersion"] = json!(held.shown_version());
        element["software_packageUrl"] = json!(listed.purl);
        element["software_sourceInfo"] = json!(source_info(&held.file));
        if let Some(layer) = listed.layered.layer {
            element["comment"] = json!(comment(&layer.to_oci()));
        }
        elements.push(element);
        inside.push(id);
    }
    for (at, found) in report.malware.iter().enumerate() {
        let id = id(&format!("malware-{}", at + 1));
        elements.push(json!({ "type": "software_File", "spdxId": id, "creationInfo": CREATION,
            "name": found.path, "comment": malware_comment(found),
            "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256",
                "hashValue": found.malware.sha256.to_string() }] }));
        inside.push(id);
    }
    let (bill, contains) = (id("sbom"), id("contains"));
    if !inside.is_empty() {
        elements.push(json!({ "type": "Relationship", "spdxId": contains,
            "creationInfo": CREATION, "relationshipType": "contains",
            "from": root, "to": inside, "completeness": "noAssertion" }));
    }
    let all: Vec<Value> = elements.iter().filter_map(|e| e.get("spdxId").cloned()).collect();
    let mut graph = vec![
        json!({ "type": "CreationInfo", "@id": CREATION, "specVersion": "3.0.1",
            "created": listed.time(), "createdBy": [tool] }),
        json!({ "type": "SpdxDocument", "spdxId": id("document"), "creationInfo": CREATION,
            "name": listed.target, "profileConformance": ["core", "software"],
            "rootElement": [bill], "element": all }),
        json!({ "type": "software_Sbom", "spdxId": bill, "creationInfo": CREATION,
            "rootElement": [root], "element": all, "software_sbomType": ["analyzed"] }),
    ];
    graph.extend(elements);
    serde_json::to_string_pretty(&json!({ "@context": CONTEXT, "@graph": graph }))
}

fn package(id: &str, name: &str, purpose: &str) -> Value {
    json!({ "type": "software_Package", "spdxId": id, "creationInfo": CREATION, "name": name,
        "software_primaryPurpose": purpose })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    #[serde(rename = "@graph", deserialize_with = "or_empty")]
    graph: Vec<Element>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Element {
    #[serde(alias = "@type", deserialize_with = "or_empty")]
    r#type: String,
    #[serde(rename = "spdxId", alias = "@id", deserialize_with = "or_empty")]
    id: String,
    #[serde(deserialize_with = "or_empty")]
    name: String,
    #[serde(deserialize_with = "or_empty")]
    comment: String,
    #[serde(rename = "software_packageVersion", deserialize_with = "or_empty")]
    version: String,
    #[serde(rename = "software_packageUrl", deserialize_with = "or_empty")]
    purl: String,
    #[serde(rename = "software_primaryPurpose", deserialize_with = "or_empty")]
    purpose: String,
    #[serde(rename = "software_sourceInfo", deserialize_with = "or_empty")]
    source_info: String,
    #[serde(rename = "externalIdentifier", deserialize_with = "or_empty")]
    identifiers: Identifiers,
    /// What the element is where it is an identifier itself, in a node of its own.
    #[serde(rename = "externalIdentifierType", deserialize_with = "or_empty")]
    identifier_kind: String,
    #[serde(deserialize_with = "or_empty")]
    identifier: String,
}

/// JSON-LD may leave the brackets of a single one out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Identifiers {
    Several(Vec<Identifier>),
    One(Identifier),
}

impl Default for Identifiers {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Identifiers {
    fn as_slice(&self) -> &[Identifier] {
        match self {
            Self::Several(several) => several,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Package URLs by the ids of the nodes that they stand in alone.
type Nodes<'a> = HashMap<&'a str, &'a str>;

impl Element {
    fn purl<'a>(&'a self, nodes: &Nodes<'a>) -> &'a str {
        let other = || {
            self.identifiers.as_slice().iter().find_map(|identifier| match identifier {
                Identifier::Here { kind, identifier } => {
                    is_purl(kind).then_some(identifier.as_str())
                }
                Identifier::Node(id) => nodes.get(id.as_str()).copied(),
                Identifier::Other(_) => None,
            })
        };
        if self.purl.is_empty() { other().unwrap_or_default() } else { &self.purl }
    }
}

fn is_purl(kind: &str) -> bool {
    matches!(kind, "packageUrl" | "purl")
}

/// Another place for the package URL; of one in a node of its own, that node's id.
#[derive(Deserialize)]
#[serde(untagged)]
enum Identifier {
    Here {
        #[serde(rename = "externalIdentifierType")]
        kind: String,
        identifier: String,
    },
    Node(String),
    Other(serde::de::IgnoredAny),
}

pub(super) fn read(content: &[u8], reader: &mut Reader) -> Result<(), SbomError> {
    let document: Document = serde_json::from_slice(content)
        .map_err(|error| SbomError::Malformed { format: "SPDX 3", reason: error.to_string() })?;
    let nodes: Nodes<'_> = document
        .graph
        .iter()
        .filter(|element| is_purl(&element.identifier_kind))
        .map(|element| (element.id.as_str(), element.identifier.as_str()))
        .collect();
    for element in document.graph.iter().filter(|e| e.r#type == "software_Package") {
        match element.purpose.as_str() {
            "container" => reader.image(&element.version, element.purl(&nodes)),
            "operatingSystem" => {
                reader.system(&element.name, &element.version, content_sets(&element.comment));
            }
            // A file may be a package as well, such as a jar.
            "file" | "archive" if element.purl(&nodes).is_empty() => {}
            "source" | "device" | "firmware" => {}
            _ => {
                let (purl, version) = (element.purl(&nodes), element.version.as_str());
                let (path, layer) = (path(&element.source_info), layer(&element.comment));
                let name = &element.name;
                reader.package(&Told { name, purl, version, path, layer, ..Told::default() })?;
            }
        }
    }
    Ok(())
}
