//! What images do not pass, in rows.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction};

use super::Result;
use super::question::{About, Comparison, Condition, Field, Kind, Order, Place, Question, Value};
use super::report::KeptReport;

/// A check that an image does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// For example `I.4.1`.
    pub test_number: String,
    /// `image`.
    pub category: String,
    /// `image`.
    pub kind: String,
    /// `WARN` or `INFO`.
    pub level: String,
    /// `Level 1` or `Level 2`.
    pub profile: String,
    /// Whether it counts for a score.
    pub scored: bool,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub remediation: String,
    /// What it is about, the first of them.
    pub message: Vec<String>,
    /// How many there are.
    pub messages: i32,
}

/// A check that an image does not pass which runs somewhere.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunningCheck {
    /// Number of the image.
    pub running_image: i32,
    /// The image's name, or empty.
    pub image: String,
    /// Digest of its configuration, without its algorithm, or empty.
    pub image_id: String,
    /// Clusters that run it.
    pub clusters: i32,
    /// Workloads of it.
    pub workloads: i32,
    /// When it was scanned.
    pub scanned_at: DateTime<Utc>,
    /// For example `I.4.1`.
    pub test_number: String,
    /// `image`.
    pub category: String,
    /// `image`.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// `WARN` or `INFO`.
    pub level: String,
    /// `Level 1` or `Level 2`.
    pub profile: String,
    /// Whether it counts for a score.
    pub scored: bool,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub remediation: String,
    /// What it is about, the first of them.
    pub message: Vec<String>,
    /// How many there are.
    pub messages: i32,
}

/// What checks can be asked by.
pub static FIELDS: [Field; 12] = [
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
    Field::new("test_number", "item.test_number", Kind::Text, &[("test_number", Comparison::Eq)]),
    Field::new("category", "item.category", Kind::Text, &[("category", Comparison::Eq)]),
    Field::new("level", "item.level", Kind::Text, &[("level", Comparison::Eq)]),
    Field::new("profile", "item.profile", Kind::Text, &[("profile", Comparison::Eq)]),
    Field::new("scored", "item.scored", Kind::Flag, &[("scored", Comparison::Eq)]),
    Field::new("image", "item.image", Kind::Text, &[("image", Comparison::Contains)]),
    Field::new("image_id", "item.image_id", Kind::Text, &[("image_id", Comparison::Eq)]),
    Field::new("clusters", "item.clusters", Kind::Number, &[("clusters", Comparison::Gte)]),
    Field::new("workloads", "item.workloads", Kind::Number, &[("workloads", Comparison::Gte)]),
    Field::new(
        "scanned_at",
        "item.scanned_at",
        Kind::Time,
        &[("since", Comparison::Gte), ("until", Comparison::Lt)],
    ),
];

const TEST_NUMBER: (&str, Kind) = ("item.test_number", Kind::Text);
const IMAGE: (&str, Kind) = ("item.running_image", Kind::Number);

/// The orders of checks; the first is the usual one.
pub static ORDERS: [Order; 4] = [
    Order { name: "test_number", columns: &[TEST_NUMBER, IMAGE], descends: false },
    Order {
        name: "image",
        columns: &[("item.image", Kind::Text), IMAGE, TEST_NUMBER],
        descends: false,
    },
    Order {
        name: "workloads",
        columns: &[("item.workloads", Kind::Number), IMAGE, TEST_NUMBER],
        descends: true,
    },
    Order {
        name: "scanned_at",
        columns: &[("item.scanned_at", Kind::Time), IMAGE, TEST_NUMBER],
        descends: true,
    },
];

/// The checks of images, by a join that the database has its way with.
const OF_ALL: &str = "JOIN image_check AS failed ON failed.report = image.report";
/// The same, looked up for each image that runs.
const OF_EACH: &str = "CROSS JOIN LATERAL (SELECT one.* FROM image_check AS one
                                           WHERE one.report = image.report OFFSET 0) AS failed";

fn select(failed: &str) -> String {
    format!(
        "SELECT item.* FROM (
             SELECT image.id AS running_image, image.name AS image, image.image_id,
                    image.clusters, image.workloads, image.scanned_at, failed.test_number,
                    failed.category, failed.type, failed.level, failed.profile, failed.scored,
                    failed.description, failed.remediation, failed.message, failed.messages
             FROM running_image AS image {failed}
             WHERE image.clusters > 0 AND image.scanned_at IS NOT NULL) AS item
         WHERE true"
    )
}

