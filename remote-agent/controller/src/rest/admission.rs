//! `/v1/admission/…`: state, counts and rules.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::Code;
use palisade_api::rest::admission::{
    self as rest, AdmissionCategoryOptions, AdmissionConfigData, AdmissionRuleConfigData,
    AdmissionRuleData, AdmissionRuleTypeOptions, AdmissionRulesData, AdmissionStats,
    AdmissionStatsData,
};
use palisade_policy::admission::criteria::{custom_options, options};
use palisade_policy::admission::{AdmissionRule, RuleType};
use palisade_policy::{CfgType, edit};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::{own, own_type};
use crate::Controller;
use crate::admission::{Mode, StateError};
use crate::reach::Reach;

/// What is done where no rule says anything.
const DEFAULT_ACTION: &str = "allow";
/// How Kubernetes reaches the webhook.
const CLIENT_MODE: &str = "service";
/// What Kubernetes does where the webhook does not answer, unless the chart says otherwise, of
/// which nothing is known here.
const FAILURE_POLICY: &str = "ignore";

/// Show whether admission control is on, and its mode
#[utoipa::path(
    get,
    path = "/v1/admission/state",
    operation_id = "admission_state_get",
    tag = "admission",
    responses((status = OK, body = AdmissionConfigData)),
)]
pub(super) async fn state(State(controller): State<Controller>) -> Json<AdmissionConfigData> {
    let state = controller.admission().state();
    let webhook = controller.webhook();
    Json(AdmissionConfigData {
        state: Some(rest::AdmissionState {
            enable: Some(state.enable),
            mode: Some(state.mode.as_str().to_owned()),
            default_action: Some(DEFAULT_ACTION.to_owned()),
            adm_client_mode: Some(CLIENT_MODE.to_owned()),
            failure_policy: Some(FAILURE_POLICY.to_owned()),
            adm_client_mode_options: BTreeMap::from([
                ("service".to_owned(), webhook.server.clone()),
                ("url".to_owned(), format!("https://{webhook}/v1/validate")),
            ]),
            ctrl_states: BTreeMap::from([("validate".to_owned(), state.enable)]),
            cfg_type: CfgType::UserCreated.as_str().to_owned(),
            ..rest::AdmissionState::default()
        }),
        k8s_env: true,
        ..AdmissionConfigData::default()
    })
}

/// Switch admission control on or off, or change its mode
///
/// `default_action`, `adm_client_mode` and `failure_policy` must be as they are shown, where they
/// are sent: they are refused otherwise.
#[utoipa::path(
    patch,
    path = "/v1/admission/state",
    operation_id = "admission_state_update",
    tag = "admission",
    request_body = AdmissionConfigData,
    responses((status = OK)),
)]
pub(super) async fn state_change(
    State(controller): State<Controller>,
    JsonBody(change): JsonBody<AdmissionConfigData>,
) -> Result<()> {
    let state = change.state.ok_or_else(|| ApiError::invalid("The key state is missing."))?;
    for (key, wanted, fixed) in [
        ("default_action", &state.default_action, DEFAULT_ACTION),
        ("adm_client_mode", &state.adm_client_mode, CLIENT_MODE),
        ("failure_policy", &state.failure_policy, FAILURE_POLICY),
    ] {
        if wanted.as_deref().is_some_and(|wanted| !wanted.is_empty() && wanted != fixed) {
            let text = format!("{key} cannot be changed here: only {fixed:?} is taken.");
            return Err(ApiError::new(Code::OpNotAllowed, text));
        }
    }
    let mode = match state.mode.as_deref() {
        None | Some("") => None,
        Some(text) => {
            let mode = Mode::parse(text);
            Some(mode.ok_or_else(|| ApiError::invalid("The mode is monitor or protect."))?)
        }
    };
    match controller.admission().change(state.enable, mode).await {
        Ok(_) => Ok(()),
        Err(error @ StateError::Disabled) => {
            Err(ApiError::new(Code::InvalidRequest, error.to_string()))
        }
        Err(StateError::Store(error)) => Err(error.into()),
    }
}

/// `GET /v1/admission/options`.
pub(super) async fn rule_options() -> Json<AdmissionConfigData> {
    let of = |rule_type| AdmissionCategoryOptions { k8s_options: options(rule_type) };
    Json(AdmissionConfigData {
        admission_options: Some(AdmissionRuleTypeOptions {
            deny_options: of(RuleType::Deny),
            exception_options: of(RuleType::Allow),
            // The primary knows them.
            sigstore_verifiers: Vec::new(),
        }),
        admission_custom_criteria_options: custom_options(),
        k8s_env: true,
        ..AdmissionConfigData::default()
    })
}

