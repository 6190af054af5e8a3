//! The trail of what users did at a cluster's own listener. What the primary hands on, it
//! records itself.

use std::collections::BTreeMap;

use axum::extract::Request;
use http::{Method, StatusCode};
use palisade_api::rest::event::{Event, level, name};
use palisade_identity::{Caller, Recorded};
use tracing::warn;

use crate::Controller;
use crate::local_user::{LocalUserError, Login};

/// Longest name that is recorded of a login that failed, in characters.
const MAX_NAME: usize = 64;
/// Longest path that is recorded, in characters.
const MAX_PATH: usize = 512;

/// A call that changes something, until it is known whether it did.
pub(super) struct Call {
    caller: Caller,
    method: Method,
    path: String,
    kind: Recorded,
}

impl Call {
    /// None where the call changes nothing, or nobody of this cluster calls.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let (method, path) = (request.method(), request.uri().path());
        let kind = Recorded::of(method.as_str(), path)?;
        let caller = request.extensions().get::<Caller>()?;
        caller.session()?;
        let path = path.chars().take(MAX_PATH).collect();
        Some(Self { caller: caller.clone(), method: method.clone(), path, kind })
    }

    /// Records the call, if its answer says that something came of it.
    pub(super) async fn record(&self, controller: &Controller, status: StatusCode) {
        let Self { caller, method, path, kind } = self;
        let Some((name, level)) = kind.told(status.as_u16()) else { return };
        let event = Event {
            rest_method: method.to_string(),
            rest_request: path.clone(),
            message: format!("{}: {method} {path}", caller.fullname),
            ..by(controller, caller, name, level)
        };
        record(controller, &event).await;
    }
}

/// Records that a login succeeded.
pub(super) async fn logged_in(controller: &Controller, login: &Login, address: &str) {
    let user = &login.user;
    let event = Event {
        user: user.name.clone(),
        user_roles: BTreeMap::from([(String::new(), user.role.clone())]),
        user_addr: address.to_owned(),
        user_session: login.session.to_string(),
        message: format!("{} logged in from {address}.", user.name),
        ..controller.event(name::LOGIN, level::INFO)
    };
    record(controller, &event).await;
}

/// Records that a login failed, if that is what happened: the same one once in a while.
/// Attempts that had to wait are not: a flood shall cost nothing.
pub(super) async fn refused(
    controller: &Controller,
    username: &str,
    address: &str,
    error: &LocalUserError,
) {
    let LocalUserError::Failed = error else { return };
    let user: String = username.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if !controller.users().failure_is_news(&user, address) {
        return;
    }
    let event = Event {
        message: format!("{user} did not log in from {address}: {error}."),
        user,
        user_addr: address.to_owned(),
        ..controller.event(name::LOGIN_FAILED, level::WARNING)
    };
    record(controller, &event).await;
}

/// Records that somebody logged out.
pub(super) async fn logged_out(controller: &Controller, caller: &Caller) {
    let event = Event {
        message: format!("{} logged out.", caller.fullname),
        ..by(controller, caller, name::LOGOUT, level::INFO)
    };
    record(controller, &event).await;
}

fn by(controller: &Controller, caller: &Caller, name: &str, level: &str) -> Event {
    Event {
        user: caller.fullname.clone(),
        user_roles: BTreeMap::from([(String::new(), caller.role.to_string())]),
        user_addr: caller.address.clone(),
        user_session: caller.session().map(|session| session.to_string()).unwrap_or_default(),
        ..controller.event(name, level)
    }
}

/// What cannot be recorded has happened all the same.
async fn record(controller: &Controller, event: &Event) {
    if let Err(error) = controller.record_event(event).await {
        warn!(%error, name = event.name, "what a user did cannot be recorded");
    }
}
