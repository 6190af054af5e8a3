//! Containers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::host::IpAddress;
use super::scan::ScanBrief;

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkloadPorts {
    /// 6 or 17.
    pub ip_proto: u8,
    /// The port.
    pub port: u16,
    /// The node's address that leads to it.
    pub host_ip: String,
    /// The node's port that leads to it.
    pub host_port: u16,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Workload {
    /// Its id: 64 hex digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// The name of its pod.
    pub pod_name: String,
    /// The node's name.
    pub host_name: String,
    /// The node's id.
    pub host_id: String,
    /// The image.
    pub image: String,
    /// Digest of the image's configuration.
    pub image_id: String,
    /// Digest of the image's manifest.
    pub image_digest: String,
    /// Names of the image by digest.
    pub image_repo_digests: Vec<String>,
    /// When the image was made, RFC 3339.
    pub image_created_at: String,
    /// Whether the image was scanned in a registry.
    pub image_reg_scanned: bool,
    /// The part of the platform that it is.
    pub platform_role: String,
    /// Its namespace.
    pub domain: String,
    /// `unmanaged` where nothing is enforced.
    pub state: String,
    /// Its service.
    pub service: String,
    /// Who made the image.
    pub author: String,
    /// The group of its service.
    pub service_group: String,
    /// The container whose network it shares.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub share_ns_with: String,
    /// Whether its packets can be recorded.
    pub cap_sniff: bool,
    /// Whether its packets are seen.
    pub has_datapath: bool,
    /// Whether it can be cut off.
    pub cap_quarantine: bool,
    /// Whether its mode can be changed.
    pub cap_change_mode: bool,
    /// The network mode; empty where nothing is enforced.
    pub policy_mode: String,
    /// The process mode; empty where nothing is enforced.
    pub profile_mode: String,
    /// The summary of its scan.
    pub scan_summary: Option<ScanBrief>,
    /// The containers of a pod.
    #[schema(no_recursion)]
    pub children: Vec<Workload>,
    /// Why it is cut off.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quarantine_reason: String,
    /// Whether it is part of a service mesh.
    pub service_mesh: bool,
    /// Whether it is the mesh's own.
    pub service_mesh_sidecar: bool,
    /// Whether it may do what the node may.
    pub privileged: bool,
    /// Whether its first process is root's.
    pub run_as_root: bool,
    /// `zero-drift` or `basic`.
    pub baseline_profile: String,
    /// The enforcer.
    pub enforcer_id: String,
    /// Its name.
    pub enforcer_name: String,
    /// Kind of network.
    pub network_mode: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub finished_at: String,
    /// Whether it runs.
    pub running: bool,
    /// Since when it is enforced, RFC 3339.
    pub secured_at: String,
    /// How it ended.
    pub exit_code: i64,
    /// Addresses by interface.
    pub interfaces: BTreeMap<String, Vec<IpAddress>>,
    /// Its ports.
    pub ports: Vec<WorkloadPorts>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// What it was seen to speak.
    pub applications: Vec<String>,
    /// Bytes of memory that it may take; 0: no limit.
    pub memory_limit: i64,
    /// Processors that it may use.
    pub cpus: String,
    /// Its account.
    pub service_account: String,
}

/// Answer of `GET /v1/workload`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WorkloadsData {
    /// The containers.
    pub workloads: Vec<Workload>,
}

/// A container in the second form of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadV2 {
    /// What it is.
    pub brief: WorkloadBriefV2,
    /// How it is guarded.
    pub security: WorkloadSecurityV2,
    /// How it runs.
    pub rt_attributes: WorkloadRtAttributesV2,
    /// The containers of a pod.
    #[schema(no_recursion)]
    pub children: Vec<WorkloadV2>,
    /// The enforcer.
    pub enforcer_id: String,
    /// Its name.
    pub enforcer_name: String,
    /// The part of the platform that it is.
    pub platform_role: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub finished_at: String,
    /// Whether it runs.
    pub running: bool,
    /// Since when it is enforced, RFC 3339.
    pub secured_at: String,
    /// How it ended.
    pub exit_code: i64,
}

/// What a container is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadBriefV2 {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// The node's name.
    pub host_name: String,
    /// The node's id.
    pub host_id: String,
    /// The image.
    pub image: String,
    /// Digest of the image's configuration.
    pub image_id: String,
    /// Digest of the image's manifest.
    pub image_digest: String,
    /// Names of the image by digest.
    pub image_repo_digests: Vec<String>,
    /// When the image was made, RFC 3339.
    pub image_created_at: String,
    /// Whether the image was scanned in a registry.
    pub image_reg_scanned: bool,
    /// Its namespace.
    pub domain: String,
    /// `unmanaged` where nothing is enforced.
    pub state: String,
    /// Its service.
    pub service: String,
    /// Who made the image.
    pub author: String,
    /// The group of its service.
    pub service_group: String,
}

