//! The live objects of the logs, as the last change left them. They are
//! written by [`super::change`] alone.

use std::collections::BTreeMap;

use bytes::Bytes;
use palisade_api::kind::LogId;
use palisade_api::{ObjectKind, Revision};
use palisade_policy::cluster::ClusterSelector;
use palisade_sync::view::Version;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::change::revision_of;
use super::{Result, StoreError};

/// The key under which audit records show which clusters an object is for.
pub const SELECTOR_KEY: &str = "cluster_selector";

/// A live object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name, unique in its kind.
    pub name: String,
    /// The revision that last wrote it.
    pub revision: Revision,
    /// Its content, encoded as its kind says.
    pub payload: Bytes,
    /// Which clusters it is for.
    pub selector: ClusterSelector,
}

/// A live object of any kind: newer replicas on the same database may know more
/// kinds than this one, and what they wrote goes to the members all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyObject {
    /// The number of its kind.
    pub kind: u32,
    /// Its name, unique in its kind.
    pub name: String,
    /// The revision that last wrote it.
    pub revision: Revision,
    /// Its content, encoded as its kind says.
    pub payload: Bytes,
    /// Which clusters it is for.
    pub selector: ClusterSelector,
}

impl Object {
    /// The object as the stream carries it.
    pub fn version(&self) -> Version {
        Version { revision: self.revision, payload: self.payload.clone() }
    }
}

struct Row {
    kind: i32,
    name: String,
    revision: i64,
    payload: Vec<u8>,
    selector: Option<Json<ClusterSelector>>,
}

impl TryFrom<Row> for Object {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            kind: kind_of(row.kind)?,
            name: row.name,
            revision: revision_of(row.revision)?,
            payload: row.payload.into(),
            selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
        })
    }
}

impl TryFrom<Row> for AnyObject {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let kind = u32::try_from(row.kind);
        Ok(Self {
            kind: kind.map_err(|_| unknown_kind(row.kind))?,
            name: row.name,
            revision: revision_of(row.revision)?,
            payload: row.payload.into(),
            selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
        })
    }
}

/// A kind as the database stores it.
pub(super) const fn kind_column(kind: ObjectKind) -> i32 {
    kind.number() as i32
}

pub(super) fn kind_of(column: i32) -> Result<ObjectKind> {
    u32::try_from(column).ok().and_then(ObjectKind::from_number).ok_or_else(|| unknown_kind(column))
}

fn unknown_kind(column: i32) -> StoreError {
    StoreError::inconsistent("object", format_args!("kind {column}"))
}

/// One object.
pub async fn get(conn: &mut PgConnection, kind: ObjectKind, name: &str) -> Result<Option<Object>> {
    sqlx::query_as!(
        Row,
        r#"SELECT kind, name, revision, payload, selector AS "selector: Json<ClusterSelector>"
           FROM object WHERE kind = $1 AND name = $2"#,
        kind_column(kind),
        name,
    )
    .fetch_optional(conn)
    .await?
    .map(Object::try_from)
    .transpose()
}

/// A selector as the database stores it: none for every cluster.
pub(super) fn selector_column(selector: &ClusterSelector) -> Result<Option<String>> {
    if selector.is_everything() {
        return Ok(None);
    }
    let text =
        serde_json::to_string(selector).map_err(|e| StoreError::inconsistent("object", e))?;
    Ok(Some(text))
}

/// Those of the named objects that exist, of any kind.
pub async fn of<'a>(
    conn: &mut PgConnection,
    keys: impl Iterator<Item = (ObjectKind, &'a str)>,
) -> Result<Vec<Object>> {
    let (kinds, names): (Vec<i32>, Vec<String>) =
        keys.map(|(kind, name)| (kind_column(kind), name.to_owned())).unzip();
    sqlx::query_as!(
        Row,
        r#"SELECT object.kind, object.name, object.revision, object.payload,
                  object.selector AS "selector: Json<ClusterSelector>"
           FROM object JOIN unnest($1::int[], $2::text[]) AS item (kind, name)
                ON object.kind = item.kind AND object.name = item.name"#,
        &kinds,
        &names,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Object::try_from)
    .collect()
}

/// The objects of a log that are not for every cluster.
pub async fn targeted(conn: &mut PgConnection, log: LogId) -> Result<Vec<Object>> {
    sqlx::query_as!(
        Row,
        r#"SELECT kind, name, revision, payload, selector AS "selector: Json<ClusterSelector>"
           FROM object WHERE log = $1 AND selector IS NOT NULL ORDER BY kind, name"#,
        super::change::log_column(log),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Object::try_from)
    .collect()
}

