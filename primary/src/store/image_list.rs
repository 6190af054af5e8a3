//! Pages of the images of a registry, filtered and sorted by the database.
//!
//! Which clauses there are is the caller's to say, so the statement is put
//! together here: of the expressions below and of bound values, nothing else.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_api::rest::query::{Operator, boolean};
use palisade_api::rest::scan::RegistryImageSummary;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::within::Within;
use super::{Result, StoreError, repository_image};

/// One filter: the field as clients name it, and what is wanted. What is not text has no
/// parts and no beginning: there [`Operator::In`] and the like compare the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFilter {
    /// The field.
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub wanted: String,
}

/// Which images of a registry to list.
#[derive(Clone, Debug, Default)]
pub struct ImageQuery {
    /// All must pass. One whose field nobody knows, or whose value is none of
    /// the field's, passes everything.
    pub filters: Vec<ImageFilter>,
    /// Fields, and whether they descend; then by repository and tag.
    pub sorts: Vec<(String, bool)>,
    /// So many are left out at first; from the end when negative.
    pub start: i64,
    /// At most so many; 0: all.
    pub limit: i64,
    /// Only what runs in there; none: all.
    pub within: Option<Within>,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Boolean,
}

/// A field as clients name it, and the expression that it is.
fn column(field: &str) -> Option<(Kind, &'static str)> {
    use Kind::{Boolean, Number, Text};
    Some(match field {
        "domain" => (Text, "''"),
        "repository" => (Text, "image.repository"),
        "tag" => (Text, "image.tag"),
        "image_id" => (Text, "coalesce(report.image_id, '')"),
        "digest" => (
            Text,
            "coalesce(CASE octet_length(image.digest) WHEN 64 THEN 'sha512:' ELSE 'sha256:' END
                      || encode(image.digest, 'hex'), '')",
        ),
        "size" => (Number, "coalesce(report.size, 0)"),
        "author" => (Text, "coalesce(report.summary ->> 'author', '')"),
        "created_at" => (Text, "coalesce(report.summary ->> 'created_at', '')"),
        "run_as_root" => (Boolean, "coalesce((report.summary ->> 'run_as_root')::boolean, false)"),
        "status" => (Text, "image.status"),
        "critical" => (Number, "coalesce(report.critical, 0)"),
        "high" => (Number, "coalesce(report.high, 0)"),
        "medium" => (Number, "coalesce(report.medium, 0)"),
        "result" => (
            Text,
            "CASE WHEN image.result <> '' OR report.digest IS NULL THEN image.result
                  ELSE 'succeeded' END",
        ),
        "scanned_timestamp" => {
            (Number, "coalesce(floor(extract(epoch FROM report.scanned_at)), 0)")
        }
        "scanned_at" => (
            Text,
            r#"coalesce(to_char(report.scanned_at AT TIME ZONE 'UTC',
                                'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '')"#,
        ),
        "base_os" => (Text, "coalesce(report.base_os, '')"),
        "scanner_version" => (Text, "coalesce(report.cvedb_version, '')"),
        "cvedb_create_time" => (Text, "coalesce(report.cvedb_create_time, '')"),
        _ => return None,
    })
}

/// The images of a registry.
const LISTED: &str = " FROM image LEFT JOIN report ON report.digest = image.digest
                       WHERE image.registry = ";
/// Those that were scanned by themselves, in the same form.
const NAMED: &str = " FROM (SELECT '_repo_scan' AS registry, repository, tag, digest, index_digest,
                                   'finished' AS status, '' AS result FROM repository_image) AS image
                      LEFT JOIN report ON report.digest = image.digest
                      WHERE image.registry = ";

fn from(registry: &str) -> &'static str {
    if registry == repository_image::REGISTRY { NAMED } else { LISTED }
}

/// Of a statement that begins with [`Within::push`].
const RUNS_WITHIN: &str = " AND report.id IN (SELECT running_report.report FROM running_report
     WHERE running_report.running_image IN (SELECT running_image FROM cluster_image))";

/// A page of the images of a registry, or of those that were scanned by themselves.
pub async fn page(
    conn: &mut PgConnection,
    registry: &str,
    query: &ImageQuery,
) -> Result<Vec<RegistryImageSummary>> {
    let start = if query.start < 0 {
        (count(conn, registry, query).await? + query.start).max(0)
    } else {
        query.start
    };
    let mut sql = QueryBuilder::<Postgres>::new("");
    if let Some(within) = &query.within {
        within.push(&mut sql);
    }
    sql.push(
        "SELECT image.repository, image.tag, image.digest, image.status, image.result,
                report.summary::text AS summary, report.scanned_at, report.cvedb_version,
                report.cvedb_create_time, report.critical, report.high, report.medium",
    );
    push_from(&mut sql, registry, query);
    sql.push(" ORDER BY ");
    for (field, descends) in &query.sorts {
        let Some((kind, expression)) = column(field) else { continue };
        sql.push(expression).push(collation(kind));
        sql.push(if *descends { " DESC, " } else { ", " });
    }
    sql.push("image.repository, image.tag OFFSET ").push_bind(start);
    if query.limit > 0 {
        sql.push(" LIMIT ").push_bind(query.limit);
    }
    let rows: Vec<Row> = sql.build_query_as().fetch_all(conn).await?;
    rows.into_iter().map(Row::summary).collect()
}

