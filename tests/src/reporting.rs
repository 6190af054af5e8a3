//! Members that only report: events and what runs, and nothing is replicated.

use anyhow::{Context, Result, bail};
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{
    Event, EventBatch, Hello, Pong, Up, WorkloadBatch, WorkloadsHeld, down, up,
};
use palisade_transport::client::{PrimaryAddress, Trust, connect};
use palisade_transport::identity::MemberIdentity;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

/// One such member; its stream ends when it is dropped.
#[derive(Debug)]
pub struct ReportingMember {
    up: mpsc::Sender<Up>,
    events: watch::Receiver<u64>,
    /// How often the primary said what it holds, and what it said last.
    held: watch::Receiver<(u64, Vec<u8>)>,
    task: JoinHandle<()>,
}

impl Drop for ReportingMember {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ReportingMember {
    /// Opens the stream of a member.
    pub async fn open(identity: &MemberIdentity) -> Result<Self> {
        let address: PrimaryAddress = identity.membership().primary_address.parse()?;
        let connection = connect(&address, Trust::Member(identity)).await?;
        let (up, ups) = mpsc::channel(16);
        let hello = Hello { features: vec!["workloads".to_owned()], ..crate::simulated::hello() };
        up.send(message(up::Body::Hello(hello))).await?;
        let stream = LinkClient::new(connection.channel())
            .max_decoding_message_size(64 << 20)
            .open(ReceiverStream::new(ups))
            .await?
            .into_inner();
        let (events, events_seen) = watch::channel(0);
        let (held, held_seen) = watch::channel((0, Vec::new()));
        let answers = up.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = hear(stream, answers, events, held).await {
                println!("a reporting member lost its stream: {error:#}");
            }
        });
        Ok(Self { up, events: events_seen, held: held_seen, task })
    }

    /// Sends events and waits until the primary has stored them.
    pub async fn report(&self, events: Vec<Event>) -> Result<()> {
        let last = events.iter().map(|event| event.seq).max().context("no events")?;
        self.up.send(message(up::Body::Events(EventBatch { events }))).await?;
        self.events.clone().wait_for(|seen| *seen >= last).await?;
        Ok(())
    }

    /// Sends a batch of workloads; gives the digest that the primary holds
    /// then.
    pub async fn run(&self, batch: WorkloadBatch) -> Result<Vec<u8>> {
        let mut held = self.held.clone();
        // The first word comes unasked.
        let told = held.wait_for(|(told, _)| *told > 0).await?.0;
        self.up.send(message(up::Body::Workloads(batch))).await?;
        Ok(held.wait_for(|(now, _)| *now > told).await?.1.clone())
    }
}

fn message(body: up::Body) -> Up {
    Up { body: Some(body) }
}

async fn hear(
    mut stream: tonic::Streaming<palisade_api::federation::Down>,
    up: mpsc::Sender<Up>,
    events: watch::Sender<u64>,
    held: watch::Sender<(u64, Vec<u8>)>,
) -> Result<()> {
    while let Some(down) = stream.message().await? {
        match down.body {
            Some(down::Body::EventsAck(ack)) => {
                events.send_replace(ack.seq);
            }
            Some(down::Body::Workloads(WorkloadsHeld { digest })) => {
                held.send_modify(|(told, last)| {
                    *told += 1;
                    *last = digest.to_vec();
                });
            }
            Some(down::Body::Probe(Pong { nonce })) => {
                up.send(message(up::Body::Pong(Pong { nonce }))).await?;
            }
            Some(down::Body::Bye(bye)) => bail!("the primary said bye: {}", bye.text),
            _ => {}
        }
    }
    Ok(())
}
