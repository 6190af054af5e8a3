//! Query strings as clients send them: paging, filters, sorts and flags of
//! lists. What is not understood is ignored, as clients expect.

mod field;

use std::cmp::Ordering;

use serde::Serialize;
use thiserror::Error;

use field::{Column, Field};

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

    /// Filters, sorts and pages `items` by their JSON form. A field that some of them
    /// leave out, as they do with empty ones, is empty there; one that none of them has
    /// filters and sorts nothing.
    pub fn list<T: Serialize>(&self, items: Vec<T>) -> serde_json::Result<Vec<T>> {
        if !self.has_clauses() {
            return Ok(self.page_of(items));
        }
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            rows.push((serde_json::to_value(&item)?, item));
        }
        let column = |name| {
            let mut fields = rows.iter().filter_map(|(row, _)| Field::of(row.get(name)?));
            fields.next().map(|field| Column::new(name, field))
        };
        let filters = self.filters().into_iter();
        let filters: Vec<_> =
            filters.filter_map(|filter| Some((column(filter.field)?, filter))).collect();
        let sorts = self.sorts().into_iter();
        let sorts: Vec<_> =
            sorts.filter_map(|(name, descends)| Some((column(name)?, descends))).collect();
        rows.retain(|(row, _)| filters.iter().all(|(column, one)| one.admits(column.of(row))));
        rows.sort_by(|(left, _), (right, _)| {
            let orderings = sorts.iter().map(|(column, descends)| {
                let ordering = column.of(left).compare(column.of(right));
                if *descends { ordering.reverse() } else { ordering }
            });
            orderings.fold(Ordering::Equal, Ordering::then)
        });
        Ok(self.page_of(rows.into_iter().map(|(_, item)| item).collect()))
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

    /// Whether the field passes. A value that does not parse as the field's type
    /// filters nothing.
    fn admits(&self, field: Field<'_>) -> bool {
        let ordering = match field {
            Field::Text(text) => match self.operator {
                Operator::In => return self.wanted.split('|').any(|part| text.contains(part)),
                Operator::NotIn => {
                    return !self.wanted.split('|').any(|part| text.contains(part));
                }
                Operator::Prefix => return text.starts_with(self.wanted),
                _ => text.as_bytes().cmp(self.wanted.as_bytes()),
            },
            Field::Number(have) => {
                let wanted = self.wanted.parse::<f64>().ok();
                let Some(ordering) = wanted.and_then(|wanted| have.partial_cmp(&wanted)) else {
                    return true;
                };
                ordering
            }
            Field::Flag(have) => {
                let Some(wanted) = boolean(self.wanted) else { return true };
                have.cmp(&wanted)
            }
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
    fn a_field_that_some_rows_leave_out_is_empty_there() {
        let rows = || {
            let modes = ["Protect", "", "Discover", ""];
            let row = |(id, mode): (usize, &&str)| match *mode {
                "" => serde_json::json!({ "id": id }),
                mode => serde_json::json!({ "id": id, "mode": mode, "cap": true, "size": 2 }),
            };
            modes.iter().enumerate().map(row).collect::<Vec<_>>()
        };
        for (query, expected) in [
            ("f_mode=Protect", &[0][..]),
            ("f_mode=neq,Protect", &[1, 2, 3]),
            ("f_mode=", &[1, 3]),
            ("f_mode=in,rote", &[0]),
            ("f_cap=false", &[1, 3]),
            ("f_size=lt,1", &[1, 3]),
            ("f_absent=x", &[0, 1, 2, 3]),
            ("s_mode=asc", &[1, 3, 2, 0]),
            ("s_mode=desc", &[0, 2, 1, 3]),
            ("s_absent=desc&s_id=desc", &[3, 2, 1, 0]),
        ] {
            let found = Query::parse(query).list(rows()).unwrap();
            let ids: Vec<_> = found.iter().map(|row| row["id"].as_u64().unwrap()).collect();
            assert_eq!(ids, expected, "{query}");
        }
    }

    #[test]
    fn rows_of_mixed_types_are_sorted_all_the_same() {
        let kinds = [
            serde_json::json!("a"),
            serde_json::json!(7),
            serde_json::json!(true),
            serde_json::json!(null),
            serde_json::json!([1]),
            serde_json::json!("b"),
            serde_json::json!(-1),
        ];
        let rows: Vec<_> = (0..200)
            .map(|n| serde_json::json!({ "id": n, "x": kinds[n * 5 % kinds.len()] }))
            .collect();
        // What is no order makes a sort panic.
        assert_eq!(Query::parse("s_x=asc").list(rows).unwrap().len(), 200);
    }

    #[test]
    fn only_known_scopes() {
        assert_eq!(Query::parse("scope=fed").scope().unwrap(), Some(Scope::Fed));
        assert_eq!(Query::parse("").scope().unwrap(), None);
        assert!(Query::parse("scope=global").scope().is_err());
    }
}
