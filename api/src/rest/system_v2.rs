//! The configuration in the second form of the API: what [`SystemConfig`] holds
//! flat, grouped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::remote_repository::RemoteRepository;
use super::system::{FedSystemConfig, Proxy, ScannerAutoscale, SystemConfig, SystemConfigData};
use super::webhook::Webhook;

/// Answer of `GET /v2/system/config`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SystemConfigDataV2 {
    /// The configuration.
    pub config: SystemConfigV2,
    /// The part that the whole federation shares; null where it is not asked for, or not
    /// for the caller.
    pub fed_config: Option<FedSystemConfig>,
}

/// The configuration of the cluster, grouped.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemConfigV2 {
    /// What new services begin with.
    pub new_svc: NewServiceConfigV2,
    /// Where messages go.
    pub syslog: SyslogConfigV2,
    /// How users log in.
    pub auth: AuthConfigV2,
    /// The rest.
    pub misc: MiscConfigV2,
    /// Webhooks.
    pub webhooks: Vec<Webhook>,
    /// Proxies for registries.
    pub proxy: ProxyConfigV2,
    /// An integration that is not offered.
    pub ibmsa: IbmsaConfigV2,
    /// Network modes.
    pub net_svc: NetServiceConfigV2,
    /// How services change their mode by themselves.
    pub mode_auto: ModeAutoConfigV2,
    /// Scaling of scanners.
    pub scanner_autoscale: ScannerAutoscale,
    /// Repositories for exports.
    pub remote_repositories: Vec<RemoteRepository>,
    /// Outgoing TLS.
    pub tls_cfg: TlsConfigV2,
}

/// What new services begin with.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct NewServiceConfigV2 {
    /// Network mode: `Discover`, `Monitor`, `Protect`.
    pub new_service_policy_mode: String,
    /// Process and file mode.
    pub new_service_profile_mode: String,
    /// `zero-drift` or `basic`.
    pub new_service_profile_baseline: String,
}

/// Where messages go.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SyslogConfigV2 {
    /// Syslog server.
    pub syslog_ip: String,
    /// Protocol: 17 UDP, 6 TCP, 66 TCP with TLS.
    pub syslog_ip_proto: u8,
    /// Its port.
    pub syslog_port: u16,
    /// Least level that is sent.
    pub syslog_level: String,
    /// Whether syslog is on.
    pub syslog_status: bool,
    /// Categories that are sent.
    pub syslog_categories: Vec<String>,
    /// Whether messages are JSON.
    pub syslog_in_json: bool,
    /// One message for each CVE.
    pub single_cve_per_syslog: bool,
    /// CVEs by image layer.
    pub syslog_cve_in_layers: bool,
    /// Certificate of the syslog server.
    pub syslog_server_cert: String,
    /// Events also go to the log of the process.
    pub output_event_to_logs: bool,
}

/// How users log in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AuthConfigV2 {
    /// Order in which directories are tried.
    pub auth_order: Vec<String>,
    /// Whether the platform's users may log in.
    pub auth_by_platform: bool,
    /// Address of Rancher.
    pub rancher_ep: String,
}

/// What belongs to no other group.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct MiscConfigV2 {
    /// Hours after which an unused learned group is removed; 0: never.
    pub unused_group_aging: u8,
    /// Name of the cluster.
    pub cluster_name: String,
    /// Debug switches.
    pub controller_debug: Vec<String>,
    /// Whether the inside of a service mesh is watched.
    pub monitor_service_mesh: bool,
    /// Whether X-Forwarded-For decides about sources.
    pub xff_enabled: bool,
    /// Whether telemetry is off.
    pub no_telemetry_report: bool,
    /// Whether users of a namespace may export network rules.
    pub allow_ns_user_export_net_policy: bool,
    /// Cloud marketplace.
    pub csp_type: String,
}

/// Proxies for registries. Each stands there under two names, as clients of
/// different age look for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ProxyConfigV2 {
    /// Whether the HTTP proxy is used.
    pub registry_http_proxy_status: bool,
    /// Whether the HTTPS proxy is used.
    pub registry_https_proxy_status: bool,
    /// The HTTP proxy.
    pub registry_http_proxy: Proxy,
    /// The HTTPS proxy.
    pub registry_https_proxy: Proxy,
    /// The HTTP proxy.
    pub registry_http_proxy_cfg: Proxy,
    /// The HTTPS proxy.
    pub registry_https_proxy_cfg: Proxy,
}

/// An integration that is not offered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct IbmsaConfigV2 {
    /// Whether it is on.
    pub ibmsa_ep_enabled: bool,
    /// Since when.
    pub ibmsa_ep_start: u32,
    /// Its dashboard.
    pub ibmsa_ep_dashboard_url: String,
    /// When it was reached.
    pub ibmsa_ep_connected_at: String,
}

