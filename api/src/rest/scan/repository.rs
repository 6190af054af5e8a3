//! Scans of single images, as CI asks for them.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::ScanBrief;

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanMeta {
    /// For example `jenkins`.
    pub source: String,
    /// The user there.
    pub user: String,
    /// The job there.
    pub job: String,
    /// The workspace there.
    pub workspace: String,
    /// The function, for serverless code.
    pub function: String,
    /// The region, for serverless code.
    pub region: String,
}

/// The image to be scanned.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ScanRepoRequest {
    /// Where the request comes from.
    #[serde(default)]
    pub metadata: ScanMeta,
    /// URL of the registry.
    #[serde(default)]
    pub registry: String,
    /// User to log in as.
    #[serde(default)]
    pub username: String,
    /// Password of the user.
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// The repository.
    #[serde(default)]
    pub repository: String,
    /// The tag, `latest` where none is given; or a digest.
    #[serde(default)]
    pub tag: String,
    /// Whether the report tells vulnerabilities by layer.
    #[serde(default)]
    pub scan_layers: bool,
    /// The image that this one is built on.
    #[serde(default)]
    pub base_image: String,
    /// Whether to connect without the proxy.
    #[serde(default)]
    pub ignore_proxy: bool,
}

/// Body of `POST /v1/scan/repository`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ScanRepoRequestData {
    /// The request.
    pub request: ScanRepoRequest,
}

/// An image that was scanned, with the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanImageSummary {
    /// `registry/repository:tag`.
    pub image: String,
    /// Digest of the configuration, without its algorithm.
    pub image_id: String,
    /// Who made the image, by its configuration.
    pub author: String,
    /// When the image was made, RFC 3339.
    pub created_at: String,
    /// The summary of the scan.
    #[serde(flatten)]
    pub brief: ScanBrief,
}

/// Answer of `GET /v1/scan/image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanImageSummaryData {
    /// The images.
    pub images: Vec<ScanImageSummary>,
}
