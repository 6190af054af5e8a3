//! `/v1/log/…`: this cluster's own copy of its records.

use axum::Json;
use axum::extract::{Query, State};
use palisade_api::rest::event::{Audit, AuditsData, Event, EventsData, category};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::Result;
use super::extract::ListQuery;
use crate::Controller;

/// `GET /v1/log/audit`.
pub(super) async fn audits(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Result<Json<AuditsData>> {
    let audits = list::<Audit>(&controller, category::AUDIT, &query).await?;
    Ok(Json(AuditsData { audits }))
}

/// `GET /v1/log/event`.
pub(super) async fn events(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Result<Json<EventsData>> {
    let events = list::<Event>(&controller, category::EVENT, &query).await?;
    Ok(Json(EventsData { events }))
}

async fn list<T: DeserializeOwned>(
    controller: &Controller,
    category: &str,
    query: &ListQuery,
) -> Result<Vec<T>> {
    let (start, limit) = query.window();
    let stored = controller.store().events_list(category, start, limit).await?;
    stored.iter().map(|one| Ok(serde_json::from_slice(&one.event.detail)?)).collect()
}

/// `GET /v1/log/threat`: nothing watches packets yet.
pub(super) async fn threats() -> Json<Value> {
    Json(json!({ "threats": [] }))
}

/// `GET /v1/log/incident`: nothing watches processes yet.
pub(super) async fn incidents() -> Json<Value> {
    Json(json!({ "incidents": [] }))
}

/// `GET /v1/log/violation`: nothing watches connections yet.
pub(super) async fn violations() -> Json<Value> {
    Json(json!({ "violations": [] }))
}

/// `GET /v1/log/security`: the three together.
pub(super) async fn security() -> Json<Value> {
    Json(json!({ "threats": [], "incidents": [], "violations": [] }))
}
