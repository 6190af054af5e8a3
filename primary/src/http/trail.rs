//! The trail of what users did: events with the names and fields that clients of this
//! API read in `GET /v1/log/event`. What was before a change and after it stands in
//! the audit record of the change itself.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::Request;
use http::{Method, StatusCode};
use palisade_api::rest::event::{level, name};
use palisade_identity::{Access, Caller, route_access};

use crate::App;
use crate::federation::event::{self, Deed};
use crate::identity::{LoggedIn, LoginOutcome};

/// An answer waits no longer for its record.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest path that is recorded, in characters.
const MAX_PATH: usize = 512;

/// A call that changes something, until it is known whether it did.
#[derive(Debug)]
pub(super) struct Call {
    caller: Caller,
    method: Method,
    path: String,
    kind: Kind,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It changes something.
    Write,
    /// It changes what a file says.
    Import,
    /// It gives a file of what there is.
    Export,
}

impl Call {
    /// None where the call changes nothing, or nobody is known to call.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let kind = kind(request.method(), path)?;
        let caller = request.extensions().get::<Caller>()?.clone();
        let path = path.chars().take(MAX_PATH).collect();
        Some(Self { caller, method: request.method().clone(), path, kind })
    }

    /// Records the call, if its answer says that something came of it.
    pub(super) async fn record(&self, app: &App, status: StatusCode) {
        let done = status == StatusCode::OK;
        let (name, level) = match self.kind {
            Kind::Write if done => (name::REST_WRITE, level::INFO),
            Kind::Import if done => (name::CONFIGURATION_IMPORT, level::NOTICE),
            Kind::Import if status.is_client_error() || status.is_server_error() => {
                (name::CONFIGURATION_IMPORT_FAILED, level::ERROR)
            }
            Kind::Export if done => (name::CONFIGURATION_EXPORT, level::NOTICE),
            Kind::Write | Kind::Import | Kind::Export => return,
        };
        let message = format!("{}: {} {}", self.caller.fullname, self.method, self.path);
        let call = Some((self.method.as_str(), self.path.as_str()));
        record(app, Deed { call, ..by(&self.caller, name, level, &message) }).await;
    }
}

/// What of a call is recorded. Logins and logouts are by themselves; what is forwarded
/// does what it does there.
fn kind(method: &Method, path: &str) -> Option<Kind> {
    let mut segments = path.split('/').skip(1);
    if let (Some("v1"), Some("fed"), Some("cluster"), Some(_), Some("v1" | "v2")) =
        (segments.next(), segments.next(), segments.next(), segments.next(), segments.next())
    {
        let there = path.match_indices('/').nth(4).map_or(path, |(at, _)| &path[at..]);
        return kind(method, there);
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path == "/v1/auth" {
        return None;
    }
    if path.starts_with("/v1/file/") {
        return Some(if path.ends_with("/config") { Kind::Import } else { Kind::Export });
    }
    let access = route_access::required(method.as_str(), path).access;
    (access == Access::Write).then_some(Kind::Write)
}

/// Records that a login succeeded.
pub(super) async fn logged_in(app: &App, outcome: &LoginOutcome, address: &str) {
    let LoginOutcome::LoggedIn(logged_in) = outcome else { return };
    let LoggedIn { session, user, .. } = &**logged_in;
    let message = format!("{} logged in from {address}.", user.row.fullname);
    let roles = &user.row.roles;
    let of_namespaces = roles.domains().iter().flat_map(|(role, namespaces)| {
        namespaces.iter().map(|namespace| (namespace.to_string(), role.to_string()))
    });
    let deed = Deed {
        name: name::LOGIN,
        level: level::INFO,
        user: &user.row.fullname,
        roles: of_namespaces.chain([(String::new(), roles.global().to_string())]).collect(),
        address,
        session: session.to_string(),
        call: None,
        message: &message,
    };
    record(app, deed).await;
}

/// Records something else that a caller did.
pub(super) async fn did(app: &App, caller: &Caller, name: &'static str, message: &str) {
    record(app, by(caller, name, level::INFO, message)).await;
}

fn by<'a>(
    caller: &'a Caller,
    name: &'static str,
    level: &'static str,
    message: &'a str,
) -> Deed<'a> {
    Deed {
        name,
        level,
        user: &caller.fullname,
        roles: BTreeMap::from([(String::new(), caller.role.to_string())]),
        address: &caller.address,
        session: caller.session().map(|session| session.to_string()).unwrap_or_default(),
        call: None,
        message,
    }
}

async fn record(app: &App, deed: Deed<'_>) {
    let name = deed.name;
    let recorded = event::did(&app.database, app.clock.now(), deed);
    match tokio::time::timeout(PATIENCE, recorded).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, name, "what a user did cannot be recorded"),
        Err(_) => tracing::warn!(name, "what a user did cannot be recorded in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_recorded() {
        use Kind::{Export, Import, Write};
        for (method, path, expected) in [
            ("GET", "/v1/user", None),
            ("HEAD", "/v1/user", None),
            ("POST", "/v1/user", Some(Write)),
            ("PATCH", "/v1/system/config", Some(Write)),
            ("DELETE", "/v1/api_key/ci", Some(Write)),
            ("POST", "/v1/auth", None),
            ("PATCH", "/v1/auth", None),
            // Questions that come as POST.
            ("POST", "/v1/vulasset", None),
            ("POST", "/v1/assetvul", None),
            ("POST", "/v1/file/group", Some(Export)),
            ("POST", "/v1/file/response/rule/config", Some(Import)),
            ("GET", "/v1/fed/cluster/7/v1/group", None),
            ("POST", "/v1/fed/cluster/7/v1/group", Some(Write)),
            ("POST", "/v1/fed/cluster/7/v1/file/group", Some(Export)),
            ("PATCH", "/v1/fed/cluster/7/v1/auth", None),
            ("DELETE", "/v1/fed/cluster/7", Some(Write)),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(kind(&method, path), expected, "{method} {path}");
        }
    }
}
