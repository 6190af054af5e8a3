//! VEX documents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VexDocument {
    /// Its number. One that takes the place of another gets a new one.
    pub id: i64,
    /// What it calls itself; `sha256:…` of its content where it has no id.
    pub document: String,
    /// `openvex`, `csaf` or `cyclonedx`.
    pub format: String,
    /// Who speaks; empty where it does not tell.
    pub author: String,
    /// When it was written, in Unix seconds; absent where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_timestamp: Option<i64>,
    /// Number of statements; one for several products counts for each.
    pub statements: u32,
    /// Bytes.
    pub size: u64,
    /// `sha256:…` of its content.
    pub digest: String,
    /// Who sent it.
    pub uploaded_by: String,
    /// When, in Unix seconds.
    pub uploaded_timestamp: i64,
}

/// Answer of `GET /v1/fed/vex`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VexDocumentsData {
    /// The documents, the newest first.
    pub documents: Vec<VexDocument>,
}

/// Answer of `POST /v1/fed/vex`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VexDocumentData {
    /// The document.
    pub document: VexDocument,
}
