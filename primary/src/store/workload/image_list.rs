//! Lists of the images that run.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::by_vulnerability;
use crate::store::Result;
use crate::store::question::{
    About, Belonging, Comparison, Field, Kind, Order, Place, Question, Value,
};

/// An image that runs somewhere, with what is known of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunningImage {
    /// Its number.
    pub id: i32,
    /// Its name, or empty.
    pub name: String,
    /// Digest of its configuration, without its algorithm, or empty.
    pub image_id: String,
    /// Clusters that run it.
    pub clusters: i32,
    /// Workloads of it.
    pub workloads: i32,
    /// When it was scanned.
    pub scanned_at: Option<DateTime<Utc>>,
    /// Critical vulnerabilities.
    pub critical: i32,
    /// High ones.
    pub high: i32,
    /// Medium ones.
    pub medium: i32,
    /// Low ones.
    pub low: i32,
}

/// The name.
pub const NAME: Field =
    Field::new("name", "image.name", Kind::Text, &[("name", Comparison::Contains)]);

/// What images can be asked by.
pub static FIELDS: [Field; 10] = [
    Field {
        name: "cluster",
        sql: "cluster_id",
        kind: Kind::Cluster,
        parameters: &[("cluster", Comparison::Eq)],
        about: About::WhatRuns,
    },
    Field {
        name: "namespace",
        sql: "namespace",
        kind: Kind::Text,
        parameters: &[("namespace", Comparison::Eq)],
        about: About::WhatRuns,
    },
    Field {
        name: "vulnerability",
        sql: "wrong.name",
        kind: Kind::Text,
        parameters: &[("vulnerability", Comparison::Eq)],
        about: About::Some(Belonging {
            some: "SELECT FROM counted_finding AS found
                   JOIN vulnerability AS wrong ON wrong.id = found.vulnerability
                   WHERE found.report = image.report AND ",
            of: "image.report",
            // Else all findings may be read, and not those of each.
            named: "SELECT found.report FROM vulnerability AS wrong
                    CROSS JOIN LATERAL (
                        SELECT one.report FROM counted_finding AS one
                        WHERE one.vulnerability = wrong.id OFFSET 0) AS found WHERE ",
        }),
    },
    NAME,
    Field::new("image_id", "image.image_id", Kind::Text, &[("image_id", Comparison::Eq)]),
    Field::new(
        "scanned",
        "(image.scanned_at IS NOT NULL)",
        Kind::Flag,
        &[("scanned", Comparison::Eq)],
    ),
    Field::new(
        "scanned_at",
        "image.scanned_at",
        Kind::Time,
        &[("since", Comparison::Gte), ("until", Comparison::Lt)],
    ),
    Field::new("critical", "image.critical", Kind::Number, &[("critical", Comparison::Gte)]),
    Field::new("high", "image.high", Kind::Number, &[("high", Comparison::Gte)]),
    Field::new("clusters", "image.clusters", Kind::Number, &[("clusters", Comparison::Gte)]),
];

/// The number, where it is known which images pass.
static NUMBER: Field = Field::new("id", "image.id", Kind::Number, &[]);

const ID: (&str, Kind) = ("image.id", Kind::Number);

/// The orders of images; the first is the usual one.
pub static ORDERS: [Order; 4] = [
    Order {
        name: "severity",
        columns: &[
            ("image.critical", Kind::Number),
            ("image.high", Kind::Number),
            ("image.medium", Kind::Number),
            ID,
        ],
        descends: true,
    },
    Order {
        name: "name",
        columns: &[("image.name", Kind::Text), ("image.image_id", Kind::Text)],
        descends: false,
    },
    Order { name: "clusters", columns: &[("image.clusters", Kind::Number), ID], descends: true },
    Order { name: "workloads", columns: &[("image.workloads", Kind::Number), ID], descends: true },
];

const SELECT: &str = "SELECT image.id, image.name, image.image_id, image.clusters, image.workloads,
            image.scanned_at, image.critical, image.high, image.medium, image.low
     FROM running_image AS image WHERE ";

/// The images of these numbers.
pub async fn by_number(conn: &mut PgConnection, numbers: &[i32]) -> Result<Vec<RunningImage>> {
    let mut sql = QueryBuilder::<Postgres>::new(SELECT);
    sql.push("image.id = ANY(").push_bind(numbers).push(")");
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

/// A page of images.
pub async fn list(conn: &mut PgConnection, question: &Question) -> Result<Vec<RunningImage>> {
    let question = &by_vulnerability::resolved(conn, question, &NUMBER).await?;
    let mut sql = question.begin();
    question.push_rows(&mut sql, &format!("{SELECT}image.clusters > 0"), "image");
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

impl RunningImage {
    /// Where it stands in an order.
    pub fn place(&self, order: &Order) -> Place {
        let number = |number: i32| Value::Number(number.into());
        let id = number(self.id);
        Place(match order.name {
            "name" => vec![Value::Text(self.name.clone()), Value::Text(self.image_id.clone())],
            "clusters" => vec![number(self.clusters), id],
            "workloads" => vec![number(self.workloads), id],
            _ => vec![number(self.critical), number(self.high), number(self.medium), id],
        })
    }
}
