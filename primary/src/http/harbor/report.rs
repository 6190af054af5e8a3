//! `GET /endpoint/api/v1/scan/{id}/report`

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, StatusCode, header};
use palisade_api::rest::harbor::HarborVulnerabilityReport;
use uuid::Uuid;

use super::error::AdapterError;
use super::{CYCLONEDX, GENERIC_REPORT, NATIVE_REPORT, SBOM_REPORT, SPDX, media_type};
use super::{sbom, vulnerability};
use crate::App;
use crate::http::query::Query;
use crate::registry::repository::{RepositoryFailure, RepositoryScan};

const REFRESH_AFTER: HeaderName = HeaderName::from_static("refresh-after");
/// Seconds after which Harbor asks again.
const PAUSE: &str = "5";

/// Give Harbor the report on an image
///
/// 302 with `Refresh-After` while the scan goes on.
#[utoipa::path(
    get,
    path = "/endpoint/api/v1/scan/{id}/report",
    tag = "harbor",
    params(
        ("id" = String, Path),
        ("Accept" = Option<String>, Header),
        ("sbom_media_type" = Option<String>, Query, description = "For SBOM reports"),
    ),
    responses(
        (
            status = OK,
            body = HarborVulnerabilityReport,
            content_type = "application/vnd.security.vulnerability.report; version=1.1",
        ),
        (status = FOUND),
    ),
)]
pub(super) async fn harbor_report(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, AdapterError> {
    let missing = || AdapterError(StatusCode::NOT_FOUND, "There is no such scan.".to_owned());
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let wanted = wanted(&headers, &query)?;
    let done = match app.registries.look_at_scan(id).await {
        Ok(RepositoryScan::Done(done)) => *done,
        Ok(RepositoryScan::Running) => {
            return Ok((StatusCode::FOUND, [(REFRESH_AFTER, PAUSE)]).into_response());
        }
        Err(RepositoryFailure::Missing) => return Err(missing()),
        Err(error) => return Err(error.into()),
    };
    let encoded = tokio::task::spawn_blocking(move || match wanted {
        Wanted::Vulnerabilities(_) => serde_json::to_string(&vulnerability::report(&done)),
        Wanted::Sbom(kind) => sbom::report(&done, kind),
    });
    let body = encoded
        .await
        .map_err(crate::http::error::ApiError::internal)?
        .map_err(crate::http::error::ApiError::internal)?;
    let kind = match wanted {
        Wanted::Vulnerabilities(kind) => kind,
        Wanted::Sbom(_) => SBOM_REPORT,
    };
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// In which of the two forms, which have the same fields.
    Vulnerabilities(&'static str),
    /// In which format.
    Sbom(&'static str),
}

fn wanted(headers: &HeaderMap, query: &Query) -> Result<Wanted, AdapterError> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accepted = accepted.unwrap_or(GENERIC_REPORT);
    for text in accepted.split(',').map(media_type) {
        let vulnerabilities = [GENERIC_REPORT, NATIVE_REPORT];
        if let Some(kind) = vulnerabilities.into_iter().find(|kind| media_type(kind) == text) {
            return Ok(Wanted::Vulnerabilities(kind));
        }
        if text == "*/*" {
            return Ok(Wanted::Vulnerabilities(GENERIC_REPORT));
        }
        if text == media_type(SBOM_REPORT) {
            // In a query a plus sign is a blank unless somebody takes care.
            let format = query.get("sbom_media_type").map(|kind| kind.trim().replace(' ', "+"));
            let format = format.as_deref().map(media_type);
            let known = [SPDX, CYCLONEDX].into_iter();
            let format = known.into_iter().find(|kind| Some(*kind) == format.as_deref());
            return format.map(Wanted::Sbom).ok_or_else(|| {
                let message = format!("sbom_media_type is either {SPDX} or {CYCLONEDX}.");
                AdapterError(StatusCode::BAD_REQUEST, message)
            });
        }
    }
    let message = format!("Reports of the type {accepted:?} are not offered.");
    Err(AdapterError(StatusCode::NOT_IMPLEMENTED, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_what_is_accepted() {
        let ask = |accept: &str, query: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            wanted(&headers, &Query::parse(query)).map_err(|error| error.0.as_u16())
        };
        let cyclonedx = "sbom_media_type=application/vnd.cyclonedx%2Bjson";
        for (accept, query, expected) in [
            (GENERIC_REPORT, "", Ok(Wanted::Vulnerabilities(GENERIC_REPORT))),
            (&NATIVE_REPORT.replace(' ', ""), "", Ok(Wanted::Vulnerabilities(NATIVE_REPORT))),
            ("*/*", "", Ok(Wanted::Vulnerabilities(GENERIC_REPORT))),
            (SBOM_REPORT, cyclonedx, Ok(Wanted::Sbom(CYCLONEDX))),
            (SBOM_REPORT, &cyclonedx.replace("%2B", "+"), Ok(Wanted::Sbom(CYCLONEDX))),
            (SBOM_REPORT, "", Err(400)),
            (SBOM_REPORT, "sbom_media_type=text/plain", Err(400)),
            ("application/vnd.scanner.adapter.vuln.report.raw", "", Err(501)),
        ] {
            assert_eq!(ask(accept, query), expected, "{accept} {query}");
        }
    }
}
