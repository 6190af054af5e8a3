//! What the cluster has of its own as one file, and back.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::SecondsFormat;
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::attachment;
use palisade_api::rest::configuration_file::{ConfigurationFile, MOST_PACKED_BYTES, Section};
use palisade_policy::edit::resource::task;
use serde_json::Value;

use super::import;
use crate::Controller;
use crate::configuration::ConfigurationError;
use crate::rest::error::{ApiError, Result};
use crate::rest::extract::{Authenticated, ListQuery, body};
use crate::rest::owner::own;

/// The key of all that the cluster has of its own.
const CLUSTER: &str = "policy/cluster";

/// `GET /v1/file/config`.
pub(super) async fn export(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Response> {
    own(&query)?;
    let text = controller.configuration().await?;
    let content: Value = serde_json::from_str(&text)?;
    let is_member = controller.federation().membership().is_some();
    let file = ConfigurationFile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: controller.clock().now().to_rfc3339_opts(SecondsFormat::Secs, true),
        sections: vec![Section::Policy, Section::Config],
        role: if is_member { "joint" } else { "" }.to_owned(),
        entries: vec![(CLUSTER.to_owned(), content)],
    };
    let answer = file.answer(query.flag("raw")).map_err(|_| ApiError::of(Code::FailExport))?;
    Ok(answer.map(Body::from))
}

/// `POST /v1/file/config`: what the cluster has of its own becomes what the file says.
pub(super) async fn import(
    State(controller): State<Controller>,
    Authenticated(caller): Authenticated,
    query: ListQuery,
    request: Request,
) -> Result<Response> {
    own(&query)?;
    if let Some(progress) = import::asked_for(&controller, request.headers()) {
        return progress;
    }
    let headers = request.headers().clone();
    let sent = body(request, MOST_PACKED_BYTES).await?;
    let sent = attachment::file(&headers, sent).await;
    let sent = sent.map_err(|error| ApiError::invalid(error.to_string()))?;
    let read = tokio::task::spawn_blocking(move || ConfigurationFile::read(&sent));
    let read = read.await.map_err(|_| ApiError::of(Code::FailImport))?;
    let file = read.map_err(|error| unfit(error.to_string()))?;
    let content = file.value(CLUSTER).map(Value::to_string).ok_or_else(|| {
        unfit(
            "The file holds nothing of a cluster: that of a primary is imported there.".to_owned(),
        )
    })?;
    let others = file.entries.iter().map(|(key, _)| key).filter(|key| *key != CLUSTER);
    let others: Vec<String> = others.cloned().collect();
    let mut running = import::begin(&controller, &caller)?;
    let answer = import::partial(&running.task)?;
    // To the end, even when whoever asked for it is gone.
    let done = tokio::spawn(async move {
        let state = match controller.configuration_replace(&content).await {
            Ok(unknown) => {
                let unknown = others.into_iter().chain(unknown);
                let unknown = unknown.map(|what| format!("{what}: this version does not know it"));
                running.task.leave_out(unknown.collect());
                task::State::Done
            }
            Err(error) => {
                tracing::warn!(%error, "a configuration is not imported");
                failed(&error)
            }
        };
        controller.imports().end(running, state, controller.clock().now());
    });
    done.await.map_err(|_| ApiError::of(Code::FailImport))?;
    Ok(answer)
}

fn failed(error: &ConfigurationError) -> task::State {
    match error {
        ConfigurationError::Refused(reason) => {
            task::State::Failed { reason: reason.clone(), by_file: true }
        }
        ConfigurationError::Unreadable(_) => {
            let reason = "What the file says of the cluster is not as it should be.".to_owned();
            task::State::Failed { reason, by_file: true }
        }
        ConfigurationError::Store(_) => {
            let reason = "The import failed inside.".to_owned();
            task::State::Failed { reason, by_file: false }
        }
    }
}

/// A file that is not what it should be.
fn unfit(message: String) -> ApiError {
    ApiError::new(Code::FailImport, message).with_status(StatusCode::BAD_REQUEST)
}
