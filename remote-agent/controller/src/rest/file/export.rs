//! Exports: YAML to be saved.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::attachment;
use palisade_api::rest::file::{
    AdmissionRulesExport, GroupExport, RemoteExportOptions, ResponseRulesExport, SensorsExport,
};
use palisade_policy::CfgType;
use palisade_policy::admission::AdmissionRule;
use palisade_policy::cluster::Targets;
use palisade_policy::crd::admission::Config;
use palisade_policy::edit::resource::export::{self, Objects};

use crate::Controller;
use crate::own_edit::OwnEditError;
use crate::rest::error::{ApiError, Result};
use crate::rest::extract::{JsonBody, ListQuery};
use crate::rest::owner::own;
use crate::rest::sensor::Looks;

/// `POST /v1/file/group`.
pub(super) async fn groups(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(body): JsonBody<GroupExport>,
) -> Result<Response> {
    check(&query, body.remote_export_options.as_ref(), body.groups.is_empty())?;
    if body.use_name_referral {
        let text = "Groups are exported with the rules that name them, not apart.";
        return Err(ApiError::new(Code::OpNotAllowed, text));
    }
    let objects = controller.in_force().read(|objects| {
        let own = &objects.own;
        Objects {
            groups: own.groups.values().cloned().collect(),
            network: own.network_rules_in_order().into_iter().cloned().collect(),
            response: own.response_rules_in_order().into_iter().cloned().collect(),
            processes: own.process_profiles.values().cloned().collect(),
            files: own.file_monitors.values().cloned().collect(),
            dlp: own.dlp.groups.values().cloned().collect(),
            waf: own.waf.groups.values().cloned().collect(),
        }
    });
    let yaml = export::groups::<OwnEditError>(&objects, &body.groups, &Targets::default())?;
    packed("cfgGroupsExport.yaml", &yaml)
}

/// `POST /v1/file/admission`: rules, the state of admission control, or both.
pub(super) async fn admission_rules(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(body): JsonBody<AdmissionRulesExport>,
) -> Result<Response> {
    let nothing = body.ids.is_empty() && !body.export_config;
    check(&query, body.remote_export_options.as_ref(), nothing)?;
    let state = controller.admission().state();
    let config = body.export_config.then(|| Config {
        enable: state.enable,
        mode: state.mode.as_str().to_owned(),
        client_mode: "service".to_owned(),
    });
    let mut rules = AdmissionRule::built_in();
    rules.extend(controller.in_force().local_admission_rules());
    let yaml = export::admission::<OwnEditError>(
        CfgType::UserCreated,
        config,
        rules,
        &body.ids,
        &Targets::default(),
    )?;
    packed("cfgAdmissionRulesExport.yaml", &yaml)
}

/// `POST /v1/file/response/rule`.
pub(super) async fn response_rules(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(body): JsonBody<ResponseRulesExport>,
) -> Result<Response> {
    check(&query, body.remote_export_options.as_ref(), body.ids.is_empty())?;
    let rules = controller
        .in_force()
        .read(|objects| objects.own.response_rules_in_order().into_iter().cloned().collect());
    let yaml = export::response::<OwnEditError>(rules, &body.ids, &Targets::default())?;
    packed("cfgResponseRulesExport.yaml", &yaml)
}

/// `POST /v1/file/dlp` and `/v1/file/waf`.
pub(super) async fn sensors<I: Looks>(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(body): JsonBody<SensorsExport>,
) -> Result<Response> {
    check(&query, body.remote_export_options.as_ref(), body.names.is_empty())?;
    let sensors: Vec<_> = controller
        .in_force()
        .read(|objects| I::of(&objects.own).sensors.values().cloned().collect());
    let targets = Targets::default();
    let yaml = export::sensors::<I, OwnEditError>(&sensors, &body.names, &targets)?;
    packed(I::EXPORT, &yaml)
}

/// Refuses exports of what is federated, those of nothing, and those that are to go into
/// a repository, of which none can be configured.
fn check(query: &ListQuery, remote: Option<&RemoteExportOptions>, nothing: bool) -> Result<()> {
    own(query)?;
    if remote.is_some() {
        let text = "No remote repository is configured.";
        return Err(ApiError::new(Code::RemoteExportFail, text));
    }
    if nothing {
        return Err(ApiError::invalid("Nothing is named that is to be exported."));
    }
    Ok(())
}

fn packed(file: &'static str, text: &str) -> Result<Response> {
    let packed = attachment::packed(file, text).map_err(|_| ApiError::of(Code::FailExport))?;
    Ok(packed.map(Body::from))
}