/// Network modes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct NetServiceConfigV2 {
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
}

/// How services change their mode by themselves.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ModeAutoConfigV2 {
    /// From Discover to Monitor.
    pub mode_auto_d2m: bool,
    /// After so many seconds.
    pub mode_auto_d2m_duration: u32,
    /// From Monitor to Protect.
    pub mode_auto_m2p: bool,
    /// After so many seconds.
    pub mode_auto_m2p_duration: u32,
}

/// Outgoing TLS.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct TlsConfigV2 {
    /// Whether it is verified.
    pub enable_tls_verification: bool,
    /// Further certificate authorities.
    pub cacerts: Vec<String>,
}

impl From<SystemConfigData> for SystemConfigDataV2 {
    fn from(flat: SystemConfigData) -> Self {
        Self { config: flat.config.into(), fed_config: flat.fed_config }
    }
}

impl From<SystemConfig> for SystemConfigV2 {
    fn from(flat: SystemConfig) -> Self {
        Self {
            new_svc: NewServiceConfigV2 {
                new_service_policy_mode: flat.new_service_policy_mode,
                new_service_profile_mode: flat.new_service_profile_mode,
                new_service_profile_baseline: flat.new_service_profile_baseline,
            },
            syslog: SyslogConfigV2 {
                syslog_ip: flat.syslog_ip,
                syslog_ip_proto: flat.syslog_ip_proto,
                syslog_port: flat.syslog_port,
                syslog_level: flat.syslog_level,
                syslog_status: flat.syslog_status,
                syslog_categories: flat.syslog_categories,
                syslog_in_json: flat.syslog_in_json,
                single_cve_per_syslog: flat.single_cve_per_syslog,
                syslog_cve_in_layers: flat.syslog_cve_in_layers,
                syslog_server_cert: flat.syslog_server_cert,
                output_event_to_logs: flat.output_event_to_logs,
            },
            auth: AuthConfigV2 {
                auth_order: flat.auth_order,
                auth_by_platform: flat.auth_by_platform,
                rancher_ep: flat.rancher_ep,
            },
            misc: MiscConfigV2 {
                unused_group_aging: flat.unused_group_aging,
                cluster_name: flat.cluster_name,
                controller_debug: flat.controller_debug,
                monitor_service_mesh: flat.monitor_service_mesh,
                xff_enabled: flat.xff_enabled,
                no_telemetry_report: flat.no_telemetry_report,
                allow_ns_user_export_net_policy: flat.allow_ns_user_export_net_policy,
                csp_type: flat.csp_type,
            },
            webhooks: flat.webhooks,
            proxy: ProxyConfigV2 {
                registry_http_proxy_status: flat.registry_http_proxy_status,
                registry_https_proxy_status: flat.registry_https_proxy_status,
                registry_http_proxy: flat.registry_http_proxy.clone(),
                registry_https_proxy: flat.registry_https_proxy.clone(),
                registry_http_proxy_cfg: flat.registry_http_proxy,
                registry_https_proxy_cfg: flat.registry_https_proxy,
            },
            ibmsa: IbmsaConfigV2 {
                ibmsa_ep_enabled: flat.ibmsa_ep_enabled,
                ibmsa_ep_start: flat.ibmsa_ep_start,
                ibmsa_ep_dashboard_url: flat.ibmsa_ep_dashboard_url,
                ibmsa_ep_connected_at: flat.ibmsa_ep_connected_at,
            },
            net_svc: NetServiceConfigV2 {
                net_service_status: flat.net_service_status,
                net_service_policy_mode: flat.net_service_policy_mode,
                disable_net_policy: flat.disable_net_policy,
                detect_unmanaged_wl: flat.detect_unmanaged_wl,
                strict_group_mode: flat.strict_group_mode,
            },
            mode_auto: ModeAutoConfigV2 {
                mode_auto_d2m: flat.mode_auto_d2m,
                mode_auto_d2m_duration: flat.mode_auto_d2m_duration,
                mode_auto_m2p: flat.mode_auto_m2p,
                mode_auto_m2p_duration: flat.mode_auto_m2p_duration,
            },
            scanner_autoscale: flat.scanner_autoscale,
            remote_repositories: flat.remote_repositories,
            tls_cfg: TlsConfigV2 {
                enable_tls_verification: flat.enable_tls_verification,
                cacerts: flat.cacerts,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_groups_hold_all_that_stands_flat() {
        let flat = serde_json::to_value(SystemConfig::default()).unwrap();
        let grouped = serde_json::to_value(SystemConfigV2::default()).unwrap();
        let keys = |value: &Value| -> BTreeSet<String> {
            value.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect()
        };
        let mut within: BTreeSet<_> = keys(&grouped);
        within.extend(grouped.as_object().unwrap().values().flat_map(keys));
        let missing: Vec<_> = keys(&flat).difference(&within).cloned().collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
