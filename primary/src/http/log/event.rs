//! `GET /v1/log/event`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{self, EventsData, category};

use super::{fill, records, text};
use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;
use crate::store::event::list::Event;

/// List the events of all clusters
///
/// What happened to the systems, newest first.
#[utoipa::path(
    get,
    path = "/v1/log/event",
    tag = "log",
    responses((status = OK, body = EventsData)),
)]
pub(super) async fn event_list(State(app): State<App>, query: Query) -> Result<Json<EventsData>> {
    let events = records(&app, &query, category::EVENT, complete).await?;
    Ok(Json(EventsData { events }))
}

fn complete(record: &mut event::Event, event: &Event) {
    record.cluster_name.clone_from(&event.cluster_name);
    fill(&mut record.name, &event.event.name);
    fill(&mut record.level, &event.event.level);
    if record.reported_timestamp == 0 {
        record.reported_timestamp = event.event.at.timestamp();
        record.reported_at = text(event.event.at);
    }
}
