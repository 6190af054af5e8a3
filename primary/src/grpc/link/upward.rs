//! The upward half of a link: acknowledgements into memory, events into the
//! database.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use palisade_api::federation::{Bye, Event, EventBatch, EventsAck, Up, bye, down, up};
use palisade_api::kind::LogId;
use palisade_api::sync::Ack;
use palisade_sync::{ObjectError, Position};
use serde_json::Value;
use serde_json::value::RawValue;
use tonic::Streaming;

use super::{shortened, workloads};
use crate::App;
use crate::federation::event::{self, Refusal, Refused};
use crate::federation::event_intake::IntakeError;
use crate::federation::member_link::MemberLink;
use crate::store::event::{NewEvent, Received};

/// Errors of objects that are remembered of one acknowledgement.
const MOST_ERRORS: usize = 100;

/// Errors that an acknowledgement may name; agents name a hundred.
const MOST_ERRORS_SENT: usize = 1_000;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Events on their way into the database; gives the newest number.
type Storing = Pin<Box<dyn Future<Output = u64> + Send>>;

/// What a member must not send.
struct Violation(&'static str);

/// Hears a member until its link ends.
pub(super) async fn run(app: App, link: Arc<MemberLink>, mut up: Streaming<Up>) {
    // Lent: a future that is given away to another has its room in both.
    let heard = pin!(hear(&app, &link, &mut up));
    if let Some(Err(Violation(text))) = link.stop.run_until_cancelled(heard).await {
        tracing::warn!(cluster = %link.cluster, text, "a member broke the protocol");
        link.end(Bye {
            reason: bye::Reason::Protocol.into(),
            text: text.to_owned(),
            retry_after_ms: 5_000,
            ..Bye::default()
        });
        let refusal = Refusal { whom: Refused::Member(link.cluster), address: "", why: text };
        // Aside, for it is seldom needed and the task of every link would be larger by it.
        Box::pin(event::refused(&app.database, app.clock.now(), refusal)).await;
    }
    link.stop.cancel();
}

async fn hear(app: &App, link: &Arc<MemberLink>, up: &mut Streaming<Up>) -> Result<(), Violation> {
    let mut storing: Option<Storing> = None;
    let allowance = app.links.allowance(link.cluster);
    let mut writing: Option<workloads::Writing> = None;
    loop {
        let message = tokio::select! {
            message = up.message() => message,
            seq = ended(&mut storing) => {
                finish(link, seq).await;
                continue;
            }
            held = ended(&mut writing) => {
                link.send(down::Body::Workloads(held)).await;
                continue;
            }
        };
        let body = match message {
            Ok(Some(message)) => message.body,
            Ok(None) => return Ok(()),
            Err(status) => {
                tracing::debug!(cluster = %link.cluster, %status, "a link broke");
                return Ok(());
            }
        };
        link.hear();
        let pause = allowance.message();
        if !pause.is_zero() {
            settle(link, &mut storing).await;
            hold_back(link, pause).await;
        }
        match body {
            Some(up::Body::Ack(ack)) => acknowledge(app, link, ack)?,
            Some(up::Body::Resync(resync)) => {
                if !allowance.resync() {
                    return Err(Violation("a log was asked for again and again"));
                }
                if let Some(log) = LogId::from_number(resync.log) {
                    tracing::info!(cluster = %link.cluster, ?log, "a member asks for everything");
                    link.resync(log);
                }
            }
            Some(up::Body::Events(batch)) => {
                // One batch at a time: the connection holds back the others.
                settle(link, &mut storing).await;
                let bytes = batch.events.iter().map(|event| event.detail.len()).sum();
                hold_back(link, allowance.events(batch.events.len(), bytes)).await;
                storing = store_events(app, link, batch)?;
            }
            Some(up::Body::Workloads(_)) if writing.is_some() => {
                return Err(Violation("workloads before the answer to the last"));
            }
            Some(up::Body::Workloads(batch)) => {
                writing = Some(workloads::store(app, link.cluster, batch).map_err(Violation)?);
            }
            Some(up::Body::Vulndb(held)) => link.scans_with(held.into()),
            Some(up::Body::Hello(_)) => return Err(Violation("a second Hello")),
            // Pong has said all by coming; others are of a newer agent.
            Some(up::Body::Pong(_)) | None => {}
        }
    }
}

/// Waits until what is being stored is stored.
async fn settle(link: &MemberLink, storing: &mut Option<Storing>) {
    if storing.is_some() {
        let seq = ended(storing).await;
        finish(link, seq).await;
    }
}

/// Reads on later: the connection holds the member back meanwhile. That it is
/// not heard is not its silence.
async fn hold_back(link: &MemberLink, pause: Duration) {
    if pause.is_zero() {
        return;
    }
    metrics::counter!("palisade_link_held_back_total").increment(1);
    link.storing.store(true, Ordering::Release);
    tokio::time::sleep(pause).await;
    link.storing.store(false, Ordering::Release);
}

fn acknowledge(app: &App, link: &MemberLink, ack: Ack) -> Result<(), Violation> {
    let position = ack.position.ok_or(Violation("an acknowledgement of nothing"))?;
    if ack.errors.len() > MOST_ERRORS_SENT {
        return Err(Violation("an acknowledgement with too many errors"));
    }
    let Some(log) = LogId::from_number(position.log) else { return Ok(()) };
    let errors: Vec<ObjectError> = ack
        .errors
        .into_iter()
        .take(MOST_ERRORS)
        .map(|mut error| {
            error.name = shortened(&error.name, 256);
            error.text = shortened(&error.text, 512);
            error.field = shortened(&error.field, 256);
            error.into()
        })
        .collect();
    link.acknowledged(log, Position::from_wire(&position), errors, app.links.feed());
    Ok(())
}

/// Waits for what is under way; for ever where nothing is.
async fn ended<T>(running: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match running {
        Some(future) => {
            let outcome = future.await;
            *running = None;
            outcome
        }
        None => std::future::pending().await,
    }
}

async fn finish(link: &MemberLink, seq: u64) {
    link.storing.store(false, Ordering::Release);
    link.send(down::Body::EventsAck(EventsAck { seq })).await;
}

fn store_events(
    app: &App,
    link: &MemberLink,
    batch: EventBatch,
) -> Result<Option<Storing>, Violation> {
    let Some(newest) = batch.events.iter().map(|event| event.seq).max() else { return Ok(None) };
    let now = app.clock.now();
    let mut events = Vec::with_capacity(batch.events.len());
    for event in batch.events {
        if event.seq == 0 || i64::try_from(event.seq).is_err() {
            return Err(Violation("an event with an impossible number"));
        }
        events.push(new_event(&event, now));
    }
    link.storing.store(true, Ordering::Release);
    let (intake, cluster) = (app.events.clone(), link.cluster);
    Ok(Some(Box::pin(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let received = Received { cluster, newest, events: events.clone() };
            match intake.store(received).await {
                Ok(()) => return newest,
                Err(error) => complain(cluster, &error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    })))
}

fn complain(cluster: ClusterId, error: &IntakeError) {
    tracing::warn!(%cluster, %error, "events cannot be stored; the member keeps them meanwhile");
}

fn new_event(event: &Event, now: DateTime<Utc>) -> NewEvent {
    // What a record of no known shape is about, nobody knows.
    let about: About = serde_json::from_slice(&event.detail).unwrap_or_default();
    let image = if about.image.is_empty() { about.workload_image } else { about.image };
    NewEvent {
        seq: event.seq,
        at: DateTime::from_timestamp_millis(event.at_ms).unwrap_or(now),
        name: shortened(&event.name, 128),
        level: shortened(&event.level, 32),
        category: shortened(&event.category, 32),
        namespace: shortened(&about.workload_domain, 256),
        image: shortened(&image, 512),
        detail: detail(&event.detail),
    }
}

/// What a record is about, as records of all logs say it.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct About {
    workload_domain: String,
    workload_image: String,
    image: String,
}

/// The record as it came; what is no JSON is kept as a text. Characters that are told by
/// their numbers may be such as the database refuses: zeros are replaced, and what are no
/// characters at all makes it no JSON.
fn detail(bytes: &[u8]) -> Box<RawValue> {
    match serde_json::from_slice::<Box<RawValue>>(bytes) {
        Ok(detail) if !detail.get().contains("\\u") => detail,
        _ => {
            let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
            let record: Value = serde_json::from_slice(bytes).unwrap_or_else(|_| text());
            let record = record.to_string().replace("\\u0000", "\\ufffd");
            RawValue::from_string(record).unwrap_or_else(|_| RawValue::NULL.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_kept_as_text() {
        assert_eq!(detail(br#"{"a": 1}"#).get(), r#"{"a": 1}"#);
        assert_eq!(detail(b"{\"a").get(), r#""{\"a""#);
    }

    #[test]
    fn what_the_database_refuses_in_a_text_is_replaced() {
        for (sent, kept) in [
            (r#"{"a":"x\u0000y","b":"\u00e4"}"#, r#"{"a":"x\ufffdy","b":"ä"}"#),
            (r#"{"a\u0000":[1.5,"\n"]}"#, r#"{"a\ufffd":[1.5,"\n"]}"#),
            (r#"{"a":"\ud800"}"#, r#""{\"a\":\"\\ud800\"}""#),
        ] {
            assert_eq!(detail(sent.as_bytes()).get(), kept, "{sent}");
        }
    }
}
