//! What the objects of rollouts become.

use std::collections::BTreeMap;

use bytes::Bytes;
use palisade_api::{ClusterId, ObjectKind};
use palisade_policy::cluster::ClusterSelector;
use palisade_sync::view::Version;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Rollout, active};
use crate::store::Result;
use crate::store::change::{NewItem, Op, Target, revision_of};
use crate::store::object::{kind_column, kind_of, selector_column};

/// What an object becomes by a rollout.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The clusters that it is for.
    pub selector: ClusterSelector,
    /// Its content; none where it is deleted.
    pub version: Option<Version>,
}

/// What the objects of a rollout become.
pub async fn candidates(conn: &mut PgConnection, rollout: &Rollout) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT kind, name, selector AS "selector: Json<ClusterSelector>", payload
           FROM rollout_object WHERE rollout_id = $1 ORDER BY kind, name"#,
        rollout.id,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Candidate {
                kind: kind_of(row.kind)?,
                name: row.name,
                selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
                version: row.payload.map(|payload| Version {
                    revision: rollout.revision,
                    payload: Bytes::from(payload),
                }),
            })
        })
        .collect()
}

/// The objects that are part of a rollout under way, with its number.
pub async fn held(conn: &mut PgConnection) -> Result<BTreeMap<(ObjectKind, String), i64>> {
    let rows = sqlx::query!(
        "SELECT kind, name, rollout_id FROM rollout_object
         JOIN rollout ON rollout.id = rollout_id WHERE finished_at IS NULL",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok(((kind_of(row.kind)?, row.name), row.rollout_id))).collect()
}

/// What a member has by rollouts under way.
pub async fn candidates_of(conn: &mut PgConnection, member: ClusterId) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT kind, name, selector AS "selector: Json<ClusterSelector>", payload,
                  rollout.revision
           FROM rollout_member
                JOIN rollout ON rollout.id = rollout_member.rollout_id
                JOIN rollout_object ON rollout_object.rollout_id = rollout.id
           WHERE member_id = $1 AND finished_at IS NULL"#,
        member.as_uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let revision = revision_of(row.revision)?;
            Ok(Candidate {
                kind: kind_of(row.kind)?,
                name: row.name,
                selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
                version: row
                    .payload
                    .map(|payload| Version { revision, payload: Bytes::from(payload) }),
            })
        })
        .collect()
}

/// What all rollouts under way would write if they were completed now.
pub async fn items(conn: &mut PgConnection) -> Result<Vec<NewItem>> {
    let mut items = Vec::new();
    for rollout in active(conn).await? {
        for Candidate { kind, name, selector, version } in candidates(conn, &rollout).await? {
            let op = version.map_or(Op::Delete, |version| Op::Put(version.payload));
            items.push(NewItem { kind, name, op, target: Target::Set(selector) });
        }
    }
    Ok(items)
}

pub(super) async fn remember_candidates<'a>(
    conn: &mut PgConnection,
    id: i64,
    candidates: impl Iterator<Item = &'a Candidate>,
) -> Result<()> {
    let (mut kinds, mut names) = (Vec::new(), Vec::new());
    let (mut selectors, mut payloads) = (Vec::new(), Vec::new());
    for Candidate { kind, name, selector, version } in candidates {
        kinds.push(kind_column(*kind));
        names.push(name.clone());
        selectors.push(selector_column(selector)?);
        payloads.push(version.as_ref().map(|version| version.payload.to_vec()));
    }
    sqlx::query!(
        "INSERT INTO rollout_object (rollout_id, kind, name, selector, payload)
         SELECT $1, kind, name, selector::json, payload
         FROM unnest($2::int[], $3::text[], $4::text[], $5::bytea[])
              AS candidate (kind, name, selector, payload)",
        id,
        &kinds,
        &names,
        &selectors as &[Option<String>],
        &payloads as &[Option<Vec<u8>>],
    )
    .execute(conn)
    .await?;
    Ok(())
}
