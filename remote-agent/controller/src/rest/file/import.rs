//! Imports: the first call brings the file and is answered with an id, later ones ask by
//! the id how far it is.

use axum::Json;
use axum::extract::{Request, State as AppState};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_api::Code;
use palisade_api::rest::file::ImportTaskData;
use palisade_identity::Caller;
use palisade_policy::PolicyError;
use palisade_policy::crd::{self, Resource};
use palisade_policy::edit::resource::task::{ImportTask, State};
use palisade_policy::edit::resource::{self, File, Import};
use palisade_policy::process_profile::Stamp;
use tracing::warn;
use uuid::Uuid;

use super::upload;
use crate::Controller;
use crate::admission::{Mode, StateError};
use crate::import::Running;
use crate::own_edit::OwnEditError;
use crate::reach::Reach;
use crate::rest::error::{ApiError, Result};
use crate::rest::extract::{Authenticated, ListQuery};
use crate::rest::owner::own;

const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");
const OVERWRITE: HeaderName = HeaderName::from_static("x-import-overwrite");

/// Imports a file, or tells how far its import is.
pub(super) async fn import(
    controller: Controller,
    Authenticated(caller): Authenticated,
    reach: Reach,
    query: &ListQuery,
    file: File,
    request: Request,
) -> Result<Response> {
    own(query)?;
    if let Some(progress) = asked_for(&controller, request.headers()) {
        return progress;
    }
    let overwrite = request.headers().get(&OVERWRITE).is_some_and(|value| value == "1");
    let text = upload::read_file(request).await?;
    let running = begin(&controller, &caller)?;
    let answer = partial(&running.task)?;
    let stamp = Stamp { now: controller.clock().now().timestamp(), uuid: Uuid::new_v4 };
    let how = Import { file, overwrite, stamp };
    // To the end, even when whoever asked for it is gone.
    let done = tokio::spawn(run(controller, reach, text, how, running));
    done.await.map_err(|_| ApiError::of(Code::FailImport))?;
    Ok(answer)
}

/// How far an import is, where the request names one.
pub(super) fn asked_for(controller: &Controller, headers: &HeaderMap) -> Option<Result<Response>> {
    let tid = headers.get(&TRANSACTION).filter(|tid| !tid.is_empty())?;
    Some(progress(controller.imports().last(), tid))
}

fn progress(last: Option<ImportTask>, tid: &HeaderValue) -> Result<Response> {
    let task = ImportTask::asked_for(last, tid.as_bytes())?;
    if task.state == State::Running {
        return partial(&task);
    }
    Ok(Json(ImportTaskData { data: task.to_rest() }).into_response())
}

/// `GET /v1/file/group/config`: how far the import is that runs, or how the last one
/// ended, of whatever kind of file.
pub(super) async fn last(AppState(controller): AppState<Controller>) -> Json<ImportTaskData> {
    let last = controller.imports().last();
    Json(ImportTaskData { data: last.map(|task| task.to_rest()).unwrap_or_default() })
}

/// Begins an import; one runs at a time.
pub(super) fn begin(controller: &Controller, caller: &Caller) -> Result<Running> {
    let now = controller.clock().now();
    let begun = controller.imports().begin(&caller.fullname, now);
    Ok(begun.map_err(|running| running.in_the_way())?)
}

async fn run(controller: Controller, reach: Reach, text: String, how: Import, running: Running) {
    let state = match apply(&controller, reach, &text, how).await {
        Ok(()) => State::Done,
        Err(error) => {
            warn!(file = ?how.file, %error, "an import failed");
            let by_file = matches!(
                error,
                OwnEditError::Policy(_)
                    | OwnEditError::Yaml(_)
                    | OwnEditError::Edit(_)
                    | OwnEditError::OutOfReach
            );
            let reason = if by_file {
                error.to_string()
            } else {
                "The import failed inside; nothing was changed.".to_owned()
            };
            State::Failed { reason, by_file }
        }
    };
    controller.imports().end(running, state, controller.clock().now());
}

async fn apply(
    controller: &Controller,
    reach: Reach,
    text: &str,
    how: Import,
) -> Result<(), OwnEditError> {
    let mut edit = controller.edit(reach).await;
    if how.file != File::AdmissionRules {
        resource::import(&mut edit, text, how).await?;
        return edit.commit().await;
    }
    let resources = crd::read(text, &[crd::admission::KIND])?;
    let state = admission_state(&resources)?;
    resource::admission_rules(&mut edit, resources).await?;
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
fn admission_state(
    resources: &[Resource<crd::admission::Spec>],
) -> Result<Option<(bool, Option<Mode>)>, PolicyError> {
    let config = resources.iter().find_map(|resource| resource.spec.config.as_ref());
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

/// The answer of an import that runs.
pub(super) fn partial(task: &ImportTask) -> Result<Response> {
    let data = task.to_rest();
    let tid = HeaderValue::from_str(&data.tid).map_err(|_| ApiError::of(Code::FailImport))?;
    let body = Json(ImportTaskData { data });
    Ok((StatusCode::PARTIAL_CONTENT, [(TRANSACTION, tid)], body).into_response())
}
