//! Questions about the whole fleet: filters, an order, and pages that begin
//! behind a place, so that the thousandth page costs what the first does.
//!
//! Which conditions there are is the caller's to say, so statements are put
//! together: of the expressions that each question declares and of bound
//! values, nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::{Postgres, QueryBuilder};
use thiserror::Error;
use uuid::Uuid;

use super::within::Within;

/// Bytes of a place as clients send it.
const MOST_PLACE_BYTES: usize = 2_048;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A time.
    Time,
    /// True or false.
    Flag,
    /// The id of a cluster.
    Cluster,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
    /// A time.
    Time(DateTime<Utc>),
    /// True or false.
    Flag(bool),
    /// The id of a cluster.
    Cluster(Uuid),
    /// The ids of clusters: one of them is equal to it.
    Clusters(Vec<Uuid>),
}

impl Value {
    /// Reads a value; none where the text is no such value. Times are Unix
    /// seconds or RFC 3339.
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        Some(match kind {
            Kind::Text => Self::Text(text.replace('\0', "")),
            Kind::Number => Self::Number(text.parse().ok()?),
            Kind::Time => Self::Time(match text.parse() {
                Ok(seconds) => DateTime::from_timestamp(seconds, 0)?,
                Err(_) => DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc),
            }),
            Kind::Flag => Self::Flag(match text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
                "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
                _ => return None,
            }),
            Kind::Cluster => Self::Cluster(text.parse().ok()?),
        })
    }

    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            // As exact as the database.
            Self::Time(at) => at.to_rfc3339_opts(SecondsFormat::Micros, true),
            Self::Flag(flag) => flag.to_string(),
            Self::Cluster(id) => id.to_string(),
            Self::Clusters(ids) => ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    fn bind(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Text(text) => sql.push_bind(text.clone()),
            Self::Number(number) => sql.push_bind(*number),
            Self::Time(at) => sql.push_bind(*at),
            Self::Flag(flag) => sql.push_bind(*flag),
            Self::Cluster(id) => sql.push_bind(*id),
            Self::Clusters(ids) => sql.push("ANY (").push_bind(ids.clone()).push(")"),
        };
    }
}

/// How a field is compared with what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal to one of them.
    Eq,
    /// Equal to none of them.
    Neq,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Holds one of the texts, in capitals or not.
    Contains,
    /// Holds none of the texts.
    ContainsNot,
    /// Begins with the text.
    Prefix,
}

/// What a field tells of.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// The row that is asked for.
    Row,
    /// Rows that belong to it, of which some must pass: the beginning of a query up
    /// to the condition.
    Some(&'static str),
    /// What runs of it, by a column of `workload`. Rows that count what runs count
    /// what passes and nothing else, and where nothing does, there is no row.
    WhatRuns,
}

/// A field that can be asked for.
#[derive(Debug)]
pub struct Field {
    /// Its name in filters, `f_NAME`.
    pub name: &'static str,
    /// The expression.
    pub sql: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Parameters that stand for filters.
    pub parameters: &'static [(&'static str, Comparison)],
    /// What it tells of.
    pub about: About,
}

impl Field {
    /// A field of the row itself.
    pub const fn new(
        name: &'static str,
        sql: &'static str,
        kind: Kind,
        parameters: &'static [(&'static str, Comparison)],
    ) -> Self {
        Self { name, sql, kind, parameters, about: About::Row }
    }
}

/// A filter.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The field.
    pub field: &'static Field,
    /// How it is compared.
    pub comparison: Comparison,
    /// With which: one, or for equality and texts several.
    pub wanted: Vec<Value>,
}

impl Condition {
    /// Whether it is about what runs: then the beginning of the statement meets it.
    pub(super) const fn narrows(&self) -> bool {
        matches!(self.field.about, About::WhatRuns)
    }

