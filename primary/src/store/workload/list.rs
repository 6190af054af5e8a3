//! Lists of workloads.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Workload, by_vulnerability};
use crate::store::Result;
use crate::store::question::{
    About, Belonging, Comparison, Condition, Field, Kind, Order, Place, Question, Value,
};

/// A workload of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterWorkload {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub cluster_name: String,
    /// What runs.
    pub workload: Workload,
    /// The number of its image.
    pub running_image: i32,
}

/// The name.
pub const NAME: Field =
    Field::new("name", "workload.name", Kind::Text, &[("name", Comparison::Contains)]);

/// What workloads can be asked by.
pub static FIELDS: [Field; 9] = [
    Field::new("cluster", "workload.cluster_id", Kind::Cluster, &[("cluster", Comparison::Eq)]),
    NAME,
    Field::new("namespace", "workload.namespace", Kind::Text, &[("namespace", Comparison::Eq)]),
    Field::new("pod", "workload.pod", Kind::Text, &[("pod", Comparison::Contains)]),
    Field::new("host", "workload.host", Kind::Text, &[("host", Comparison::Eq)]),
    Field::new("image", "workload.image", Kind::Text, &[("image", Comparison::Contains)]),
    Field {
        name: "vulnerability",
        sql: "wrong.name",
        kind: Kind::Text,
        parameters: &[("vulnerability", Comparison::Eq)],
        about: About::Some(Belonging {
            some: "SELECT FROM running_image AS image
                   JOIN counted_finding AS found ON found.report = image.report
                   JOIN vulnerability AS wrong ON wrong.id = found.vulnerability
                   WHERE image.id = workload.running_image AND ",
            of: "workload.running_image",
            // Else all findings may be read, and not those of each.
            named: "SELECT image.id FROM vulnerability AS wrong
                    CROSS JOIN LATERAL (
                        SELECT one.report FROM counted_finding AS one
                        WHERE one.vulnerability = wrong.id OFFSET 0) AS found
                    JOIN running_image AS image ON image.report = found.report WHERE ",
        }),
    },
    Field::new(
        "run_as_root",
        "workload.run_as_root",
        Kind::Flag,
        &[("run_as_root", Comparison::Eq)],
    ),
    Field::new(
        "started_at",
        "workload.started_at",
        Kind::Time,
        &[("since", Comparison::Gte), ("until", Comparison::Lt)],
    ),
];

/// The number of the image, where it is known which images pass.
static IMAGE: Field = Field::new("running_image", "workload.running_image", Kind::Number, &[]);

const CLUSTER: (&str, Kind) = ("workload.cluster_id", Kind::Cluster);
const ID: (&str, Kind) = ("workload.id", Kind::Text);

/// The orders of workloads; the first is the usual one.
pub static ORDERS: [Order; 5] = [
    Order { name: "name", columns: &[("workload.name", Kind::Text), CLUSTER, ID], descends: false },
    Order {
        name: "namespace",
        columns: &[("workload.namespace", Kind::Text), CLUSTER, ID],
        descends: false,
    },
    Order {
        name: "image",
        columns: &[("workload.image", Kind::Text), CLUSTER, ID],
        descends: false,
    },
    Order {
        name: "started_at",
        columns: &[("workload.started_at", Kind::Time), CLUSTER, ID],
        descends: true,
    },
    Order { name: "cluster", columns: &[CLUSTER, ID], descends: false },
];

/// Rows at the beginning of an order in which a page is looked for, where a text says which
/// of them pass.
const FIRST: i64 = 4_000;

/// A page of workloads.
///
/// The database cannot guess how many have a text, and would walk through all of them in the
/// order, one by one from all over the table. So it looks at those that come first, of which
/// a page of what many have is soon full, and else at all of them as they lie there.
pub async fn list(conn: &mut PgConnection, question: &Question) -> Result<Vec<ClusterWorkload>> {
    let question = &by_vulnerability::resolved(conn, question, &IMAGE).await?;
    let (texts, others): (Vec<Condition>, Vec<Condition>) =
        question.conditions.iter().cloned().partition(is_text);
    if texts.is_empty() {
        return read(conn, question, |sql| question.push_rows(sql, ROWS, "workload")).await;
    }
    if question.start.saturating_add(question.limit) < FIRST {
        let first = Question { conditions: others, start: 0, limit: FIRST, ..question.clone() };
        let found =
            read(conn, question, |sql| push_of_first(sql, question, &first, &texts)).await?;
        if found.len() as i64 == question.limit {
            return Ok(found);
        }
    }
    read(conn, question, |sql| question.push_sorted_rows(sql, ROWS, "workload")).await
}

const ROWS: &str = "SELECT workload.* FROM workload WHERE true";

/// Whether it is one of a text that no index finds.
fn is_text(condition: &Condition) -> bool {
    let of_row = matches!(condition.field.about, About::Row);
    of_row
        && condition.field.kind == Kind::Text
        && matches!(
            condition.comparison,
            Comparison::Contains | Comparison::ContainsNot | Comparison::Prefix
        )
}

/// Adds the page of those of the `first` rows that have the texts.
fn push_of_first(
    sql: &mut QueryBuilder<Postgres>,
    question: &Question,
    first: &Question,
    texts: &[Condition],
) {
    sql.push("SELECT workload.* FROM (");
    first.push_rows(sql, ROWS, "workload");
    sql.push(") AS workload WHERE true");
    for text in texts {
        text.push(sql);
    }
    question.push_order(sql);
    question.push_bounds(sql);
}

async fn read(
    conn: &mut PgConnection,
    question: &Question,
    push_page: impl FnOnce(&mut QueryBuilder<Postgres>),
) -> Result<Vec<ClusterWorkload>> {
    let mut sql = question.begin();
    sql.push(
        "SELECT workload.*, coalesce(member.name, '') AS cluster_name, running_image.image_id
         FROM (",
    );
    push_page(&mut sql);
    sql.push(
        ") AS workload
         LEFT JOIN member ON member.id = workload.cluster_id
         LEFT JOIN running_image ON running_image.id = workload.running_image",
    );
    question.push_order(&mut sql);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(conn).await?;
    Ok(rows.into_iter().map(ClusterWorkload::from).collect())
}

impl ClusterWorkload {
    /// Where it stands in an order.
    pub fn place(&self, order: &Order) -> Place {
        let one = &self.workload;
        let (cluster, id) = (Value::Cluster(self.cluster.as_uuid()), Value::Text(one.id.clone()));
        let first = match order.name {
            "name" => Value::Text(one.name.clone()),
            "namespace" => Value::Text(one.namespace.clone()),
            "image" => Value::Text(one.image.clone()),
            "started_at" => Value::Time(one.started_at),
            _ => return Place(vec![cluster, id]),
        };
        Place(vec![first, cluster, id])
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    cluster_id: Uuid,
    cluster_name: String,
    id: String,
    name: String,
    namespace: String,
    pod: String,
    host: String,
    image: String,
    image_id: Option<String>,
    running_image: i32,
    run_as_root: bool,
    started_at: DateTime<Utc>,
}

impl From<Row> for ClusterWorkload {
    fn from(row: Row) -> Self {
        Self {
            cluster: ClusterId::from_uuid(row.cluster_id),
            cluster_name: row.cluster_name,
            running_image: row.running_image,
            workload: Workload {
                id: row.id,
                name: row.name,
                namespace: row.namespace,
                pod: row.pod,
                host: row.host,
                image: row.image,
                image_id: row.image_id.unwrap_or_default(),
                run_as_root: row.run_as_root,
                started_at: row.started_at,
            },
        }
    }
}
