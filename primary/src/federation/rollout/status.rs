//! Who has applied which revision of an object, and who could not.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use palisade_api::rest::rollout::ObjectStatusCluster;
use palisade_api::{ClusterId, ObjectKind, Revision};
use palisade_identity::AccessScope;
use palisade_policy::edit::EditError;
use sqlx::PgConnection;

use super::super::rules::Result;
use crate::store::member::{self, Member};
use crate::store::member_seen::{self, Progress};
use crate::store::rollout::{self, Candidate, Rollout};
use crate::store::view::View;
use crate::store::{StoreError, object};

/// How the clusters stand with an object.
#[derive(Clone, Debug)]
pub struct ObjectStatus {
    /// The newest revision of the object.
    pub revision: Revision,
    /// The clusters that it is for.
    pub clusters: Vec<ObjectStatusCluster>,
}

/// How the clusters that an object is for, and that are within the scope of
/// whoever asks, stand with it.
pub async fn of_object(
    conn: &mut PgConnection,
    scope: Option<&AccessScope>,
    kind: ObjectKind,
    name: &str,
) -> Result<ObjectStatus> {
    let current = object::get(conn, kind, name).await?;
    let progress = member_seen::progress(conn).await?;
    let mut newest = current.as_ref().map(|current| current.revision);
    let mut clusters = Vec::new();
    for member in member::list(conn).await?.into_iter().filter(|m| m.removed.is_none()) {
        let view = View::of(conn, member.id).await?;
        let Some(version) = view.sees(kind, name, current.as_ref()) else { continue };
        if scope.is_some_and(|scope| !scope.reaches(member.id, &member.labels)) {
            continue;
        }
        newest = newest.max(Some(version.revision));
        clusters.push(cluster(&member, &progress, version.revision, |error| {
            error.kind == kind.number() && error.name == name
        }));
    }
    let missing = || EditError::Missing { kind, name: name.chars().take(128).collect() };
    Ok(ObjectStatus { revision: newest.ok_or_else(missing)?, clusters })
}

/// How the clusters that a rollout has reached, and that are within the scope of
/// whoever asks, stand with it.
pub async fn of_rollout(
    conn: &mut PgConnection,
    scope: Option<&AccessScope>,
    rollout: &Rollout,
    candidates: &[Candidate],
) -> Result<Vec<ObjectStatusCluster>, StoreError> {
    let progress = member_seen::progress(conn).await?;
    let members: BTreeMap<ClusterId, Member> =
        member::list(conn).await?.into_iter().map(|member| (member.id, member)).collect();
    let mut clusters = Vec::new();
    for reached in rollout::reached(conn, rollout.id).await? {
        // One that left meanwhile is passed over.
        let Some(member) = members.get(&reached.member) else { continue };
        if scope.is_some_and(|scope| !scope.reaches(member.id, &member.labels)) {
            continue;
        }
        clusters.push(cluster(member, &progress, reached.revision, |error| {
            error.revision == rollout.revision.0
                && candidates.iter().any(|c| c.kind.number() == error.kind && c.name == error.name)
        }));
    }
    clusters.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(clusters)
}

fn cluster(
    member: &Member,
    progress: &BTreeMap<ClusterId, Progress>,
    wanted: Revision,
    concerns: impl Fn(&palisade_api::sync::ObjectError) -> bool,
) -> ObjectStatusCluster {
    let progress = progress.get(&member.id);
    let revision = progress.map_or(Revision::ZERO, |progress| progress.revision);
    let error = progress.and_then(|progress| progress.errors.iter().find(|e| concerns(e)));
    let state = match error {
        Some(_) => "error",
        None if revision >= wanted => "applied",
        None => "pending",
    };
    ObjectStatusCluster {
        id: member.id.to_string(),
        name: member.name.clone(),
        state: state.to_owned(),
        revision: revision.0,
        revision_at: progress
            .and_then(|progress| progress.revision_at)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        error: error.map(|error| error.text.clone()).unwrap_or_default(),
        error_code: error.map(|error| error.code),
        error_field: error.map(|error| error.field.clone()).unwrap_or_default(),
    }
}
