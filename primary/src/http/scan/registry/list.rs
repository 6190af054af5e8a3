//! `GET /v1/scan/registry`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::RegistrySummaryListData;

use crate::App;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};

/// List the registries with the state of their scans
#[utoipa::path(
    get,
    path = "/v1/scan/registry",
    tag = "registry",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`; both without it"),
        Page,
    ),
    responses((status = OK, body = RegistrySummaryListData)),
)]
pub(super) async fn scan_registry_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<RegistrySummaryListData>> {
    // The primary holds federated registries only.
    let summarys = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => app.registries.list().await?,
    };
    Ok(Json(RegistrySummaryListData { summarys: query.list(summarys)? }))
}
