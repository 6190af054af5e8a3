//! `GET /v1/log/event`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{self, EventsData, category};
use palisade_identity::Permission;

use super::{fill, read_by, records, text};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};
use crate::store::event::list::Event;

/// List the events of all clusters
///
/// What happened to the systems, newest first; of the primary and its home cluster
/// by who does not read the federation. Filters by `name`, `level` and
/// `reported_timestamp` look at all that there are; others, and orders, at the newest 4,096
/// that those leave.
#[utoipa::path(
    get,
    path = "/v1/log/event",
    tag = "log",
    params(Page),
    responses((status = OK, body = EventsData)),
)]
pub(super) async fn event_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<EventsData>> {
    let within = read_by(&app, &caller, Permission::Events).await?;
    let events = records(&app, within, &query, category::EVENT, complete).await?;
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
