//! Questions about the whole fleet: filters, an order, and pages that begin
//! behind a place, so that the thousandth page costs what the first does.
//!
//! Which conditions there are is the caller's to say, so statements are put
//! together: of the expressions that each question declares and of bound
//! values, nothing else.

mod condition;
mod known;
mod place;
mod value;

use sqlx::{Postgres, QueryBuilder};

pub use condition::{About, Belonging, Comparison, Condition, Field};
pub use known::Known;
pub use place::{NoPlace, Order, Place};
pub use value::{Kind, Value};

use super::within::Within;

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
        let is_small = self.within.as_ref().is_some_and(Within::is_small);
        let at_once = self.order.is_of_numbers()
            || self.order.is_of_what_images_have()
            || self.conditions.iter().any(|one| place::counts_what_runs(one.field.sql))
            || (is_small && self.order.is_of_images());
        match &self.within {
            Some(within) => within.push_narrowed(&mut sql, &narrower, at_once),
            None if narrower.is_empty() => {}
            None => Within::default().push_narrowed(&mut sql, &narrower, at_once),
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

    /// Adds the same page where few of many rows may pass: all of them are read as they lie
    /// there, and those that pass are put in order. To walk along the order takes longer, and
    /// the database, which cannot guess how many pass, would rather do that.
    pub fn push_sorted_rows(&self, sql: &mut QueryBuilder<Postgres>, select: &str, table: &str) {
        let part = if self.after.is_some() { Part::Behind } else { Part::All };
        sql.push("SELECT * FROM (");
        self.push_part(sql, select, part);
        sql.push(" OFFSET 0) AS ").push(table);
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
    use chrono::DateTime;

    use super::place::tests::{ORDER, place};
    use super::*;

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
             AND NOT (strpos(lower(one.name COLLATE \"C\"), lower($3 COLLATE \"C\")) > 0) \
             AND (starts_with(one.name, $4)) AND (false) AND at <= $5 \
             AND (at, cluster_id, seq) < ($6, $7, $8) \
             ORDER BY at DESC, cluster_id DESC, seq DESC LIMIT $9"
        );
    }

    #[test]
    fn rows_that_few_pass_of_are_read_before_they_are_put_in_order() {
        let question = Question {
            within: None,
            conditions: Vec::new(),
            order: &ORDER,
            descending: true,
            after: Some(place()),
            start: 5,
            limit: 10,
        };
        let mut sql = QueryBuilder::<Postgres>::default();
        question.push_sorted_rows(&mut sql, "SELECT * FROM event WHERE true", "event");
        assert_eq!(
            sql.sql().as_str(),
            "SELECT * FROM (SELECT * FROM event WHERE true AND at <= $1 \
             AND (at, cluster_id, seq) < ($2, $3, $4) OFFSET 0) AS event \
             ORDER BY at DESC, cluster_id DESC, seq DESC OFFSET $5 LIMIT $6"
        );
    }

    #[test]
    fn rows_that_belong_to_others_are_found_once_where_they_are_named() {
        static NAME: Field = Field {
            about: About::Some(Belonging {
                some: "SELECT FROM other WHERE other.id = one.other AND ",
                of: "one.other",
                named: "SELECT other.id FROM other WHERE ",
            }),
            ..Field::new("name", "other.name", Kind::Text, &[])
        };
        let pushed = |comparison, names: &[&str]| {
            let wanted = names.iter().map(|name| Value::Text((*name).to_owned())).collect();
            let mut sql = QueryBuilder::<Postgres>::default();
            Condition { field: &NAME, comparison, wanted }.push(&mut sql);
            sql.sql().as_str().to_owned()
        };
        assert_eq!(
            pushed(Comparison::Eq, &["a"]),
            " AND (one.other IN (SELECT other.id FROM other WHERE (other.name = $1))) IS TRUE"
        );
        assert_eq!(
            pushed(Comparison::Eq, &["a", "b"]),
            " AND (one.other IN (SELECT other.id FROM other WHERE other.name IN ($1, $2))) IS TRUE"
        );
        assert_eq!(
            pushed(Comparison::Neq, &["a"]),
            " AND EXISTS (SELECT FROM other WHERE other.id = one.other AND NOT (other.name = $1))"
        );
        let mut sql = QueryBuilder::<Postgres>::default();
        let wanted = vec![Value::Text("a".to_owned())];
        Condition { field: &NAME, comparison: Comparison::Prefix, wanted }.push_of_value(&mut sql);
        assert_eq!(sql.sql().as_str(), " AND (starts_with(other.name, $1))");
    }

    #[test]
    fn a_second_is_left_out_as_a_whole() {
        static AT: Field = Field::new("at", "one.at", Kind::Time, &[]);
        let second = [1_700_000_000, 1_700_000_001];
        let second = second.map(|at| Value::Time(DateTime::from_timestamp(at, 0).unwrap()));
        let wanted = second.to_vec();
        let mut sql = QueryBuilder::<Postgres>::default();
        Condition { field: &AT, comparison: Comparison::Outside, wanted }.push(&mut sql);
        assert_eq!(sql.sql().as_str(), " AND NOT (one.at >= $1 AND one.at < $2)");
    }

    #[test]
    fn images_are_counted_at_once_where_their_order_or_a_small_scope_needs_it() {
        static BY_CLUSTERS: Order = Order {
            name: "clusters",
            columns: &[("image.clusters", Kind::Number), ("image.id", Kind::Number)],
            descends: true,
        };
        static CHECKS_BY_WORKLOADS: Order = Order {
            name: "workloads",
            columns: &[("item.workloads", Kind::Number)],
            descends: true,
        };
        static CHECKS_BY_NUMBER: Order = Order {
            name: "test_number",
            columns: &[("item.test_number", Kind::Text)],
            descends: false,
        };
        static BY_NAME: Order =
            Order { name: "name", columns: &[("image.name", Kind::Text)], descends: false };
        static CLUSTERS: Field = Field::new("clusters", "image.clusters", Kind::Number, &[]);
        let counted_at_once = |clusters: Option<usize>, namespace: &str, order, conditions| {
            let within = Within {
                clusters: clusters.map(|clusters| vec![uuid::Uuid::nil(); clusters]),
                namespaces: vec![namespace.to_owned()],
            };
            let question = Question {
                within: Some(within),
                conditions,
                order,
                descending: false,
                after: None,
                start: 0,
                limit: 10,
            };
            question.begin().sql().as_str().contains("GROUP BY running_image")
        };
        let counts_at_once =
            |clusters, order| counted_at_once(clusters, "shop-%", order, Vec::new());
        assert!(counts_at_once(None, &BY_CLUSTERS));
        assert!(counts_at_once(None, &CHECKS_BY_WORKLOADS));
        assert!(counts_at_once(Some(500), &CHECKS_BY_NUMBER));
        assert!(counts_at_once(Some(2), &BY_NAME));
        assert!(!counts_at_once(None, &BY_NAME));
        assert!(!counts_at_once(Some(500), &BY_NAME));
        assert!(counted_at_once(Some(500), "shop", &BY_NAME, Vec::new()));
        let wanted = vec![Value::Number(900)];
        let in_many = Condition { field: &CLUSTERS, comparison: Comparison::Gte, wanted };
        assert!(counted_at_once(Some(500), "shop-%", &BY_NAME, vec![in_many]));
        // Of workloads only the images of a page are looked at.
        assert!(!counts_at_once(Some(2), &ORDER));
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
}
