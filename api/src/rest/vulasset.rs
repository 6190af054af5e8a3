//! Questions about the vulnerabilities of all images, page by page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /v1/vulasset`: which vulnerabilities are meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VulnerabilityQuery {
    /// `all`, `withFix` or `withoutFix`.
    #[serde(rename = "packageType")]
    pub package_type: String,
    /// `all`, `critical`, `high`, `medium` or `low`.
    #[serde(rename = "severityType")]
    pub severity_type: String,
    /// `v2` or `v3`: which of the two ranges holds.
    #[serde(rename = "scoreType")]
    pub score_type: String,
    /// `all`, `before` or `after`.
    #[serde(rename = "publishedType")]
    pub published_type: String,
    /// Unix seconds.
    #[serde(rename = "publishedTime")]
    pub published_time: i64,
    /// Namespaces of workloads.
    #[serde(rename = "selectedDomains")]
    pub selected_domains: Vec<String>,
    /// A service of workloads.
    #[serde(rename = "serviceName")]
    pub service_name: String,
    /// An image.
    #[serde(rename = "imageName")]
    pub image_name: String,
    /// `equals` or `contains`.
    #[serde(rename = "matchTypeImage")]
    pub match_type_image: String,
    /// The operating system of an image.
    #[serde(rename = "imageBaseOS")]
    pub image_base_os: String,
    /// `equals` or `contains`.
    #[serde(rename = "matchTypeImageBaseOS")]
    pub match_type_image_base_os: String,
    /// A node.
    #[serde(rename = "nodeName")]
    pub node_name: String,
    /// A container.
    #[serde(rename = "containerName")]
    pub container_name: String,
    /// CVSS v2 scores from and to.
    #[serde(rename = "scoreV2")]
    pub score_v2: Vec<f32>,
    /// CVSS v3 scores from and to.
    #[serde(rename = "scoreV3")]
    pub score_v3: Vec<f32>,
    /// Text that the name contains.
    #[serde(rename = "quickFilter")]
    pub quick_filter: String,
    /// `name`, `score`, `score_v3`, `published_timestamp`, `impact` or
    /// `feed_rating`.
    #[serde(rename = "orderbyColumn")]
    pub order_by_column: String,
    /// `asc` or `desc`.
    #[serde(rename = "orderby")]
    pub order_by: String,
    /// `all`, `containers`, `infrastructure` or `registry`.
    #[serde(rename = "viewType")]
    pub view_type: String,
    /// Unix seconds: what was changed since.
    pub last_modified_timestamp: i64,
    /// Whether `POST /v1/assetvul` lists the images without any of the vulnerabilities too.
    pub include_no_vul_assets: bool,
}

/// Answer of `POST /v1/vulasset`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityQueryStats {
    /// Vulnerabilities that some image has.
    pub total_records: i64,
    /// Those that are meant.
    pub total_matched_records: i64,
    /// For the pages.
    pub query_id: String,
    /// The same, under the name that the user interface of NeuVector reads.
    pub query_token: String,
    /// Always empty.
    pub debug_perf_stats: Vec<String>,
    /// In numbers.
    pub summary: VulnerabilityQuerySummary,
    /// `ready`.
    pub status: String,
}

/// The vulnerabilities that are meant in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityQuerySummary {
    /// By severity and by what has them.
    pub count_distribution: VulnerabilityCounts,
    /// The images with most of them.
    pub top_images: Vec<AssetVulnerabilityCount>,
    /// Always empty: nodes belong to clusters.
    pub top_nodes: Vec<AssetVulnerabilityCount>,
}

/// Numbers of vulnerabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityCounts {
    /// Critical.
    pub critical: i64,
    /// High.
    pub high: i64,
    /// Medium.
    pub medium: i64,
    /// Low and those that nobody rated.
    pub low: i64,
    /// Of platforms: none here.
    pub platform: i64,
    /// Of images.
    pub image: i64,
    /// Of nodes: none here.
    pub node: i64,
    /// Of containers: none here.
    pub container: i64,
}

/// An image and how many vulnerabilities it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetVulnerabilityCount {
    /// Digest of the configuration, without its algorithm.
    pub id: String,
    /// `repository:tag`.
    pub display_name: String,
    /// Critical.
    pub critical: i64,
    /// High.
    pub high: i64,
    /// Medium.
    pub medium: i64,
    /// Low.
    pub low: i64,
}

/// A version of a package that has a vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VulnerablePackageVersion {
    /// The version.
    pub package_version: String,
    /// The versions that repair it.
    pub fixed_version: String,
}

/// An image that has a vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageAsset {
    /// Digest of the configuration, without its algorithm.
    pub id: String,
    /// The registry's name; `_repo_scan` where the image is of none that is
    /// configured.
    pub registry: String,
    /// `repository:tag`.
    pub display_name: String,
    /// Always empty.
    pub policy_mode: String,
    /// Digest of the manifest.
    pub digest: String,
}

/// A vulnerability and what has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityAsset {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// `Critical`, `High`, `Medium` or `Low`.
    pub severity: String,
    /// What goes wrong.
    pub description: String,
    /// The packages by name.
    pub packages: BTreeMap<String, Vec<VulnerablePackageVersion>>,
    /// Where to read more.
    pub link: String,
    /// CVSS v2 base score.
    pub score: f32,
    /// CVSS v2 vector.
    pub vectors: String,
    /// CVSS v3 base score.
    pub score_v3: f32,
    /// CVSS v3 vector.
    pub vectors_v3: String,
    /// Unix seconds; 0 when unknown.
    pub published_timestamp: i64,
    /// Unix seconds; 0 when unknown.
    pub last_modified_timestamp: i64,
    /// The rating of the feed.
    pub feed_rating: String,
    /// Images, 1,000 at most.
    pub images: Vec<ImageAsset>,
}

