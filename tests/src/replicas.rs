//! Several primaries on one database, behind one address for agents.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::primary::PrimaryBuilder;
use crate::proxy::Proxy;
use crate::{Agent, Primary, Rest, fleet, wait};

/// A federation whose primary has replicas. The order of the fields is the order
/// of their end: the database is the first replica's.
#[derive(Debug)]
pub struct Replicas {
    /// The agents by the names of their clusters.
    pub agents: BTreeMap<String, Agent>,
    /// All replicas but the first.
    pub others: Vec<Primary>,
    /// The first replica.
    pub first: Primary,
    /// What agents connect to.
    pub balancer: Proxy,
}

impl Replicas {
    /// Starts `count` replicas, each as `configure` says, and promotes them.
    pub async fn start(
        count: usize,
        configure: impl Fn(PrimaryBuilder) -> PrimaryBuilder,
    ) -> Result<Self> {
        let first = configure(Primary::builder()).start().await?;
        let mut others = Vec::new();
        for _ in 1..count {
            let replica = configure(Primary::builder().replica_of(&first)?);
            others.push(replica.start().await?);
        }
        Self::of(first, others).await
    }

    /// Puts a balancer before replicas that run, and promotes them.
    pub async fn of(first: Primary, others: Vec<Primary>) -> Result<Self> {
        let mut federation = vec![first.addresses()?.federation];
        for replica in &others {
            federation.push(replica.addresses()?.federation);
        }
        let balancer = Proxy::balancer(federation).await?;
        fleet::promote_at(&first, balancer.address()).await?;
        Ok(Self { agents: BTreeMap::new(), others, first, balancer })
    }

    /// All replicas.
    pub fn all(&self) -> impl Iterator<Item = &Primary> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The `n`th replica.
    pub fn nth_mut(&mut self, n: usize) -> Result<&mut Primary> {
        match n.checked_sub(1) {
            None => Ok(&mut self.first),
            Some(n) => self.others.get_mut(n).context("there are not so many replicas"),
        }
    }

    /// Joins clusters through the balancer, which gives them to the replicas in
    /// turn.
    pub async fn join(&mut self, names: &[&str]) -> Result<()> {
        let token = self.first.token(&["--uses", &names.len().to_string()]).await?;
        for name in names {
            let agent = Agent::join(name, &token).await?;
            self.agents.insert((*name).to_owned(), agent);
        }
        Ok(())
    }

    /// The agent of a cluster.
    pub fn agent(&self, name: &str) -> Result<&Agent> {
        self.agents.get(name).with_context(|| format!("no agent {name}"))
    }

    /// Waits until `replica` shows all clusters as synced.
    pub async fn wait_for_synced(&self, replica: &Rest) -> Result<()> {
        wait::until("all clusters are synced", || async {
            let members = members(replica).await?;
            for name in self.agents.keys() {
                let member = members.get(name).with_context(|| format!("no member {name}"))?;
                ensure!(member["status"] == "synced", "{name} is {}", member["status"]);
            }
            Ok(Some(()))
        })
        .await
    }

    /// Waits until `replica` shows all clusters as linked, to whichever replica.
    pub async fn wait_for_links(&self, replica: &Rest) -> Result<()> {
        wait::until("all clusters are linked", || async {
            let members = members(replica).await?;
            for name in self.agents.keys() {
                let member = members.get(name).with_context(|| format!("no member {name}"))?;
                let status = member["status"].as_str().unwrap_or_default();
                let linked = !["joined", "disconnected", "pending"].contains(&status);
                ensure!(linked, "{name} is {status}");
            }
            Ok(Some(()))
        })
        .await
    }
}

/// The members by their names, as one replica shows them.
pub async fn members(replica: &Rest) -> Result<BTreeMap<String, Value>> {
    let answer = replica.get("/v1/fed/member").await?.ok()?;
    let members = answer["joint_clusters"].as_array().context("joint_clusters is no list")?;
    let named = |member: &Value| Some((member["name"].as_str()?.to_owned(), member.clone()));
    Ok(members.iter().filter_map(named).collect())
}

/// The id of a member, as one replica shows it.
pub async fn member_id(replica: &Rest, name: &str) -> Result<String> {
    let members = members(replica).await?;
    let member = members.get(name).with_context(|| format!("no member {name}"))?;
    Ok(member["id"].as_str().context("a member without id")?.to_owned())
}
