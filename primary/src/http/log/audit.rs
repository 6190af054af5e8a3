//! `GET /v1/log/audit`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{Audit, AuditsData, category};
use palisade_identity::Permission;

use super::{fill, read_by, records, text};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};
use crate::store::event::list::Event;

/// List the audit records of all clusters
///
/// Admission decisions and the like, newest first; of the primary and its home cluster
/// by who does not read the federation. Filters by `name`, `level` and
/// `reported_timestamp` look at all that there are; others, and orders, at the newest 4,096
/// that those leave.
#[utoipa::path(
    get,
    path = "/v1/log/audit",
    tag = "log",
    params(Page),
    responses((status = OK, body = AuditsData)),
)]
pub(super) async fn audit_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<AuditsData>> {
    let within = read_by(&app, &caller, Permission::AuditEvents).await?;
    let audits = records(&app, within, &query, category::AUDIT, complete).await?;
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
