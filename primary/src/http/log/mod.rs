//! `/v1/log`: the records of all members.

mod audit;
mod event;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use utoipa_axum::routes;

use super::ApiRouter;
use super::error::Result;
use super::query::Query;
use crate::App;
use crate::store::event::list::{self, Event};

/// A list has no more records than this, however many are asked for.
const MOST: i64 = 4_096;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(audit::audit_list)).routes(routes!(event::event_list))
}

/// The records of a category, newest first. Where the client filters or sorts,
/// it pages what is left of the newest; otherwise the database pages.
async fn records<T: DeserializeOwned + serde::Serialize>(
    app: &App,
    query: &Query,
    category: &str,
    complete: fn(&mut T, &Event),
) -> Result<Vec<T>> {
    let (start, limit) = query.page();
    let by_database = start >= 0 && !query.has_clauses();
    let limit = if limit == 0 { MOST } else { limit.min(MOST) };
    let (start, limit) = if by_database { (start, limit) } else { (0, MOST) };
    let question = list::newest(vec![list::of_category(category)], start, limit);
    let mut tx = app.database.begin_question().await?;
    let events = list::list(&mut tx, &question).await?;
    drop(tx);
    let records = events
        .into_iter()
        .filter_map(|event| {
            let record = serde_json::from_str(event.event.detail.get());
            record
                .inspect_err(|error| tracing::debug!(%error, "a record of another shape"))
                .ok()
                .map(|mut record| {
                    complete(&mut record, &event);
                    record
                })
        })
        .collect();
    if by_database { Ok(records) } else { query.list(records) }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `text` unless the record says something itself.
fn fill(field: &mut String, text: &str) {
    if field.is_empty() {
        text.clone_into(field);
    }
}
