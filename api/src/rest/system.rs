//! The system: summary, configuration, licence agreement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::remote_repository::RemoteRepository;
use super::webhook::Webhook;

/// Answer of `GET /v1/system/summary`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SystemSummaryData {
    /// The counts.
    pub summary: SystemSummary,
}

/// What the cluster has, as far as the caller may see.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemSummary {
    /// Nodes.
    pub hosts: u32,
    /// Controllers.
    pub controllers: u32,
    /// Enforcers.
    pub enforcers: u32,
    /// Enforcers that are out of reach.
    pub disconnected_enforcers: u32,
    /// Namespaces.
    pub domains: u32,
    /// Containers.
    pub workloads: u32,
    /// Running containers.
    pub running_workloads: u32,
    /// Running pods.
    pub running_pods: u32,
    /// Learned services.
    pub services: u32,
    /// Network rules.
    pub policy_rules: u32,
    /// Scanners.
    pub scanners: u32,
    /// Orchestrator.
    pub platform: String,
    /// Version of Kubernetes.
    pub kube_version: String,
    /// Version of OpenShift.
    pub openshift_version: String,
    /// Version of the vulnerability database: a number, or empty.
    pub cvedb_version: String,
    /// Its time as `YYYY-MM-DDTHH:MM:SSZ`, or empty.
    pub cvedb_create_time: String,
    /// Versions of the components.
    pub component_versions: Vec<String>,
}

/// Body and answer of `/v1/eula`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EulaData {
    /// The agreement.
    pub eula: Eula,
    /// A command that shows the first administrator's password; may be empty.
    #[serde(default)]
    pub bootstrap_password_command: String,
}

/// Whether the licence agreement was accepted.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Eula {
    /// Accepted.
    #[serde(default)]
    pub accepted: bool,
}

/// Answer of `GET /v1/system/config`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SystemConfigData {
    /// The configuration.
    pub config: SystemConfig,
    /// The part that the whole federation shares; null where it is not asked for, or not
    /// for the caller.
    pub fed_config: Option<FedSystemConfig>,
}

/// Body of `PATCH /v1/system/config` and `PATCH /v2/system/config`.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SystemConfigUpdate {
    /// What to change.
    pub config: Option<AuthOrderConfig>,
    /// The same, in the grouped form.
    pub config_v2: Option<SystemConfigUpdateV2>,
    /// The part that the whole federation shares.
    pub fed_config: Option<FedSystemConfigUpdate>,
    /// Network modes; they cannot be changed.
    #[schema(value_type = Option<Object>)]
    pub net_config: Option<BTreeMap<String, Value>>,
    /// How services change their mode by themselves; it cannot be changed.
    #[schema(value_type = Option<Object>)]
    pub atmo_config: Option<BTreeMap<String, Value>>,
}

/// What to change of the part that the whole federation shares.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct FedSystemConfigUpdate {
    /// All webhooks of the federation: those that are not named are deleted.
    pub webhooks: Option<Vec<Webhook>>,
    /// Nothing else can be changed.
    #[serde(flatten)]
    #[schema(ignore)]
    pub others: BTreeMap<String, Value>,
}

/// The grouped form of what can be changed.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SystemConfigUpdateV2 {
    /// How users log in.
    pub auth_cfg: Option<AuthOrderConfig>,
    /// Nothing else can be changed.
    #[serde(flatten)]
    #[schema(ignore)]
    pub others: BTreeMap<String, Value>,
}

/// How users log in.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct AuthOrderConfig {
    /// `local` and LDAP directories, in the order in which they are asked.
    pub auth_order: Option<Vec<String>>,
    /// Nothing else can be changed.
    #[serde(flatten)]
    #[schema(ignore)]
    pub others: BTreeMap<String, Value>,
}

impl SystemConfigUpdate {
    /// The webhooks that the federation shall have, or the key that cannot be
    /// changed.
    pub fn fed_webhooks(&mut self) -> Result<Option<Vec<Webhook>>, String> {
        let FedSystemConfigUpdate { webhooks, others } = self.fed_config.take().unwrap_or_default();
        others.into_keys().next().map_or(Ok(webhooks), Err)
    }

    /// Whether the webhooks that are not the federation's are spoken of.
    pub fn names_own_webhooks(&self) -> bool {
        let flat = self.config.as_ref().map(|part| &part.others);
        let grouped = self.config_v2.as_ref().map(|part| &part.others);
        flat.into_iter().chain(grouped).any(|others| others.contains_key("webhooks"))
    }

    /// The order that is wanted, or the key that would change and cannot. Clients
    /// send whole pages of settings: what is as `shown` is no change.
    pub fn auth_order(self, shown: &SystemConfig) -> Result<Option<Vec<String>>, String> {
        let shown = serde_json::to_value(shown).map_err(|error| error.to_string())?;
        let v2 = self.config_v2.unwrap_or_default();
        let parts = [self.config.unwrap_or_default(), v2.auth_cfg.unwrap_or_default()];
        let flat = parts.iter().flat_map(|part| &part.others);
        let flat = flat.chain(self.net_config.iter().flatten());
        let flat = flat.chain(self.atmo_config.iter().flatten());
        let grouped = v2.others.iter().flat_map(|(name, group)| match group {
            Value::Object(members) if value_of(&shown, name).is_null() => {
                members.iter().map(|(key, value)| (key.as_str(), value)).collect()
            }
            // The flat form has the same group.
            group => vec![(name.as_str(), group)],
        });
        let mut others = flat.map(|(key, value)| (key.as_str(), value)).chain(grouped);
        let changed = others.find(|(key, value)| !is_as_shown(value, value_of(&shown, key)));
        if let Some((other, _)) = changed {
            return Err(other.to_owned());
        }
        Ok(parts.into_iter().find_map(|part| part.auth_order))
    }
}