    pub(super) fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        let Self { field, comparison, wanted } = self;
        let (not, operator) = match comparison {
            Comparison::Eq => ("", " = "),
            Comparison::Neq => ("NOT ", " = "),
            Comparison::Gt => ("", " > "),
            Comparison::Gte => ("", " >= "),
            Comparison::Lt => ("", " < "),
            Comparison::Lte => ("", " <= "),
            Comparison::Contains => ("", "contains"),
            Comparison::ContainsNot => ("NOT ", "contains"),
            Comparison::Prefix => ("", "prefix"),
        };
        sql.push(" AND ");
        let end = if let About::Some(rows) = field.about {
            sql.push("EXISTS (").push(rows);
            "))"
        } else {
            ")"
        };
        if *comparison == Comparison::Eq && wanted.len() > 1 {
            sql.push(field.sql).push(" IN (");
            for (at, value) in wanted.iter().enumerate() {
                sql.push(if at == 0 { "" } else { ", " });
                value.bind(sql);
            }
            sql.push(end);
            return;
        }
        sql.push(not).push("(");
        for (at, value) in wanted.iter().enumerate() {
            sql.push(if at == 0 { "" } else { " OR " });
            match operator {
                "contains" => {
                    sql.push("strpos(lower(").push(field.sql).push("), lower(");
                    value.bind(sql);
                    sql.push(")) > 0");
                }
                "prefix" => {
                    sql.push("starts_with(").push(field.sql).push(", ");
                    value.bind(sql);
                    sql.push(")");
                }
                operator => {
                    sql.push(field.sql).push(operator);
                    value.bind(sql);
                }
            }
        }
        sql.push(if wanted.is_empty() { "false" } else { "" }).push(end);
    }
}

/// An order without ties.
#[derive(Debug)]
pub struct Order {
    /// Its name.
    pub name: &'static str,
    /// The columns, which together are unique. Each needs no more than the
    /// index that begins with them.
    pub columns: &'static [(&'static str, Kind)],
    /// Whether it descends where nobody says.
    pub descends: bool,
}

/// A place in an order: the values of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(pub Vec<Value>);

/// A text that is no place in the order.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a place in this order")]
pub struct NoPlace;

impl Place {
    /// The place as clients carry it from page to page.
    pub fn to_text(&self, order: &Order, descending: bool) -> String {
        let direction = if descending { "desc" } else { "asc" };
        let parts = [order.name.to_owned(), direction.to_owned()].into_iter();
        let parts: Vec<String> = parts.chain(self.0.iter().map(Value::to_text)).collect();
        // A list of texts is always JSON.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// Reads what [`Self::to_text`] made of the same order.
    pub fn parse(text: &str, order: &Order, descending: bool) -> Result<Self, NoPlace> {
        if text.len() > MOST_PLACE_BYTES {
            return Err(NoPlace);
        }
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NoPlace)?;
        let parts: Vec<String> = serde_json::from_slice(&json).map_err(|_| NoPlace)?;
        let direction = if descending { "desc" } else { "asc" };
        let values = match parts.split_at_checked(2) {
            Some(([name, way], values)) if name == order.name && way == direction => values,
            _ => return Err(NoPlace),
        };
        if values.len() != order.columns.len() {
            return Err(NoPlace);
        }
        let values = values.iter().zip(order.columns);
        let values = values.map(|(text, (_, kind))| Value::parse(*kind, text).ok_or(NoPlace));
        Ok(Self(values.collect::<Result<_, _>>()?))
    }
}

/// Rows of a statement, by how they stand to the place that a page begins
/// behind.
#[derive(Clone, Copy)]
enum Part {
    /// There is no such place.
    All,
    /// Behind it.
    Behind,
    /// Behind it, and equal in the first column.
    Equal,
    /// Behind it in the first column.
    Greater,
}

/// A question: which rows, in which order, and which part of them.
#[derive(Clone, Debug)]
pub struct Question {
    /// The rows that there are for whoever asks; none: all.
    pub within: Option<Within>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The order.
    pub order: &'static Order,
    /// Whether the largest come first.
    pub descending: bool,
    /// The page begins behind this place.
    pub after: Option<Place>,
    /// So many are left out at first.
    pub start: i64,
    /// At most so many.
    pub limit: i64,
}

impl Question {
    /// The first rows in an order whose field contains a text.
    pub fn containing(
        within: Option<Within>,
        field: &'static Field,
        order: &'static Order,
        text: &str,
        limit: i64,
    ) -> Self {
        let wanted = vec![Value::Text(text.replace('\0', ""))];
        Self {
            within,
            conditions: vec![Condition { field, comparison: Comparison::Contains, wanted }],
            order,
            descending: order.descends,
            after: None,
            start: 0,
            limit,
        }
    }

