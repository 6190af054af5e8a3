//! `GET /v1/fed/events`

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::rest::event::{FedEvent, FedEventsData};
use sqlx::PgConnection;

use super::answer::{answer, placed};
use super::export::{Row, Rows};
use super::parameters::{OfClusters, OfNamespaces, Part};
use super::question::ask;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::store::event::list::{self, Event};
use crate::store::question::Question;

/// List what the members reported
///
/// Events of all logs as the members sent them, newest first. What has a parameter is a filter as
/// `f_*`, too, and what `sort` names an order as `s_*`; others are passed over.
#[utoipa::path(
    get,
    path = "/v1/fed/events",
    tag = "federation",
    params(
        OfClusters,
        ("name" = Option<String>, Query, description = "Name of the events, or several"),
        ("category" = Option<String>, Query, description = "`audit`, `event` or `security`"),
        ("level" = Option<String>, Query, description = "For example `Critical`, or several"),
        OfNamespaces,
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        ("since" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("until" = Option<String>, Query, description = "Unix seconds or RFC 3339, exclusive"),
        (
            "sort" = Option<String>,
            Query,
            description = "`time`, `cluster` (by id), `name` or `category`; `s_*` likewise",
        ),
        Part,
    ),
    responses((status = OK, body = FedEventsData)),
)]
pub(super) async fn fed_event_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Response> {
    let asked = ask(&app, &caller, &query, &list::FIELDS, &list::ORDERS).await?;
    let page = |events, next| FedEventsData { events, next };
    answer(app, asked, |conn, question| Box::pin(read(conn, question)), page).await
}

async fn read(conn: &mut PgConnection, question: &Question) -> Rows<FedEvent> {
    let found = list::list(conn, question).await?;
    Ok(placed(found, question.order, Event::place, fed_event))
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
        namespace: event.namespace,
        image: event.image,
        detail: event.detail,
    }
}

impl Row for FedEvent {
    const LIST: &'static str = "events";
    const COLUMNS: &'static [&'static str] = &[
        "reported_at",
        "reported_timestamp",
        "cluster_name",
        "cluster_id",
        "seq",
        "name",
        "level",
        "category",
        "namespace",
        "image",
        "detail",
    ];
}
