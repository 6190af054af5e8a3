//! `GET /v1/scan/registry/{name}/image/{id}/sbom`

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use palisade_scanner::Report;

use super::report;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::Query;

/// Download the bill of materials of an image
///
/// What the image holds, as its scan read it. CycloneDX also tells the
/// vulnerabilities, and of those that do not count why.
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}/image/{id}/sbom",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("id" = String, Path, description = "Image id, or digest of the manifest"),
        (
            "format" = Option<String>,
            Query,
            description = "`cyclonedx` (1.6, also without), `spdx` (2.3) or `spdx3` (3.0)",
        ),
    ),
    responses((
        status = OK,
        content(
            (Object = "application/vnd.cyclonedx+json"),
            (Object = "application/spdx+json"),
            (Object = "application/ld+json"),
        ),
    )),
)]
pub(super) async fn scan_registry_image_sbom(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((name, id)): Path<(String, String)>,
    query: Query,
) -> Result<Response> {
    let form = Form::of(query.get("format"))?;
    let report = report(&app, &caller, &name, &id).await?;
    let target = app.registries.target(&name, &report).await?;
    let file = form.file(&target);
    let written = tokio::task::spawn_blocking(move || (form.write)(&report, &target));
    let document = written.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{file}\""))
        .map_err(ApiError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(form.media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, document).into_response())
}

/// A form that is offered.
#[derive(Clone, Copy, Debug)]
struct Form {
    write: fn(&Report, &str) -> Result<String, serde_json::Error>,
    media_type: &'static str,
    /// What the name of a file ends with.
    ending: &'static str,
}

impl Form {
    fn of(format: Option<&str>) -> Result<Self> {
        Ok(match format {
            None | Some("" | "cyclonedx") => Self {
                write: Report::cyclonedx,
                media_type: "application/vnd.cyclonedx+json",
                ending: "cdx.json",
            },
            Some("spdx") => Self {
                write: Report::spdx,
                media_type: "application/spdx+json",
                ending: "spdx.json",
            },
            Some("spdx3") => Self {
                write: Report::spdx3,
                media_type: "application/ld+json",
                ending: "spdx3.json",
            },
            Some(_) => {
                return Err(ApiError::invalid_request("format is cyclonedx, spdx or spdx3."));
            }
        })
    }

    /// The name of a file that holds it, of what no file system and no header
    /// minds.
    fn file(self, target: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = target.chars().map(plain).collect();
        format!("{}.{}", name.trim_matches('-'), self.ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_the_names_of_their_files() {
        for (format, file) in [
            (None, "registry.shop-5000-shop-orders-v1.cdx.json"),
            (Some("spdx"), "registry.shop-5000-shop-orders-v1.spdx.json"),
            (Some("spdx3"), "registry.shop-5000-shop-orders-v1.spdx3.json"),
        ] {
            let form = Form::of(format).unwrap();
            assert_eq!(form.file("registry.shop:5000/shop/orders:v1"), file);
            assert_eq!(form.file("\"\r\n/a;é"), format!("a.{}", form.ending));
        }
        assert!(Form::of(Some("pdf")).is_err());
    }
}