/// How a container is guarded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadSecurityV2 {
    /// Whether its packets can be recorded.
    pub cap_sniff: bool,
    /// Whether it can be cut off.
    pub cap_quarantine: bool,
    /// Whether its mode can be changed.
    pub cap_change_mode: bool,
    /// Whether it is part of a service mesh.
    pub service_mesh: bool,
    /// Whether it is the mesh's own.
    pub service_mesh_sidecar: bool,
    /// The network mode.
    pub policy_mode: String,
    /// The process mode.
    pub profile_mode: String,
    /// `zero-drift` or `basic`.
    pub baseline_profile: String,
    /// Why it is cut off.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quarantine_reason: String,
    /// The summary of its scan.
    pub scan_summary: Option<ScanBrief>,
}

/// How a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadRtAttributesV2 {
    /// The name of its pod.
    pub pod_name: String,
    /// The container whose network it shares.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub share_ns_with: String,
    /// Whether it may do what the node may.
    pub privileged: bool,
    /// Whether its first process is root's.
    pub run_as_root: bool,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Bytes of memory that it may take; 0: no limit.
    pub memory_limit: i64,
    /// Processors that it may use.
    pub cpus: String,
    /// Its account.
    pub service_account: String,
    /// Kind of network.
    pub network_mode: String,
    /// Addresses by interface.
    pub interfaces: BTreeMap<String, Vec<IpAddress>>,
    /// Its ports.
    pub ports: Vec<WorkloadPorts>,
    /// What it was seen to speak.
    pub applications: Vec<String>,
}

/// Answer of `GET /v2/workload`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WorkloadsDataV2 {
    /// The containers.
    pub workloads: Vec<WorkloadV2>,
}

/// Answer of `GET /v1/workload/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WorkloadDetailData {
    /// The container.
    pub workload: WorkloadDetail,
}

/// A container with what is learned of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadDetail {
    /// The container.
    #[serde(flatten)]
    pub workload: Workload,
    /// Groups that it is a member of; none where nothing is enforced.
    pub groups: Vec<String>,
    /// Applications by port; none where nothing is enforced.
    pub app_ports: BTreeMap<String, String>,
}

/// Answer of `GET /v2/workload/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WorkloadDetailDataV2 {
    /// The container.
    pub workload: WorkloadDetailV2,
}

/// A container in the second form of the API with what is learned of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadDetailV2 {
    /// The container.
    #[serde(flatten)]
    pub workload: WorkloadV2,
    /// What is learned of it.
    pub misc: WorkloadDetailMiscV2,
}

/// What is learned of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadDetailMiscV2 {
    /// Groups that it is a member of; none where nothing is enforced.
    pub groups: Vec<String>,
    /// Applications by port; none where nothing is enforced.
    pub app_ports: BTreeMap<String, String>,
    /// The containers of a pod.
    #[schema(no_recursion)]
    pub children: Vec<WorkloadDetailV2>,
}

/// Body of `POST /v2/workload`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct WorkloadIds {
    /// The containers that are asked for.
    #[serde(default)]
    pub ids: Vec<String>,
}

impl From<Workload> for WorkloadV2 {
    fn from(one: Workload) -> Self {
        Self {
            brief: WorkloadBriefV2 {
                id: one.id,
                name: one.name,
                display_name: one.display_name,
                host_name: one.host_name,
                host_id: one.host_id,
                image: one.image,
                image_id: one.image_id,
                image_digest: one.image_digest,
                image_repo_digests: one.image_repo_digests,
                image_created_at: one.image_created_at,
                image_reg_scanned: one.image_reg_scanned,
                domain: one.domain,
                state: one.state,
                service: one.service,
                author: one.author,
                service_group: one.service_group,
            },
            security: WorkloadSecurityV2 {
                cap_sniff: one.cap_sniff,
                cap_quarantine: one.cap_quarantine,
                cap_change_mode: one.cap_change_mode,
                service_mesh: one.service_mesh,
                service_mesh_sidecar: one.service_mesh_sidecar,
                policy_mode: one.policy_mode,
                profile_mode: one.profile_mode,
                baseline_profile: one.baseline_profile,
                quarantine_reason: one.quarantine_reason,
                scan_summary: one.scan_summary,
            },
            rt_attributes: WorkloadRtAttributesV2 {
                pod_name: one.pod_name,
                share_ns_with: one.share_ns_with,
                privileged: one.privileged,
                run_as_root: one.run_as_root,
                labels: one.labels,
                memory_limit: one.memory_limit,
                cpus: one.cpus,
                service_account: one.service_account,
                network_mode: one.network_mode,
                interfaces: one.interfaces,
                ports: one.ports,
                applications: one.applications,
            },
            children: one.children.into_iter().map(Self::from).collect(),
            enforcer_id: one.enforcer_id,
            enforcer_name: one.enforcer_name,
            platform_role: one.platform_role,
            created_at: one.created_at,
            started_at: one.started_at,
            finished_at: one.finished_at,
            running: one.running,
            secured_at: one.secured_at,
            exit_code: one.exit_code,
        }
    }
}
