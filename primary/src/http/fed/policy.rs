//! `GET` and `POST /v1/fed/policy`: the federation as a text.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use palisade_api::rest::apply::{FedPolicyPlan, PlannedChange, PlannedField};
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use crate::App;
use crate::federation::rules::resource::apply::{Applied, ApplyOptions, apply};
use crate::federation::rules::resource::export_all;
use crate::federation::rules::resource::plan::Planned;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, FedReader};
use crate::http::file::{attachment, upload};
use crate::http::query::Query;
use crate::store::Actor;

/// Export all federated objects as YAML
///
/// Registries are without what they are logged in with: secrets stand in no file. Applied
/// to a primary without federated objects it gives the same state.
#[utoipa::path(
    get,
    path = "/v1/fed/policy",
    tag = "federation",
    responses((status = OK, body = String, content_type = "application/yaml")),
)]
pub(super) async fn fed_policy_export(
    State(app): State<App>,
    FedReader(_caller): FedReader,
) -> Result<Response> {
    let yaml = export_all::all(&app.database).await?;
    attachment::packed("federation.yaml", &yaml)
}

/// Apply a set of federated objects
///
/// Makes true what the YAML says, as one revision or not at all, and answers
/// with what that changed. Takes resources of all kinds: the custom resources
/// that clusters and exports have, lists of rules with their ids and order, and registries.
/// Local objects of clusters become federated: their names get the prefix `fed.`.
#[utoipa::path(
    post,
    path = "/v1/fed/policy",
    tag = "federation",
    params(
        ("prune" = Option<bool>, Query, description = "Delete what the set does not name"),
        ("dry_run" = Option<bool>, Query, description = "Only say what would be done"),
    ),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = OK, body = FedPolicyPlan)),
)]
pub(super) async fn fed_policy_apply(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    request: Request,
) -> Result<Json<FedPolicyPlan>> {
    let options = ApplyOptions {
        prune: query.strict_flag("prune")?.unwrap_or_default(),
        dry_run: query.strict_flag("dry_run")?.unwrap_or_default(),
    };
    let text = upload::read_file(request, upload::MOST_OF_SET).await?;
    let actor = Actor::from(&caller);
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    let Applied { plan, left_out } = apply(&app.registries, &actor, &text, options, stamp).await?;
    let plan = plan.into_iter().map(shown).collect();
    Ok(Json(FedPolicyPlan { applied: !options.dry_run, plan, left_out }))
}

/// What becomes of an object, as answers tell it.
pub(super) fn shown(planned: Planned) -> PlannedChange {
    let fields = planned.fields.into_iter().map(|field| PlannedField {
        name: field.name,
        before: field.before,
        after: field.after,
    });
    PlannedChange {
        action: planned.action.as_str().to_owned(),
        kind: planned.kind.as_str().to_owned(),
        name: planned.name,
        fields: fields.collect(),
    }
}
