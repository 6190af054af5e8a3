//! Tells the primary what runs here: what changed where the primary holds what
//! it was told last, else all of it. One batch is under way at a time, so that
//! neither side keeps a queue.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use palisade_api::Revision;
use palisade_api::federation::up::Body as Up;
use palisade_api::federation::{Node, NodeList, Workload, WorkloadBatch};
use palisade_controller::Controller;
use palisade_sync::SetDigest;
use prost::Message as _;
use tokio::sync::mpsc;
use tracing::warn;

/// The feature that says so.
pub(super) const FEATURE: &str = "workloads";
/// Workloads of one batch.
const BATCH: usize = 400;
/// Workloads that are told at all.
const MOST: usize = 20_000;
/// Kinds within the digest.
const WORKLOAD: u32 = 1;
const NODE: u32 = 2;
/// Pauses before all is sent again though the primary did not take it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// All that runs, and its digest.
#[derive(Clone, Debug, Default, PartialEq)]
struct Running {
    workloads: BTreeMap<String, Workload>,
    nodes: Vec<Node>,
    digest: SetDigest,
}

/// Tells, and hears by `held` what the primary holds then; ends with either.
pub(super) async fn run(
    controller: Controller,
    mut held: mpsc::Receiver<Bytes>,
    up: mpsc::Sender<Up>,
) -> String {
    let teller = Teller { controller, told: None, up, pause: FIRST_PAUSE };
    teller.tell(&mut held).await;
    "what runs here is not told any more".to_owned()
}

struct Teller {
    controller: Controller,
    /// What the primary was told last.
    told: Option<Running>,
    up: mpsc::Sender<Up>,
    pause: Duration,
}