/// Answer of `GET /v1/vulasset`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityAssetPage {
    /// The page.
    pub vulnerabilities: Vec<VulnerabilityAsset>,
    /// How many there are with the quick filter.
    pub qf_matched_records: i64,
}

/// Body of `POST /v1/scan/asset/images`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AssetQuery {
    /// `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text that the name contains.
    #[serde(rename = "quickFilter")]
    pub quick_filter: String,
    /// `repository`, `imageid`, `os`, `size`, `createdat`, `scannedat` or `cvecount`.
    #[serde(rename = "orderbyColumn")]
    pub order_by_column: String,
    /// `asc` or `desc`.
    #[serde(rename = "orderby")]
    pub order_by: String,
}

/// Answer of `POST /v1/scan/asset/images`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetQueryStats {
    /// Images.
    pub total_records: i64,
    /// For the pages.
    pub query_id: String,
    /// The same, under the name that the user interface of NeuVector reads.
    pub query_token: String,
    /// Always empty.
    pub debug_perf_stats: Vec<String>,
    /// In numbers.
    pub summary: AssetQuerySummary,
}

/// Images in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetQuerySummary {
    /// Those with most vulnerabilities.
    pub top_images: Vec<AssetVulnerabilityCount>,
}

/// An image and the summary of its scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageAssetView {
    /// Digest of the configuration, without its algorithm.
    pub image_id: String,
    /// The repository.
    pub repository: String,
    /// Critical vulnerabilities.
    pub critical: i64,
    /// High ones.
    pub high: i64,
    /// Medium ones.
    pub medium: i64,
    /// When the image was made, RFC 3339.
    pub created_at: String,
    /// When it was scanned, RFC 3339.
    pub scanned_at: String,
    /// Digest of the manifest.
    pub digest: String,
    /// For example `debian:12`.
    pub base_os: String,
    /// The registry's name.
    pub reg_name: String,
    /// The registry's URL.
    pub repo_url: String,
    /// Bytes of the layers as stored.
    pub size: i64,
    /// The tag.
    pub tag: String,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When that was made, RFC 3339.
    pub cvedb_create_time: String,
}

/// Answer of `GET /v1/scan/asset/images`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageAssetPage {
    /// `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The page.
    pub data: Vec<ImageAssetView>,
    /// How many there are with the quick filter.
    pub qf_matched_records: i64,
}

/// An image and its vulnerabilities that are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageAssetVulnerabilities {
    /// Digest of the configuration, without its algorithm.
    pub id: String,
    /// `repository:tag`.
    pub name: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Critical ones.
    pub critical: i64,
    /// High ones.
    pub high: i64,
    /// Medium ones.
    pub medium: i64,
    /// The rest.
    pub low: i64,
    /// Their names, 1,000 at most.
    pub vulnerabilities: Vec<String>,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When that was made, RFC 3339.
    pub cvedb_create_time: String,
}

/// An image with none of the vulnerabilities that are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageAssetWithout {
    /// Digest of the configuration, without its algorithm.
    pub id: String,
    /// `repository:tag`.
    pub name: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When that was made, RFC 3339.
    pub cvedb_create_time: String,
}

/// Answer of `POST /v1/assetvul`. What belongs to clusters is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssetView {
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub workloads: Vec<serde_json::Value>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub nodes: Vec<serde_json::Value>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub platforms: Vec<serde_json::Value>,
    /// The images.
    pub images: Vec<ImageAssetVulnerabilities>,
    /// The images with none of the vulnerabilities, where `include_no_vul_assets` asks.
    pub no_vul_images: Vec<ImageAssetWithout>,
    /// Always empty: `GET /v1/vulasset` has them.
    pub vulnerabilities: Vec<VulnerabilityAsset>,
    /// The query.
    pub summary: VulnerabilityQueryStats,
}

/// A vulnerability and the ids of what has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityAssetIds {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// `Critical`, `High`, `Medium` or `Low`.
    pub severity: String,
    /// What goes wrong.
    pub description: String,
    /// The packages by name.
    pub packages: BTreeMap<String, Vec<VulnerablePackageVersion>>,
    /// Where to read more.
    pub link: String,
    /// CVSS v2 base score.
    pub score: f32,
    /// CVSS v2 vector.
    pub vectors: String,
    /// CVSS v3 base score.
    pub score_v3: f32,
    /// CVSS v3 vector.
    pub vectors_v3: String,
    /// Unix seconds; 0 when unknown.
    pub published_timestamp: i64,
    /// Unix seconds; 0 when unknown.
    pub last_modified_timestamp: i64,
    /// Always empty.
    pub workloads: Vec<String>,
    /// Always empty.
    pub nodes: Vec<String>,
    /// Ids of images, 1,000 at most.
    pub images: Vec<String>,
    /// Always empty.
    pub platforms: Vec<String>,
}

/// A name of something that is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetName {
    /// Its id.
    pub id: String,
    /// `repository:tag` of an image.
    pub display_name: String,
    /// Always empty.
    pub policy_mode: String,
    /// Its namespaces.
    pub domains: Vec<String>,
}

/// Answer of `GET /v1/scan/asset`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VulnerabilityAssetData {
    /// The vulnerabilities.
    pub vulnerabilities: Vec<VulnerabilityAssetIds>,
    /// Always empty.
    pub workloads: BTreeMap<String, Vec<AssetName>>,
    /// Always empty.
    pub nodes: BTreeMap<String, Vec<AssetName>>,
    /// The names of each image.
    pub images: BTreeMap<String, Vec<AssetName>>,
    /// Always empty.
    pub platforms: BTreeMap<String, Vec<AssetName>>,
}
