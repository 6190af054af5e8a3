//! What runs in a member's cluster, as its agent reports it: batch by batch,
//! each answered with what is held then.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use palisade_api::ClusterId;
use palisade_api::federation::{Node, Workload, WorkloadBatch, WorkloadsHeld};

use super::shortened;
use crate::App;
use crate::store::workload::write::{Batch, BatchKind, Held, apply};
use crate::store::{self, StoreError};

/// The feature of agents that report.
pub(super) const FEATURE: &str = "workloads";

/// Workloads of one batch, and of one cluster.
const MOST_OF_BATCH: usize = 2_000;
const MOST_OF_CLUSTER: i64 = 50_000;
/// Bytes of the digest of a set.
const DIGEST_BYTES: usize = 32;
/// Nodes of one cluster.
const MOST_NODES: usize = 5_000;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A batch on its way into the database; gives what to answer.
pub(super) type Writing = Pin<Box<dyn Future<Output = WorkloadsHeld> + Send>>;

/// What is held of a cluster; nothing where the database is away, so that all
/// of it comes again.
pub(super) async fn held(app: &App, cluster: ClusterId) -> WorkloadsHeld {
    let read = async {
        let mut connection = app.database.acquire().await?;
        store::workload::held(&mut connection, cluster).await
    };
    let digest = read.await.unwrap_or_else(|error| {
        tracing::warn!(%cluster, %error, "it is not known what a cluster runs");
        None
    });
    WorkloadsHeld { digest: digest.unwrap_or_default().into() }
}

/// Stores a batch; says what is wrong with it where it is out of bounds.
pub(super) fn store(
    app: &App,
    cluster: ClusterId,
    batch: WorkloadBatch,
) -> Result<Writing, &'static str> {
    let batch = checked(batch)?;
    let (database, clock) = (app.database.clone(), app.clock.clone());
    let running = app.registries.running.clone();
    Ok(Box::pin(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = async {
                let mut tx = database.begin().await?;
                let held = apply(&mut tx, cluster, &batch, clock.now()).await?;
                // A cluster that runs more keeps what was held before.
                if held.workloads <= MOST_OF_CLUSTER {
                    tx.commit().await?;
                }
                Ok::<Held, StoreError>(held)
            };
            match outcome.await {
                Ok(held) if held.workloads > MOST_OF_CLUSTER => {
                    tracing::warn!(%cluster, held.workloads, "a cluster runs more than is kept");
                    return WorkloadsHeld { digest: Bytes::new() };
                }
                Ok(held) => {
                    running.nudge();
                    return WorkloadsHeld { digest: held.digest.unwrap_or_default().into() };
                }
                Err(error) => {
                    tracing::warn!(%cluster, %error, "what a cluster runs cannot be stored");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }))
}

fn checked(batch: WorkloadBatch) -> Result<Batch, &'static str> {
    let WorkloadBatch { base, digest, whole, first, last, put, gone, nodes } = batch;
    if put.len() + gone.len() > MOST_OF_BATCH {
        return Err("too many workloads in one batch");
    }
    if digest.len() != DIGEST_BYTES {
        return Err("workloads without a digest");
    }
    let nodes = nodes.map(|list| list.nodes);
    if nodes.as_ref().is_some_and(|nodes| nodes.len() > MOST_NODES) {
        return Err("too many nodes");
    }
    let kind = match whole.cast_signed() {
        0 => BatchKind::Change { base: base.to_vec() },
        whole => BatchKind::Part { whole, first, last },
    };
    let mut put: Vec<_> = put.iter().map(workload).collect();
    put.sort_by(|left, right| left.id.cmp(&right.id));
    put.dedup_by(|left, right| left.id == right.id);
    Ok(Batch {
        kind,
        digest: digest.to_vec(),
        put,
        gone: gone.iter().map(|id| shortened(id, 128)).collect(),
        nodes: nodes.map(|nodes| nodes.iter().map(node).collect()),
    })
}

fn workload(one: &Workload) -> store::workload::Workload {
    let image_id = one.image_id.split_once(':').map_or(&*one.image_id, |(_, hex)| hex);
    store::workload::Workload {
        id: shortened(&one.id, 128),
        name: shortened(&one.name, 256),
        namespace: shortened(&one.namespace, 256),
        pod: shortened(&one.pod, 256),
        host: shortened(&one.host, 256),
        image: shortened(&one.image, 512),
        image_id: shortened(image_id, 128),
        run_as_root: one.run_as_root,
        started_at: DateTime::from_timestamp_millis(one.started_ms).unwrap_or_default(),
    }
}

fn node(one: &Node) -> store::workload::Node {
    store::workload::Node {
        id: shortened(&one.id, 256),
        name: shortened(&one.name, 256),
        os: shortened(&one.os, 256),
        kernel: shortened(&one.kernel, 256),
        cpus: i32::try_from(one.cpus).unwrap_or(i32::MAX),
        memory: i64::try_from(one.memory).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> WorkloadBatch {
        WorkloadBatch { digest: vec![1; 32].into(), ..WorkloadBatch::default() }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let many = vec![Workload::default(); MOST_OF_BATCH + 1];
        assert!(checked(WorkloadBatch { put: many, ..batch() }).is_err());
        assert!(checked(WorkloadBatch { digest: Bytes::new(), ..batch() }).is_err());
        assert!(checked(batch()).is_ok());
    }

    #[test]
    fn a_workload_counts_once_and_its_texts_are_bounded() {
        let one = |name: &str| Workload {
            id: "a".to_owned(),
            name: format!("{name}\0{}", "x".repeat(1_000)),
            started_ms: i64::MAX,
            ..Workload::default()
        };
        let batch = checked(WorkloadBatch { put: vec![one("b"), one("c")], ..batch() }).unwrap();
        assert_eq!(batch.put.len(), 1);
        assert_eq!(batch.put[0].name.chars().count(), 256);
        assert_eq!(batch.put[0].started_at, DateTime::UNIX_EPOCH);
    }
}
