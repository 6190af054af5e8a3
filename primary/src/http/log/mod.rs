//! `/v1/log`: the records of all members.

mod audit;
mod event;

use chrono::{DateTime, SecondsFormat, Utc};
use palisade_identity::{Access, Caller, Permission};
use serde::de::DeserializeOwned;

use super::ApiRouter;
use super::authorize::rights_in_fleet;
use super::error::{ApiError, Result};
use super::fed::within;
use super::query::{Filter, Operator, Query};
use crate::App;
use crate::http::endpoint::routes;
use crate::store::event::list::{self, Event};
use crate::store::question::{Comparison, Condition, Kind, Question, Value};
use crate::store::within::Within;

/// A list has no more records than this, however many are asked for.
const MOST: i64 = 4_096;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(audit::audit_list)).routes(routes!(event::event_list))
}

/// The records that a caller reads: of all clusters by who reads the federation, else of
/// the home cluster and of the primary itself.
async fn read_by(app: &App, caller: &Caller, permission: Permission) -> Result<Option<Within>> {
    if caller.may(Permission::Fed, Access::Read) {
        return within(app, caller).await;
    }
    let rights = rights_in_fleet(app, caller, &[permission]).await?.unwrap_or_default();
    let scope = rights.scope().ok_or_else(|| ApiError::access_denied("The role reads no logs."))?;
    Ok(Some(Within::of(&mut *app.database.acquire().await?, scope).await?))
}

/// The records of a category `within` what the caller reads, newest first, as far as the
/// database finds them by what is asked. Where the client sorts, or filters by something
/// else, it pages what is left of the newest of those.
async fn records<T: DeserializeOwned + serde::Serialize>(
    app: &App,
    within: Option<Within>,
    query: &Query,
    category: &str,
    complete: fn(&mut T, &Event),
) -> Result<Vec<T>> {
    let (start, limit) = query.page();
    let found: Vec<Option<Vec<Condition>>> = query.filters().iter().map(conditions).collect();
    let by_database = start >= 0 && query.sorts().is_empty() && found.iter().all(Option::is_some);
    let limit = if limit == 0 { MOST } else { limit.min(MOST) };
    let (start, limit) = if by_database { (start, limit) } else { (0, MOST) };
    let mut wanted = vec![list::of_category(category)];
    wanted.extend(found.into_iter().flatten().flatten());
    let question = Question { within, ..list::newest(wanted, start, limit) };
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

/// What a filter says, as far as the database finds events by it; none where it has to be
/// held against each.
fn conditions(filter: &Filter<'_>) -> Option<Vec<Condition>> {
    let on = |name: &str, comparison, wanted| {
        let field = list::FIELDS.iter().find(|field| field.name == name)?;
        Some(Condition { field, comparison, wanted: vec![wanted] })
    };
    let at = |seconds: i64| Value::parse(Kind::Time, &seconds.to_string());
    match (filter.field, filter.operator) {
        (name @ ("name" | "level"), Operator::Eq) if !filter.wanted.contains('\0') => {
            let wanted = Value::Text(filter.wanted.to_owned());
            Some(vec![on(name, Comparison::Eq, wanted)?])
        }
        // A second lasts until the next.
        ("reported_timestamp", operator) => {
            let first: i64 = filter.wanted.parse().ok()?;
            let next = first.checked_add(1)?;
            let (since, until) = match operator {
                Operator::Eq | Operator::In | Operator::Prefix => (Some(first), Some(next)),
                Operator::Gt => (Some(next), None),
                Operator::Gte => (Some(first), None),
                Operator::Lt => (None, Some(first)),
                Operator::Lte => (None, Some(next)),
                Operator::Neq | Operator::NotIn => return None,
            };
            let since = since.map(|since| on("reported_at", Comparison::Gte, at(since)?));
            let until = until.map(|until| on("reported_at", Comparison::Lt, at(until)?));
            since.into_iter().chain(until).collect()
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_finds_events_by_what_it_has_indexes_for() {
        for (query, found) in [
            ("f_name=User.Login", Some(1)),
            ("f_level=eq,Critical", Some(1)),
            ("f_reported_timestamp=1700000000", Some(2)),
            ("f_reported_timestamp=gte,1700000000", Some(1)),
            ("f_reported_timestamp=lte,1700000000", Some(1)),
            ("f_reported_timestamp=neq,1700000000", None),
            ("f_reported_timestamp=gt,9223372036854775807", None),
            ("f_reported_timestamp=gt,-9223372036854775808", None),
            ("f_reported_timestamp=yesterday", None),
            ("f_name=in,Login|Logout", None),
            ("f_name=a%00", None),
            ("f_user=mary", None),
        ] {
            let query = Query::parse(query);
            let conditions = conditions(&query.filters()[0]);
            assert_eq!(conditions.map(|all| all.len()), found, "{query:?}");
        }
    }
}
