//! `/v1/fed`: the federation, its members, tokens and configuration.

mod answer;
mod authority_get;
mod authority_rotate;
mod cluster_approve;
mod cluster_delete;
mod compliance;
mod config;
mod configuration_get;
mod configuration_list;
mod demote;
mod denials;
mod deploy;
mod dry_run;
mod events;
mod export;
mod forward;
mod history;
mod images;
mod join;
mod join_token;
mod leave;
mod member;
mod member_errors;
mod member_labels;
mod object_status;
mod parameters;
mod policy;
mod promote;
mod question;
mod rollout;
mod scope;
mod search;
mod stream;
mod summary;
mod timeline;
mod vex;
mod view;
mod vulnerabilities;
mod workloads;

use http::StatusCode;
use palisade_api::rest::fed::{MasterCluster, REST_VERSION, RestInfo};
use palisade_api::{ClusterId, Code};
use palisade_identity::Caller;

pub(super) use forward::{OnBehalf, relay};
pub(super) use scope::within;

use super::ApiRouter;
use super::error::{ApiError, Reason, Result};
use crate::App;
use crate::federation::{FederationError, promotion};
use crate::http::endpoint::routes;
use crate::store;
use crate::store::Actor;
use crate::store::federation::Federation;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(member::fed_member_list))
        .routes(routes!(history::list::fed_history_list))
        .routes(routes!(history::get::fed_history_get))
        .routes(routes!(history::rollback::fed_history_rollback))
        .routes(routes!(object_status::fed_object_status_get))
        .routes(routes!(rollout::list::fed_rollout_list))
        .routes(routes!(rollout::get::fed_rollout_get, rollout::update::fed_rollout_update))
        .routes(routes!(
            rollout::policy_get::fed_rollout_policy_get,
            rollout::policy_update::fed_rollout_policy_update
        ))
        .routes(routes!(member_errors::fed_member_errors))
        .routes(routes!(member_labels::fed_member_labels_update))
        .routes(routes!(config::fed_config_update))
        .routes(routes!(events::fed_event_list))
        .routes(routes!(timeline::events::fed_event_timeline))
        .routes(routes!(timeline::denials::fed_denial_timeline))
        .routes(routes!(stream::fed_stream_get))
        .routes(routes!(promote::fed_promote))
        .routes(routes!(demote::fed_demote))
        .routes(routes!(join_token::fed_join_token_create))
        .routes(routes!(join::fed_join))
        .routes(routes!(leave::fed_leave))
        .routes(routes!(deploy::fed_deploy))
        .routes(routes!(view::fed_view_get))
        .routes(routes!(vex::list::fed_vex_list, vex::create::fed_vex_create))
        .routes(routes!(vex::get::fed_vex_get, vex::delete::fed_vex_delete))
        .routes(routes!(vulnerabilities::fed_vulnerabilities))
        .routes(routes!(denials::fed_denial_list))
        .routes(routes!(dry_run::fed_admission_dry_run))
        .routes(routes!(workloads::fed_workload_list))
        .routes(routes!(images::fed_image_list))
        .routes(routes!(compliance::fed_compliance_list))
        .routes(routes!(summary::fed_summary))
        .routes(routes!(search::fed_search))
        .routes(routes!(policy::fed_policy_export, policy::fed_policy_apply))
        .routes(routes!(cluster_delete::fed_cluster_delete))
        .routes(routes!(cluster_approve::fed_cluster_approve))
        .routes(routes!(configuration_list::fed_configuration_list))
        .routes(routes!(configuration_get::fed_configuration_get))
        .routes(routes!(authority_get::fed_authority_get, authority_rotate::fed_authority_rotate))
        .routes(routes!(
            forward::fed_cluster_call_get,
            forward::fed_cluster_call_create,
            forward::fed_cluster_call_update,
            forward::fed_cluster_call_delete
        ))
}

/// Who changes the federation, for its audit records.
fn actor(caller: &Caller) -> Actor {
    Actor::from(caller)
}

/// The federation, if this is its primary: 400, code 4 otherwise.
async fn require_primary(app: &App) -> Result<Federation> {
    let mut conn = app.database.acquire().await?;
    Ok(promotion::require_primary(&mut conn).await?)
}

/// The id that a path names: 400, code 7 if it is none.
fn read_id(id: &str) -> Result<ClusterId> {
    let unknown = |_| FederationError::UnknownMember(id.chars().take(64).collect());
    Ok(id.parse().map_err(unknown)?)
}

/// The cluster that a path names: 400, code 7 if the caller's role reaches none.
async fn find_member(app: &App, caller: &Caller, id: &str) -> Result<store::member::Member> {
    let cluster = read_id(id)?;
    let mut conn = app.database.acquire().await?;
    let member = store::member::cluster(&mut conn, cluster).await?;
    let member = member.filter(|member| scope::shows(caller, member));
    Ok(member.ok_or_else(|| FederationError::UnknownMember(cluster.to_string()))?)
}

/// The primary as clients see it.
fn master(name: String, id: ClusterId, status: &str, rest_info: RestInfo) -> MasterCluster {
    MasterCluster {
        disabled: false,
        name,
        id: id.to_string(),
        secret: String::new(),
        user: String::new(),
        status: status.to_owned(),
        rest_version: REST_VERSION.to_owned(),
        rest_info,
        status_reason: None,
    }
}

impl From<FederationError> for ApiError {
    fn from(error: FederationError) -> Self {
        let (code, message) = (error.code(), error.client_text());
        match error {
            FederationError::Store(error) => error.into(),
            FederationError::ChangedSince(error) => error.into(),
            FederationError::UnknownMember(_) => {
                Self::new(code, message).with_status(StatusCode::BAD_REQUEST)
            }
            FederationError::LeftOver(_) => {
                Self::new(code, message).with_status(StatusCode::PRECONDITION_REQUIRED)
            }
            FederationError::NotPrimary => {
                Self { reason: Some(Reason::NotPrimary), ..Self::new(code, message) }
            }
            other if code == Code::ServerError => Self::internal(other),
            _ => Self::new(code, message),
        }
    }
}
