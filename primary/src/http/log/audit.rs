//! `GET /v1/log/audit`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{Audit, AuditsData, category};

use super::{fill, records, text};
use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;
use crate::store::event::list::Event;

/// List the audit records of all clusters
///
/// Admission decisions and the like, newest first.
#[utoipa::path(
    get,
    path = "/v1/log/audit",
    tag = "log",
    responses((status = OK, body = AuditsData)),
)]
pub(super) async fn audit_list(State(app): State<App>, query: Query) -> Result<Json<AuditsData>> {
    let audits = records(&app, &query, category::AUDIT, complete).await?;
    Ok(Json(AuditsData { audits }))
}

fn complete(audit: &mut Audit, event: &Event) {
    audit.cluster_name.clone_from(&event.cluster_name);
    fill(&mut audit.name, &event.event.name);
    fill(&mut audit.level, &event.event.level);
    if audit.reported_timestamp == 0 {
        audit.reported_timestamp = event.event.at.timestamp();
        audit.reported_at = text(event.event.at);
    }
}