    /// The place that the next page begins behind, where this one is full.
    pub fn next<T>(&self, page: &[T], place: impl Fn(&T, &Order) -> Place) -> Option<String> {
        let last = page.last().filter(|_| page.len() as i64 >= self.limit)?;
        Some(place(last, self.order).to_text(self.order, self.descending))
    }

    /// Begins a statement about the rows that there are for whoever asks, of what runs
    /// where it is asked for.
    pub fn begin(&self) -> QueryBuilder<Postgres> {
        let mut sql = QueryBuilder::default();
        let narrower: Vec<&Condition> =
            self.conditions.iter().filter(|one| one.narrows()).collect();
        match &self.within {
            Some(within) => within.push_narrowed(&mut sql, &narrower),
            None if narrower.is_empty() => {}
            None => Within::default().push_narrowed(&mut sql, &narrower),
        }
        sql
    }

    /// Adds the page of the rows that `select` gives: a statement on `table`, which
    /// the order's columns belong to, that ends with a condition.
    pub fn push_rows(&self, sql: &mut QueryBuilder<Postgres>, select: &str, table: &str) {
        let parts: &[Part] = match (&self.after, self.order.columns) {
            (None, _) => &[Part::All],
            (Some(_), [_] | [(_, Kind::Time), ..]) => &[Part::Behind],
            // Many rows may be equal in the first column. The database cannot guess
            // how many of them are behind a place, and would rather read all.
            (Some(_), _) => &[Part::Equal, Part::Greater],
        };
        if let [part] = parts {
            self.push_part(sql, select, *part);
            self.push_order(sql);
            self.push_bounds(sql);
            return;
        }
        sql.push("SELECT * FROM (");
        for (at, part) in parts.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { " UNION ALL (" });
            self.push_part(sql, select, *part);
            self.push_order(sql);
            sql.push(" LIMIT ").push_bind(self.start.saturating_add(self.limit)).push(")");
        }
        sql.push(") AS ").push(table);
        self.push_order(sql);
        self.push_bounds(sql);
    }

    fn push_part(&self, sql: &mut QueryBuilder<Postgres>, select: &str, part: Part) {
        sql.push(select);
        for condition in self.conditions.iter().filter(|one| !one.narrows()) {
            condition.push(sql);
        }
        let Some(place) = &self.after else { return };
        let mut columns = self.order.columns.iter().map(|(column, _)| *column).zip(&place.0);
        let (strictly, at_least) = if self.descending { (" < ", " <= ") } else { (" > ", " >= ") };
        let mut compare = |columns: &mut dyn Iterator<Item = (&str, &Value)>, operator: &str| {
            if let Some((column, value)) = columns.next() {
                sql.push(" AND ").push(column).push(operator);
                value.bind(sql);
            }
        };
        match part {
            Part::All => return,
            Part::Greater => return compare(&mut columns, strictly),
            Part::Equal => compare(&mut columns, " = "),
            Part::Behind => {}
        }
        // The first column alone lets the database leave out partitions.
        compare(&mut columns.clone(), at_least);
        let (columns, values): (Vec<&str>, Vec<&Value>) = columns.unzip();
        sql.push(" AND (").push(columns.join(", ")).push(")").push(strictly).push("(");
        for (at, value) in values.into_iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " });
            value.bind(sql);
        }
        sql.push(")");
    }

    /// Adds the order.
    pub fn push_order(&self, sql: &mut QueryBuilder<Postgres>) {
        for (at, (column, _)) in self.order.columns.iter().enumerate() {
            sql.push(if at == 0 { " ORDER BY " } else { ", " }).push(*column);
            sql.push(if self.descending { " DESC" } else { "" });
        }
    }

    /// Adds how many rows are left out, and how many are wanted.
    pub fn push_bounds(&self, sql: &mut QueryBuilder<Postgres>) {
        if self.start > 0 {
            sql.push(" OFFSET ").push_bind(self.start);
        }
        sql.push(" LIMIT ").push_bind(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order {
        name: "time",
        columns: &[("at", Kind::Time), ("cluster_id", Kind::Cluster), ("seq", Kind::Number)],
        descends: true,
    };

    fn place() -> Place {
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        Place(vec![Value::Time(at), Value::Cluster(Uuid::from_u128(7)), Value::Number(-3)])
    }

    #[test]
    fn a_place_leads_back_to_itself_in_its_own_order_only() {
        let text = place().to_text(&ORDER, true);
        assert_eq!(Place::parse(&text, &ORDER, true), Ok(place()));
        assert_eq!(Place::parse(&text, &ORDER, false), Err(NoPlace));
        let other = Order { name: "name", ..ORDER };
        assert_eq!(Place::parse(&text, &other, true), Err(NoPlace));
        let longer = Order { columns: &[("at", Kind::Time)], ..ORDER };
        assert_eq!(Place::parse(&text, &longer, true), Err(NoPlace));
    }

    #[test]
    fn what_is_no_place_is_told() {
        let long = "A".repeat(MOST_PLACE_BYTES + 1);
        for text in ["", "%", "AAAA", "W10", "WyJ0aW1lIl0", long.as_str()] {
            assert_eq!(Place::parse(text, &ORDER, true), Err(NoPlace), "{text}");
        }
    }

    #[test]
    fn statements_hold_expressions_and_bound_values_alone() {
        static NAME: Field = Field::new("name", "one.name", Kind::Text, &[]);
        let hostile = Value::Text("'; DROP TABLE event; --".to_owned());
        let condition = |comparison, wanted| Condition { field: &NAME, comparison, wanted };
        let question = Question {
            within: None,
            conditions: vec![
                condition(Comparison::Eq, vec![hostile.clone(), hostile.clone()]),
                condition(Comparison::ContainsNot, vec![hostile.clone()]),
                condition(Comparison::Prefix, vec![hostile]),
                condition(Comparison::Eq, Vec::new()),
            ],
            order: &ORDER,
            descending: true,
            after: Some(place()),
            start: 0,
            limit: 10,
        };
        let mut sql = QueryBuilder::<Postgres>::default();
        question.push_rows(&mut sql, "SELECT FROM event AS one WHERE true", "one");
        assert_eq!(
            sql.sql().as_str(),
            "SELECT FROM event AS one WHERE true AND one.name IN ($1, $2) \
             AND NOT (strpos(lower(one.name), lower($3)) > 0) \
             AND (starts_with(one.name, $4)) AND (false) AND at <= $5 \
             AND (at, cluster_id, seq) < ($6, $7, $8) \
             ORDER BY at DESC, cluster_id DESC, seq DESC LIMIT $9"
        );
    }

    #[test]
    fn rows_that_are_equal_in_the_first_column_are_a_part_of_their_own() {
        static BY_NAME: Order = Order {
            name: "name",
            columns: &[("one.name", Kind::Text), ("one.at", Kind::Time), ("one.id", Kind::Number)],
            descends: false,
        };
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        let question = Question {
            within: None,
            conditions: Vec::new(),
            order: &BY_NAME,
            descending: false,
            after: Some(Place(vec![
                Value::Text("a".to_owned()),
                Value::Time(at),
                Value::Number(3),
            ])),
            start: 5,
            limit: 10,
        };
        let mut sql = QueryBuilder::<Postgres>::default();
        question.push_rows(&mut sql, "SELECT FROM event AS one WHERE true", "one");
        assert_eq!(
            sql.sql().as_str(),
            "SELECT * FROM ((SELECT FROM event AS one WHERE true AND one.name = $1 \
             AND one.at >= $2 AND (one.at, one.id) > ($3, $4) \
             ORDER BY one.name, one.at, one.id LIMIT $5) UNION ALL \
             (SELECT FROM event AS one WHERE true AND one.name > $6 \
             ORDER BY one.name, one.at, one.id LIMIT $7)) AS one \
             ORDER BY one.name, one.at, one.id OFFSET $8 LIMIT $9"
        );
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        for (kind, text, expected) in [
            (Kind::Time, "1700000000", Some(Value::Time(at))),
            (Kind::Time, "2023-11-14T22:13:20Z", Some(Value::Time(at))),
            (Kind::Time, "yesterday", None),
            (Kind::Time, "99999999999999999", None),
            (Kind::Number, "7", Some(Value::Number(7))),
            (Kind::Number, "seven", None),
            (Kind::Flag, "true", Some(Value::Flag(true))),
            (Kind::Flag, "perhaps", None),
            (Kind::Cluster, "x", None),
            (Kind::Text, "a\0b", Some(Value::Text("ab".to_owned()))),
        ] {
            assert_eq!(Value::parse(kind, text), expected, "{text}");
        }
    }
}