impl Teller {
    /// Tells until the primary holds what runs, waits for a change, and so on;
    /// none when the link has ended.
    async fn tell(mut self, held: &mut mpsc::Receiver<Bytes>) -> Option<std::convert::Infallible> {
        let mut observed = self.controller.scans().observed();
        observed.wait_for(|times| *times > 0).await.ok()?;
        let mut holds = held.recv().await?;
        loop {
            observed.mark_unchanged();
            let now = running(&self.controller);
            if holds == Bytes::from(now.digest) {
                self.told = Some(now);
                self.pause = FIRST_PAUSE;
                tokio::select! {
                    changed = observed.changed() => changed.ok()?,
                    // The primary was asked nothing, and tells nevertheless.
                    told = held.recv() => holds = told?,
                }
                continue;
            }
            let known = self.told.take().filter(|told| holds == Bytes::from(told.digest));
            if let Some(told) = known {
                let (batch, then) = change(&told, &now);
                self.up.send(Up::Workloads(batch)).await.ok()?;
                self.told = Some(then);
                holds = held.recv().await?;
                continue;
            }
            for part in parts(&now) {
                self.up.send(Up::Workloads(part)).await.ok()?;
                holds = held.recv().await?;
            }
            if holds == Bytes::from(now.digest) {
                self.told = Some(now);
            } else {
                warn!("the primary does not take what runs here; it is told again later");
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// All that runs now.
fn running(controller: &Controller) -> Running {
    let (host, containers) = controller.scans().containers();
    if containers.len() > MOST {
        warn!(containers = containers.len(), "more runs here than is told");
    }
    let mut running = Running::default();
    for container in containers.into_iter().take(MOST) {
        let workload = container.workload(&host.name, &host.id);
        running.put(Workload {
            id: workload.id,
            name: workload.display_name,
            namespace: workload.domain,
            pod: workload.pod_name,
            host: workload.host_name,
            image: workload.image,
            image_id: container.engine.image_id,
            run_as_root: workload.run_as_root,
            started_ms: container.started_ms,
        });
    }
    running.set_nodes(vec![Node {
        id: host.id,
        name: host.name,
        os: host.os,
        kernel: host.kernel,
        cpus: u32::try_from(host.cpus).unwrap_or_default(),
        memory: u64::try_from(host.memory).unwrap_or_default(),
    }]);
    running
}

impl Running {
    fn put(&mut self, workload: Workload) {
        self.remove(&workload.id.clone());
        self.digest.add(WORKLOAD, &workload.id, Revision::ZERO, &workload.encode_to_vec());
        self.workloads.insert(workload.id.clone(), workload);
    }

    fn remove(&mut self, id: &str) {
        if let Some(old) = self.workloads.remove(id) {
            self.digest.remove(WORKLOAD, id, Revision::ZERO, &old.encode_to_vec());
        }
    }

    fn set_nodes(&mut self, nodes: Vec<Node>) {
        for old in std::mem::take(&mut self.nodes) {
            self.digest.remove(NODE, &old.id, Revision::ZERO, &old.encode_to_vec());
        }
        for node in &nodes {
            self.digest.add(NODE, &node.id, Revision::ZERO, &node.encode_to_vec());
        }
        self.nodes = nodes;
    }
}

/// What changed, as far as it fits in a batch, and what is told then.
fn change(told: &Running, now: &Running) -> (WorkloadBatch, Running) {
    let mut then = told.clone();
    let gone = told.workloads.keys().filter(|id| !now.workloads.contains_key(*id));
    let gone: Vec<String> = gone.take(BATCH).cloned().collect();
    for id in &gone {
        then.remove(id);
    }
    let put = now.workloads.values().filter(|one| told.workloads.get(&one.id) != Some(*one));
    let put: Vec<Workload> = put.take(BATCH - gone.len()).cloned().collect();
    for one in &put {
        then.put(one.clone());
    }
    let nodes = (told.nodes != now.nodes).then(|| NodeList { nodes: now.nodes.clone() });
    if nodes.is_some() {
        then.set_nodes(now.nodes.clone());
    }
    let batch = WorkloadBatch {
        base: told.digest.into(),
        digest: then.digest.into(),
        put,
        gone,
        nodes,
        ..WorkloadBatch::default()
    };
    (batch, then)
}

/// All of it in parts.
fn parts(now: &Running) -> Vec<WorkloadBatch> {
    // Not 0, and not that of another sending.
    let whole = rand::random::<u64>().max(1);
    let all: Vec<&Workload> = now.workloads.values().collect();
    let mut chunks: Vec<&[&Workload]> = all.chunks(BATCH).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let count = chunks.len();
    let part = |(at, chunk): (usize, &[&Workload])| WorkloadBatch {
        digest: now.digest.into(),
        whole,
        first: at == 0,
        last: at + 1 == count,
        put: chunk.iter().map(|one| (*one).clone()).collect(),
        nodes: (at == 0).then(|| NodeList { nodes: now.nodes.clone() }),
        ..WorkloadBatch::default()
    };
    chunks.into_iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: impl IntoIterator<Item = u32>, name: &str) -> Running {
        let mut running = Running::default();
        for id in ids {
            let (id, name) = (format!("{id:04}"), name.to_owned());
            running.put(Workload { id, name, ..Workload::default() });
        }
        running
    }

    #[test]
    fn changes_lead_from_one_set_to_the_other_in_bounded_batches() {
        for (from, to) in [
            (of(0..3, "a"), of(1..4, "a")),
            (of(0..3, "a"), of(0..3, "b")),
            (of(0..1_500, "a"), of(1_000..2_500, "b")),
            (of(0..0, "a"), of(0..1, "a")),
            (of(0..1, "a"), of(0..0, "a")),
        ] {
            let mut told = from.clone();
            for batches in 1.. {
                let (batch, then) = change(&told, &to);
                assert!(batch.put.len() + batch.gone.len() <= BATCH);
                assert_eq!(batch.base, Bytes::from(told.digest));
                assert_eq!(batch.digest, Bytes::from(then.digest));
                told = then;
                if told == to {
                    break;
                }
                assert!(batches < 20, "no end");
            }
            assert_eq!(told.digest, to.digest);
        }
    }

    #[test]
    fn the_parts_are_the_whole() {
        for count in [0, 1, 400, 401, 1_201] {
            let now = of(0..count, "a");
            let parts = parts(&now);
            let put: usize = parts.iter().map(|part| part.put.len()).sum();
            assert_eq!(put, count as usize);
            assert_eq!(parts.iter().filter(|part| part.first).count(), 1);
            assert!(parts.first().unwrap().first && parts.last().unwrap().last);
            assert!(parts.iter().all(|part| part.whole == parts[0].whole && part.whole != 0));
        }
    }
}
