//! `GET /v1/fed/events`

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use palisade_api::rest::event::{FedEvent, FedEventsData};

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::store::event::{self, Event, EventFilter};

/// Events of one page, unless the client says so, and at most.
const USUAL: i64 = 100;
const MOST: i64 = 1_000;

/// List what the members reported
///
/// Events of all logs as the members sent them, newest first.
#[utoipa::path(
    get,
    path = "/v1/fed/events",
    tag = "federation",
    params(
        ("cluster" = Option<String>, Query, description = "Id of the cluster"),
        ("name" = Option<String>, Query, description = "Name of the events"),
        ("category" = Option<String>, Query, description = "audit, event or security"),
        ("start" = Option<i64>, Query, description = "Events to leave out"),
        ("limit" = Option<i64>, Query, description = "Events at most: 100 by default, up to 1000"),
    ),
    responses((status = OK, body = FedEventsData)),
)]
pub(super) async fn fed_event_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<FedEventsData>> {
    let (start, limit) = query.page();
    let cluster = query.get("cluster").filter(|id| !id.is_empty()).map(str::parse).transpose();
    let text = |name| query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let filter = EventFilter {
        cluster: cluster.map_err(|_| ApiError::invalid_request("The cluster is not an id."))?,
        name: text("name"),
        category: text("category"),
        start,
        limit: if limit == 0 { USUAL } else { limit.min(MOST) },
    };
    let events = event::list(&mut *app.database.acquire().await?, &filter).await?;
    Ok(Json(FedEventsData { events: events.into_iter().map(fed_event).collect() }))
}

fn fed_event(event: Event) -> FedEvent {
    let Event { cluster, cluster_name, event } = event;
    FedEvent {
        cluster_id: cluster.to_string(),
        cluster_name,
        seq: event.seq,
        reported_timestamp: event.at.timestamp(),
        reported_at: event.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        name: event.name,
        level: event.level,
        category: event.category,
        detail: event.detail,
    }
}
