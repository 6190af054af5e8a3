//! Writing what agents report. A change is taken where what is held is what it
//! changes; else the agent is told what is held, and sends all of it.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{Node, Workload, image};
use crate::store::Result;

/// What an agent sends at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What it is.
    pub kind: BatchKind,
    /// Digest of the set afterwards.
    pub digest: Vec<u8>,
    /// New and changed workloads.
    pub put: Vec<Workload>,
    /// Ids of those that ended.
    pub gone: Vec<String>,
    /// All nodes, where they changed.
    pub nodes: Option<Vec<Node>>,
}

/// What a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// A change of the set with this digest.
    Change {
        /// The digest.
        base: Vec<u8>,
    },
    /// A part of the whole set.
    Part {
        /// The number of this sending.
        whole: i64,
        /// Whether it begins.
        first: bool,
        /// Whether it ends.
        last: bool,
    },
}

/// What is held of a cluster after a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Digest of the set; none where it is not whole.
    pub digest: Option<Vec<u8>>,
    /// How many workloads.
    pub workloads: i64,
}

/// Takes a batch, where it fits, and says what is held then.
pub async fn apply(
    tx: &mut PgTransaction<'_>,
    cluster: ClusterId,
    batch: &Batch,
    now: DateTime<Utc>,
) -> Result<Held> {
    let id = cluster.as_uuid();
    sqlx::query!(
        "INSERT INTO workload_state (cluster_id, whole, at) VALUES ($1, 0, $2)
         ON CONFLICT DO NOTHING",
        id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    let state = sqlx::query!(
        "SELECT digest, whole, workloads FROM workload_state WHERE cluster_id = $1 FOR UPDATE",
        id,
    )
    .fetch_one(&mut **tx)
    .await?;
    let (fits, whole) = match &batch.kind {
        BatchKind::Change { base } => (state.digest.as_ref() == Some(base), state.whole),
        BatchKind::Part { whole, first: true, .. } => (true, *whole),
        BatchKind::Part { whole, .. } => (state.digest.is_none() && state.whole == *whole, *whole),
    };
    if !fits {
        return Ok(Held { digest: state.digest, workloads: state.workloads.into() });
    }
    put(tx, id, &batch.put, whole).await?;
    sqlx::query!("DELETE FROM workload WHERE cluster_id = $1 AND id = ANY($2)", id, &batch.gone)
        .execute(&mut **tx)
        .await?;
    if let Some(nodes) = &batch.nodes {
        replace_nodes(tx, id, nodes).await?;
    }
    if matches!(batch.kind, BatchKind::Part { last: true, .. }) {
        sqlx::query!("DELETE FROM workload WHERE cluster_id = $1 AND whole <> $2", id, whole)
            .execute(&mut **tx)
            .await?;
    }
    let complete = !matches!(batch.kind, BatchKind::Part { last: false, .. });
    let digest = complete.then(|| batch.digest.clone());
    if complete {
        renew_images(tx, id).await?;
    }
    let workloads = sqlx::query_scalar!(
        r#"UPDATE workload_state SET digest = $2, whole = $3, at = $4,
               workloads = (SELECT count(*) FROM workload WHERE cluster_id = $1),
               nodes = (SELECT count(*) FROM node WHERE cluster_id = $1),
               images = (SELECT count(*) FROM cluster_image WHERE cluster_id = $1)
           WHERE cluster_id = $1 RETURNING workloads::bigint AS "workloads!""#,
        id,
        digest,
        whole,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Held { digest, workloads })
}

async fn put(
    tx: &mut PgTransaction<'_>,
    cluster: Uuid,
    workloads: &[Workload],
    whole: i64,
) -> Result<()> {
    if workloads.is_empty() {
        return Ok(());
    }
    let numbers = image::numbers(tx, workloads).await?;
    let texts = |of: fn(&Workload) -> &String| -> Vec<String> {
        workloads.iter().map(|one| of(one).clone()).collect()
    };
    let run_as_root: Vec<bool> = workloads.iter().map(|one| one.run_as_root).collect();
    let started_at: Vec<DateTime<Utc>> = workloads.iter().map(|one| one.started_at).collect();
    sqlx::query!(
        "INSERT INTO workload (cluster_id, whole, id, name, namespace, pod, host, image,
                               running_image, run_as_root, started_at)
         SELECT $1, $2, sent.*
         FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::integer[], $10::boolean[], $11::timestamptz[]) AS sent
         ON CONFLICT (cluster_id, id) DO UPDATE
         SET whole = excluded.whole, name = excluded.name, namespace = excluded.namespace,
             pod = excluded.pod, host = excluded.host, image = excluded.image,
             running_image = excluded.running_image, run_as_root = excluded.run_as_root,
             started_at = excluded.started_at",
        cluster,
        whole,
        &texts(|one| &one.id),
        &texts(|one| &one.name),
        &texts(|one| &one.namespace),
        &texts(|one| &one.pod),
        &texts(|one| &one.host),
        &texts(|one| &one.image),
        &numbers,
        &run_as_root,
        &started_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn replace_nodes(tx: &mut PgTransaction<'_>, cluster: Uuid, nodes: &[Node]) -> Result<()> {
    let texts = |of: fn(&Node) -> &String| -> Vec<String> {
        nodes.iter().map(|one| of(one).clone()).collect()
    };
    let cpus: Vec<i32> = nodes.iter().map(|one| one.cpus).collect();
    let memory: Vec<i64> = nodes.iter().map(|one| one.memory).collect();
    sqlx::query!("DELETE FROM node WHERE cluster_id = $1", cluster).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO node (cluster_id, id, name, os, kernel, cpus, memory)
         SELECT $1, sent.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[],
                                       $6::integer[], $7::bigint[]) AS sent
         ON CONFLICT DO NOTHING",
        cluster,
        &texts(|one| &one.id),
        &texts(|one| &one.name),
        &texts(|one| &one.os),
        &texts(|one| &one.kernel),
        &cpus,
        &memory,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the images of a cluster those of its workloads.
async fn renew_images(tx: &mut PgTransaction<'_>, cluster: Uuid) -> Result<()> {
    sqlx::query!(
        "INSERT INTO cluster_image (cluster_id, running_image)
         SELECT DISTINCT cluster_id, running_image FROM workload WHERE cluster_id = $1
         ON CONFLICT DO NOTHING",
        cluster,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM cluster_image AS known
         WHERE known.cluster_id = $1
           AND NOT EXISTS (SELECT FROM workload
                           WHERE workload.cluster_id = $1
                             AND workload.running_image = known.running_image)",
        cluster,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
