//! The OSV format, as far as it is read. What a feed leaves out or writes as
//! null is empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

#[derive(Debug, Default, Deserialize)]
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Severity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: String,
}

#[derive(Debug, Default, Deserialize)]
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Package {
    pub(super) ecosystem: String,
    pub(super) name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EventRange {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) events: Vec<BTreeMap<String, String>>,
    pub(super) database_specific: serde_json::Value,
}

fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
