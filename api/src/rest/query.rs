//! Query strings as clients send them: paging, filters, sorts and flags of
//! lists. What is not understood is ignored, as clients expect.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

/// Filters and sorts beyond this many are ignored.
const MAX_CLAUSES: usize = 8;

/// Whether a list is about federated or local objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `scope=fed`
    Fed,
    /// `scope=local`
    Local,
}

/// A scope that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The scope is either fed or local.")]
pub struct UnknownScope;

/// A flag that is neither set nor not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} is true or false.")]
pub struct NoFlag(&'static str);

/// The query string of a request.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `text`, the part after the question mark.
    pub fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the flag `name` is set; unset or malformed is no.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(boolean).unwrap_or(false)
    }

    /// The flag `name`, where to guess would do harm: anything but a yes or a no is
    /// refused.
    pub fn strict_flag(&self, name: &'static str) -> Result<Option<bool>, NoFlag> {
        self.get(name).map(|text| boolean(text).ok_or(NoFlag(name))).transpose()
    }

    /// The scope; none when absent. Anything but `fed` and `local` is refused.
    pub fn scope(&self) -> Result<Option<Scope>, UnknownScope> {
        match self.get("scope") {
            None | Some("") => Ok(None),
            Some("fed") => Ok(Some(Scope::Fed)),
            Some("local") => Ok(Some(Scope::Local)),
            Some(_) => Err(UnknownScope),
        }
    }

    /// `start` and `limit`, for lists that the database pages. A negative
    /// start counts from the end; a limit of 0 means all.
    pub fn page(&self) -> (i64, i64) {
        let number = |name| self.get(name).and_then(|text| text.parse().ok()).unwrap_or(0_i64);
        (number("start"), number("limit").max(0))
    }

    /// Whether [`Self::list`] would filter or sort.
    pub fn has_clauses(&self) -> bool {
        self.0.iter().any(|(key, _)| key.starts_with("f_") || key.starts_with("s_"))
    }

    /// The filters, for lists that the database filters.
    pub fn filters(&self) -> Vec<Filter<'_>> {
        self.0
            .iter()
            .filter_map(|(key, value)| Some(Filter::parse(key.strip_prefix("f_")?, value)))
            .take(MAX_CLAUSES)
            .collect()
    }

    /// Fields to sort by and whether they descend, for lists that the database
    /// sorts.
    pub fn sorts(&self) -> Vec<(&str, bool)> {
        self.0
            .iter()
            .filter_map(|(key, value)| {
                let descends = match value.as_str() {
                    "asc" => false,
                    "desc" => true,
                    _ => return None,
                };
                Some((key.strip_prefix("s_")?, descends))
            })
            .take(MAX_CLAUSES)
            .collect()
    }

    /// The same without `start` and `limit`.
    #[must_use]
    pub fn without_page(&self) -> Self {
        let kept = self.0.iter().filter(|(key, _)| key != "start" && key != "limit");
        Self(kept.cloned().collect())
    }

    /// The part of `items` that `start` and `limit` name.
    pub fn page_of<T>(&self, items: Vec<T>) -> Vec<T> {
        let (start, limit) = self.page();
        page_of(items, start, limit)
    }

    /// Filters, sorts and pages `items` by their JSON form.
    pub fn list<T: Serialize>(&self, items: Vec<T>) -> serde_json::Result<Vec<T>> {
        let (filters, sorts) = (self.filters(), self.sorts());
        let items = if filters.is_empty() && sorts.is_empty() {
            items
        } else {
            let mut rows = Vec::with_capacity(items.len());
            for item in items {
                let fields = serde_json::to_value(&item)?;
                if filters.iter().all(|filter| filter.admits(&fields)) {
                    rows.push((fields, item));
                }
            }
            rows.sort_by(|(left, _), (right, _)| compare(left, right, &sorts));
            rows.into_iter().map(|(_, item)| item).collect()
        };
        Ok(self.page_of(items))
    }
}

/// The items from `start`, at most `limit` of them; see [`Query::page`].
fn page_of<T>(items: Vec<T>, start: i64, limit: i64) -> Vec<T> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from = if start < 0 { length.saturating_add(start).max(0) } else { start };
    let count = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
    items.into_iter().skip(usize::try_from(from).unwrap_or(usize::MAX)).take(count).collect()
}

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Neq,
    /// Holds one of the texts that `|` separates.
    In,
    /// Holds none of them.
    NotIn,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Begins so.
    Prefix,
}

/// One filter of a list.
#[derive(Debug)]
pub struct Filter<'a> {
    /// The field.
    pub field: &'a str,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub wanted: &'a str,
}

impl<'a> Filter<'a> {
    /// `value` or `operator,value`; text after a second comma is cut.
    fn parse(field: &'a str, text: &'a str) -> Self {
        let mut parts = text.split(',');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let Some(wanted) = second else {
            return Self { field, operator: Operator::Eq, wanted: first };
        };
        let operator = match first {
            "neq" => Operator::Neq,
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            "gt" => Operator::Gt,
            "gte" => Operator::Gte,
            "lt" => Operator::Lt,
            "lte" => Operator::Lte,
            "prefix" => Operator::Prefix,
            _ => Operator::Eq,
        };
        Self { field, operator, wanted }
    }

