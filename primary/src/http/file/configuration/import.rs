//! `POST /v1/file/config`

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::attachment;
use palisade_api::rest::configuration_file::{ConfigurationFile, MOST_PACKED_BYTES};
use palisade_api::rest::file::ImportTaskData;
use palisade_identity::{Access, Permission};
use palisade_policy::edit::resource::task::{ImportTask, State as TaskState};
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use super::content::Content;
use super::{client, of_primary};
use crate::App;
use crate::federation::import_task;
use crate::federation::rules::resource::apply::{Applied, ApplyOptions, apply};
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, read_whole, require};
use crate::http::file::import;
use crate::http::in_process::Client;
use crate::http::query::Query;
use crate::store::Actor;

/// Import the configuration
///
/// A file that an export gave, in the part `configuration` of a form or as the body.
/// What is federated becomes as the file says; `option=merge` leaves what it does not
/// name. Directories keep their secrets. Answered with 206 and an id; the same call with
/// the id in `X-Transaction-ID` is answered with 206 until the import is done, then with
/// 200, and with what was left out.
#[utoipa::path(
    post,
    path = "/v1/file/config",
    tag = "file",
    params(
        ("option" = Option<String>, Query, description = "`replace`, or `merge`"),
        ("scope" = Option<String>, Query, description = "`local`: the home cluster answers"),
        ("X-Transaction-ID" = Option<String>, Header, description = "Id of the import"),
    ),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = OK, body = ImportTaskData),
        (status = PARTIAL_CONTENT, body = ImportTaskData),
    ),
)]
pub(super) async fn file_config_import(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    request: Request,
) -> Result<Response> {
    of_primary(&query)?;
    if let Some(progress) = import::asked_for(&app, request.headers()).await? {
        return Ok(progress);
    }
    let (parts, body) = request.into_parts();
    let body = read_whole(body, MOST_PACKED_BYTES).await?;
    let sent = attachment::file(&parts.headers, body).await;
    let sent = sent.map_err(|error| ApiError::invalid_request(error.to_string()))?;
    let read = tokio::task::spawn_blocking(move || ConfigurationFile::read(&sent));
    let file = read.await.map_err(ApiError::internal)?.map_err(|error| unfit(error.to_string()))?;
    let content = Content::of(file).map_err(|error| unfit(error.to_string()))?;
    if content.federation.is_none() && content.wanted.is_empty() {
        let text = "The file holds nothing of a primary: that of a cluster is imported there.";
        return Err(unfit(text.to_owned()));
    }
    if content.federation.is_some() {
        require(&caller, Permission::Fed, Access::Write)?;
    }
    let client = client(&app, &caller)?;
    let prune = query.get("option") != Some("merge");
    let task = import::begin(&app, &caller).await?;
    let answer = import::partial(&task)?;
    app.shutdown.clone().spawn("import", run(app, client, content, prune, task));
    Ok(answer)
}

/// A file that is not what it should be.
fn unfit(message: String) -> ApiError {
    ApiError::new(Code::FailImport, message).with_status(StatusCode::BAD_REQUEST)
}

/// What came of an import.
#[derive(Debug, Default)]
struct Outcome {
    /// What could not be put in force, and why.
    refused: Vec<String>,
    /// What has no place here, and what stands in no file.
    left_out: Vec<String>,
}

async fn run(app: App, client: Client, content: Content, prune: bool, mut task: ImportTask) {
    let put = Box::pin(put(&app, &client, content, prune));
    let Outcome { refused, left_out } = import_task::beside(&app, &task, put).await;
    task.leave_out(left_out);
    let state = if refused.is_empty() {
        TaskState::Done
    } else {
        for refusal in &refused {
            tracing::warn!(by = %client.caller.recorded(), refusal, "not imported");
        }
        let reason = format!("All but this was imported: {}", refused.join(" "));
        TaskState::Failed { reason, by_file: true }
    };
    if let Err(error) = import_task::end(&app.database, task, state, app.clock.now()).await {
        // It shows as without response after a while.
        tracing::error!(%error, "cannot write down how an import ended");
    }
}

/// Puts all in force that can be, and says what cannot.
async fn put(app: &App, client: &Client, content: Content, prune: bool) -> Outcome {
    let unknown = content.unknown.iter();
    let mut left_out: Vec<String> =
        unknown.map(|key| format!("{key}: this version does not know it")).collect();
    let mut refused = Vec::new();
    if let Some(yaml) = &content.federation {
        let actor = Actor::from(&client.caller);
        let options = ApplyOptions { prune, dry_run: false };
        let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
        match apply(&app.registries, &actor, yaml, options, stamp).await {
            Ok(Applied { left_out: of_federation, .. }) => left_out.extend(of_federation),
            Err(error) => {
                let error = ApiError::from(error);
                tracing::debug!(?error, "the federation is not imported");
                refused.push(format!("The federation: {}.", error.message.trim_end_matches('.')));
            }
        }
    }
    for wanted in content.wanted {
        let (what, path) = (wanted.what().to_owned(), wanted.path().to_owned());
        match client.put(wanted).await {
            Ok(true) if content.without_secrets.contains(&path) => {
                left_out
                    .push(format!("{what}: what it proves itself with; give it by PATCH {path}"));
            }
            Ok(_) => (),
            Err(error) => {
                let error = format!("{error:#}");
                refused.push(format!("{what}: {}.", error.trim_end_matches('.')));
            }
        }
    }
    Outcome { refused, left_out }
}
