//! `/v1/fed/rollout`: changes that reach some clusters first.

pub(super) mod get;
pub(super) mod list;
pub(super) mod policy_get;
pub(super) mod policy_update;
pub(super) mod update;

use chrono::SecondsFormat;
use palisade_api::rest::rollout as rest;
use palisade_identity::Caller;
use sqlx::PgConnection;

use crate::federation::rollout::status;
use crate::http::error::{ApiError, Result};
use crate::store::rollout::{self, Rollout};

/// A rollout, with those of its clusters that the caller's role reaches.
async fn shown(conn: &mut PgConnection, caller: &Caller, found: Rollout) -> Result<rest::Rollout> {
    let candidates = rollout::candidates(conn, &found).await?;
    let clusters = status::of_rollout(conn, caller.rights.scope(), &found, &candidates).await?;
    // It may tell of other clusters.
    let (reason, halt) = match caller.rights.scope() {
        None => (found.reason, found.halt),
        Some(_) => (String::new(), None),
    };
    let at = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(rest::Rollout {
        id: found.id,
        revision: found.revision.0,
        state: found.state.as_str().to_owned(),
        reason,
        reason_code: halt.as_ref().map(|halt| halt.as_str().to_owned()).unwrap_or_default(),
        reason_parameters: halt.map(|halt| halt.parameters()).unwrap_or_default(),
        stage: found.stage + 1,
        policy: found.policy,
        actor: found.actor,
        created_at: at(found.created_at),
        finished_at: found.finished_at.map(at),
        objects: candidates
            .into_iter()
            .map(|candidate| rest::RolloutObject {
                kind: candidate.kind.as_str().to_owned(),
                name: candidate.name,
                deleted: candidate.version.is_none(),
            })
            .collect(),
        clusters,
    })
}

/// The number of a rollout in a path.
fn id(text: &str) -> Result<i64> {
    text.parse().map_err(|_| ApiError::invalid_request("The id of a rollout is a number."))
}
