//! `GET /v1/fed/denials/timeline`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::event::{EventTimeline, name};

use super::timeline;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::fed::parameters::{OfClusters, OfNamespaces, Spans};
use crate::http::query::Query;
use crate::store::event::list;
use crate::store::event::tally::Split;

/// Count what admission control denied over time
///
/// And, of rules that only watch, what it would have denied: by the filters of the list
/// of denials, also as `f_*`. Spans are counted whole: the first has the moment `since`,
/// the last one the moment before `until`.
#[utoipa::path(
    get,
    path = "/v1/fed/denials/timeline",
    tag = "federation",
    params(
        OfClusters,
        (
            "name" = Option<String>,
            Query,
            description = "`Admission.Control.Denied` or `Admission.Control.Violation`",
        ),
        ("level" = Option<String>, Query, description = "For example `Critical`, or several"),
        OfNamespaces,
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        Spans,
    ),
    responses((status = OK, body = EventTimeline)),
)]
pub(in crate::http::fed) async fn fed_denial_timeline(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<EventTimeline>> {
    let denials = list::named(&[name::ADMISSION_DENIED, name::ADMISSION_VIOLATION]);
    Ok(Json(timeline(&app, &caller, &query, vec![denials], Split::Name).await?))
}
