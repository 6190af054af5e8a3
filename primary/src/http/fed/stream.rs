//! `GET /v1/fed/stream`

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use palisade_api::Code;
use palisade_api::rest::fed::FedStreamEvent;
use palisade_identity::{Access, Caller, Permission};

use crate::App;
use crate::http::authorize::rights_in_fleet;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::live::{ChangeStream, Told, Topic, Watch};

/// Follow which lists change
///
/// Server-sent events: `ready` at first, then `changed` with the lists that
/// changed, whichever replica changed them. A comment comes every five seconds.
/// The stream ends with the session; it does not keep it alive. Of lists that
/// the caller may not read, and of clusters that its role does not reach, nothing
/// is told.
#[utoipa::path(
    get,
    path = "/v1/fed/stream",
    tag = "federation",
    responses((status = OK, body = FedStreamEvent, content_type = "text/event-stream")),
)]
pub(super) async fn fed_stream_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    let session = caller.session().ok_or_else(|| {
        ApiError::new(Code::OpNotAllowed, "An API key has no session that a stream could end with.")
    })?;
    let topics = Topic::ALL.into_iter().filter(|topic| may_see(&caller, *topic)).collect();
    let stop = app.shutdown.token().clone();
    let identity = app.identity.clone();
    let watch = match caller.rights.scope() {
        // Whatever the role reads: one of the operator's own reads no federation.
        Some(scope) => Some(Watch::new(app.database, scope.clone())),
        None if caller.may(Permission::Fed, Access::Read) => None,
        None => {
            let home = rights_in_fleet(&app, &caller, &[]).await?;
            let scope = home.and_then(|rights| rights.scope().cloned());
            scope.map(|scope| Watch::of_events(app.database, scope))
        }
    };
    let stream = ChangeStream::open(&app.live, identity, session, topics, watch, stop)
        .ok_or_else(|| ApiError::new(Code::OpNotAllowed, "The session has too many streams."))?;
    Ok(Sse::new(unfold(stream, async |mut stream| {
        let told = stream.next().await?;
        Some((Ok(event(&told)), stream))
    })))
}

fn may_see(caller: &Caller, topic: Topic) -> bool {
    let reads = |permission| caller.may(permission, Access::Read);
    match topic {
        Topic::Members => reads(Permission::Config),
        Topic::Events => reads(Permission::Events) || reads(Permission::SecurityEvents),
        Topic::Scans => reads(Permission::RegScan) || reads(Permission::Vulnerability),
        Topic::Rules => reads(Permission::RtPolicy) || reads(Permission::Admctrl),
        // Files are not imported within a scope.
        Topic::Imports => caller.rights.scope().is_none(),
    }
}

fn event(told: &Told) -> Event {
    match told {
        Told::Ready => Event::default().event("ready").data("{\"lists\":[]}"),
        Told::Changed(topics) => {
            let names: Vec<String> =
                topics.iter().map(|topic| format!("\"{}\"", topic.as_str())).collect();
            Event::default().event("changed").data(format!("{{\"lists\":[{}]}}", names.join(",")))
        }
        Told::Heartbeat => Event::default().comment(""),
    }
}
