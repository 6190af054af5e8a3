//! How many events happened when, by the same filters as their lists.

pub(super) mod denials;
pub(super) mod events;

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::{EventSeries, EventTimeline};
use palisade_identity::Caller;
use uuid::Uuid;

use super::question::ask;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::store::event::list;
use crate::store::event::tally::{self, Span, Split, Tally};
use crate::store::member;
use crate::store::question::{Comparison, Condition, Value};

/// What a timeline is about where nobody says since when.
const USUAL: TimeDelta = TimeDelta::hours(24);
/// Spans of a timeline.
const MOST_SPANS: i64 = 1_000;
/// Five minutes are counted from the events, so of a few hours alone.
const MOST_BY_MINUTES: TimeDelta = TimeDelta::hours(6);
/// Kinds that are told apart.
const MOST_SERIES: usize = 10;

/// Counts the events that a query and `conditions` admit.
async fn timeline(
    app: &App,
    caller: &Caller,
    query: &Query,
    conditions: Vec<Condition>,
    usual: Split,
) -> Result<EventTimeline> {
    let mut question = ask(app, caller, query, &list::FIELDS, &list::ORDERS).await?.question;
    question.conditions.extend(conditions);
    let (about_time, others) =
        question.conditions.into_iter().partition(|one| one.field.name == "reported_at");
    question.conditions = others;
    let bounds = bounds(about_time, app.clock.now())?;
    let span = span(query, &bounds)?;
    let split = split(query, usual)?;
    let starts = starts(&bounds, span)?;
    let whole = match (starts.first(), starts.last()) {
        (Some(first), Some(last)) => (*first, *last + span.length()),
        _ => return Ok(EventTimeline { span: span.length().num_seconds(), ..Default::default() }),
    };
    let mut tx = app.database.begin_question().await?;
    let found = tally::count(&mut tx, &question, whole, span, split).await?;
    let mut answer = composed(span, &starts, found);
    if split == Split::Cluster {
        let id = |one: &EventSeries| one.of.parse().ok();
        let ids: Vec<Uuid> = answer.series.iter().filter_map(id).collect();
        let names = member::names(&mut tx, &ids).await?;
        for one in &mut answer.series {
            let Some(id) = id(one) else { continue };
            one.cluster_name = names.get(&id).cloned().unwrap_or_default();
            one.of = ClusterId::from_uuid(id).to_string();
        }
    }
    Ok(answer)
}

/// From when, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

fn bounds(conditions: Vec<Condition>, now: DateTime<Utc>) -> Result<Bounds> {
    let (mut since, mut until) = (None::<DateTime<Utc>>, None::<DateTime<Utc>>);
    for Condition { comparison, wanted, .. } in conditions {
        match (comparison, wanted.as_slice()) {
            (Comparison::Gt | Comparison::Gte, [Value::Time(at)]) => {
                since = Some(since.map_or(*at, |since| since.max(*at)));
            }
            (Comparison::Lt | Comparison::Lte, [Value::Time(at)]) => {
                until = Some(until.map_or(*at, |until| until.min(*at)));
            }
            _ => {
                let text = "A timeline is of the time since a moment and until another.";
                return Err(ApiError::invalid_request(text));
            }
        }
    }
    let until = until.unwrap_or(now);
    let since = since.or_else(|| until.checked_sub_signed(USUAL));
    Ok(Bounds { since: since.unwrap_or(DateTime::<Utc>::MIN_UTC), until })
}

/// `span=`, or what gives a few dozen of them.
fn span(query: &Query, Bounds { since, until }: &Bounds) -> Result<Span> {
    let length = *until - *since;
    Ok(match query.get("span").unwrap_or_default() {
        "" if length <= TimeDelta::hours(3) => Span::FiveMinutes,
        "" if length <= TimeDelta::hours(50) => Span::Hour,
        "" if length <= TimeDelta::days(8) => Span::SixHours,
        "5m" if length <= MOST_BY_MINUTES => Span::FiveMinutes,
        "1h" => Span::Hour,
        "6h" => Span::SixHours,
        "" | "1d" => Span::Day,
        _ => {
            let text = "span is 5m, of six hours at most, or 1h, 6h or 1d.";
            return Err(ApiError::invalid_request(text));
        }
    })
}

/// `by=`.
fn split(query: &Query, usual: Split) -> Result<Split> {
    match query.get("by") {
        None | Some("") => Ok(usual),
        Some("level") => Ok(Split::Level),
        Some("name") => Ok(Split::Name),
        Some("category") => Ok(Split::Category),
        Some("cluster") => Ok(Split::Cluster),
        Some("namespace") => Ok(Split::Namespace),
        Some(_) => {
            let text = "by is level, name, category, cluster or namespace.";
            Err(ApiError::invalid_request(text))
        }
    }
}

