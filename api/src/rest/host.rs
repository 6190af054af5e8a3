//! Nodes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scan::ScanBrief;

/// An address of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct IpAddress {
    /// The address.
    pub ip: String,
    /// Bits of the network.
    pub ip_prefix: u8,
    /// The way out.
    pub gateway: String,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What runs containers on it.
    pub runtime: String,
    /// Version of that.
    pub runtime_version: String,
    /// Version of the interface of that.
    pub runtime_api_version: String,
    /// The orchestrator.
    pub platform: String,
    /// The operating system.
    pub os: String,
    /// Version of the kernel.
    pub kernel: String,
    /// Processors.
    pub cpus: i64,
    /// Bytes of memory.
    pub memory: i64,
    /// 1 or 2.
    pub cgroup_version: i64,
    /// Containers that run on it.
    pub containers: i64,
    /// Pods that run on it.
    pub pods: i64,
    /// Addresses by interface.
    pub interfaces: BTreeMap<String, Vec<IpAddress>>,
    /// Whether it can be reached.
    pub state: String,
    /// Whether the Docker benchmark can run.
    pub cap_docker_bench: bool,
    /// Whether the Kubernetes benchmark can run.
    pub cap_kube_bench: bool,
    /// The network mode; empty where nothing is enforced.
    pub policy_mode: String,
    /// The process mode; empty where nothing is enforced.
    pub profile_mode: String,
    /// The summary of its scan.
    pub scan_summary: Option<ScanBrief>,
    /// How images are stored.
    pub storage_driver: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Answer of `GET /v1/host/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HostData {
    /// The node.
    pub host: Host,
}

/// Answer of `GET /v1/host`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HostsData {
    /// The nodes.
    pub hosts: Vec<Host>,
}
