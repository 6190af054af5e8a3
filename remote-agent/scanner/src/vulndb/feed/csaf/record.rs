//! The format of CSAF 2.0 and 2.1, as far as it is read.

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    #[serde(rename = "document")]
    pub(super) head: Head,
    pub(super) product_tree: Tree,
    pub(super) vulnerabilities: Vec<Vulnerability>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    pub(super) tracking: Tracking,
    pub(super) aggregate_severity: Severity,
    pub(super) notes: Vec<Note>,
    pub(super) references: Vec<Reference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tracking {
    pub(super) id: String,
    pub(super) initial_release_date: String,
    pub(super) current_release_date: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Severity {
    pub(super) text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    pub(super) category: String,
    pub(super) text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) category: String,
    pub(super) url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
    pub(super) relationships: Vec<Relationship>,
    pub(super) full_product_names: Vec<Product>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Branch {
    pub(super) product: Option<Product>,
    pub(super) branches: Vec<Branch>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Product {
    #[serde(rename = "product_id")]
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "product_identification_helper")]
    pub(super) identification: Identification,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identification {
    pub(super) cpe: String,
    pub(super) purl: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Relationship {
    #[serde(rename = "full_product_name")]
    pub(super) product: Product,
    #[serde(rename = "product_reference")]
    pub(super) component: String,
    #[serde(rename = "relates_to_product_reference")]
    pub(super) whole: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability {
    pub(super) cve: Option<String>,
    pub(super) cwe: Option<Cwe>,
    pub(super) notes: Vec<Note>,
    pub(super) references: Vec<Reference>,
    pub(super) release_date: Option<String>,
    pub(super) scores: Vec<Score>,
    pub(super) metrics: Vec<Metric>,
    pub(super) threats: Vec<Threat>,
    pub(super) remediations: Vec<Remediation>,
    pub(super) product_status: ProductStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cwe {
    pub(super) id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metric {
    pub(super) content: Score,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Score {
    #[serde(rename = "cvss_v2")]
    pub(super) v2: Option<Vector>,
    #[serde(rename = "cvss_v3")]
    pub(super) v3: Option<Vector>,
    #[serde(rename = "cvss_v4")]
    pub(super) v4: Option<Vector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vector {
    #[serde(rename = "vectorString")]
    pub(super) vector: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Threat {
    pub(super) category: String,
    pub(super) details: String,
    pub(super) product_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Remediation {
    pub(super) category: String,
    pub(super) details: String,
    pub(super) product_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProductStatus {
    pub(super) fixed: Vec<String>,
    pub(super) first_fixed: Vec<String>,
    pub(super) recommended: Vec<String>,
    pub(super) known_affected: Vec<String>,
    pub(super) known_not_affected: Vec<String>,
    pub(super) under_investigation: Vec<String>,
}
