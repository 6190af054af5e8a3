//! What all imports have in common: the first call brings the file and is
//! answered at once with an id, later ones ask by the id how far it is.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_api::rest::attachment::MOST_BYTES;
use palisade_api::rest::file::ImportTaskData;
use palisade_identity::Caller;
use palisade_policy::edit::resource::task::{ImportTask, Refused, State};
use palisade_policy::edit::resource::{File, Import};
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use super::export::require_federal;
use super::upload;
use crate::App;
use crate::federation::import_task;
use crate::federation::rules::{RuleError, resource};
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::store::Actor;

const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");
const OVERWRITE: HeaderName = HeaderName::from_static("x-import-overwrite");

/// Imports a file, or tells how far its import is.
pub(super) async fn import(
    app: App,
    caller: Caller,
    file: File,
    request: Request,
) -> Result<Response> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    require_federal(&app, &query).await?;
    if let Some(progress) = asked_for(&app, request.headers()).await? {
        return Ok(progress);
    }
    let overwrite = request.headers().get(&OVERWRITE).is_some_and(|value| value == "1");
    let text = upload::read_file(request, MOST_BYTES).await?;
    let task = begin(&app, &caller).await?;
    let answer = partial(&task)?;
    let actor = Actor::from(&caller);
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    let how = Import { file, overwrite, stamp };
    app.shutdown.clone().spawn("import", run(app, actor, text, how, task));
    Ok(answer)
}

/// How far an import is, where the request names one.
pub(super) async fn asked_for(app: &App, headers: &HeaderMap) -> Result<Option<Response>> {
    let tid = headers.get(&TRANSACTION).filter(|tid| !tid.is_empty());
    let Some(tid) = tid.cloned() else { return Ok(None) };
    let last = import_task::get(&app.database, app.clock.now()).await?;
    let task = ImportTask::asked_for(last, tid.as_bytes())?;
    if task.state == State::Running {
        return partial(&task).map(Some);
    }
    Ok(Some(Json(ImportTaskData { data: task.to_rest() }).into_response()))
}

/// Begins an import; one runs at a time.
pub(super) async fn begin(app: &App, caller: &Caller) -> Result<ImportTask> {
    let now = app.clock.now();
    let begun = import_task::begin(&app.database, &caller.recorded(), now).await?;
    Ok(begun.map_err(|running| running.in_the_way())?)
}

async fn run(app: App, actor: Actor, text: String, how: Import, task: ImportTask) {
    let imported = resource::import(&app.database, &actor, &text, how);
    let state = match import_task::beside(&app, &task, imported).await {
        Ok(()) => State::Done,
        Err(error) => {
            tracing::warn!(by = actor.name, file = ?how.file, %error, "an import failed");
            // Whatever else is refused is refused for what the file would change.
            let by_file = !matches!(
                error,
                RuleError::Encoding(_)
                    | RuleError::Trial(_)
                    | RuleError::Federation(_)
                    | RuleError::Store(_)
            );
            let reason = if by_file {
                error.to_string()
            } else {
                "The import failed inside; nothing was changed.".to_owned()
            };
            State::Failed { reason, by_file }
        }
    };
    if let Err(error) = import_task::end(&app.database, task, state, app.clock.now()).await {
        // It shows as without response after a while.
        tracing::error!(%error, "cannot write down how an import ended");
    }
}

impl From<Refused> for ApiError {
    fn from(Refused { refusal, why, task }: Refused) -> Self {
        Self { import_task: task, ..Self::refused(refusal, why) }
    }
}

/// The answer of an import that runs.
pub(super) fn partial(task: &ImportTask) -> Result<Response> {
    let rest = task.to_rest();
    let tid = HeaderValue::from_str(&rest.tid).map_err(ApiError::internal)?;
    let body = Json(ImportTaskData { data: rest });
    Ok((StatusCode::PARTIAL_CONTENT, [(TRANSACTION, tid)], body).into_response())
}
