//! The format of NVD 2.0, as far as it is read.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub(super) cve: Cve,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cve {
    pub(super) id: String,
    pub(super) published: String,
    #[serde(rename = "lastModified")]
    pub(super) modified: String,
    #[serde(rename = "vulnStatus")]
    pub(super) status: String,
    pub(super) descriptions: Vec<Text>,
    pub(super) metrics: Metrics,
    pub(super) weaknesses: Vec<Weakness>,
    pub(super) configurations: Vec<Configuration>,
    pub(super) references: Vec<Reference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Text {
    pub(super) lang: String,
    pub(super) value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    #[serde(rename = "cvssMetricV40")]
    pub(super) v4: Vec<Metric>,
    #[serde(rename = "cvssMetricV31")]
    pub(super) v31: Vec<Metric>,
    #[serde(rename = "cvssMetricV30")]
    pub(super) v30: Vec<Metric>,
    #[serde(rename = "cvssMetricV2")]
    pub(super) v2: Vec<Metric>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metric {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(rename = "cvssData")]
    pub(super) data: Score,
}

#[derive(Debug, Deserialize)]
pub(super) struct Score {
    #[serde(rename = "vectorString", default)]
    pub(super) vector: String,
    #[serde(rename = "baseScore", default)]
    pub(super) score: f32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Weakness {
    pub(super) description: Vec<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) operator: String,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    pub(super) negate: bool,
    #[serde(rename = "cpeMatch")]
    pub(super) matches: Vec<Match>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Match {
    pub(super) vulnerable: bool,
    pub(super) criteria: String,
    pub(super) version_start_including: Option<String>,
    pub(super) version_start_excluding: Option<String>,
    pub(super) version_end_including: Option<String>,
    pub(super) version_end_excluding: Option<String>,
}