/// A page of the checks that running images do not pass.
///
/// Where it is asked how checks are, there may be none such: then those of images that do not
/// run, which are more, are not looked at.
pub async fn list(conn: &mut PgConnection, question: &Question) -> Result<Vec<RunningCheck>> {
    let mut sql = question.begin();
    if question.conditions.iter().any(tells_how_checks_are) {
        question.push_sorted_rows(&mut sql, &select(OF_EACH), "item");
    } else {
        question.push_rows(&mut sql, &select(OF_ALL), "item");
    }
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

/// Whether it is of checks, and no index finds them.
fn tells_how_checks_are(condition: &Condition) -> bool {
    match condition.field.name {
        "test_number" => condition.comparison != Comparison::Eq,
        field => ["category", "level", "profile", "scored"].contains(&field),
    }
}

impl RunningCheck {
    /// Where it stands in an order.
    pub fn place(&self, order: &Order) -> Place {
        let image = Value::Number(self.running_image.into());
        let test_number = Value::Text(self.test_number.clone());
        Place(match order.name {
            "image" => vec![Value::Text(self.image.clone()), image, test_number],
            "workloads" => vec![Value::Number(self.workloads.into()), image, test_number],
            "scanned_at" => vec![Value::Time(self.scanned_at), image, test_number],
            _ => vec![test_number, image],
        })
    }
}

/// Some reports whose checks are not in rows yet, locked until the transaction
/// ends. Others have those that are locked.
pub async fn lock_unchecked(
    tx: &mut PgTransaction<'_>,
    limit: i64,
) -> Result<Vec<(i32, KeptReport)>> {
    let rows = sqlx::query!(
        r#"SELECT report.id, report.scanned_at, report.cvedb_version, report.cvedb_create_time,
                  report.body, inventory.body AS "inventory?"
           FROM report
           LEFT JOIN inventory ON inventory.digest = report.digest AND report.findings_only
           WHERE NOT report.checked
           ORDER BY report.id LIMIT $1
           FOR UPDATE OF report SKIP LOCKED"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let kept = rows.into_iter().map(|row| {
        let kept = KeptReport {
            scanned_at: row.scanned_at,
            cvedb_version: row.cvedb_version,
            cvedb_create_time: row.cvedb_create_time,
            signatures: None,
            body: row.body,
            inventory: row.inventory,
        };
        (row.id, kept)
    });
    Ok(kept.collect())
}

/// Stores what the image of a report does not pass, in place of what was there.
pub async fn replace(
    tx: &mut PgTransaction<'_>,
    report: i32,
    failed: &[FailedCheck],
) -> Result<()> {
    sqlx::query!("UPDATE report SET checked = true WHERE id = $1", report)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM image_check WHERE report = $1", report).execute(&mut **tx).await?;
    let text = |of: fn(&FailedCheck) -> &String| -> Vec<String> {
        failed.iter().map(|one| of(one).clone()).collect()
    };
    let scored: Vec<bool> = failed.iter().map(|one| one.scored).collect();
    // Lists of different lengths are no array of the database's.
    let message: Vec<Json<Vec<String>>> =
        failed.iter().map(|one| Json(one.message.clone())).collect();
    let messages: Vec<i32> = failed.iter().map(|one| one.messages).collect();
    sqlx::query!(
        "INSERT INTO image_check (report, test_number, category, type, level, profile, scored,
                                  description, remediation, message, messages)
         SELECT $1::integer, told.test_number, told.category, told.type, told.level, told.profile,
                told.scored, told.description, told.remediation,
                ARRAY(SELECT one.text FROM json_array_elements_text(told.message)
                                           WITH ORDINALITY AS one (text, place)
                      ORDER BY one.place),
                told.messages
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[],
                     $8::text[], $9::text[], $10::json[], $11::integer[])
              AS told (test_number, category, type, level, profile, scored, description,
                       remediation, message, messages)",
        report,
        &text(|one| &one.test_number),
        &text(|one| &one.category),
        &text(|one| &one.kind),
        &text(|one| &one.level),
        &text(|one| &one.profile),
        &scored,
        &text(|one| &one.description),
        &text(|one| &one.remediation),
        &message as &[Json<Vec<String>>],
        &messages,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