/// Where the spans begin that bounds reach into, the first one whole as the last.
fn starts(Bounds { since, until }: &Bounds, span: Span) -> Result<Vec<DateTime<Utc>>> {
    if since >= until {
        return Ok(Vec::new());
    }
    let length = span.length();
    if *until - *since > length * i32::try_from(MOST_SPANS - 1).unwrap_or(i32::MAX) {
        let text = format!("A timeline has {MOST_SPANS} spans at most: ask for less time.");
        return Err(ApiError::invalid_request(text));
    }
    let unknown = |_| ApiError::invalid_request("This time cannot be counted.");
    let first = since.duration_trunc(length).map_err(unknown)?;
    let next = |at: &DateTime<Utc>| at.checked_add_signed(length).filter(|at| at < until);
    Ok(std::iter::successors(Some(first), next).collect())
}

/// The numbers as series, the largest first.
fn composed(span: Span, starts: &[DateTime<Utc>], found: Vec<Tally>) -> EventTimeline {
    let place: BTreeMap<DateTime<Utc>, usize> =
        starts.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let mut kinds: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for Tally { at, of, events } in found {
        let counts = kinds.entry(of).or_insert_with(|| vec![0; starts.len()]);
        if let Some(count) = place.get(&at).and_then(|place| counts.get_mut(*place)) {
            *count += events;
        }
    }
    let mut series: Vec<EventSeries> = kinds
        .into_iter()
        .map(|(of, counts)| {
            let total = counts.iter().sum();
            EventSeries { of, cluster_name: String::new(), counts, total }
        })
        .collect();
    series.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.of.cmp(&b.of)));
    let total = series.iter().map(|one| one.total).sum();
    let rest = series.split_off(series.len().min(MOST_SERIES));
    let mut others = if rest.is_empty() { Vec::new() } else { vec![0; starts.len()] };
    for one in rest {
        for (sum, count) in others.iter_mut().zip(one.counts) {
            *sum += count;
        }
    }
    EventTimeline {
        span: span.length().num_seconds(),
        starts: starts.iter().map(DateTime::timestamp).collect(),
        series,
        others,
        total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn spans_are_whole_and_hold_both_bounds() {
        for (since, until, span, first, number) in [
            (3_600, 7_200, Span::Hour, 3_600, 1),
            (3_599, 7_201, Span::Hour, 0, 3),
            (100, 100, Span::Hour, 0, 0),
            (0, 86_400 * 30, Span::Day, 0, 30),
            (21_700, 21_701, Span::SixHours, 21_600, 1),
        ] {
            let starts = starts(&Bounds { since: at(since), until: at(until) }, span).unwrap();
            assert_eq!(starts.len(), number, "{since} {until} {span:?}");
            assert!(starts.first().is_none_or(|one| *one == at(first)), "{since} {until} {span:?}");
        }
        let long = Bounds { since: at(0), until: at(3_600 * 1_001) };
        assert!(starts(&long, Span::Hour).is_err());
        let all = Bounds { since: DateTime::<Utc>::MIN_UTC, until: at(0) };
        assert!(starts(&all, Span::Day).is_err());
    }

    #[test]
    fn a_span_is_chosen_so_that_there_are_a_few_dozen() {
        for (hours, text, expected) in [
            (1, "", Some(Span::FiveMinutes)),
            (24, "", Some(Span::Hour)),
            (24 * 7, "", Some(Span::SixHours)),
            (24 * 30, "", Some(Span::Day)),
            (24 * 30, "span=1h", Some(Span::Hour)),
            (24, "span=5m", None),
            (24, "span=fortnight", None),
        ] {
            let bounds = Bounds { since: at(0), until: at(3_600 * hours) };
            assert_eq!(span(&Query::parse(text), &bounds).ok(), expected, "{hours} {text}");
        }
    }

    #[test]
    fn the_largest_kinds_are_told_apart_and_no_event_is_lost() {
        let starts = [at(0), at(3_600)];
        let tally = |place: usize, of: usize, events| Tally {
            at: starts[place],
            of: format!("cluster-{of:02}"),
            events,
        };
        let found = (0..15).flat_map(|of| [tally(0, of, of as i64), tally(1, of, 1)]).collect();
        let timeline = composed(Span::Hour, &starts, found);
        assert_eq!(timeline.starts, [0, 3_600]);
        assert_eq!(timeline.series.len(), MOST_SERIES);
        assert_eq!(timeline.series[0].of, "cluster-14");
        assert_eq!(timeline.series[0].counts, [14, 1]);
        assert_eq!(timeline.others, [1 + 2 + 3 + 4, 5]);
        assert_eq!(timeline.total, (0..15).sum::<i64>() + 15);
    }
}