/// Which clusters the objects of a kind are for, by name; those that are for all
/// are left out.
pub async fn selectors(
    conn: &mut PgConnection,
    kind: ObjectKind,
) -> Result<BTreeMap<String, ClusterSelector>> {
    let rows = sqlx::query!(
        r#"SELECT name, selector AS "selector!: Json<ClusterSelector>"
           FROM object WHERE log = $1 AND kind = $2 AND selector IS NOT NULL"#,
        super::change::log_column(kind.log()),
        kind_column(kind),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.selector.0)).collect())
}

/// All objects of a kind, by name. For kinds of bounded number.
pub async fn list(conn: &mut PgConnection, kind: ObjectKind) -> Result<Vec<Object>> {
    sqlx::query_as!(
        Row,
        r#"SELECT kind, name, revision, payload, selector AS "selector: Json<ClusterSelector>"
           FROM object WHERE kind = $1 ORDER BY name"#,
        kind_column(kind),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Object::try_from)
    .collect()
}

/// Those of the named objects that exist.
pub async fn named(
    conn: &mut PgConnection,
    kind: ObjectKind,
    names: &[String],
) -> Result<Vec<Object>> {
    sqlx::query_as!(
        Row,
        r#"SELECT kind, name, revision, payload, selector AS "selector: Json<ClusterSelector>"
           FROM object WHERE kind = $1 AND name = ANY($2) ORDER BY name"#,
        kind_column(kind),
        names,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Object::try_from)
    .collect()
}

/// An object that has a text in its name or its comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFound {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its comment, or empty.
    pub comment: String,
}

/// The objects of some kinds, whose content is JSON, that have a text in their
/// names or comments: at most `most` of each kind, by name.
pub async fn containing(
    conn: &mut PgConnection,
    kinds: &[ObjectKind],
    text: &str,
    most: i64,
) -> Result<Vec<ObjectFound>> {
    let kinds: Vec<i32> = kinds.iter().copied().map(kind_column).collect();
    let rows = sqlx::query!(
        r#"SELECT found.kind AS "kind!", found.name AS "name!", found.comment AS "comment!"
           FROM unnest($1::integer[]) WITH ORDINALITY AS wanted (kind, place)
           CROSS JOIN LATERAL (
               SELECT object.kind, object.name, coalesce(said.comment, '') AS comment
               FROM object
               CROSS JOIN LATERAL (
                   SELECT convert_from(object.payload, 'UTF8')::json ->> 'comment' AS comment)
                   AS said
               WHERE object.kind = wanted.kind
                 AND strpos(lower(object.name || ' ' || coalesce(said.comment, '')), lower($2)) > 0
               ORDER BY object.name LIMIT $3) AS found
           ORDER BY wanted.place, found.name"#,
        &kinds,
        text,
        most,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = kind_of(row.kind)?;
            Ok(ObjectFound { kind, name: row.name, comment: row.comment })
        })
        .collect()
}

/// How many objects of a kind live.
pub async fn count(conn: &mut PgConnection, kind: ObjectKind) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM object WHERE kind = $1"#,
        kind_column(kind),
    )
    .fetch_one(conn)
    .await?)
}

/// The names of all objects of a kind, in order.
pub async fn list_names(conn: &mut PgConnection, kind: ObjectKind) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT name FROM object WHERE kind = $1 ORDER BY name",
        kind_column(kind),
    )
    .fetch_all(conn)
    .await?)
}

/// A page of all objects of a log in the order of kind and name, beginning
/// behind `after`. Pages fit together when they are read in one transaction of
/// [`super::Database::begin_snapshot`].
pub async fn page(
    conn: &mut PgConnection,
    log: LogId,
    after: Option<(u32, &str)>,
    limit: u32,
) -> Result<Vec<AnyObject>> {
    let (kind, name) = after.unwrap_or_default();
    let kind = i32::try_from(kind).unwrap_or(i32::MAX);
    sqlx::query_as!(
        Row,
        r#"SELECT kind, name, revision, payload, selector AS "selector: Json<ClusterSelector>"
           FROM object WHERE log = $1 AND (kind, name) > ($2, $3)
           ORDER BY kind, name LIMIT $4"#,
        super::change::log_column(log),
        kind,
        name,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(AnyObject::try_from)
    .collect()
}