async fn count(conn: &mut PgConnection, registry: &str, query: &ImageQuery) -> Result<i64> {
    let mut sql = QueryBuilder::<Postgres>::new("");
    if let Some(within) = &query.within {
        within.push(&mut sql);
    }
    sql.push("SELECT count(*)");
    push_from(&mut sql, registry, query);
    Ok(sql.build_query_scalar().fetch_one(conn).await?)
}

fn push_from(sql: &mut QueryBuilder<Postgres>, registry: &str, query: &ImageQuery) {
    sql.push(from(registry)).push_bind(registry.to_owned());
    if query.within.is_some() {
        sql.push(RUNS_WITHIN);
    }
    push_filters(sql, &query.filters);
}

/// Whether an image of a registry, or of any, runs within: by the digest of its manifest,
/// of its index, or of its configuration.
pub async fn runs_within(
    conn: &mut PgConnection,
    registry: Option<&str>,
    digest: Digest,
    within: &Within,
) -> Result<bool> {
    let bytes = || digest.as_bytes().to_vec();
    let mut sql = QueryBuilder::<Postgres>::new("");
    within.push(&mut sql);
    sql.push("SELECT EXISTS (SELECT");
    if let Some(registry) = registry {
        sql.push(from(registry)).push_bind(registry.to_owned());
        sql.push(" AND (image.index_digest = ").push_bind(bytes());
    } else {
        sql.push(" FROM report WHERE (report.digest IN (SELECT digest FROM image_name");
        sql.push(" WHERE index_digest = ").push_bind(bytes()).push(")");
    }
    sql.push(" OR report.digest = ").push_bind(bytes());
    sql.push(" OR report.image_id = ").push_bind(digest.to_string()).push(")");
    sql.push(RUNS_WITHIN).push(")");
    Ok(sql.build_query_scalar().fetch_one(conn).await?)
}

/// Text compares as bytes.
const fn collation(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => " COLLATE \"C\"",
        Kind::Number | Kind::Boolean => "",
    }
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, filters: &[ImageFilter]) {
    for filter in filters {
        let Some((kind, expression)) = column(&filter.field) else { continue };
        match kind {
            Kind::Text => push_text(sql, expression, filter),
            Kind::Number => {
                if let Ok(wanted) = filter.wanted.parse::<f64>() {
                    sql.push(" AND ").push(expression).push(sign(filter.operator));
                    sql.push_bind(wanted);
                }
            }
            Kind::Boolean => {
                if let Some(wanted) = boolean(&filter.wanted) {
                    sql.push(" AND ").push(expression).push(sign(filter.operator));
                    sql.push_bind(wanted);
                }
            }
        }
    }
}

fn push_text(sql: &mut QueryBuilder<Postgres>, expression: &str, filter: &ImageFilter) {
    match filter.operator {
        Operator::In | Operator::NotIn => {
            let not = if filter.operator == Operator::NotIn { "NOT " } else { "" };
            sql.push(" AND ").push(not).push("(");
            for (at, part) in filter.wanted.split('|').enumerate() {
                sql.push(if at == 0 { "strpos(" } else { " OR strpos(" });
                sql.push(expression).push(", ").push_bind(part.to_owned()).push(") > 0");
            }
            sql.push(")");
        }
        Operator::Prefix => {
            sql.push(" AND starts_with(").push(expression).push(", ");
            sql.push_bind(filter.wanted.clone()).push(")");
        }
        operator => {
            sql.push(" AND (").push(expression).push(")").push(collation(Kind::Text));
            sql.push(sign(operator)).push_bind(filter.wanted.clone());
        }
    }
}

const fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Eq | Operator::In | Operator::Prefix => " = ",
        Operator::Neq | Operator::NotIn => " <> ",
        Operator::Gt => " > ",
        Operator::Gte => " >= ",
        Operator::Lt => " < ",
        Operator::Lte => " <= ",
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    repository: String,
    tag: String,
    digest: Option<Vec<u8>>,
    status: String,
    result: String,
    summary: Option<String>,
    scanned_at: Option<DateTime<Utc>>,
    cvedb_version: Option<String>,
    cvedb_create_time: Option<String>,
    critical: Option<i32>,
    high: Option<i32>,
    medium: Option<i32>,
}

impl Row {
    fn summary(self) -> Result<RegistryImageSummary> {
        let mut summary: RegistryImageSummary = match &self.summary {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| StoreError::inconsistent("report", error))?,
            None => RegistryImageSummary::default(),
        };
        summary.repository = self.repository;
        summary.tag = self.tag;
        if let Some(digest) = self.digest.and_then(|d| Digest::try_from(d.as_slice()).ok()) {
            summary.digest = digest.to_oci();
        }
        // An image may have an older report while it waits for a new one.
        let brief = &mut summary.brief;
        brief.status = self.status;
        if !self.result.is_empty() {
            brief.result = self.result;
        }
        // What a new database changes stands beside the summary.
        brief.critical = self.critical.unwrap_or_default().into();
        brief.high = self.high.unwrap_or_default().into();
        brief.medium = self.medium.unwrap_or_default().into();
        brief.scanner_version = self.cvedb_version.unwrap_or_default();
        brief.cvedb_create_time = self.cvedb_create_time.unwrap_or_default();
        if let Some(at) = self.scanned_at {
            brief.scanned_timestamp = at.timestamp();
            brief.scanned_at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        Ok(summary)
    }
}
