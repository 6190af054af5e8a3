//! `GET|POST|PATCH|DELETE /v1/fed/cluster/{id}/{path…}`: the REST API of a
//! member, through the primary.

mod relay;
mod rules;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;
use palisade_api::{ClusterId, Code};
use palisade_identity::{Caller, Role};

pub(in crate::http) use relay::{OnBehalf, relay};

use super::require_primary;
use super::scope::shows;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::store;

/// One operation of the document for each method, with one answer to all.
macro_rules! forwarding_operations {
    ($($method:ident $name:ident;)*) => {$(
        /// Call the REST API of a member
        ///
        /// Status and body are those of the member. A fedAdmin acts there as
        /// `admin`, a fedReader as `reader`, within an access scope with `domains` in these
        /// namespaces alone: an agent that is too old for that is not called (code 43).
        #[utoipa::path(
            $method,
            path = "/v1/fed/cluster/{id}/{*request}",
            tag = "federation",
            params(
                ("id" = String, Path, description = "Id of the cluster"),
                ("request" = String, Path, description = "Path there, beginning with its version"),
            ),
            responses((status = OK, description = "What the cluster answers")),
        )]
        pub(super) async fn $name(
            state: State<App>,
            caller: Authenticated,
            target: Path<(String, String)>,
            request: Request,
        ) -> Result<Response> {
            forward(state, caller, target, request).await
        }
    )*};
}

forwarding_operations! {
    get fed_cluster_call_get;
    post fed_cluster_call_create;
    patch fed_cluster_call_update;
    delete fed_cluster_call_delete;
}

async fn forward(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((id, _)): Path<(String, String)>,
    request: Request,
) -> Result<Response> {
    require_primary(&app).await?;
    // The raw path: what was decoded once must not be encoded by guess.
    let path = request.uri().path().splitn(6, '/').nth(5).unwrap_or_default();
    let forwarded = rules::judge(
        caller.role.reserved().unwrap_or(Role::None),
        request.method(),
        path,
        request.uri().query(),
    )?;
    let cluster = find_cluster(&app, &caller, &id).await?;
    let behalf = OnBehalf { caller: &caller, role: forwarded.role };
    relay(&app, cluster, behalf, forwarded.method, &forwarded.path, request).await
}

/// The member that a path names. One that the caller's role does not reach is as
/// unknown as one that there is not; one that nobody approved is not called either,
/// for it may be anybody's.
async fn find_cluster(app: &App, caller: &Caller, id: &str) -> Result<ClusterId> {
    let refused = |text: &'static str| {
        ApiError::new(Code::RemoteUnauthorized, text).with_status(StatusCode::BAD_REQUEST)
    };
    let unknown = || refused("No cluster of the federation has this id.");
    let cluster: ClusterId = id.parse().map_err(|_| unknown())?;
    // Whoever is connected and approved is a member; that saves the database a question.
    let confirmed = app.links.get(cluster).is_some_and(|link| !link.pending);
    if confirmed && caller.rights.scope().is_none() {
        return Ok(cluster);
    }
    let mut conn = app.database.acquire().await?;
    let member = store::member::cluster(&mut conn, cluster).await?;
    let member = member.filter(|member| shows(caller, member)).ok_or_else(unknown)?;
    if member.pending {
        return Err(refused(
            "The cluster waits for being approved; no calls are made to it before.",
        ));
    }
    Ok(member.id)
}