/// What is shown of a key, which some bodies write with `_cfg` behind it.
fn value_of<'a>(shown: &'a Value, key: &str) -> &'a Value {
    match key.strip_suffix("_cfg") {
        Some(short) => &shown[short],
        None => &shown[key],
    }
}

fn is_as_shown(given: &Value, shown: &Value) -> bool {
    match (given, shown) {
        (Value::Object(given), Value::Object(shown)) => given
            .iter()
            .all(|(key, value)| shown.get(key).is_some_and(|shown| is_as_shown(value, shown))),
        (Value::Array(given), Value::Array(shown)) => {
            given.len() == shown.len()
                && given.iter().zip(shown).all(|(given, shown)| is_as_shown(given, shown))
        }
        _ => given == shown,
    }
}

/// The part of the configuration that the whole federation shares.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct FedSystemConfig {
    /// Webhooks of the federation.
    pub webhooks: Vec<Webhook>,
}

/// The configuration of the cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemConfig {
    /// Network mode of new services: `Discover`, `Monitor`, `Protect`.
    pub new_service_policy_mode: String,
    /// Process and file mode of new services.
    pub new_service_profile_mode: String,
    /// Baseline of new services: `zero-drift` or `basic`.
    pub new_service_profile_baseline: String,
    /// Hours after which an unused learned group is removed; 0: never.
    pub unused_group_aging: u8,
    /// Syslog server.
    pub syslog_ip: String,
    /// Protocol: 17 UDP, 6 TCP, 66 TCP with TLS.
    pub syslog_ip_proto: u8,
    /// Port of the syslog server.
    pub syslog_port: u16,
    /// Least level that is sent.
    pub syslog_level: String,
    /// Whether syslog is on.
    pub syslog_status: bool,
    /// Categories that are sent.
    pub syslog_categories: Vec<String>,
    /// Whether messages are JSON.
    pub syslog_in_json: bool,
    /// Certificate of the syslog server.
    pub syslog_server_cert: String,
    /// One message for each CVE.
    pub single_cve_per_syslog: bool,
    /// CVEs by image layer.
    pub syslog_cve_in_layers: bool,
    /// Events also go to the log of the process.
    pub output_event_to_logs: bool,
    /// Order in which directories are tried.
    pub auth_order: Vec<String>,
    /// Whether the platform's users may log in.
    pub auth_by_platform: bool,
    /// Address of Rancher.
    pub rancher_ep: String,
    /// Webhooks.
    pub webhooks: Vec<Webhook>,
    /// Name of the cluster.
    pub cluster_name: String,
    /// Debug switches.
    pub controller_debug: Vec<String>,
    /// Whether the inside of a service mesh is watched.
    pub monitor_service_mesh: bool,
    /// Whether the HTTP proxy for registries is used.
    pub registry_http_proxy_status: bool,
    /// Whether the HTTPS proxy for registries is used.
    pub registry_https_proxy_status: bool,
    /// HTTP proxy for registries.
    pub registry_http_proxy: Proxy,
    /// HTTPS proxy for registries.
    pub registry_https_proxy: Proxy,
    /// An integration that is not offered.
    pub ibmsa_ep_enabled: bool,
    /// Of that integration.
    pub ibmsa_ep_start: u32,
    /// Of that integration.
    pub ibmsa_ep_dashboard_url: String,
    /// Of that integration.
    pub ibmsa_ep_connected_at: String,
    /// Whether X-Forwarded-For decides about sources.
    pub xff_enabled: bool,
    /// Whether one network mode holds for all services.
    pub net_service_status: bool,
    /// That mode.
    pub net_service_policy_mode: String,
    /// Whether network rules are switched off.
    pub disable_net_policy: bool,
    /// Whether unmanaged workloads are detected.
    pub detect_unmanaged_wl: bool,
    /// Whether groups are strict.
    pub strict_group_mode: bool,
    /// Whether services move from Discover to Monitor by themselves.
    pub mode_auto_d2m: bool,
    /// After so many seconds.
    pub mode_auto_d2m_duration: u32,
    /// Whether services move from Monitor to Protect by themselves.
    pub mode_auto_m2p: bool,
    /// After so many seconds.
    pub mode_auto_m2p_duration: u32,
    /// Scaling of scanners.
    pub scanner_autoscale: ScannerAutoscale,
    /// Whether telemetry is off.
    pub no_telemetry_report: bool,
    /// Cloud marketplace.
    pub csp_type: String,
    /// Repositories for exports.
    pub remote_repositories: Vec<RemoteRepository>,
    /// Whether outgoing TLS is verified.
    pub enable_tls_verification: bool,
    /// Further certificate authorities for outgoing TLS.
    pub cacerts: Vec<String>,
    /// Whether users of a namespace may export network rules.
    pub allow_ns_user_export_net_policy: bool,
}

/// A proxy.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Proxy {
    /// Its address.
    pub url: String,
    /// Name to log in with.
    pub username: String,
    /// Always empty.
    pub password: String,
}

/// Scaling of scanners.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ScannerAutoscale {
    /// Empty, `immediate` or `delayed`.
    pub strategy: String,
    /// Least number.
    pub min_pods: u32,
    /// Greatest number.
    pub max_pods: u32,
    /// Whether something else scales them.
    pub disabled_by_others: bool,
}
