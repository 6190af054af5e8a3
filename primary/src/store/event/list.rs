//! Lists of events.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::NewEvent;
use super::image::{self, Images};
use super::kind;
use crate::store::question::{
    Comparison, Condition, Field, Kind, Known, Order, Place, Question, Value,
};
use crate::store::{Result, StoreError};

/// A stored event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The member that sent it.
    pub cluster: ClusterId,
    /// The member's name; empty when nobody knows it any more.
    pub cluster_name: String,
    /// What it sent.
    pub event: NewEvent,
}

/// The image that an event is about.
pub(super) const IMAGE: Field =
    Field::new("image", "event.image", Kind::Text, &[("image", Comparison::Contains)]);

/// The namespace that an event is about.
const NAMESPACE: Field =
    Field::new("namespace", "event.namespace", Kind::Text, &[("namespace", Comparison::Eq)]);

/// What events can be asked by.
pub static FIELDS: [Field; 7] = [
    Field::new("cluster", "event.cluster_id", Kind::Cluster, &[("cluster", Comparison::Eq)]),
    Field::new("name", "event.name", Kind::Text, &[("name", Comparison::Eq)]),
    Field::new("category", "event.category", Kind::Text, &[("category", Comparison::Eq)]),
    Field::new("level", "event.level", Kind::Text, &[("level", Comparison::Eq)]),
    NAMESPACE,
    IMAGE,
    Field::new(
        "reported_at",
        "event.at",
        Kind::Time,
        &[("since", Comparison::Gte), ("until", Comparison::Lt)],
    ),
];

/// The orders of events; the first is the usual one.
pub static ORDERS: [Order; 4] = [
    Order {
        name: "time",
        columns: &[
            ("event.at", Kind::Time),
            ("event.cluster_id", Kind::Cluster),
            ("event.seq", Kind::Number),
        ],
        descends: true,
    },
    Order {
        name: "cluster",
        columns: &[
            ("event.cluster_id", Kind::Cluster),
            ("event.at", Kind::Time),
            ("event.seq", Kind::Number),
        ],
        descends: true,
    },
    Order {
        name: "name",
        columns: &[
            ("event.name", Kind::Text),
            ("event.at", Kind::Time),
            ("event.cluster_id", Kind::Cluster),
            ("event.seq", Kind::Number),
        ],
        descends: false,
    },
    Order {
        name: "category",
        columns: &[
            ("event.category", Kind::Text),
            ("event.at", Kind::Time),
            ("event.cluster_id", Kind::Cluster),
            ("event.seq", Kind::Number),
        ],
        descends: false,
    },
];

/// The namespaces that events are about.
pub(super) static NAMESPACES: Known = Known {
    field: &NAMESPACE,
    comparisons: &[
        Comparison::Neq,
        Comparison::Contains,
        Comparison::ContainsNot,
        Comparison::Prefix,
    ],
    limited: true,
    rows: " FROM event_namespace AS event WHERE true",
};

/// A page begins far behind where so many events come before it.
const FAR: i64 = 1_000;

/// Ends a query for places: the events there.
const AT_PLACES: &str =
    ") AS place JOIN event ON event.at = place.at AND event.cluster_id = place.cluster_id
                           AND event.seq = place.seq";

/// The newest events that the conditions admit.
pub fn newest(conditions: Vec<Condition>, start: i64, limit: i64) -> Question {
    let [order, ..] = &ORDERS;
    Question {
        within: None,
        conditions,
        order,
        descending: true,
        after: None,
        start: start.max(0),
        limit,
    }
}

/// That an event has one of these names.
pub fn named(names: &[&str]) -> Condition {
    let [_, field, ..] = &FIELDS;
    let wanted = names.iter().map(|name| Value::Text((*name).to_owned())).collect();
    Condition { field, comparison: Comparison::Eq, wanted }
}

