//! `GET /v1/scan/asset`

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use palisade_api::rest::vulasset::{AssetName, VulnerabilityAssetData};
use serde::Serialize;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::vulasset::{Broken, listed};
use crate::registry::RegistryFailure;
use crate::store::image_asset::ImageOrder;
use crate::store::vulnerability::{VulnerabilityOrder, VulnerabilityPage};

/// Rows that are in memory at a time.
const ROWS: i64 = 250;

/// Give all vulnerabilities with the images that have them
///
/// The answer may be large: it is sent as it is read. What belongs to clusters
/// is empty.
#[utoipa::path(
    get,
    path = "/v1/scan/asset",
    tag = "scan",
    responses((status = OK, body = VulnerabilityAssetData)),
)]
pub(super) async fn scan_asset_list(State(app): State<App>) -> Result<Response> {
    // The first part comes before the head of the answer, so that a database
    // that is away is an error and no broken answer.
    let first = Part::Vulnerabilities { start: 0 }.next(&app).await?;
    let rest = stream::try_unfold((app, first.1), |(app, part)| async move {
        match part {
            None => Ok(None),
            Some(part) => {
                let (bytes, next) = part.next(&app).await.map_err(Broken::from)?;
                Ok::<_, Broken>(Some((bytes, (app, next))))
            }
        }
    });
    let body = futures_util::StreamExt::chain(stream::iter([Ok(first.0)]), rest);
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

/// A part of the answer.
enum Part {
    Vulnerabilities {
        start: i64,
    },
    /// The names of images, whose order is that of their ids.
    Images {
        start: i64,
        /// The id of the last image, whose list of names is open.
        open: Option<String>,
    },
}

impl Part {
    /// The bytes of this part, and what comes next.
    async fn next(self, app: &App) -> Result<(Bytes, Option<Self>)> {
        match self {
            Self::Vulnerabilities { start } => {
                let order = VulnerabilityOrder::Name;
                let page = VulnerabilityPage { order, descending: false, start, limit: ROWS };
                let found = listed(app, page).await?;
                let mut text = String::new();
                if start == 0 {
                    text.push_str("{\"vulnerabilities\":[");
                }
                for (at, one) in found.iter().enumerate() {
                    if start > 0 || at > 0 {
                        text.push(',');
                    }
                    text.push_str(&json(one)?);
                }
                let last = (found.len() as i64) < ROWS;
                if last {
                    text.push_str("],\"workloads\":{},\"nodes\":{},\"platforms\":{},\"images\":{");
                }
                let next = if last {
                    Self::Images { start: 0, open: None }
                } else {
                    Self::Vulnerabilities { start: start + ROWS }
                };
                Ok((text.into(), Some(next)))
            }
            Self::Images { start, mut open } => {
                let order = ImageOrder::ImageId;
                let images = app.registries.image_assets(None, order, false, start, ROWS);
                let images =
                    images.await.map_err(|error: RegistryFailure| ApiError::from(error))?;
                let mut text = String::new();
                let last = (images.page.len() as i64) < ROWS;
                for image in images.page {
                    let summary = image.summary;
                    let name = AssetName {
                        id: summary.image_id.clone(),
                        display_name: format!("{}:{}", summary.repository, summary.tag),
                        policy_mode: String::new(),
                        domains: Vec::new(),
                    };
                    if open.as_ref() == Some(&summary.image_id) {
                        text.push(',');
                    } else {
                        text.push_str(if open.is_some() { "]," } else { "" });
                        text.push_str(&json(&summary.image_id)?);
                        text.push_str(":[");
                        open = Some(summary.image_id);
                    }
                    text.push_str(&json(&name)?);
                }
                if last {
                    text.push_str(if open.is_some() { "]}}" } else { "}}" });
                }
                let next = Self::Images { start: start + ROWS, open };
                Ok((text.into(), (!last).then_some(next)))
            }
        }
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(ApiError::internal)
}
