//! What all imports have in common: the first call brings the file and is
//! answered at once with an id, later ones ask by the id how far it is.

use axum::Json;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::file::ImportTaskData;
use palisade_identity::Caller;
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use super::export::require_federal;
use crate::App;
use crate::federation::import_task::{self, ImportTask, State};
use crate::federation::rules::{RuleError, resource};
use crate::http::error::{ApiError, Result};
use crate::http::extract::read_body;
use crate::http::query::Query;
use crate::store::Actor;

/// Largest file that is read.
const MAX_FILE_BYTES: usize = 4 << 20;
/// The part of a form that holds the file.
const PART: &str = "configuration";
const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");
const OVERWRITE: HeaderName = HeaderName::from_static("x-import-overwrite");

/// Imports a file, or tells how far its import is.
pub(super) async fn import(
    app: App,
    caller: Caller,
    file: resource::File,
    request: Request,
) -> Result<Response> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    require_federal(&app, &query).await?;
    let now = app.clock.now();
    if let Some(tid) = request.headers().get(&TRANSACTION).filter(|tid| !tid.is_empty()) {
        let task = import_task::get(&app.database, now).await?;
        return progress(task, tid);
    }
    let overwrite = request.headers().get(&OVERWRITE).is_some_and(|value| value == "1");
    let text = read_file(request).await?;
    let task = match import_task::begin(&app.database, &caller.fullname, now).await? {
        Ok(task) => task,
        Err(running) => {
            return Err(ApiError::new(Code::FailImport, "Another import runs.")
                .with_status(StatusCode::CONFLICT)
                .with_import(running.to_rest()));
        }
    };
    let answer = partial(&task)?;
    let actor = Actor::new(caller.fullname, caller.address);
    app.shutdown.clone().spawn("import", run(app, actor, file, text, overwrite, task));
    Ok(answer)
}

async fn run(
    app: App,
    actor: Actor,
    file: resource::File,
    text: String,
    overwrite: bool,
    task: ImportTask,
) {
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    let state = match resource::import(&app.database, &actor, file, &text, overwrite, stamp).await {
        Ok(()) => State::Done,
        Err(error) => {
            tracing::warn!(by = actor.name, ?file, %error, "an import failed");
            let by_file = matches!(
                error,
                RuleError::Policy(_)
                    | RuleError::Yaml(_)
                    | RuleError::NoneOfKind { .. }
                    | RuleError::BuiltIn { .. }
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

fn progress(task: Option<ImportTask>, tid: &HeaderValue) -> Result<Response> {
    let gone = |text: &'static str| ApiError::invalid_request(text).with_status(StatusCode::GONE);
    let task = task.ok_or_else(|| gone("There was no import."))?;
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
            let error = ApiError::new(Code::FailImport, reason.clone());
            let status =
                if *by_file { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
            Err(error.with_status(status).with_import(task.to_rest()))
        }
    }
}

fn partial(task: &ImportTask) -> Result<Response> {
    let rest = task.to_rest();
    let tid = HeaderValue::from_str(&rest.tid).map_err(ApiError::internal)?;
    let body = Json(ImportTaskData { data: rest });
    Ok((StatusCode::PARTIAL_CONTENT, [(TRANSACTION, tid)], body).into_response())
}

/// The file: the body itself, or a part of a form.
async fn read_file(request: Request) -> Result<String> {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"));
    let (parts, body) = request.into_parts();
    let bytes = read_body(Request::new(body), MAX_FILE_BYTES).await?;
    let file = if is_form {
        let malformed = |error: axum::extract::multipart::MultipartError| {
            ApiError::invalid_request("The form is malformed.").caused_by(error)
        };
        let request = Request::from_parts(parts, bytes.into());
        let mut form = Multipart::from_request(request, &()).await.map_err(|error| {
            ApiError::invalid_request("The form is malformed.").caused_by(error)
        })?;
        loop {
            let part = form.next_field().await.map_err(malformed)?.ok_or_else(|| {
                ApiError::invalid_request(format!("The form has no part {PART:?}."))
            })?;
            if part.name() == Some(PART) {
                break part.bytes().await.map_err(malformed)?;
            }
        }
    } else {
        bytes
    };
    let text = std::str::from_utf8(&file)
        .map_err(|error| ApiError::invalid_request("The file is no UTF-8.").caused_by(error))?;
    // Some editors put a mark of the byte order first.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(ApiError::invalid_request("The file is empty."));
    }
    Ok(text.to_owned())
}
