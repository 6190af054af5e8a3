//! The flags. They are read as text: [`super::Config::read`] parses flags,
//! variables and the file alike, so that all errors come at once.

use clap::Args;

/// How the agent runs. Every flag may also stand in the TOML file, under its
/// name without the dashes in front.
#[derive(Args, Clone, Default)]
pub struct ConfigArgs {
    /// Join token of a primary. Only needed for the first start: afterwards the
    /// data folder holds the cluster's identity, and the token is ignored
    #[arg(long, value_name = "TOKEN", env = "PALISADE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// File with the join token, instead of --token
    #[arg(long, value_name = "FILE", env = "PALISADE_TOKEN_FILE")]
    pub token_file: Option<String>,

    /// Name of this cluster, unique in the federation
    #[arg(long, value_name = "NAME", env = "PALISADE_NAME")]
    pub name: Option<String>,

    /// fedinitcfg.yaml with Managed_Rest_Info: joins unattended with the token that
    /// stands in it, instead of --token
    #[arg(long, value_name = "FILE", env = "PALISADE_FEDERATION_SETUP")]
    pub federation_setup: Option<String>,

    /// HTTP proxy by which the primary is reached (http://[USER:PASSWORD@]HOST:PORT)
    #[arg(long, value_name = "URL", env = "PALISADE_PROXY", hide_env_values = true)]
    pub proxy: Option<String>,

    /// What tells this cluster from others when it has lost its disks and joins
    /// again [default: the uid of the namespace kube-system, where Kubernetes
    /// tells it, else made up and kept in the data folder]
    #[arg(long, value_name = "TEXT", env = "PALISADE_CLUSTER_UID")]
    pub cluster_uid: Option<String>,

    /// Labels of this cluster, as key=value with commas between; those of the
    /// join token win, and once joined the primary's count
    #[arg(long, value_name = "LABELS", env = "PALISADE_LABELS")]
    pub labels: Option<String>,

    /// Folder for identity, database, certificates and generated passwords
    /// [default: /var/lib/palisade-agent]
    #[arg(long, value_name = "DIR", env = "PALISADE_DATA_DIR")]
    pub data_dir: Option<String>,

    /// What this agent does: controller, enforcer, scanner, with commas between
    /// [default: controller]
    #[arg(long, value_name = "ROLES", env = "PALISADE_ROLES")]
    pub roles: Option<String>,

    /// Address of the REST API, health and metrics; port 0 takes a free one
    /// [default: [::]:10443]
    #[arg(long, value_name = "ADDR", env = "PALISADE_REST_LISTEN")]
    pub rest_listen: Option<String>,

    /// Address of the admission webhook [default: [::]:20443]
    #[arg(long, value_name = "ADDR", env = "PALISADE_WEBHOOK_LISTEN")]
    pub webhook_listen: Option<String>,

    /// How the REST API is reached from outside, as shown in the federation
    /// [default: the REST listen address, with the host's name where that is
    /// unspecified]
    #[arg(long, value_name = "HOST:PORT", env = "PALISADE_REST_ADDRESS")]
    pub rest_address: Option<String>,

    /// Further names in the webhook's certificate, with commas between, such as
    /// the name of its Kubernetes service
    #[arg(long, value_name = "NAMES", env = "PALISADE_WEBHOOK_NAMES")]
    pub webhook_names: Option<String>,

    /// PEM certificate chain for the REST API and the webhook, in place of those of
    /// the agent's own authority
    #[arg(long, value_name = "FILE", env = "PALISADE_TLS_CERTIFICATE")]
    pub tls_certificate: Option<String>,

    /// PEM private key for --tls-certificate
    #[arg(long, value_name = "FILE", env = "PALISADE_TLS_KEY")]
    pub tls_key: Option<String>,

    /// Mode that admission control starts in until one is set by REST: monitor
    /// or protect [default: monitor]
    #[arg(long, value_name = "MODE", env = "PALISADE_ADMISSION_MODE")]
    pub admission_mode: Option<String>,

    /// Vulnerability database for the scans of this cluster, made by
    /// `palisade-primary vulndb build` [default: the one that the primary hands
    /// over]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB")]
    pub vulndb: Option<String>,

    /// Public key that must have signed the vulnerability database [default: of
    /// the primary's the one that it tells, else the file with the ending
    /// .key.pub beside it]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_KEY")]
    pub vulndb_key: Option<String>,

    /// Root folder of the node that this agent scans, where the agent runs in a
    /// container that has it mounted elsewhere [default: /]
    #[arg(long, value_name = "DIR", env = "PALISADE_HOST_ROOT")]
    pub host_root: Option<String>,

    /// The node's /proc, by which running containers are found [default: /proc]
    #[arg(long, value_name = "DIR", env = "PALISADE_HOST_PROC")]
    pub host_proc: Option<String>,

    /// Version of Kubernetes in this cluster, such as v1.30.2: its known
    /// vulnerabilities are listed
    #[arg(long, value_name = "VERSION", env = "PALISADE_KUBERNETES_VERSION")]
    pub kubernetes_version: Option<String>,

    /// Images that a scan worker reads at a time [default: 2]
    #[arg(long, value_name = "N", env = "PALISADE_SCAN_SLOTS")]
    pub scan_slots: Option<String>,

    /// Level of the log, or directives such as info,sqlx=warn [default: info]
    #[arg(long, value_name = "FILTER", env = "PALISADE_LOG")]
    pub log: Option<String>,
}

impl std::fmt::Debug for ConfigArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.given() {
            let secret = matches!(name, "token" | "proxy");
            map.entry(&name, &if secret { value.map(|_| "..") } else { value });
        }
        map.finish()
    }
}

impl ConfigArgs {
    /// The settings by name, as given by a flag or a variable.
    pub(super) fn given(&self) -> [(&'static str, Option<&str>); 23] {
        [
            ("token", self.token.as_deref()),
            ("token-file", self.token_file.as_deref()),
            ("name", self.name.as_deref()),
            ("federation-setup", self.federation_setup.as_deref()),
            ("proxy", self.proxy.as_deref()),
            ("cluster-uid", self.cluster_uid.as_deref()),
            ("labels", self.labels.as_deref()),
            ("data-dir", self.data_dir.as_deref()),
            ("roles", self.roles.as_deref()),
            ("rest-listen", self.rest_listen.as_deref()),
            ("webhook-listen", self.webhook_listen.as_deref()),
            ("rest-address", self.rest_address.as_deref()),
            ("webhook-names", self.webhook_names.as_deref()),
            ("tls-certificate", self.tls_certificate.as_deref()),
            ("tls-key", self.tls_key.as_deref()),
            ("admission-mode", self.admission_mode.as_deref()),
            ("vulndb", self.vulndb.as_deref()),
            ("vulndb-key", self.vulndb_key.as_deref()),
            ("host-root", self.host_root.as_deref()),
            ("host-proc", self.host_proc.as_deref()),
            ("kubernetes-version", self.kubernetes_version.as_deref()),
            ("scan-slots", self.scan_slots.as_deref()),
            ("log", self.log.as_deref()),
        ]
    }
}
