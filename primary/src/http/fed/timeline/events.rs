//! `GET /v1/fed/events/timeline`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::EventTimeline;

use super::timeline;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
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
        ("cluster" = Option<String>, Query, description = "Id or name, or several by commas"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Clusters by their labels: `env=prod,region in (eu,us),!legacy`",
        ),
        (
            "name" = Option<String>,
            Query,
            description = "Name of the events, or several",
        ),
        ("category" = Option<String>, Query, description = "`audit`, `event` or `security`"),
        ("level" = Option<String>, Query, description = "For example `Critical`, or several"),
        ("namespace" = Option<String>, Query, description = "Namespace, or several"),
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        (
            "since" = Option<String>,
            Query,
            description = "Unix seconds or RFC 3339; a day before `until` where nobody says",
        ),
        (
            "until" = Option<String>,
            Query,
            description = "Unix seconds or RFC 3339, exclusive; now where nobody says",
        ),
        (
            "span" = Option<String>,
            Query,
            description = "`5m` of six hours at most, `1h`, `6h` or `1d`; up to 1,000 of them",
        ),
        (
            "by" = Option<String>,
            Query,
            description = "`level`, `name`, `category`, `cluster` or `namespace`",
        ),
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
