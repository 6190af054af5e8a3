//! Controllers, and what they use of their machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Controller {
    /// Its id: 64 hex digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// The node's name.
    pub host_name: String,
    /// The node's id; empty when unknown.
    pub host_id: String,
    /// Its version.
    pub version: String,
    /// Labels of its pod.
    pub labels: BTreeMap<String, String>,
    /// Its namespace; empty when unknown.
    pub domain: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was started.
    pub started_at: String,
    /// When it joined the other controllers.
    pub joined_at: String,
    /// Bytes of memory that it may use; 0: no limit.
    pub memory_limit: u64,
    /// The processors that it may use; empty: all.
    pub cpus: String,
    /// Its address in the cluster; empty when unknown.
    pub cluster_ip: String,
    /// Whether it leads.
    pub leader: bool,
    /// `connected`.
    pub connection_state: String,
    /// When it was lost; empty where it is not.
    pub disconnected_at: String,
    /// How it is connected to the orchestrator; empty where it is not.
    pub orch_conn_status: String,
    /// What failed there last.
    pub orch_conn_last_error: String,
    /// Whether it reads checks of an edition.
    pub read_prime_config: bool,
}

/// Answer of `GET /v1/controller`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ControllersData {
    /// The controllers.
    pub controllers: Vec<Controller>,
}

/// Answer of `GET /v1/controller/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ControllerData {
    /// The controller.
    pub controller: Controller,
}

/// Answer of `GET /v1/controller/{id}/stats`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ControllerStatsData {
    /// The controller's id.
    pub id: String,
    /// When it was asked, RFC 3339.
    pub read_at: String,
    /// What it uses.
    pub stats: Stats,
}

/// What something uses, over several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Seconds between two measurements.
    pub interval: u32,
    /// Since it was started.
    pub total: Metry,
    /// Over the last interval.
    pub span_1: Metry,
    /// Over the last 12.
    pub span_12: Metry,
    /// Over the last 60.
    pub span_60: Metry,
}

/// What something uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metry {
    /// The part of the time of all processors.
    pub cpu: f64,
    /// Bytes of memory.
    pub memory: u64,
    /// Sessions that came in; those of a controller are not counted.
    pub session_in: u32,
    /// Sessions that went out.
    pub session_out: u32,
    /// Packets that came in.
    pub packet_in: u64,
    /// Packets that went out.
    pub packet_out: u64,
    /// Bytes that came in.
    pub byte_in: u64,
    /// Bytes that went out.
    pub byte_out: u64,
}
