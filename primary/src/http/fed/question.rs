//! What clients ask about the fleet: filters (`namespace=a,b`, or
//! `f_namespace=neq,a` as lists of this API have them), an order, and a page
//! or an export.

mod named;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::Caller;
use uuid::Uuid;

use super::scope::within;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::{Operator, Query};
use crate::store::question::{Comparison, Condition, Field, Kind, Order, Place, Question, Value};
pub(super) use named::{clusters, selected};
use named::{having, is_of_part, members};

/// Rows of a page where nobody says, and at most.
const USUAL: i64 = 100;
const MOST: i64 = 1_000;
/// Rows that can be left out: a page further on begins behind the last one.
const MOST_SKIPPED: i64 = 100_000;
/// Values of one filter.
const MOST_VALUES: usize = 200;

/// The name of the field that holds a cluster.
const CLUSTER: &str = "cluster";

/// How the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A page.
    Page,
    /// All that is asked for, as comma-separated values.
    Csv,
    /// All that is asked for, as the page would be if it had no end.
    Json,
}

/// A question, and how its answer is given.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The question.
    pub question: Question,
    /// How it is answered.
    pub format: Format,
    /// Rows of an export at most, where the client says so.
    pub most: Option<i64>,
}

/// Reads a question about what has these fields and orders.
pub(super) async fn ask(
    app: &App,
    caller: &Caller,
    query: &Query,
    fields: &'static [Field],
    orders: &'static [Order],
) -> Result<Asked> {
    let within = within(app, caller).await?;
    let clusters = clusters(app, within.as_ref(), query).await?;
    let members = members(app, query).await?;
    let mut asked = read(query, fields, orders, &clusters, &members)?;
    if let Some(ids) = selected(app, query).await? {
        select(&mut asked.question.conditions, fields, ids)?;
    }
    asked.question.within = within;
    Ok(asked)
}

/// Adds that the cluster is one of these; of clusters that are named, those that
/// are not are no more wanted.
fn select(conditions: &mut Vec<Condition>, fields: &'static [Field], ids: Vec<Uuid>) -> Result<()> {
    let names =
        |one: &&mut Condition| one.field.kind == Kind::Cluster && one.comparison == Comparison::Eq;
    if let Some(named) = conditions.iter_mut().find(names) {
        named.wanted.retain_mut(|one| match one {
            Value::Cluster(id) => ids.contains(id),
            Value::Clusters(several) => {
                several.retain(|id| ids.contains(id));
                !several.is_empty()
            }
            _ => false,
        });
        return Ok(());
    }
    let field = fields.iter().find(|field| field.kind == Kind::Cluster);
    let field = field.ok_or_else(|| ApiError::invalid_request("There are no clusters."))?;
    let wanted = vec![Value::Clusters(ids)];
    conditions.push(Condition { field, comparison: Comparison::Eq, wanted });
    Ok(())
}

fn read(
    query: &Query,
    fields: &'static [Field],
    orders: &'static [Order],
    clusters: &HashMap<String, Uuid>,
    members: &[(String, Uuid)],
) -> Result<Asked> {
    let mut conditions = Vec::new();
    for field in fields {
        for (parameter, comparison) in field.parameters {
            let Some(text) = query.get(parameter).filter(|text| !text.is_empty()) else {
                continue;
            };
            let one = [Comparison::Gt, Comparison::Gte, Comparison::Lt, Comparison::Lte];
            let parts: Vec<&str> = if one.contains(comparison) {
                vec![text]
            } else {
                text.split(',').map(str::trim).collect()
            };
            let values = parts.into_iter().take(MOST_VALUES).map(|text| {
                value(field.kind, text, clusters).ok_or_else(|| {
                    let text: String = text.chars().take(64).collect();
                    ApiError::invalid_request(format!("{text:?} is no value of {parameter}."))
                })
            });
            let wanted = values.collect::<Result<Vec<Value>>>()?;
            conditions.push(Condition { field, comparison: *comparison, wanted });
        }
    }
    for filter in query.filters() {
        let Some(field) = fields.iter().find(|field| is_called(filter.field, field.name)) else {
            continue;
        };
        let comparison = comparison(filter.operator, field.kind);
        let parts: Vec<&str> = match comparison {
            Comparison::Contains | Comparison::ContainsNot => filter.wanted.split('|').collect(),
            _ => vec![filter.wanted],
        };
        let values = parts.into_iter().map(|text| match field.kind {
            Kind::Cluster if is_of_part(&filter) => Some(having(&filter, members)),
            // Like any text, a name that nobody has is that of none.
            Kind::Cluster => {
                let known = clusters.get(text).copied().map(Value::Cluster);
                Some(known.unwrap_or_else(|| Value::Clusters(Vec::new())))
            }
            kind => Value::parse(kind, text),
        });
        let Some(wanted) = values.collect::<Option<Vec<Value>>>() else { continue };
        conditions.extend(compared(field, comparison, wanted));
    }
    let (order, descending) = order(query, orders)?;
    let after = match query.get("after") {
        None | Some("") => None,
        Some(text) => Some(Place::parse(text, order, descending).map_err(|_| {
            ApiError::invalid_request("after is the next of a page in the same order.")
        })?),
    };
    let format = format(query)?;
    let (start, limit) = query.page();
    if start > MOST_SKIPPED {
        let text =
            format!("start is {MOST_SKIPPED} at most: go on with after, the next of a page.");
        return Err(ApiError::invalid_request(text));
    }
    let page = if limit == 0 { USUAL } else { limit.min(MOST) };
    let limit_of_page = if format == Format::Page { page } else { MOST };
    Ok(Asked {
        question: Question {
            within: None,
            conditions,
            order,
            descending,
            after,
            start: start.max(0),
            limit: limit_of_page,
        },
        format,
        most: Some(limit).filter(|limit| *limit > 0),
    })
}

