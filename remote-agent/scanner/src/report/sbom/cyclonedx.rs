//! CycloneDX: 1.6 out, 1.2 and younger in.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::read::{Reader, Told, or_empty};
use super::{Listed, SbomError, TOOL, VERSION};
use crate::report::finding::{Finding, VexState};
use crate::report::severity::{Cvss, CvssVersion, Severity};

/// Properties of a component.
const PATH: &str = "palisade:path";
const LAYER: &str = "palisade:layer";
const MALWARE: &str = "palisade:malware";
const CONTENT_SET: &str = "palisade:content-set";
const IMAGE_ID: &str = "palisade:image-id";
const ROOT: &str = "palisade:target";

pub(super) fn write(listed: &Listed<'_>) -> Result<String, serde_json::Error> {
    let report = listed.report;
    let mut components: Vec<Value> = listed
        .packages
        .iter()
        .map(|package| {
            let held = &package.layered.package;
            let mut properties = vec![property(PATH, &held.file)];
            properties.extend(package.layered.layer.map(|l| property(LAYER, &l.to_oci())));
            let mut component = json!({
                "type": if package.is_application() { "application" } else { "library" },
                "bom-ref": package.reference,
                "name": held.name,
                "version": held.shown_version(),
                "purl": package.purl,
                "properties": properties,
            });
            // Groups of Maven stand apart from the name.
            if let Some((group, name)) = held.name.split_once(':') {
                component["group"] = json!(group);
                component["name"] = json!(name);
            }
            component
        })
        .collect();
    components.extend(report.malware.iter().enumerate().map(|(at, found)| {
        let mut properties = vec![property(MALWARE, &found.malware.name)];
        properties.extend(found.layer.map(|layer| property(LAYER, &layer.to_oci())));
        json!({
            "type": "file",
            "bom-ref": format!("malware:{}", at + 1),
            "name": found.path,
            "hashes": [{ "alg": "SHA-256", "content": found.malware.sha256.to_string() }],
            "properties": properties,
        })
    }));
    if let Some(distribution) = &report.distribution {
        let sets = distribution.content_sets.iter().map(|set| property(CONTENT_SET, set));
        components.push(json!({
            "type": "operating-system",
            "bom-ref": format!("os:{}", distribution.base_os()),
            "name": distribution.id,
            "version": distribution.version,
            "properties": sets.collect::<Vec<_>>(),
        }));
    }
    let mut root = json!({ "type": "container", "bom-ref": ROOT, "name": listed.target });
    if let Some(digest) = report.digest {
        root["version"] = json!(digest.to_oci());
    }
    if let Some(id) = report.image_id {
        root["properties"] = json!([property(IMAGE_ID, &id.to_oci())]);
    }
    let references: Vec<&Value> = components.iter().filter_map(|c| c.get("bom-ref")).collect();
    let dependencies = json!([{ "ref": ROOT, "dependsOn": references }]);
    serde_json::to_string_pretty(&json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": listed.uuid().urn().to_string(),
        "version": 1,
        "metadata": {
            "timestamp": listed.time(),
            "tools": { "components": [{ "type": "application", "name": TOOL, "version": VERSION }] },
            "component": root,
        },
        "components": components,
        "dependencies": dependencies,
        "vulnerabilities": vulnerabilities(listed),
    }))
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// One vulnerability with all the packages that it is in and that share what
/// is said of it.
fn vulnerabilities(listed: &Listed<'_>) -> Vec<Value> {
    let report = listed.report;
    let suppressed = report.suppressed.iter().map(|suppressed| &suppressed.finding);
    let mut groups: BTreeMap<(&str, String), Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().chain(suppressed.filter(|f| f.vex.is_some())) {
        let said = finding.vex.as_ref().map(|note| format!("{note:?}")).unwrap_or_default();
        groups.entry((&finding.name, said)).or_default().push(finding);
    }
    groups.into_values().filter_map(|findings| vulnerability(listed, &findings)).collect()
}

