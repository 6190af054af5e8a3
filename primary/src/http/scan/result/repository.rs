//! `POST /v1/scan/result/repository`

use axum::extract::{Request, State};
use palisade_api::rest::scan::ScanResultData;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{from_json, read_body};

/// Bytes of a result at most.
const MAX_BYTES: usize = 64 << 20;

/// Take the result of a stand-alone scanner
///
/// Admission control knows the image then.
#[utoipa::path(
    post,
    path = "/v1/scan/result/repository",
    tag = "scan",
    request_body = ScanResultData,
    responses((status = OK)),
)]
pub(super) async fn scan_result_repository(State(app): State<App>, request: Request) -> Result<()> {
    let body = read_body(request, MAX_BYTES).await?;
    let data = tokio::task::spawn_blocking(move || from_json::<ScanResultData>(&body));
    let data = data.await.map_err(crate::http::error::ApiError::internal)??;
    Ok(app.registries.submit_result(data.result).await?)
}
