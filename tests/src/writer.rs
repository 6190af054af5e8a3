//! Somebody who writes without pause, and remembers what was acknowledged.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Rest;

/// Between two writes.
const PACE: Duration = Duration::from_millis(25);
/// Every so many writes, an earlier one is taken back.
const DELETES: usize = 4;

/// A federated group.
pub fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

/// The names of the federated groups that a primary or an agent holds.
pub async fn groups(rest: &Rest) -> Result<BTreeSet<String>> {
    let answer = rest.get("/v1/group?scope=fed").await?.ok()?;
    let groups = answer["groups"].as_array().context("groups is no list")?;
    Ok(groups.iter().filter_map(|group| Some(group["name"].as_str()?.to_owned())).collect())
}

/// What was acknowledged. What was not answered may be there or not, and stands in
/// neither set.
#[derive(Debug, Default)]
pub struct Written {
    /// Groups that were created.
    pub created: BTreeSet<String>,
    /// Groups that were created and deleted.
    pub deleted: BTreeSet<String>,
}

impl Written {
    /// Fails when an acknowledged write is lost in `kept`.
    pub fn check(&self, kept: &BTreeSet<String>) -> Result<()> {
        ensure!(!self.created.is_empty(), "nothing was written");
        let lost: Vec<_> = self.created.difference(kept).collect();
        ensure!(lost.is_empty(), "lost: {lost:?}");
        let risen: Vec<_> = self.deleted.intersection(kept).collect();
        ensure!(risen.is_empty(), "deleted and there again: {risen:?}");
        Ok(())
    }
}

/// Creates and deletes groups at each of several replicas in turn.
#[derive(Debug)]
pub struct Writer {
    stop: watch::Sender<bool>,
    task: JoinHandle<Written>,
}

impl Writer {
    /// Starts to write groups whose names begin with `fed.` and `prefix`.
    pub fn start(prefix: &'static str, replicas: Vec<Rest>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut written = Written::default();
            let mut pace = tokio::time::interval(PACE);
            pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            for (n, replica) in replicas.iter().cycle().enumerate() {
                pace.tick().await;
                if *stopped.borrow() {
                    break;
                }
                written.write(replica, prefix, n).await;
            }
            written
        });
        Self { stop, task }
    }

    /// Stops, and tells what was acknowledged.
    pub async fn finish(self) -> Result<Written> {
        self.stop.send_replace(true);
        Ok(self.task.await?)
    }
}

impl Written {
    async fn write(&mut self, replica: &Rest, prefix: &str, n: usize) {
        let oldest = (n % DELETES == DELETES - 1).then(|| self.created.pop_first()).flatten();
        if let Some(name) = oldest {
            let answer = replica.delete(&format!("/v1/group/{name}")).await;
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                self.deleted.insert(name);
            }
            return;
        }
        let name = format!("fed.{prefix}{n}");
        let answer = replica.post("/v1/group", &group(&name)).await;
        if answer.is_ok_and(|answer| answer.status.is_success()) {
            self.created.insert(name);
        }
    }
}
