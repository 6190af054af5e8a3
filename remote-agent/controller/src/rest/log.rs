//! `/v1/log/…`: this cluster's own copy of its records.

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{Audit, AuditsData, Event, EventsData, category};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::Result;
use super::extract::ListQuery;
use crate::Controller;
use crate::reach::{OfNamespace, Reach};

/// `GET /v1/log/audit`.
pub(super) async fn audits(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<AuditsData>> {
    let audits = list::<Audit>(&controller, category::AUDIT, &reach, &query).await?;
    Ok(Json(AuditsData { audits }))
}

/// `GET /v1/log/event`.
pub(super) async fn events(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<EventsData>> {
    let events = list::<Event>(&controller, category::EVENT, &reach, &query).await?;
    Ok(Json(EventsData { events }))
}

/// List what happened
///
/// The same as `GET /v1/log/event`.
#[utoipa::path(
    get,
    path = "/v1/log/activity",
    operation_id = "log_activity_list",
    tag = "log",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = EventsData)),
)]
pub(super) async fn activities(
    state: State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<EventsData>> {
    events(state, reach, query).await
}

async fn list<T: DeserializeOwned + Serialize + OfNamespace>(
    controller: &Controller,
    category: &str,
    reach: &Reach,
    query: &ListQuery,
) -> Result<Vec<T>> {
    let window = query.window().filter(|_| reach.is_whole());
    let (start, limit) = window.unwrap_or((0, u64::MAX));
    let stored = controller.store().events_list(category, start, limit).await?;
    let read = stored.iter().map(|one| Ok(serde_json::from_slice(&one.event.detail)?));
    let mut events = read.collect::<Result<Vec<T>>>()?;
    events.retain(|event| reach.has(event.namespace()));
    if window.is_some() { Ok(events) } else { query.list(events) }
}

/// List threats
///
/// Nothing watches packets, so there are none.
#[utoipa::path(
    get,
    path = "/v1/log/threat",
    operation_id = "log_threat_list",
    tag = "log",
    responses((status = OK, body = Object)),
)]
pub(super) async fn threats() -> Json<Value> {
    Json(json!({ "threats": [] }))
}

/// List incidents
///
/// Nothing watches processes, so there are none.
#[utoipa::path(
    get,
    path = "/v1/log/incident",
    operation_id = "log_incident_list",
    tag = "log",
    responses((status = OK, body = Object)),
)]
pub(super) async fn incidents() -> Json<Value> {
    Json(json!({ "incidents": [] }))
}

/// List violations
///
/// Nothing watches connections, so there are none.
#[utoipa::path(
    get,
    path = "/v1/log/violation",
    operation_id = "log_violation_list",
    tag = "log",
    responses((status = OK, body = Object)),
)]
pub(super) async fn violations() -> Json<Value> {
    Json(json!({ "violations": [] }))
}

/// List threats, incidents and violations
#[utoipa::path(
    get,
    path = "/v1/log/security",
    operation_id = "log_security_list",
    tag = "log",
    responses((status = OK, body = Object)),
)]
pub(super) async fn security() -> Json<Value> {
    Json(json!({ "threats": [], "incidents": [], "violations": [] }))
}
