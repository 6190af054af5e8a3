//! One call to a member, and what of its answer reaches the client.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderName, Method, StatusCode, Uri, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use palisade_api::federation::{self, RoleDomains};
use palisade_api::{ClusterId, Code};
use palisade_identity::{Caller, Namespace, Role, route_access};
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutBody;

use crate::App;
use crate::http::error::{ApiError, Result};

/// How long a client may pause amid a body: its call keeps others from the member.
const PAUSE: Duration = Duration::from_secs(20);

/// How long a member may take. Exports of large clusters take their time.
const DEADLINE: Duration = Duration::from_mins(2);

const TRANSACTION: HeaderName = HeaderName::from_static("x-transaction-id");
/// What a client says to the member.
const REQUEST_HEADERS: [HeaderName; 8] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::IF_NONE_MATCH,
    TRANSACTION,
    HeaderName::from_static("x-as-standalone"),
    HeaderName::from_static("x-import-overwrite"),
    HeaderName::from_static("x-nv-page"),
];
/// What the member says to the client.
const RESPONSE_HEADERS: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_DISPOSITION,
    header::CACHE_CONTROL,
    header::ALLOW,
    header::ETAG,
    TRANSACTION,
];

/// On whose behalf a member is called.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct OnBehalf<'a> {
    /// The caller here.
    pub(in crate::http) caller: &'a Caller,
    /// Their role there.
    pub(in crate::http) role: Role,
}

impl OnBehalf<'_> {
    /// The caller as the member is told: with a role in the whole of it, or in the
    /// namespaces that the caller's own is limited to.
    fn told(self, method: &Method, path: &str) -> federation::Caller {
        let role = self.role.as_str().to_owned();
        let (role, role_domains) = match self.namespaces(method, path) {
            None => (role, Vec::new()),
            Some(domains) => (String::new(), vec![RoleDomains { role, domains }]),
        };
        federation::Caller {
            name: self.caller.recorded().into_owned(),
            primary_role: self.caller.role.as_str().to_owned(),
            role,
            role_domains,
        }
    }

    /// The namespaces in which the caller may make the call; none where that is all of
    /// the member.
    fn namespaces(self, method: &Method, path: &str) -> Option<Vec<String>> {
        let rights = &self.caller.rights;
        if rights.are_of_namespaces() {
            let required = route_access::required(method.as_str(), path);
            let within = rights.namespaces().iter().filter(|(_, set)| {
                required.permission().is_none_or(|one| set.holds(one, required.access))
            });
            return Some(within.map(|(namespace, _)| namespace.to_string()).collect());
        }
        let limits = rights.scope().filter(|scope| !scope.has_whole_clusters())?;
        Some(limits.namespaces().iter().map(Namespace::to_string).collect())
    }
}

/// Calls `path` of a member and streams its answer.
pub(in crate::http) async fn relay(
    app: &App,
    cluster: ClusterId,
    behalf: OnBehalf<'_>,
    method: Method,
    path: &str,
    request: Request,
) -> Result<Response> {
    let uri: Uri =
        path.parse().map_err(|_| ApiError::invalid_request("The path is not properly encoded."))?;
    let (mut head, body) = request.into_parts();
    let headers = std::mem::take(&mut head.headers);
    for name in REQUEST_HEADERS {
        for value in headers.get_all(&name) {
            head.headers.append(name.clone(), value.clone());
        }
    }
    head.method = method;
    head.uri = uri;
    let user = behalf.told(&head.method, head.uri.path());
    if head.method != Method::GET {
        tracing::info!(%cluster, user = user.name, method = %head.method, path, "forwarded a call");
    }
    // What the client sends may be cut, or packed wrongly: the member is told no more,
    // and the client what it did.
    let cut = CancellationToken::new();
    let noticed = cut.clone();
    let body = if body.is_end_stream() { body } else { Body::new(TimeoutBody::new(PAUSE, body)) };
    let body = Body::new(body.map_err(move |error| {
        noticed.cancel();
        error
    }));
    let request = Request::from_parts(head, body);
    let call = app.replicas.call(&app.links, cluster, request, user, DEADLINE);
    let answer = tokio::select! {
        biased;
        () = cut.cancelled() => {
            Err(ApiError::invalid_request("The body broke off, or paused for too long."))
        }
        answer = call => answer
            .map_err(|error| ApiError::new(error.code(), error.to_string()).caused_by(error)),
    }?;
    if answer.status() == StatusCode::UNAUTHORIZED {
        // It would make the client log in here anew, for nothing.
        return Err(ApiError::new(
            Code::RemoteUnauthorized,
            "The cluster does not accept the identity that the primary sent.",
        )
        .with_status(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let (mut head, body) = answer.into_parts();
    let headers = std::mem::take(&mut head.headers);
    for name in RESPONSE_HEADERS {
        for value in headers.get_all(&name) {
            head.headers.append(name.clone(), value.clone());
        }
    }
    Ok(Response::from_parts(head, body))
}
