//! `/v1/fed/history`: what became of federated objects, and the way back.

pub(super) mod get;
pub(super) mod list;
pub(super) mod rollback;

use std::str::FromStr;

use chrono::SecondsFormat;
use palisade_api::Revision;
use palisade_api::rest::history::{HistoryChange, HistoryRevision};

use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::store::history::Entry;

fn shown(entry: Entry) -> HistoryRevision {
    let change = |(action, kind, name)| HistoryChange { action, kind, name };
    HistoryRevision {
        revision: entry.revision.0,
        at: entry.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        actor: entry.actor.name,
        source: entry.actor.source,
        objects: u64::try_from(entry.objects).unwrap_or_default(),
        changes: entry.first.into_iter().map(change).collect(),
    }
}

/// The revision in a path.
fn revision(text: &str) -> Result<Revision> {
    let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
    let number = number.ok_or_else(|| ApiError::invalid_request("A revision is a number."))?;
    Ok(Revision(number))
}

/// A number that a query may name.
fn number<T: FromStr>(query: &Query, name: &str) -> Result<Option<T>> {
    let text = query.get(name).filter(|text| !text.is_empty());
    text.map(str::parse)
        .transpose()
        .map_err(|_| ApiError::invalid_request(format!("{name} is a number that is not negative.")))
}

/// How many a page has: `usual` where nobody says, and never more than `most`.
fn limit(query: &Query, usual: u32, most: u32) -> Result<u32> {
    let wanted = number(query, "limit")?.filter(|wanted| *wanted > 0);
    Ok(wanted.unwrap_or(usual).min(most))
}