/// Count what admission control decided
#[utoipa::path(
    get,
    path = "/v1/admission/stats",
    operation_id = "admission_stats_get",
    tag = "admission",
    responses((status = OK, body = AdmissionStatsData)),
)]
pub(super) async fn stats(State(controller): State<Controller>) -> Json<AdmissionStatsData> {
    let [allowed, denied, erroneous, ignored, processing] = controller.admission().stats().read();
    Json(AdmissionStatsData {
        stats: AdmissionStats {
            k8s_allowed_requests: allowed,
            k8s_denied_requests: denied,
            k8s_erroneous_requests: erroneous,
            k8s_ignored_requests: ignored,
            k8s_processing_requests: processing,
            ..AdmissionStats::default()
        },
    })
}

/// `GET /v1/admission/rules`, in the order of evaluation.
pub(super) async fn rules(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<AdmissionRulesData>> {
    let scope = query.scope()?;
    let mut rules = Vec::new();
    if scope.local() {
        rules.extend(AdmissionRule::built_in());
    }
    let in_order = |mut rules: Vec<AdmissionRule>| {
        rules.sort_by_key(|rule| (rule.rule_type == RuleType::Deny, rule.id));
        rules
    };
    if scope.federal() {
        rules.extend(in_order(controller.in_force().admission_rules()));
    }
    if scope.local() {
        rules.extend(in_order(controller.in_force().local_admission_rules()));
    }
    let rules = query.list(rules.iter().map(AdmissionRule::to_rest).collect())?;
    Ok(Json(AdmissionRulesData { rules }))
}

/// `GET /v1/admission/rule/{id}`.
pub(super) async fn rule(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<AdmissionRuleData>> {
    let found = find(&controller, read_id(&id)?)?;
    Ok(Json(AdmissionRuleData { rule: found.to_rest() }))
}

/// `POST /v1/admission/rule`: a rule of this cluster, evaluated after the
/// federated ones.
pub(super) async fn rule_create(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(AdmissionRuleConfigData { config }): JsonBody<AdmissionRuleConfigData>,
) -> Result<Json<AdmissionRuleData>> {
    own_type(&query, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    let rule = edit::admission_rule::create(&mut change, config).await?;
    change.commit().await?;
    Ok(Json(AdmissionRuleData { rule: rule.to_rest() }))
}

/// `PATCH /v1/admission/rule`.
pub(super) async fn rule_change(
    State(controller): State<Controller>,
    reach: Reach,
    JsonBody(AdmissionRuleConfigData { config }): JsonBody<AdmissionRuleConfigData>,
) -> Result<()> {
    local(&controller, config.id)?;
    let mut change = controller.edit(reach).await;
    edit::admission_rule::update(&mut change, config).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/admission/rule/{id}`.
pub(super) async fn rule_delete(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<()> {
    let id = local(&controller, read_id(&id)?)?.id;
    let mut change = controller.edit(reach).await;
    edit::admission_rule::delete(&mut change, id).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/admission/rules`: those of this cluster.
pub(super) async fn rules_delete(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<()> {
    own(&query)?;
    let mut change = controller.edit(reach).await;
    edit::admission_rule::delete_all(&mut change).await?;
    Ok(change.commit().await?)
}

fn read_id(text: &str) -> Result<u32> {
    text.parse().map_err(|_| ApiError::invalid(format!("{text:?} is no id.")))
}

fn find(controller: &Controller, id: u32) -> Result<AdmissionRule> {
    let in_force = controller.in_force();
    AdmissionRule::built_in()
        .into_iter()
        .chain(in_force.admission_rules())
        .chain(in_force.local_admission_rules())
        .find(|rule| rule.id == id)
        .ok_or_else(|| ApiError::missing("admission rule", &id.to_string()))
}

/// A rule that this cluster may change.
fn local(controller: &Controller, id: u32) -> Result<AdmissionRule> {
    let rule = find(controller, id)?;
    match rule.cfg_type {
        CfgType::Federal => Err(ApiError::federal()),
        _ if rule.critical => {
            Err(ApiError::new(Code::ReadOnlyRules, "Built-in rules cannot be changed here."))
        }
        _ => Ok(rule),
    }
}
