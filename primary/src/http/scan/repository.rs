//! `POST /v1/scan/repository`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::scan::{ScanRepoReport, ScanRepoReportData, ScanRepoRequestData};
use palisade_identity::{Caller, Proof};
use palisade_scanner::report::Accepted;

use crate::App;
use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::registry::repository::{
    RepositoryFailure, RepositoryReport, RepositoryRequest, RepositoryScan,
};

/// How long a call waits for the end of its scan.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(scan_repository))
}

/// Scan one image of any registry
///
/// Waits up to 30 s; 304 while the scan goes on: send the same request again,
/// in the same session, until it answers. The report is given out once.
#[utoipa::path(
    post,
    path = "/v1/scan/repository",
    tag = "scan",
    request_body = ScanRepoRequestData,
    responses((status = OK, body = ScanRepoReportData), (status = NOT_MODIFIED)),
)]
pub(super) async fn scan_repository(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(data): JsonBody<ScanRepoRequestData>,
) -> Result<Response> {
    let asked = data.request;
    let note = serde_json::to_string(&asked.metadata).map_err(ApiError::internal)?;
    let request = RepositoryRequest {
        registry: asked.registry,
        username: asked.username,
        password: asked.password.unwrap_or_default(),
        repository: asked.repository,
        tag: asked.tag,
        scan_layers: asked.scan_layers,
        base_image: asked.base_image,
        ignore_proxy: asked.ignore_proxy,
        note,
    };
    let request = request.checked().map_err(RepositoryFailure::from)?;
    let id = app.registries.ask_for_scan(&request, Some(&asker(&caller))).await?;
    Ok(match app.registries.claim_scan(id, PATIENCE).await? {
        RepositoryScan::Running => StatusCode::NOT_MODIFIED.into_response(),
        RepositoryScan::Done(done) => {
            Json(ScanRepoReportData { report: shown(*done) }).into_response()
        }
    })
}

/// Whose request it is: of a session, else of a key.
fn asker(caller: &Caller) -> String {
    match caller.proof {
        Proof::Session(session) => format!("session {session}"),
        Proof::ApiKey | Proof::Forwarded => format!("caller {}", caller.fullname),
    }
}

fn shown(done: RepositoryReport) -> ScanRepoReport {
    let RepositoryReport { request, report } = done;
    let mut shown = report.repository_report(Accepted::Hidden);
    if !request.scan_layers {
        shown.layers.clear();
    }
    shown.registry = request.registry;
    shown.repository = request.repository;
    shown.tag = request.tag;
    shown
}

impl From<RepositoryFailure> for ApiError {
    fn from(error: RepositoryFailure) -> Self {
        match error {
            RepositoryFailure::Request(error) => Self::invalid_request(sentence(&error)),
            RepositoryFailure::Result(error) => Self::invalid_request(sentence(&error)),
            RepositoryFailure::TooMany => Self::new(Code::FailRepoScan, sentence(&error))
                .with_status(StatusCode::TOO_MANY_REQUESTS),
            // Clients know these texts.
            RepositoryFailure::Failed { detail, .. } => Self::new(Code::FailRepoScan, detail),
            RepositoryFailure::Missing => Self::new(Code::PollJobNotFound, sentence(&error)),
            RepositoryFailure::Registry(error) => error.into(),
            RepositoryFailure::Store(error) => error.into(),
            RepositoryFailure::Pack(_) => Self::internal(error),
        }
    }
}

/// An error's text as a sentence of its own.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