    /// Whether the row passes. A field that the row lacks, or a value that
    /// does not parse as the field's type, filters nothing.
    fn admits(&self, row: &Value) -> bool {
        let ordering = match row.get(self.field) {
            Some(Value::String(text)) => match self.operator {
                Operator::In => return self.wanted.split('|').any(|part| text.contains(part)),
                Operator::NotIn => {
                    return !self.wanted.split('|').any(|part| text.contains(part));
                }
                Operator::Prefix => return text.starts_with(self.wanted),
                _ => text.as_bytes().cmp(self.wanted.as_bytes()),
            },
            Some(Value::Number(number)) => {
                let (Some(have), Ok(wanted)) = (number.as_f64(), self.wanted.parse::<f64>()) else {
                    return true;
                };
                let Some(ordering) = have.partial_cmp(&wanted) else { return true };
                ordering
            }
            Some(Value::Bool(have)) => {
                let Some(wanted) = boolean(self.wanted) else { return true };
                have.cmp(&wanted)
            }
            _ => return true,
        };
        match self.operator {
            Operator::Eq | Operator::In | Operator::Prefix => ordering == Ordering::Equal,
            Operator::Neq | Operator::NotIn => ordering != Ordering::Equal,
            Operator::Gt => ordering == Ordering::Greater,
            Operator::Gte => ordering != Ordering::Less,
            Operator::Lt => ordering == Ordering::Less,
            Operator::Lte => ordering != Ordering::Greater,
        }
    }
}

/// A yes or a no, in the spellings that clients use.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn compare(left: &Value, right: &Value, sorts: &[(&str, bool)]) -> Ordering {
    sorts
        .iter()
        .map(|(field, descending)| {
            let ordering = match (left.get(field), right.get(field)) {
                (Some(Value::String(a)), Some(Value::String(b))) => a.as_bytes().cmp(b.as_bytes()),
                (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
                (Some(Value::Number(a)), Some(Value::Number(b))) => {
                    a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
                }
                _ => Ordering::Equal,
            };
            if *descending { ordering.reverse() } else { ordering }
        })
        .find(|ordering| *ordering != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Row {
        id: u32,
        name: &'static str,
        disable: bool,
    }

    fn ids(query: &str) -> Vec<u32> {
        let rows = vec![
            Row { id: 1, name: "orders", disable: false },
            Row { id: 2, name: "menu", disable: true },
            Row { id: 10, name: "order-book", disable: false },
            Row { id: 11, name: "Orders", disable: true },
        ];
        Query::parse(query).list(rows).unwrap().iter().map(|row| row.id).collect()
    }

    #[test]
    fn pages() {
        assert_eq!(ids(""), [1, 2, 10, 11]);
        assert_eq!(ids("start=1&limit=2"), [2, 10]);
        assert_eq!(ids("start=-1"), [11]);
        assert_eq!(ids("start=-9&limit=1"), [1]);
        assert_eq!(ids("start=4"), [0_u32; 0]);
        assert_eq!(ids("start=x&limit=-1"), [1, 2, 10, 11]);
    }

    #[test]
    fn filters_by_type() {
        assert_eq!(ids("f_name=menu"), [2]);
        assert_eq!(ids("f_name=prefix,order"), [1, 10]);
        assert_eq!(ids("f_name=in,rder|men"), [1, 2, 10, 11]);
        assert_eq!(ids("f_name=notin,orders"), [2, 10, 11]);
        assert_eq!(ids("f_id=gte,10"), [10, 11]);
        assert_eq!(ids("f_id=lt,10"), [1, 2]);
        assert_eq!(ids("f_disable=t"), [2, 11]);
        assert_eq!(ids("f_disable=neq,true&f_id=gt,1"), [10]);
        assert_eq!(ids("f_name=orders"), [1]);
        assert_eq!(ids("f_name=neq,orders,ignored"), [2, 10, 11]);
    }

    #[test]
    fn what_is_not_understood_filters_nothing() {
        assert_eq!(ids("f_colour=red&f_id=many&f_disable=perhaps"), [1, 2, 10, 11]);
        assert_eq!(ids("f_name=like,menu"), [2]);
    }

    #[test]
    fn sorts_numbers_as_numbers_and_text_as_bytes() {
        assert_eq!(ids("s_id=desc"), [11, 10, 2, 1]);
        assert_eq!(ids("s_name=asc"), [11, 2, 10, 1]);
        assert_eq!(ids("s_disable=desc&s_id=desc"), [11, 2, 10, 1]);
        assert_eq!(ids("s_id=sideways"), [1, 2, 10, 11]);
    }

    #[test]
    fn only_known_scopes() {
        assert_eq!(Query::parse("scope=fed").scope().unwrap(), Some(Scope::Fed));
        assert_eq!(Query::parse("").scope().unwrap(), None);
        assert!(Query::parse("scope=global").scope().is_err());
    }
}
