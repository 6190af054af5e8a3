//! The trail of what users did: events with the names and fields that clients of this
//! API read in `GET /v1/log/event`. What was before a change and after it stands in
//! the audit record of the change itself.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};
use palisade_api::rest::event::{level, name};
use palisade_identity::{Caller, Recorded};

use crate::App;
use crate::federation::event::{self, Deed, Done, Refusal, Refused};
use crate::identity::{LoggedIn, LoginOutcome};

/// An answer waits no longer for its record.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest path that is recorded, in characters.
const MAX_PATH: usize = 512;

/// A call that changes something, until it is known whether it did.
#[derive(Debug)]
struct Call {
    caller: Caller,
    method: Method,
    path: String,
    kind: Recorded,
}

impl Call {
    /// None where the call changes nothing, or nobody is known to call.
    fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let kind = Recorded::of(request.method().as_str(), path)?;
        let caller = request.extensions().get::<Caller>()?.clone();
        let path = path.chars().take(MAX_PATH).collect();
        Some(Self { caller, method: request.method().clone(), path, kind })
    }

    /// Records the call, if its answer says that something came of it. Says whether it
    /// does.
    async fn record(&self, app: &App, status: StatusCode) -> bool {
        let Some((name, level)) = self.kind.told(status.as_u16()) else { return false };
        let who = self.caller.recorded();
        let message = format!("{who}: {} {}", self.method, self.path);
        let call = Some((self.method.as_str(), self.path.as_str()));
        record(app, Deed { call, ..by((&self.caller, &who), name, level, &message) }).await;
        true
    }
}

/// A call of somebody who was let in, until it is known what comes of it: a change, or a
/// refusal by whoever answers it.
#[derive(Debug)]
pub(super) struct Asked {
    call: Option<Call>,
    /// The call as refusals name it: of a bounded number.
    what: String,
    user: String,
    role: String,
    address: String,
}

impl Asked {
    /// None where nobody is known to call.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let caller = request.extensions().get::<Caller>()?;
        let what = match request.extensions().get::<MatchedPath>() {
            Some(route) => format!("{} {}", request.method(), route.as_str()),
            None => "A call of the home cluster".to_owned(),
        };
        Some(Self {
            call: Call::of(request),
            what,
            user: caller.recorded().into_owned(),
            role: caller.role.to_string(),
            address: caller.address.clone(),
        })
    }

    /// Records what came of it.
    pub(super) async fn record(&self, app: &App, status: StatusCode) {
        if let Some(call) = &self.call
            && call.record(app, status).await
        {
            return;
        }
        if status == StatusCode::FORBIDDEN {
            let why = format!("{} was refused to the role {:?}.", self.what, self.role);
            let whom = Refused::User(&self.user);
            let refusal = Refusal { whom, address: &self.address, why: &why };
            event::refused(&app.database, app.clock.now(), refusal).await;
        }
    }
}

/// Records that a login succeeded.
pub(super) async fn logged_in(app: &App, outcome: &LoginOutcome, address: &str) {
    let LoginOutcome::LoggedIn(logged_in) = outcome else { return };
    let LoggedIn { session, user, .. } = &**logged_in;
    let message = format!("{} logged in from {address}.", user.row.fullname);
    let deed = Deed {
        name: name::LOGIN,
        level: level::INFO,
        user: &user.row.fullname,
        roles: event::by_namespace(&user.row.roles),
        address,
        session: session.to_string(),
        call: None,
        message: &message,
    };
    record(app, deed).await;
}

/// Records something else that a caller did.
pub(super) async fn did(app: &App, caller: &Caller, name: &'static str, message: &str) {
    let who = caller.recorded();
    record(app, by((caller, &who), name, level::INFO, message)).await;
}

fn by<'a>(
    (caller, who): (&'a Caller, &'a str),
    name: &'static str,
    level: &'static str,
    message: &'a str,
) -> Deed<'a> {
    Deed {
        name,
        level,
        user: who,
        roles: BTreeMap::from([(String::new(), caller.role.to_string())]),
        address: &caller.address,
        session: caller.session().map(|session| session.to_string()).unwrap_or_default(),
        call: None,
        message,
    }
}

async fn record(app: &App, deed: Deed<'_>) {
    let name = deed.name;
    // Its place in the queue is waited for, however long: without one it would be lost.
    let stored = app.deeds.store(Done::new(app.clock.now(), deed)).await;
    match tokio::time::timeout(PATIENCE, stored).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, name, "what a user did cannot be recorded"),
        Err(_) => tracing::warn!(name, "what a user did is recorded later than it is answered"),
    }
}
