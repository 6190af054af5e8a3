//! `kill -9` of replicas, agents and Postgres at random moments, under load.

use std::time::Duration;

use anyhow::{Context, Result};
use palisade_tests::writer::{Writer, groups};
use palisade_tests::{Postgres, Primary, Replicas, Rest, wait};
use rand::Rng;
use rand::seq::IndexedRandom;

use crate::judge::{Watcher, same};
use crate::random;

const CLUSTERS: [&str; 3] = ["amber", "blue", "cyan"];
const ROUNDS: usize = 15;
/// Between a start and the next kill, and between a kill and the start.
const ALIVE_MS: u64 = 1_500;
const DEAD_MS: u64 = 1_500;

#[derive(Clone, Copy, Debug)]
enum Victim {
    Replica(usize),
    Agent(&'static str),
    Postgres,
}

const VICTIMS: [Victim; 6] = [
    Victim::Replica(0),
    Victim::Replica(1),
    Victim::Agent(CLUSTERS[0]),
    Victim::Agent(CLUSTERS[1]),
    Victim::Agent(CLUSTERS[2]),
    Victim::Postgres,
];

#[tokio::test]
#[ignore = "long: make chaos"]
async fn what_was_acknowledged_outlives_every_kill() -> Result<()> {
    let mut random = random();
    let mut postgres = Postgres::start().await?;
    postgres.outlive_kills().await?;
    let url = postgres.primary_database().await?;
    let first = Primary::builder().on(&url).start().await?;
    let second = Primary::builder().replica_of(&first)?.start().await?;
    let mut replicas = Replicas::of(first, vec![second]).await?;
    replicas.join(&CLUSTERS).await?;
    let admins = admins(&replicas).await?;
    let mut locals = Vec::new();
    for cluster in CLUSTERS {
        locals.push(replicas.agent(cluster)?.admin().await?);
    }
    let watcher = Watcher::start(locals);
    let writer = Writer::start("killed", admins);
    for round in 0..ROUNDS {
        pause(random.random_range(0..ALIVE_MS)).await;
        let victim = *VICTIMS.choose(&mut random).context("no victims")?;
        println!("round {round}: {victim:?}");
        match victim {
            Victim::Replica(n) => replicas.nth_mut(n)?.kill().await?,
            Victim::Agent(name) => {
                replicas.agents.get_mut(name).context("no agent")?.kill().await?;
            }
            Victim::Postgres => postgres.kill().await?,
        }
        pause(random.random_range(0..DEAD_MS)).await;
        match victim {
            Victim::Replica(n) => replicas.nth_mut(n)?.restart().await?,
            Victim::Agent(name) => {
                replicas.agents.get_mut(name).context("no agent")?.restart().await?;
            }
            Victim::Postgres => postgres.resume().await?,
        }
    }
    let written = writer.finish().await?;
    println!("{} created, {} deleted", written.created.len(), written.deleted.len());
    // Sessions are rows: those of before the kills may have idled meanwhile.
    for admin in self::admins(&replicas).await? {
        replicas.wait_for_synced(&admin).await?;
        written.check(&groups(&admin).await?)?;
        for cluster in CLUSTERS {
            same(&admin, &replicas.agent(cluster)?.admin().await?).await?;
        }
    }
    watcher.finish(&url).await
}

async fn admins(replicas: &Replicas) -> Result<Vec<Rest>> {
    let mut admins = Vec::new();
    for replica in replicas.all() {
        let admin =
            wait::until("the replica takes logins", || async { replica.admin().await.map(Some) });
        admins.push(admin.await?);
    }
    Ok(admins)
}

/// A random moment is not a condition that could be waited for.
async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
