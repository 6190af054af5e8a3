//! `POST /endpoint/api/v1/scan`

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use palisade_api::Digest;
use palisade_api::rest::harbor::{HarborScanRequest, HarborScanResponse};

use super::error::AdapterError;
use super::{DOCKER_MANIFEST, OCI_MANIFEST, SCAN_RESPONSE};
use crate::App;
use crate::http::extract::{MAX_BODY_BYTES, from_json, read_body};
use crate::registry::repository::{RepositoryFailure, RepositoryRequest};

/// Take a request of Harbor to scan an image
#[utoipa::path(
    post,
    path = "/endpoint/api/v1/scan",
    tag = "harbor",
    request_body(
        content = HarborScanRequest,
        content_type = "application/vnd.scanner.adapter.scan.request+json; version=1.1",
    ),
    responses((
        status = ACCEPTED,
        body = HarborScanResponse,
        content_type = "application/vnd.scanner.adapter.scan.response+json; version=1.0",
    )),
)]
pub(super) async fn harbor_scan(
    State(app): State<App>,
    request: Request,
) -> Result<Response, AdapterError> {
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let asked: HarborScanRequest = from_json(&body)?;
    let request = read(asked)?.checked().map_err(|error| AdapterError::field(error.to_string()))?;
    let id = app.registries.ask_for_scan(&request, None).await.map_err(|error| match error {
        RepositoryFailure::TooMany => {
            AdapterError(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
        error => error.into(),
    })?;
    let answer = HarborScanResponse { id: id.to_string() };
    Ok((StatusCode::ACCEPTED, [(header::CONTENT_TYPE, SCAN_RESPONSE)], Json(answer))
        .into_response())
}

fn read(asked: HarborScanRequest) -> Result<RepositoryRequest, AdapterError> {
    let HarborScanRequest { registry, artifact, enabled_capabilities } = asked;
    if let Some(other) = enabled_capabilities
        .iter()
        .find(|capability| !["vulnerability", "sbom"].contains(&capability.kind.as_str()))
    {
        let message = format!("The capability {:?} is not offered.", other.kind);
        return Err(AdapterError(StatusCode::NOT_IMPLEMENTED, message));
    }
    if !artifact.mime_type.is_empty()
        && ![OCI_MANIFEST, DOCKER_MANIFEST].contains(&artifact.mime_type.as_str())
    {
        let message = format!("Artifacts of the type {:?} are not scanned.", artifact.mime_type);
        return Err(AdapterError(StatusCode::NOT_IMPLEMENTED, message));
    }
    if registry.url.is_empty() {
        return Err(AdapterError::field("registry.url is missing"));
    }
    Digest::from_oci(&artifact.digest)
        .map_err(|_| AdapterError::field("artifact.digest is no sha256 or sha512 digest"))?;
    let (username, password) = credentials(&registry.authorization)?;
    Ok(RepositoryRequest {
        registry: registry.url,
        username,
        password: password.into(),
        repository: artifact.repository,
        // The tag is a name only: what it led to then is the digest.
        tag: artifact.digest,
        scan_layers: false,
        base_image: String::new(),
        ignore_proxy: false,
        note: serde_json::json!({ "tag": artifact.tag, "mime_type": artifact.mime_type })
            .to_string(),
    })
}

/// Name and password in the header that Harbor would send to its registry.
fn credentials(authorization: &str) -> Result<(String, String), AdapterError> {
    if authorization.is_empty() {
        return Ok((String::new(), String::new()));
    }
    let wrong = || AdapterError::field("registry.authorization is neither empty nor Basic");
    let (scheme, rest) = authorization.split_once(' ').ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(wrong());
    }
    let text = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(wrong)?;
    let (username, password) = text.split_once(':').ok_or_else(wrong)?;
    Ok((username.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_basic_or_none() {
        assert_eq!(credentials("").unwrap(), (String::new(), String::new()));
        let (username, password) = credentials("Basic cm9ib3QkYTpiOmM=").unwrap();
        assert_eq!((&*username, &*password), ("robot$a", "b:c"));
        for wrong in ["Bearer abc", "Basic", "Basic ???", "Basic YWJj"] {
            assert_eq!(credentials(wrong).unwrap_err().0, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
}
