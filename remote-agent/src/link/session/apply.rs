//! What comes down is stored, on tasks of their own.

use palisade_api::federation::Resync;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::sync::Frame;
use palisade_controller::federation::FederationReplica;
use palisade_sync::{Receiver, Reply};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::UP_QUEUE;

/// Asks for a log from its start when what is stored of it turns out not to be
/// what came.
pub(super) async fn watch_drift(replica: FederationReplica, up: mpsc::Sender<UpBody>) -> String {
    loop {
        let log = replica.drifted().await;
        if up.send(UpBody::Resync(Resync { log: log.number() })).await.is_err() {
            return "the connection is closed".to_owned();
        }
    }
}

/// Stores what comes down and sends what the primary has to hear, on a task of
/// its own: calls are answered while a snapshot is being stored.
pub(super) async fn apply(
    receiver: Receiver<FederationReplica>,
    frames: mpsc::Receiver<Frame>,
    up: mpsc::Sender<UpBody>,
    life: CancellationToken,
) -> String {
    let (replies, mut queue) = mpsc::channel(UP_QUEUE);
    let send = async {
        while let Some(reply) = queue.recv().await {
            let message = match reply {
                Reply::Ack(ack) => UpBody::Ack(ack),
                Reply::Resync(log) => UpBody::Resync(Resync { log: log.number() }),
            };
            if up.send(message).await.is_err() {
                return;
            }
        }
    };
    let (stored, ()) = tokio::join!(receiver.run(frames, replies, life), send);
    match stored {
        Ok(()) => "no more is applied".to_owned(),
        Err(error) => error.to_string(),
    }
}
