//! What fields hold and are compared with.

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

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
    /// Numbers of rows: one of them is equal to it.
    Numbers(Vec<i32>),
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
                // No database has a time so long ago.
                Ok(seconds) => DateTime::from_timestamp(seconds, 0).filter(|at| at.year() > 0)?,
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

    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Numbers(numbers) => {
                numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
            }
            // As exact as the database.
            Self::Time(at) => at.to_rfc3339_opts(SecondsFormat::Micros, true),
            Self::Flag(flag) => flag.to_string(),
            Self::Cluster(id) => id.to_string(),
            Self::Clusters(ids) => ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    pub(super) fn bind(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Text(text) => sql.push_bind(text.clone()),
            Self::Number(number) => sql.push_bind(*number),
            Self::Numbers(numbers) => sql.push("ANY (").push_bind(numbers.clone()).push(")"),
            Self::Time(at) => sql.push_bind(*at),
            Self::Flag(flag) => sql.push_bind(*flag),
            Self::Cluster(id) => sql.push_bind(*id),
            Self::Clusters(ids) => sql.push("ANY (").push_bind(ids.clone()).push(")"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_kind() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        for (kind, text, expected) in [
            (Kind::Time, "1700000000", Some(Value::Time(at))),
            (Kind::Time, "2023-11-14T22:13:20Z", Some(Value::Time(at))),
            (Kind::Time, "yesterday", None),
            (Kind::Time, "99999999999999999", None),
            (Kind::Time, "-8000000000000", None),
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