/// What a filter asks for. Answers show whole seconds, so a second is one moment.
fn compared(field: &'static Field, comparison: Comparison, wanted: Vec<Value>) -> Vec<Condition> {
    let one = |comparison, wanted| Condition { field, comparison, wanted };
    let at = match wanted.as_slice() {
        [Value::Time(at)] if at.timestamp_subsec_nanos() == 0 => *at,
        _ => return vec![one(comparison, wanted)],
    };
    let (at, next) = (Value::Time(at), Value::Time(next_second(at)));
    match comparison {
        Comparison::Eq => vec![one(Comparison::Gte, vec![at]), one(Comparison::Lt, vec![next])],
        Comparison::Neq => vec![one(Comparison::Outside, vec![at, next])],
        Comparison::Gt => vec![one(Comparison::Gte, vec![next])],
        Comparison::Lte => vec![one(Comparison::Lt, vec![next])],
        _ => vec![one(comparison, vec![at])],
    }
}

/// The second after `at`; the last one that there is has none after it.
fn next_second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(at)
}

/// The format of the answer.
pub(super) fn format(query: &Query) -> Result<Format> {
    match query.get("format") {
        None | Some("") => Ok(Format::Page),
        Some("csv") => Ok(Format::Csv),
        Some("json") => Ok(Format::Json),
        Some(_) => Err(ApiError::invalid_request("format is csv or json.")),
    }
}

/// `sort=name&order=desc`, or `s_name=desc`.
fn order(query: &Query, orders: &'static [Order]) -> Result<(&'static Order, bool)> {
    let wanted = query.get("sort").filter(|name| !name.is_empty());
    let direction = descends(query)?;
    let sorts = query.sorts();
    let clause = sorts.iter().find_map(|(name, descends)| {
        Some((orders.iter().find(|order| is_called(name, order.name))?, *descends))
    });
    let unknown = || {
        let names: Vec<&str> = orders.iter().map(|order| order.name).collect();
        ApiError::invalid_request(format!("sort is one of {}.", names.join(", ")))
    };
    match (wanted, clause) {
        (Some(name), _) => {
            let order =
                orders.iter().find(|order| is_called(name, order.name)).ok_or_else(unknown)?;
            Ok((order, direction.unwrap_or(order.descends)))
        }
        (None, Some(clause)) => Ok(clause),
        (None, None) => {
            let order = orders.first().ok_or_else(unknown)?;
            Ok((order, direction.unwrap_or(order.descends)))
        }
    }
}

/// Whether the order is a descending one; none where nobody says.
pub(super) fn descends(query: &Query) -> Result<Option<bool>> {
    match query.get("order") {
        None | Some("") => Ok(None),
        Some(order) if order.eq_ignore_ascii_case("desc") => Ok(Some(true)),
        Some(order) if order.eq_ignore_ascii_case("asc") => Ok(Some(false)),
        Some(_) => Err(ApiError::invalid_request("order is asc or desc.")),
    }
}

/// Whether clients may call so what filters and orders call `name`: answers show
/// clusters by id and name, and times as text and as seconds.
fn is_called(asked: &str, name: &str) -> bool {
    let time = |asked: &str| asked.strip_suffix("_timestamp").map(|time| format!("{time}_at"));
    asked == name
        || name == CLUSTER && matches!(asked, "cluster_id" | "cluster_name")
        || name == "time" && matches!(asked, "reported_at" | "reported_timestamp")
        || time(asked).is_some_and(|asked| asked == name)
}

fn value(kind: Kind, text: &str, clusters: &HashMap<String, Uuid>) -> Option<Value> {
    match kind {
        Kind::Cluster => clusters.get(text).copied().map(Value::Cluster),
        kind => Value::parse(kind, text),
    }
}

