//! The OSV format, as far as it is read. What a feed leaves out or writes as
//! null is empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) summary: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) details: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) upstream: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) related: Vec<String>,
    pub(super) published: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) withdrawn: Option<String>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) severity: Vec<Severity>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) affected: Vec<AffectedPackage>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) references: Vec<Reference>,
    pub(super) database_specific: serde_json::Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Severity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AffectedPackage {
    pub(super) package: Option<Package>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) ranges: Vec<EventRange>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) versions: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) severity: Vec<Severity>,
    pub(super) ecosystem_specific: serde_json::Value,
    pub(super) database_specific: serde_json::Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Package {
    pub(super) ecosystem: String,
    pub(super) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EventRange {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) events: Vec<BTreeMap<String, Option<String>>>,
    pub(super) database_specific: serde_json::Value,
}

/// One of the CVEs that Ubuntu's notices name for each package.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Mapped {
    id: String,
    severity: Vec<Severity>,
}

impl Record {
    /// A record for each CVE, with the packages that have it, where the record
    /// tells of every package which it has; else itself.
    pub(super) fn apart(self) -> Vec<Self> {
        let mapped: Vec<Vec<Mapped>> = self.affected.iter().map(AffectedPackage::cves).collect();
        if mapped.is_empty() || mapped.iter().any(Vec::is_empty) {
            return vec![self];
        }
        let mut of_cves: BTreeMap<String, (Vec<Severity>, Vec<AffectedPackage>)> = BTreeMap::new();
        for (affected, cves) in self.affected.iter().zip(mapped) {
            for cve in cves {
                let (severity, packages) = of_cves.entry(cve.id).or_default();
                if severity.is_empty() {
                    *severity = cve.severity;
                }
                packages.push(affected.clone());
            }
        }
        let of_cve = |(name, (severity, affected))| Self {
            aliases: Vec::new(),
            upstream: vec![name],
            severity,
            affected,
            ..self.clone()
        };
        of_cves.into_iter().map(of_cve).collect()
    }
}

impl AffectedPackage {
    fn cves(&self) -> Vec<Mapped> {
        let cves = self.database_specific.get("cves_map").and_then(|map| map.get("cves"));
        cves.and_then(|cves| Vec::deserialize(cves).ok()).unwrap_or_default()
    }
}

fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
