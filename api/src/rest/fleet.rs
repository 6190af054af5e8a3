//! What runs in all clusters, how they are, and what the images have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A workload of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedWorkload {
    /// Id of the cluster.
    pub cluster_id: String,
    /// Its name.
    pub cluster_name: String,
    /// The workload's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty outside Kubernetes.
    pub namespace: String,
    /// The name of its pod.
    pub pod: String,
    /// The name of the node.
    pub host: String,
    /// The image as the node's container engine names it; empty when it does
    /// not say.
    pub image: String,
    /// Digest of the image's configuration, without its algorithm.
    pub image_id: String,
    /// Whether its first process is root's.
    pub run_as_root: bool,
    /// RFC 3339, UTC; empty when unknown.
    pub started_at: String,
    /// Whether its image was scanned.
    pub scanned: bool,
    /// Critical vulnerabilities of its image.
    pub critical: i32,
    /// High ones.
    pub high: i32,
    /// Medium ones.
    pub medium: i32,
}

/// `GET /v1/fed/workloads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedWorkloadsData {
    /// The page.
    pub workloads: Vec<FedWorkload>,
    /// The `after` of the next page, where there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An image that runs in some cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedImage {
    /// The name as container engines give it; empty when they do not say.
    pub name: String,
    /// Digest of its configuration, without its algorithm; empty when unknown.
    pub image_id: String,
    /// Clusters that run it.
    pub clusters: i32,
    /// Workloads of it.
    pub workloads: i32,
    /// Whether it was scanned.
    pub scanned: bool,
    /// When, RFC 3339, UTC.
    pub scanned_at: String,
    /// Critical vulnerabilities.
    pub critical: i32,
    /// High ones.
    pub high: i32,
    /// Medium ones.
    pub medium: i32,
    /// Low ones.
    pub low: i32,
}

/// `GET /v1/fed/images`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedImagesData {
    /// The page.
    pub images: Vec<FedImage>,
    /// The `after` of the next page, where there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A check that an image does not pass which runs in some cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedComplianceItem {
    /// For example `I.4.1`.
    pub test_number: String,
    /// `image`.
    pub category: String,
    /// `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `WARN` or `INFO`.
    pub level: String,
    /// `Level 1` or `Level 2`.
    pub profile: String,
    /// Whether it counts for a score.
    pub scored: bool,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub remediation: String,
    /// What it is about: up to 100 of its messages.
    pub message: Vec<String>,
    /// How many messages there are.
    pub messages: i32,
    /// The image's name as container engines give it; empty when they do not
    /// say.
    pub image: String,
    /// Digest of its configuration, without its algorithm; empty when unknown.
    pub image_id: String,
    /// Clusters that run it.
    pub clusters: i32,
    /// Workloads of it.
    pub workloads: i32,
    /// When it was scanned, RFC 3339, UTC.
    pub scanned_at: String,
}

/// `GET /v1/fed/compliance`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedComplianceData {
    /// The page.
    pub items: Vec<FedComplianceItem>,
    /// The `after` of the next page, where there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A cluster in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedClusterSummary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state, as in the list of members.
    pub status: String,
    /// Version of its agent.
    pub agent_version: String,
    /// When it was last heard of, RFC 3339, UTC.
    pub last_seen: String,
    /// The revision that it holds.
    pub revision: u64,
    /// Nodes that are seen.
    pub nodes: i64,
    /// Workloads that run.
    pub workloads: i64,
    /// Images that run.
    pub images: i64,
    /// Images that run and were scanned.
    pub scanned_images: i64,
    /// Critical vulnerabilities of the images that run.
    pub critical: i64,
    /// High ones.
    pub high: i64,
    /// Events of the last 24 hours.
    pub events: i64,
    /// Those of the levels Error and Critical.
    pub grave_events: i64,
    /// Requests that admission control denied in the last 24 hours, or would
    /// have denied.
    pub denials: i64,
}

/// `GET /v1/fed/summary`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedSummary {
    /// The clusters, by name where nobody asks for another order.
    pub clusters: Vec<FedClusterSummary>,
    /// All clusters that are meant together, on this page or not.
    pub total: FedTotal,
}

/// Many clusters in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedTotal {
    /// Clusters.
    pub clusters: i64,
    /// Clusters that hold the newest revision.
    pub synced: i64,
    /// Nodes that are seen.
    pub nodes: i64,
    /// Workloads that run.
    pub workloads: i64,
    /// Events of the last 24 hours.
    pub events: i64,
    /// Requests that admission control denied in the last 24 hours, or would
    /// have denied.
    pub denials: i64,
}

/// Something that has the text in its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedFound {
    /// `cluster`, `vulnerability`, `image`, `running image`, `workload`, or a federated
    /// object's kind in words, such as `admission rule`.
    pub kind: String,
    /// What the list of its kind knows it by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is said about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// The registry that an image is in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub registry: String,
    /// Id of the cluster that it is in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster_id: String,
    /// The name of that cluster.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster_name: String,
    /// The namespace that it is in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Images that have the vulnerability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<i64>,
    /// Clusters that run the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<i64>,
}

/// `GET /v1/fed/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedSearchData {
    /// What was found, a bounded number of each kind.
    pub found: Vec<FedFound>,
}

/// A vulnerability in the whole federation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FleetVulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// `Critical`, `High`, `Medium`, `Low` or `Unknown`.
    pub severity: String,
    /// CVSS v2 base score.
    pub score: f32,
    /// CVSS v3 base score.
    pub score_v3: f32,
    /// Whether some package has a version without it.
    pub fixable: bool,
    /// Whether it is in the catalogue of known exploited vulnerabilities.
    pub kev: bool,
    /// How likely it is to be used within 30 days, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<f32>,
    /// Part of all vulnerabilities that are less likely, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss_percentile: Option<f32>,
    /// Unix seconds; 0 when unknown.
    pub published_timestamp: i64,
    /// Where to read more.
    pub link: String,
    /// What goes wrong.
    pub description: String,
    /// Names of packages that have it, 100 at most.
    pub packages: Vec<String>,
    /// Images that have it.
    pub images: i64,
    /// Images in which it does no harm, by what VEX documents say; they are not
    /// among the others unless it does harm in another package.
    pub harmless_images: i64,
}

/// Answer of `GET /v1/fed/vulnerabilities`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FleetVulnerabilityPage {
    /// The page.
    pub vulnerabilities: Vec<FleetVulnerability>,
    /// How many there are.
    pub total: i64,
}
