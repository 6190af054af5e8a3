//! `GET /endpoint/api/v1/metadata`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use palisade_api::rest::harbor::{HarborCapability, HarborMetadata};
use serde_json::json;

use super::error::AdapterError;
use super::{
    CYCLONEDX, DOCKER_MANIFEST, GENERIC_REPORT, METADATA, NATIVE_REPORT, OCI_MANIFEST, SBOM_REPORT,
    SPDX, scanner,
};
use crate::App;

/// Say what the scanner offers to Harbor
#[utoipa::path(
    get,
    path = "/endpoint/api/v1/metadata",
    tag = "harbor",
    responses((
        status = OK,
        body = HarborMetadata,
        content_type = "application/vnd.scanner.adapter.metadata+json; version=1.1",
    )),
)]
pub(super) async fn harbor_metadata(State(app): State<App>) -> Result<Response, AdapterError> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let consumes: Vec<String> = texts(&[OCI_MANIFEST, DOCKER_MANIFEST]);
    let capabilities = vec![
        HarborCapability {
            kind: "vulnerability".to_owned(),
            consumes_mime_types: consumes.clone(),
            produces_mime_types: texts(&[NATIVE_REPORT, GENERIC_REPORT]),
            additional_attributes: None,
        },
        HarborCapability {
            kind: "sbom".to_owned(),
            consumes_mime_types: consumes,
            produces_mime_types: texts(&[SBOM_REPORT]),
            additional_attributes: Some(json!({ "sbom_media_types": [SPDX, CYCLONEDX] })),
        },
    ];
    let mut properties = BTreeMap::from([
        ("harbor.scanner-adapter/scanner-type".to_owned(), "os-package-vulnerability".to_owned()),
        // Registries are logged into with names and passwords.
        ("harbor.scanner-adapter/registry-authorization-type".to_owned(), "Basic".to_owned()),
    ]);
    if let Ok(database) = app.registries.vulndb.current().await {
        properties.insert(
            "harbor.scanner-adapter/vulnerability-database-updated-at".to_owned(),
            database.create_time(),
        );
    }
    let metadata = HarborMetadata { scanner: scanner(), capabilities, properties };
    Ok(([(header::CONTENT_TYPE, METADATA)], Json(metadata)).into_response())
}