/// What is only of texts is equality of others.
const fn comparison(operator: Operator, kind: Kind) -> Comparison {
    match (operator, kind) {
        (Operator::In, Kind::Text) => Comparison::Contains,
        (Operator::NotIn, Kind::Text) => Comparison::ContainsNot,
        (Operator::Prefix, Kind::Text) => Comparison::Prefix,
        (Operator::Eq | Operator::In | Operator::Prefix, _) => Comparison::Eq,
        (Operator::Neq | Operator::NotIn, _) => Comparison::Neq,
        (Operator::Gt, _) => Comparison::Gt,
        (Operator::Gte, _) => Comparison::Gte,
        (Operator::Lt, _) => Comparison::Lt,
        (Operator::Lte, _) => Comparison::Lte,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::event::list::{FIELDS, ORDERS};

    fn asked(text: &str) -> Result<Asked> {
        let clusters = HashMap::from([("shop".to_owned(), Uuid::from_u128(1))]);
        let members = [("shop".to_owned(), Uuid::from_u128(1)), ("bar".to_owned(), Uuid::max())];
        read(&Query::parse(text), &FIELDS, &ORDERS, &clusters, &members)
    }

    #[test]
    fn parameters_and_filters_are_conditions() {
        for (text, conditions) in [
            ("", 0),
            ("cluster=shop&namespace=a,b&since=1700000000", 3),
            ("f_namespace=in,a|b&f_name=prefix,Adm", 2),
            ("f_colour=red&f_reported_at=gt,yesterday", 0),
            ("f_cluster_name=shop&f_cluster_id=nobody&f_reported_timestamp=gte,1700000000", 3),
            // A second has a beginning and an end.
            ("f_reported_at=2026-01-02T03:04:05Z", 2),
            ("f_reported_at=neq,2026-01-02T03:04:05Z", 1),
            ("f_reported_at=gt,2026-01-02T03:04:05Z&f_reported_at=lte,1700000000", 2),
            // The end of time.
            ("f_reported_timestamp=8210266876799&f_reported_at=gt,8210266876799", 3),
        ] {
            assert_eq!(asked(text).unwrap().question.conditions.len(), conditions, "{text}");
        }
        let asked = asked("f_reported_timestamp=neq,1700000000").unwrap();
        let [condition] = asked.question.conditions.as_slice() else { panic!("{asked:?}") };
        assert_eq!(condition.comparison, Comparison::Outside);
        let second = [1_700_000_000, 1_700_000_001];
        let second = second.map(|at| Value::Time(DateTime::from_timestamp(at, 0).unwrap()));
        assert_eq!(condition.wanted, second);
    }

    #[test]
    fn clusters_are_found_by_parts_of_names_and_ids() {
        let (shop, bar, former) = (Uuid::from_u128(1), Uuid::max(), Uuid::from_u128(7));
        for (text, comparison, found) in [
            ("f_cluster_name=prefix,sh", Comparison::Eq, vec![shop]),
            ("f_cluster=in,ar|sho", Comparison::Eq, vec![shop, bar]),
            ("f_cluster_name=notin,sho", Comparison::Neq, vec![shop]),
            ("f_cluster_id=prefix,ffff", Comparison::Eq, vec![bar]),
            ("f_cluster_id=in,shop", Comparison::Eq, Vec::new()),
            ("f_cluster_name=in,SHO", Comparison::Eq, vec![shop]),
            ("f_cluster_name=prefix,SHO", Comparison::Eq, Vec::new()),
            ("f_cluster=in,00000000-0000-0000-0000-000000000001", Comparison::Eq, vec![shop]),
            ("f_cluster_name=in,FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", Comparison::Eq, vec![bar]),
            // Events of former clusters are found by their ids.
            ("f_cluster=in,00000000000000000000000000000007", Comparison::Eq, vec![former]),
        ] {
            let asked = asked(text).unwrap();
            let [condition] = asked.question.conditions.as_slice() else { panic!("{asked:?}") };
            assert_eq!(condition.comparison, comparison, "{text}");
            assert_eq!(condition.wanted, [Value::Clusters(found)], "{text}");
        }
        // Of these, those that labels select.
        let mut conditions = asked("f_cluster=in,ar|sho").unwrap().question.conditions;
        select(&mut conditions, &FIELDS, vec![bar]).unwrap();
        assert_eq!(conditions[0].wanted, [Value::Clusters(vec![bar])]);
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for text in [
            "cluster=unknown",
            "since=yesterday",
            "sort=colour",
            "sort=name&order=down",
            "after=x",
            "format=xml",
            "start=100001",
        ] {
            assert!(asked(text).is_err(), "{text}");
        }
    }

    #[test]
    fn orders_and_pages() {
        for (text, order, descending, limit) in [
            ("", "time", true, 100),
            ("sort=name", "name", false, 100),
            ("sort=name&order=desc&limit=7", "name", true, 7),
            ("sort=name&order=DESC", "name", true, 100),
            ("sort=name&order=", "name", false, 100),
            ("s_cluster=asc&limit=99999", "cluster", false, 1_000),
            ("s_cluster_name=desc", "cluster", true, 100),
            ("s_reported_at=asc", "time", false, 100),
            ("sort=reported_timestamp", "time", true, 100),
            ("format=csv&limit=5", "time", true, 1_000),
        ] {
            let asked = asked(text).unwrap();
            let question = asked.question;
            let found = (question.order.name, question.descending, question.limit);
            assert_eq!(found, (order, descending, limit), "{text}");
        }
    }
}