fn vulnerability(listed: &Listed<'_>, findings: &[&Finding]) -> Option<Value> {
    let first = findings.first()?;
    let mut vulnerability = Map::new();
    let mut put = |key: &str, value: Value| vulnerability.insert(key.to_owned(), value);
    put("id", json!(first.name));
    if let Some(source) = first.advisories.first() {
        put("source", json!({ "name": source.ecosystem }));
    }
    if !first.aliases.is_empty() {
        let alias = |id: &String| json!({ "id": id, "source": { "name": source_of(id) } });
        put("references", first.aliases.iter().map(alias).collect());
    }
    put("ratings", ratings(first));
    let cwes: Vec<u32> = first
        .cwes
        .iter()
        .filter_map(|cwe| cwe.strip_prefix("CWE-")?.parse().ok())
        .filter(|number| *number > 0)
        .collect();
    if !cwes.is_empty() {
        put("cwes", json!(cwes));
    }
    if !first.description.is_empty() {
        put("description", json!(first.description));
    }
    let updates: Vec<String> = findings
        .iter()
        .filter(|finding| finding.has_fix())
        .filter_map(|finding| Some((finding, listed.report.package(finding)?)))
        .map(|(f, p)| format!("Update {} to {}", p.package.name, f.fixed_version()))
        .collect();
    if !updates.is_empty() {
        put("recommendation", json!(updates.join("; ")));
    }
    let advisories: Vec<Value> = first.urls().map(|link| json!({ "url": link })).collect();
    if !advisories.is_empty() {
        put("advisories", json!(advisories));
    }
    for (key, time) in [("published", first.published), ("updated", first.modified)] {
        if let Some(time) = DateTime::from_timestamp(time, 0).filter(|_| time > 0) {
            put(key, json!(time.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
    }
    if let Some(analysis) = analysis(first) {
        put("analysis", analysis);
    }
    let affects = findings.iter().filter_map(|finding| {
        let package = listed.packages.get(finding.package as usize)?;
        Some(json!({ "ref": package.reference,
            "versions": [{ "version": package.layered.package.shown_version(), "status": "affected" }] }))
    });
    put("affects", affects.collect());
    if let Some(epss) = first.epss {
        put("properties", json!([property("palisade:epss", &format!("{:.5}", epss.score))]));
    }
    Some(Value::Object(vulnerability))
}

fn ratings(finding: &Finding) -> Value {
    let severity = finding.severity().map_or("unknown", |severity| match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    });
    let mut ratings: Vec<Value> = finding.rating.cvss.iter().map(rating).collect();
    if let Some(deciding) = ratings.first_mut() {
        deciding["severity"] = json!(severity);
        deciding["justification"] = json!(finding.rating.explanation());
    } else {
        ratings.push(json!({ "method": "other", "severity": severity,
            "justification": finding.rating.explanation() }));
    }
    Value::Array(ratings)
}

fn rating(cvss: &Cvss) -> Value {
    let method = match (cvss.version, cvss.version.text(&cvss.vector)) {
        (CvssVersion::V2, _) => "CVSSv2",
        (CvssVersion::V3, "3.0") => "CVSSv3",
        (CvssVersion::V3, _) => "CVSSv31",
        (CvssVersion::V4, _) => "CVSSv4",
    };
    let mut rating = json!({ "method": method, "score": tenth(cvss.score) });
    if !cvss.source.is_empty() {
        rating["source"] = json!({ "name": cvss.source });
    }
    if !cvss.vector.is_empty() {
        rating["vector"] = json!(cvss.vector);
    }
    rating
}

/// A score without the noise of its conversion from single precision.
fn tenth(score: f32) -> f64 {
    (f64::from(score) * 10.0).round() / 10.0
}

fn source_of(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("CVE") => "NVD",
        Some("GHSA") => "GitHub",
        Some("PYSEC") => "PyPI",
        Some("GO") => "Go",
        Some("RUSTSEC") => "RustSec",
        _ => "other",
    }
}

/// What somebody said of it, in the words of the format.
fn analysis(finding: &Finding) -> Option<Value> {
    const JUSTIFICATIONS: [(&str, &str); 5] = [
        ("component_not_present", "code_not_present"),
        ("vulnerable_code_not_present", "code_not_present"),
        ("vulnerable_code_not_in_execute_path", "code_not_reachable"),
        ("vulnerable_code_cannot_be_controlled_by_adversary", "code_not_reachable"),
        ("inline_mitigations_already_exist", "protected_by_mitigating_control"),
    ];
    const OWN: [&str; 9] = [
        "code_not_present",
        "code_not_reachable",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
        "protected_by_compiler",
        "protected_at_runtime",
        "protected_at_perimeter",
        "protected_by_mitigating_control",
    ];
    let note = finding.vex.as_ref()?;
    let mut analysis = json!({ "state": match note.state {
        VexState::Affected => "exploitable",
        VexState::NotAffected => "not_affected",
        VexState::Fixed => "resolved",
        VexState::UnderInvestigation => "in_triage",
    } });
    let known = JUSTIFICATIONS.iter().find(|(theirs, _)| *theirs == note.justification);
    let own = OWN.iter().find(|own| **own == note.justification);
    if let Some(justification) = known.map(|(_, ours)| ours).or(own) {
        analysis["justification"] = json!(justification);
    }
    let detail = [note.statement.as_str(), note.document.as_str()];
    analysis["detail"] = json!(detail.join(" ").trim());
    Some(analysis)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Bom {
    #[serde(deserialize_with = "or_empty")]
    metadata: Metadata,
    #[serde(deserialize_with = "or_empty")]
    components: Vec<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "or_empty")]
    component: Component,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Component {
    #[serde(deserialize_with = "or_empty")]
    pub(super) r#type: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) version: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) purl: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) properties: Vec<Property>,
    #[serde(deserialize_with = "or_empty")]
    components: Vec<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Property {
    #[serde(deserialize_with = "or_empty")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) value: String,
}

impl Component {
    fn property(&self, names: &[&str]) -> &str {
        let mut of = names
            .iter()
            .filter_map(|name| self.properties.iter().find(|property| property.name == *name));
        of.next().map_or("", |property| &property.value)
    }

    /// Tells what the document is about.
    pub(super) fn introduce(&self, reader: &mut Reader) {
        reader.image(&self.version, &self.purl);
        reader.image_id(self.property(&[IMAGE_ID, "aquasecurity:trivy:ImageID"]));
    }

    /// Tells of what it lists, but for the components in it.
    pub(super) fn hand_over(&self, reader: &mut Reader) -> Result<(), SbomError> {
        match self.r#type.as_str() {
            "operating-system" => {
                let sets = self.properties.iter().filter(|p| p.name == CONTENT_SET);
                let sets = sets.map(|property| property.value.as_str());
                reader.system(&self.name, &self.version, sets);
            }
            // A file may be a package as well, such as a jar.
            "file" | "data" | "cryptographic-asset" | "device" if self.purl.is_empty() => {}
            // It stands for others, such as those of one lock file.
            "application" if self.purl.is_empty() && self.version.is_empty() => {}
            _ => {
                let path =
                    self.property(&[PATH, "syft:location:0:path", "aquasecurity:trivy:FilePath"]);
                let layer = self.property(&[LAYER, "aquasecurity:trivy:LayerDigest"]);
                let trivy = |name: &str| self.property(&[&format!("aquasecurity:trivy:{name}")]);
                let parts = ["SrcEpoch", "SrcVersion", "SrcRelease"].map(trivy);
                let source_version = match parts {
                    ["", version, release] => joined(version, release),
                    [epoch, version, release] => format!("{epoch}:{}", joined(version, release)),
                };
                reader.package(&Told {
                    name: &self.name,
                    purl: &self.purl,
                    version: &self.version,
                    path,
                    layer,
                    source: trivy("SrcName"),
                    source_version: &source_version,
                    stream: trivy("Modularitylabel"),
                })?;
            }
        }
        Ok(())
    }
}

/// A version with its release, where it has one.
fn joined(version: &str, release: &str) -> String {
    if release.is_empty() { version.to_owned() } else { format!("{version}-{release}") }
}

/// Reads a document. Components in components are read as those beside them;
/// what depends on what is not looked at, so that cycles do no harm.
pub(super) fn read(content: &[u8], reader: &mut Reader) -> Result<(), SbomError> {
    let bom: Bom = serde_json::from_slice(content)
        .map_err(|error| SbomError::Malformed { format: "CycloneDX", reason: error.to_string() })?;
    bom.metadata.component.introduce(reader);
    let mut open: Vec<Component> = bom.components;
    open.reverse();
    while let Some(mut component) = open.pop() {
        open.extend(std::mem::take(&mut component.components).into_iter().rev());
        component.hand_over(reader)?;
    }
    Ok(())
}
