//! Lists without a scope: what is federated, then what the home cluster has of its
//! own, filtered, sorted and paged as one.

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, Uri};
use palisade_api::ClusterId;
use palisade_identity::Caller;
use serde_json::{Map, Value};
use tracing::warn;

use super::MAX_LIST_BYTES;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;

/// The lists of objects that both have.
const LISTS: [&str; 12] = [
    "/v1/group",
    "/v1/policy/rule",
    "/v1/response/rule",
    "/v1/admission/rules",
    "/v1/process_profile",
    "/v1/file_monitor",
    "/v1/dlp/sensor",
    "/v1/dlp/rule",
    "/v1/dlp/group",
    "/v1/waf/sensor",
    "/v1/waf/rule",
    "/v1/waf/group",
];

/// Whether the call asks for the objects of both. Which clusters an object is for is
/// a question about the federation's.
pub(super) fn are_asked_for(method: &Method, path: &str, query: &Query) -> bool {
    *method == Method::GET
        && LISTS.contains(&path)
        && matches!(query.scope(), Ok(None))
        && query.get("cluster_selector").is_none_or(str::is_empty)
}

/// Answers with the objects of both. While the home cluster is away, those of the
/// federation are all that can be told.
pub(super) async fn answer(
    app: &App,
    home: ClusterId,
    caller: &Caller,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let flags = [("brief", "&brief=true"), ("with_cap", "&with_cap=true")].into_iter();
    let flags: String = flags.filter(|(flag, _)| query.flag(flag)).map(|(_, said)| said).collect();
    let federated = format!("{path}?scope=fed{flags}");
    *request.uri_mut() = federated.parse::<Uri>().map_err(ApiError::internal)?;
    let answer = next.run(request).await;
    if answer.status() != StatusCode::OK {
        return Ok(answer);
    }
    let own = super::read_of(app, home, caller, &format!("{path}?scope=local{flags}")).await;
    let own: Map<String, Value> = own.unwrap_or_else(|error| {
        warn!(path, ?error, "the home cluster does not tell what it has of its own");
        Map::new()
    });
    let body = axum::body::to_bytes(answer.into_body(), MAX_LIST_BYTES);
    let body = body.await.map_err(ApiError::internal)?;
    let mut lists: Map<String, Value> =
        serde_json::from_slice(&body).map_err(ApiError::internal)?;
    for (key, list) in &mut lists {
        let Value::Array(items) = list else { continue };
        items.extend(own.get(key).and_then(Value::as_array).into_iter().flatten().cloned());
        *items = query.list(std::mem::take(items))?;
    }
    Ok(Json(lists).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_without_a_scope_are_of_both() {
        for (method, path, query, both) in [
            (Method::GET, "/v1/group", "", true),
            (Method::GET, "/v1/group", "brief=true&f_name=x", true),
            (Method::GET, "/v1/group", "scope=fed", false),
            (Method::GET, "/v1/group", "scope=local", false),
            (Method::GET, "/v1/group", "scope=wrong", false),
            (Method::GET, "/v1/group", "cluster_selector=a%3Db", false),
            (Method::GET, "/v1/group/fed.x", "", false),
            (Method::POST, "/v1/group", "", false),
            (Method::GET, "/v1/system/config", "", false),
        ] {
            let asked = are_asked_for(&method, path, &Query::parse(query));
            assert_eq!(asked, both, "{method} {path}?{query}");
        }
    }
}
