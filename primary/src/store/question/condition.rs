//! Filters: declared fields, and what they are compared with.

use sqlx::{Postgres, QueryBuilder};

use super::{Kind, Value};

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
    /// Holds one of the texts, in capitals of ASCII or not.
    Contains,
    /// Holds none of the texts.
    ContainsNot,
    /// Begins with the text.
    Prefix,
    /// Not from the first up to the second.
    Outside,
}

/// What a field tells of.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// The row that is asked for.
    Row,
    /// Rows that belong to it, of which some must pass.
    Some(Belonging),
    /// What runs of it, by a column of `workload`. Rows that count what runs count
    /// what passes and nothing else, and where nothing does, there is no row.
    WhatRuns,
}

/// Rows that belong to others.
#[derive(Clone, Copy, Debug)]
pub struct Belonging {
    /// The beginning of a query for those of the row that is asked for, up to the
    /// condition.
    pub some: &'static str,
    /// What they tell of it.
    pub of: &'static str,
    /// The beginning of a query for the same of those that are named, which are few.
    pub named: &'static str,
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
    pub(in crate::store) const fn narrows(&self) -> bool {
        matches!(self.field.about, About::WhatRuns)
    }

    pub(in crate::store) fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(" AND ");
        let end = match self.field.about {
            // Those that are named are found once. `IS TRUE` keeps the database from holding
            // each row against each of them.
            About::Some(Belonging { of, named, .. }) if self.comparison == Comparison::Eq => {
                sql.push("(").push(of).push(" IN (").push(named);
                "))) IS TRUE"
            }
            About::Some(Belonging { some, .. }) => {
                sql.push("EXISTS (").push(some);
                "))"
            }
            About::Row | About::WhatRuns => ")",
        };
        self.compare(sql, end);
    }

    /// Adds it to a statement about the values of the field.
    pub(in crate::store) fn push_of_value(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(" AND ");
        self.compare(sql, ")");
    }

    fn compare(&self, sql: &mut QueryBuilder<Postgres>, end: &str) {
        let Self { field, comparison, wanted } = self;
        if let (Comparison::Outside, [from, until]) = (comparison, wanted.as_slice()) {
            sql.push("NOT (").push(field.sql).push(" >= ");
            from.bind(sql);
            sql.push(" AND ").push(field.sql).push(" < ");
            until.bind(sql);
            sql.push(end);
            return;
        }
        let (not, operator) = match comparison {
            Comparison::Eq => ("", " = "),
            Comparison::Neq | Comparison::Outside => ("NOT ", " = "),
            Comparison::Gt => ("", " > "),
            Comparison::Gte => ("", " >= "),
            Comparison::Lt => ("", " < "),
            Comparison::Lte => ("", " <= "),
            Comparison::Contains => ("", "contains"),
            Comparison::ContainsNot => ("NOT ", "contains"),
            Comparison::Prefix => ("", "prefix"),
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
                // Names have no letters but those of ASCII, which are compared at a fraction
                // of the cost.
                "contains" => {
                    sql.push("strpos(lower(").push(field.sql).push(" COLLATE \"C\"), lower(");
                    value.bind(sql);
                    sql.push(" COLLATE \"C\")) > 0");
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
