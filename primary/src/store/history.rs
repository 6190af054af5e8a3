//! The history of federated objects: their audit records by revision. They are
//! kept for good, whatever is compacted of the changes.

use chrono::{DateTime, Utc};
use palisade_api::kind::LogId;
use palisade_api::{ObjectKind, Revision};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::audit::Actor;
use super::change::{column_of, log_column, revision_of};
use super::{Result, StoreError};

/// Objects that a revision is listed with.
const LISTED: i32 = 10;

/// A revision that changed objects.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub revision: Revision,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who made it.
    pub actor: Actor,
    /// How many objects it changed.
    pub objects: i64,
    /// The first of them: action, kind, name.
    pub first: Vec<(String, String, String)>,
}

/// What a revision did to one object.
#[derive(Clone, Debug)]
pub struct Difference {
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The kind in words.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The object before.
    pub before: Option<Box<RawValue>>,
    /// The object after.
    pub after: Option<Box<RawValue>>,
}

/// An object as it was once.
#[derive(Clone, Debug)]
pub struct Former {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// What it was, with what it was for; none where there was none.
    pub json: Option<Box<RawValue>>,
}

/// Which revisions are wanted; what is empty asks for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Text in the name of an object that was changed, or of who changed it, in
    /// capitals or not.
    pub text: &'a str,
    /// The kind of that object.
    pub kind: &'a str,
}

/// The newest revisions before `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    before: Option<Revision>,
    limit: u32,
    wanted: Wanted<'_>,
) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"SELECT revision AS "revision!", min(at) AS "at!", min(actor) AS "actor!",
                  min(source) AS "source!", count(*) AS "objects!",
                  (array_agg(action ORDER BY id))[1:$4] AS "actions!",
                  (array_agg(kind ORDER BY id))[1:$4] AS "kinds!",
                  (array_agg(name ORDER BY id))[1:$4] AS "names!"
           FROM audit WHERE log = $1 AND revision < $2
             AND ($5 || $6 = '' OR EXISTS (
                 SELECT FROM audit AS one
                 WHERE one.log = audit.log AND one.revision = audit.revision
                   AND ($6 = '' OR one.kind = $6)
                   AND (strpos(lower(one.name), lower($5)) > 0
                        OR strpos(lower(one.actor), lower($5)) > 0)))
           GROUP BY revision ORDER BY revision DESC LIMIT $3"#,
        log_column(LogId::Federation),
        before.map_or(i64::MAX, column_of),
        i64::from(limit),
        LISTED,
        wanted.text,
        wanted.kind,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let names = row.kinds.into_iter().zip(row.names);
            Ok(Entry {
                revision: revision_of(row.revision)?,
                at: row.at,
                actor: Actor::new(row.actor, row.source),
                objects: row.objects,
                first: row.actions.into_iter().zip(names).map(|(a, (k, n))| (a, k, n)).collect(),
            })
        })
        .collect()
}

/// What a revision did, a page of it.
pub async fn differences(
    conn: &mut PgConnection,
    revision: Revision,
    start: u32,
    limit: u32,
) -> Result<Vec<Difference>> {
    Ok(sqlx::query!(
        r#"SELECT action, kind, name, before AS "before: Json<Box<RawValue>>",
                  after AS "after: Json<Box<RawValue>>"
           FROM audit WHERE log = $1 AND revision = $2 ORDER BY id OFFSET $3 LIMIT $4"#,
        log_column(LogId::Federation),
        column_of(revision),
        i64::from(start),
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| Difference {
        action: row.action,
        kind: row.kind,
        name: row.name,
        before: row.before.map(|json| json.0),
        after: row.after.map(|json| json.0),
    })
    .collect())
}

/// Every object that was changed after `revision`, as it was then.
pub async fn changed_since(conn: &mut PgConnection, revision: Revision) -> Result<Vec<Former>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (kind, name) kind, name, before AS "before: Json<Box<RawValue>>"
           FROM audit WHERE log = $1 AND revision > $2
           ORDER BY kind, name, revision, id"#,
        log_column(LogId::Federation),
        column_of(revision),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = ObjectKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
            let unknown = || StoreError::inconsistent("audit", format_args!("kind {}", row.kind));
            Ok(Former {
                kind: kind.ok_or_else(unknown)?,
                name: row.name,
                json: row.before.map(|json| json.0),
            })
        })
        .collect()
}
