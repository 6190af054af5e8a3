//! `/v1/admission/…`: state, counts and rules.

use axum::Json;
use axum::extract::State;
use palisade_api::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::extract::JsonBody;
use crate::Controller;
use crate::admission::{AdmissionState, StateError};

/// `GET /v1/admission/state`.
pub(super) async fn state(State(controller): State<Controller>) -> Json<Value> {
    Json(shown(controller.admission().state()))
}

#[derive(Deserialize)]
pub(super) struct StateChange {
    state: StateConfig,
}

#[derive(Deserialize)]
struct StateConfig {
    enable: Option<bool>,
    mode: Option<String>,
}

/// `PATCH /v1/admission/state`.
pub(super) async fn state_change(
    State(controller): State<Controller>,
    JsonBody(change): JsonBody<StateChange>,
) -> Result<()> {
    let mode = match change.state.mode.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(text.parse().map_err(|e| ApiError::invalid(format!("mode {text:?}: {e}.")))?)
        }
    };
    match controller.admission().change(change.state.enable, mode).await {
        Ok(_) => Ok(()),
        Err(error @ StateError::Disabled) => {
            Err(ApiError::new(Code::InvalidRequest, error.to_string()))
        }
        Err(StateError::Store(error)) => Err(error.into()),
    }
}

fn shown(state: AdmissionState) -> Value {
    json!({
        "state": {
            "enable": state.enable,
            "mode": state.mode.as_str(),
            "default_action": "allow",
            "adm_client_mode": "service",
            "adm_svc_type": "",
            "failure_policy": "ignore",
            "adm_client_mode_options": {},
            "ctrl_states": { "validate": state.enable },
            "cfg_type": "user_created",
        },
        "k8s_env": true,
    })
}

/// `GET /v1/admission/stats`.
pub(super) async fn stats(State(controller): State<Controller>) -> Json<Value> {
    let [allowed, denied, erroneous, ignored, processing] = controller.admission().stats().read();
    Json(json!({
        "stats": {
            "k8s_allowed_requests": allowed,
            "k8s_denied_requests": denied,
            "k8s_erroneous_requests": erroneous,
            "k8s_ignored_requests": ignored,
            "k8s_processing_requests": processing,
            "jenkins_allowed_requests": 0,
            "jenkins_denied_requests": 0,
            "jenkins_erroneous_requests": 0,
        }
    }))
}
