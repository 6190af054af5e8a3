//! What callers are shown of the federation whose role does not reach all of it.

use palisade_identity::{AccessScope, Caller};

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::store::member::Member;
use crate::store::within::Within;

/// The rows that a question of the caller is about; none: all.
pub(in crate::http) async fn within(app: &App, caller: &Caller) -> Result<Option<Within>> {
    let Some(scope) = caller.rights.scope() else { return Ok(None) };
    Ok(Some(Within::of(&mut *app.database.acquire().await?, scope).await?))
}

/// Whether a member is shown to the caller.
pub(super) fn shows(caller: &Caller, member: &Member) -> bool {
    caller.rights.scope().is_none_or(|scope| scope.reaches(member.id, &member.labels))
}

/// Refuses who reaches some namespaces of clusters alone, where that cannot be
/// told apart.
pub(super) fn require_whole_clusters(caller: &Caller) -> Result<()> {
    if caller.rights.scope().is_none_or(AccessScope::has_whole_clusters) {
        return Ok(());
    }
    Err(ApiError::access_denied(
        "This is about whole clusters, and the role reaches some of their namespaces.",
    ))
}
