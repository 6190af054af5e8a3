//! Imports: the first call brings the file and is answered with an id, later ones ask by
//! the id how far it is.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use palisade_api::Code;
use palisade_api::rest::file::ImportTaskData;
use palisade_policy::PolicyError;
use palisade_policy::crd;
use palisade_policy::edit::resource::task::{ImportTask, State};
use palisade_policy::edit::resource::{self, File, Import};
use palisade_policy::process_profile::Stamp;
use tracing::warn;
use uuid::Uuid;

use super::upload;
use crate::Controller;
use crate::admission::{Mode, StateError};
use crate::own_edit::OwnEditError;
use crate::rest::error::{ApiError, Result};
use crate::rest::extract::{Authenticated, ListQuery};
use crate::rest::owner::own;

const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");
const OVERWRITE: HeaderName = HeaderName::from_static("x-import-overwrite");

/// Imports a file, or tells how far its import is.
pub(super) async fn import(
    controller: Controller,
    Authenticated(caller): Authenticated,
    query: &ListQuery,
    file: File,
    request: Request,
) -> Result<Response> {
    own(query)?;
    let headers = request.headers();
    if let Some(tid) = headers.get(&TRANSACTION).filter(|tid| !tid.is_empty()) {
        return progress(controller.imports().last(controller.clock().now()), tid);
    }
    let overwrite = headers.get(&OVERWRITE).is_some_and(|value| value == "1");
    let text = upload::read_file(request).await?;
    let now = controller.clock().now();
    let task = controller.imports().begin(&caller.fullname, now).map_err(|running| {
        ApiError::new(Code::FailImport, "Another import runs.")
            .with_status(StatusCode::CONFLICT)
            .with_import(running.to_rest())
    })?;
    let answer = partial(&task)?;
    let stamp = Stamp { now: now.timestamp(), uuid: Uuid::new_v4 };
    let how = Import { file, overwrite, stamp };
    // To the end, even when whoever asked for it is gone.
    let done = tokio::spawn(run(controller, text, how, task));
    done.await.map_err(|_| ApiError::of(Code::FailImport))?;
    Ok(answer)
}

async fn run(controller: Controller, text: String, how: Import, task: ImportTask) {
    let state = match apply(&controller, &text, how).await {
        Ok(()) => State::Done,
        Err(error) => {
            warn!(file = ?how.file, %error, "an import failed");
            let by_file = matches!(
                error,
                OwnEditError::Policy(_) | OwnEditError::Yaml(_) | OwnEditError::Edit(_)
            );
            let reason = if by_file {
                error.to_string()
            } else {
                "The import failed inside; nothing was changed.".to_owned()
            };
            State::Failed { reason, by_file }
        }
    };
    controller.imports().end(task, state, controller.clock().now());
}

async fn apply(controller: &Controller, text: &str, how: Import) -> Result<(), OwnEditError> {
    let state = match how.file {
        File::AdmissionRules => admission_state(text)?,
        _ => None,
    };
    let mut edit = controller.edit().await;
    resource::import(&mut edit, text, how).await?;
    edit.commit().await?;
    let Some((enable, mode)) = state else { return Ok(()) };
    // The mode of what is switched off cannot be changed.
    let mode = mode.filter(|_| enable);
    match controller.admission().change(Some(enable), mode).await {
        Ok(_) => Ok(()),
        Err(StateError::Store(error)) => Err(error.into()),
        Err(error @ StateError::Disabled) => {
            let reason = error.to_string();
            Err(PolicyError::InvalidField { field: "config.mode", reason }.into())
        }
    }
}

/// The state of admission control that a file with rules holds, where it holds one.
fn admission_state(text: &str) -> Result<Option<(bool, Option<Mode>)>, OwnEditError> {
    let resources = crd::read::<crd::admission::Spec>(text, &[crd::admission::KIND])?;
    let config = resources.into_iter().find_map(|resource| resource.spec.config);
    let Some(config) = config else { return Ok(None) };
    let mode = match config.mode.as_str() {
        "" => None,
        text => Some(Mode::parse(text).ok_or_else(|| {
            let reason = "the mode is monitor or protect".to_owned();
            PolicyError::InvalidField { field: "config.mode", reason }
        })?),
    };
    Ok(Some((config.enable, mode)))
}

fn progress(task: Option<ImportTask>, tid: &HeaderValue) -> Result<Response> {
    let gone = |text: &'static str| ApiError::invalid(text).with_status(StatusCode::GONE);
    let task = task.ok_or_else(|| gone("There was no import since the start."))?;
    if tid.as_bytes() != task.tid.simple().to_string().as_bytes() {
        let text = match task.state {
            State::Running => "Another import runs.",
            State::Done | State::Failed { .. } => "There was another import since.",
        };
        return Err(gone(text).with_import(task.to_rest()));
    }
    match &task.state {
        State::Running => partial(&task),
        State::Done => Ok(Json(ImportTaskData { data: task.to_rest() }).into_response()),
        State::Failed { reason, by_file } => {
            let status =
                if *by_file { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
            let error = ApiError::new(Code::FailImport, reason.clone());
            Err(error.with_status(status).with_import(task.to_rest()))
        }
    }
}

fn partial(task: &ImportTask) -> Result<Response> {
    let data = task.to_rest();
    let tid = HeaderValue::from_str(&data.tid).map_err(|_| ApiError::of(Code::FailImport))?;
    let body = Json(ImportTaskData { data });
    Ok((StatusCode::PARTIAL_CONTENT, [(TRANSACTION, tid)], body).into_response())
}
