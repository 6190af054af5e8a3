//! `GET /v1/fed/events/timeline`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::EventTimeline;

use super::timeline;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::fed::parameters::{OfClusters, OfNamespaces, Spans};
use crate::http::query::Query;
use crate::store::event::tally::Split;

/// Count what the members reported over time
///
/// By the filters of the list of events, also as `f_*`. Spans are counted whole: the
/// first has the moment `since`, the last one the moment before `until`.
#[utoipa::path(
    get,
    path = "/v1/fed/events/timeline",
    tag = "federation",
    params(
        OfClusters,
        (
            "name" = Option<String>,
            Query,
            description = "Name of the events, or several",
        ),
        ("category" = Option<String>, Query, description = "`audit`, `event` or `security`"),
        ("level" = Option<String>, Query, description = "For example `Critical`, or several"),
        OfNamespaces,
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        Spans,
    ),
    responses((status = OK, body = EventTimeline)),
)]
pub(in crate::http::fed) async fn fed_event_timeline(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<EventTimeline>> {
    Ok(Json(timeline(&app, &caller, &query, Vec::new(), Split::Level).await?))
}