/// That an event is of a category.
pub fn of_category(category: &str) -> Condition {
    let [_, _, field, ..] = &FIELDS;
    let wanted = vec![Value::Text(category.to_owned())];
    Condition { field, comparison: Comparison::Eq, wanted }
}

/// A page of events.
pub async fn list(conn: &mut PgConnection, question: &Question) -> Result<Vec<Event>> {
    let question = &kind::resolved(conn, question).await?;
    let question = &question.resolved(conn, &NAMESPACES).await?;
    let images = image::named(conn, question).await?;
    let mut sql = question.begin();
    sql.push(
        "SELECT event.cluster_id, coalesce(member.name, '') AS cluster_name, event.seq, event.at,
                event.name, event.level, event.category, event.namespace, event.image, event.detail
         FROM (",
    );
    match images {
        None if question.start > FAR => push_far_rows(&mut sql, question),
        None => question.push_rows(&mut sql, "SELECT event.* FROM event WHERE true", "event"),
        Some(images) => push_rows_of(&mut sql, question, &images),
    }
    sql.push(") AS event LEFT JOIN member ON member.id = event.cluster_id");
    question.push_order(&mut sql);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(conn).await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// Adds a page that many events come before: of these the places are read alone, which an
/// index has.
fn push_far_rows(sql: &mut QueryBuilder<Postgres>, question: &Question) {
    let of_places = format!("SELECT {} FROM event WHERE true", columns(question.order));
    sql.push("SELECT event.* FROM (");
    question.push_rows(sql, &of_places, "event");
    sql.push(AT_PLACES);
}

fn columns(order: &Order) -> String {
    let columns: Vec<&str> = order.columns.iter().map(|(column, _)| *column).collect();
    columns.join(", ")
}

/// Adds the page of the events of some images: the newest places of each are
/// read from the index, and the events of those that are left.
fn push_rows_of(sql: &mut QueryBuilder<Postgres>, question: &Question, images: &Images) {
    let (start, limit) = (0, question.start.saturating_add(question.limit));
    let mut of_each = Question { start, limit, ..question.clone() };
    of_each.conditions.remove(images.condition);
    let columns = columns(question.order);
    sql.push("SELECT event.* FROM (SELECT ").push(&columns).push(" FROM unnest(");
    sql.push_bind(images.names.clone()).push(") AS wanted (image) CROSS JOIN LATERAL (");
    let of_image = format!(
        "SELECT {columns} FROM event WHERE event.image = wanted.image AND event.image <> ''"
    );
    of_each.push_rows(sql, &of_image, "event");
    sql.push(") AS event");
    question.push_order(sql);
    question.push_bounds(sql);
    sql.push(AT_PLACES);
}

impl Event {
    /// Where it stands in an order.
    pub fn place(&self, order: &Order) -> Place {
        let Self { cluster, event, .. } = self;
        let (at, cluster) = (Value::Time(event.at), Value::Cluster(cluster.as_uuid()));
        let seq = Value::Number(i64::try_from(event.seq).unwrap_or(i64::MAX));
        Place(match order.name {
            "cluster" => vec![cluster, at, seq],
            "name" => vec![Value::Text(event.name.clone()), at, cluster, seq],
            "category" => vec![Value::Text(event.category.clone()), at, cluster, seq],
            _ => vec![at, cluster, seq],
        })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    cluster_id: Uuid,
    cluster_name: String,
    seq: i64,
    at: DateTime<Utc>,
    name: String,
    level: String,
    category: String,
    namespace: String,
    image: String,
    detail: Json<Box<RawValue>>,
}

impl TryFrom<Row> for Event {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            cluster: ClusterId::from_uuid(row.cluster_id),
            cluster_name: row.cluster_name,
            event: NewEvent {
                seq: u64::try_from(row.seq).map_err(|e| StoreError::inconsistent("event", e))?,
                at: row.at,
                name: row.name,
                level: row.level,
                category: row.category,
                namespace: row.namespace,
                image: row.image,
                detail: row.detail.0,
            },
        })
    }
}
