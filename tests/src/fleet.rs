//! A primary and its agents, joined and synced.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{Agent, Primary, Rest, wait};

/// A federation under test.
#[derive(Debug)]
pub struct Fleet {
    /// The agents by the names of their clusters.
    pub agents: BTreeMap<String, Agent>,
    /// The primary.
    pub primary: Primary,
    /// A client of the primary, logged in as `admin`.
    pub admin: Rest,
}

impl Fleet {
    /// Starts a primary, promotes it and joins a cluster for each name.
    pub async fn start(names: &[&str]) -> Result<Self> {
        Self::of(Primary::start().await?, names).await
    }

    /// Promotes `primary` and joins a cluster for each name.
    pub async fn of(primary: Primary, names: &[&str]) -> Result<Self> {
        promote(&primary).await?;
        let admin = primary.admin().await?;
        let mut fleet = Self { agents: BTreeMap::new(), primary, admin };
        for name in names {
            fleet.join(name).await?;
        }
        Ok(fleet)
    }

    /// A fleet of nobody, of a primary that was promoted.
    pub async fn of_promoted(primary: Primary) -> Result<Self> {
        let admin = primary.admin().await?;
        Ok(Self { agents: BTreeMap::new(), primary, admin })
    }

    /// Joins one more cluster and waits until it is synced.
    pub async fn join(&mut self, name: &str) -> Result<()> {
        let token = self.primary.token(&[]).await?;
        let agent = Agent::join(name, &token).await?;
        self.agents.insert(name.to_owned(), agent);
        self.wait_for_status(name, "synced").await
    }

    /// The agent of a cluster.
    pub fn agent(&self, name: &str) -> Result<&Agent> {
        self.agents.get(name).with_context(|| format!("no agent {name}"))
    }

    /// The agent of a cluster, to be stopped or started.
    pub fn agent_mut(&mut self, name: &str) -> Result<&mut Agent> {
        self.agents.get_mut(name).with_context(|| format!("no agent {name}"))
    }

    /// The entry of a cluster among the federation's members.
    pub async fn member(&self, name: &str) -> Result<Option<Value>> {
        let members = self.admin.get("/v1/fed/member").await?.ok()?;
        let joint = members["joint_clusters"].as_array().context("joint_clusters is no list")?;
        Ok(joint.iter().find(|member| member["name"] == name).cloned())
    }

    /// Waits until the primary shows a cluster in a state.
    pub async fn wait_for_status(&self, name: &str, status: &str) -> Result<()> {
        wait::until(&format!("{name} is {status}"), || async {
            let member = self.member(name).await?;
            let member = member.with_context(|| format!("{name} is not a member"))?;
            anyhow::ensure!(member["status"] == status, "{name} is {}", member["status"]);
            Ok(Some(()))
        })
        .await
    }
}

/// Makes a primary of a standalone one, whose tokens name its federation
/// address; ends its sessions.
pub async fn promote(primary: &Primary) -> Result<()> {
    promote_at(primary, primary.addresses()?.federation).await
}

/// As [`promote`], with tokens that name another address.
pub async fn promote_at(primary: &Primary, federation: SocketAddr) -> Result<()> {
    let admin = primary.admin().await?;
    let promote = serde_json::json!({
        "name": "primary",
        "master_rest_info": { "server": federation.ip().to_string(), "port": federation.port() },
    });
    admin.post("/v1/fed/promote", &promote).await?.ok()?;
    Ok(())
}
