//! `POST /v1/scan/registry/{name}/webhook`

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::read_body;
use crate::http::query::Query;
use crate::registry::{Proof, Pushed};

/// The largest body that is read.
const MOST_BYTES: usize = 256 << 10;

/// What Azure Event Grid wants to hear before it sends events.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Subscribed {
    /// The code that it sent.
    validation_response: String,
}

/// Take a registry's word that somebody pushed
///
/// For the webhooks of Docker distribution, Harbor, Docker Hub, GitHub
/// packages, Quay, Artifactory, Nexus, Azure and GitLab, Amazon EventBridge and
/// Google's Pub/Sub: the tags that they name are looked at, and scanned where
/// they lead to something new.
///
/// No session is needed. The call proves itself with the registry's
/// `webhook_secret`: as `Authorization`, alone or as bearer token or as
/// password of a login; as `X-Gitlab-Token` or `X-JFrog-Event-Auth`; as key of
/// the signature in `X-Hub-Signature-256`, `X-JFrog-Event-Auth` or
/// `X-Nexus-Webhook-Signature`; or, for products that send no headers, as
/// `secret` in the query.
#[utoipa::path(
    post,
    path = "/v1/scan/registry/{name}/webhook",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("secret" = Option<String>, Query, description = "Where no header can be sent"),
    ),
    request_body(content = serde_json::Value, description = "The event, as the product sends it"),
    responses(
        (status = ACCEPTED, description = "The tags are looked at"),
        (status = OK, body = Subscribed, description = "Azure Event Grid asks whether it may send"),
        (status = UNAUTHORIZED, description = "It does not prove that it comes from there"),
        (status = BAD_REQUEST, description = "It is too large, or no event that is known"),
    ),
)]
pub(super) async fn scan_registry_webhook(
    State(app): State<App>,
    Path(name): Path<String>,
    query: Query,
    request: Request,
) -> Result<Response> {
    let proof = Proof::of(request.headers(), query.get("secret"));
    let body = read_body(request, MOST_BYTES).await?;
    Ok(match app.registries.pushed(&name, &proof, &body).await? {
        Pushed::Subscribed(code) => Json(Subscribed { validation_response: code }).into_response(),
        Pushed::Tags(_) | Pushed::Registry => StatusCode::ACCEPTED.into_response(),
    })
}
