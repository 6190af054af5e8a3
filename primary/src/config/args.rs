//! The flags. They are read as text: [`super::Config::read`] parses flags,
//! variables and the file alike, so that all errors come at once.

use clap::Args;

/// Where and how the primary runs. Every flag may also stand in the TOML file,
/// under its name without the dashes in front.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigArgs {
    /// Folder for the embedded Postgres, keys and generated passwords
    /// [default: /var/lib/palisade]
    #[arg(long, value_name = "DIR", env = "PALISADE_DATA_DIR")]
    pub data_dir: Option<String>,

    /// Postgres to use instead of the embedded one
    /// (postgres://USER:PASSWORD@HOST/DATABASE); of several hosts, separated by
    /// commas, the one that takes writes
    #[arg(long, value_name = "URL", env = "PALISADE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The same database past a connection pooler, for notifications and
    /// migrations [default: the database URL]
    #[arg(long, value_name = "URL", env = "PALISADE_DATABASE_LISTEN_URL", hide_env_values = true)]
    pub database_listen_url: Option<String>,

    /// Address of the REST API; port 0 takes a free one [default: [::]:10443]
    #[arg(long, value_name = "ADDR", env = "PALISADE_REST_LISTEN")]
    pub rest_listen: Option<String>,

    /// Address of the portal [default: [::]:8443]
    #[arg(long, value_name = "ADDR", env = "PALISADE_PORTAL_LISTEN")]
    pub portal_listen: Option<String>,

    /// Address that agents connect to [default: [::]:11443]
    #[arg(long, value_name = "ADDR", env = "PALISADE_FEDERATION_LISTEN")]
    pub federation_listen: Option<String>,

    /// Address put into join tokens: how agents reach the federation listener
    /// from outside [default: the federation listen address, with the host's
    /// name where that is unspecified]
    #[arg(long, value_name = "HOST:PORT", env = "PALISADE_FEDERATION_ADDRESS")]
    pub federation_address: Option<String>,

    /// fedinitcfg.yaml: promotes this cluster at its first start, and names the
    /// token that clusters join with unattended
    #[arg(long, value_name = "FILE", env = "PALISADE_FEDERATION_SETUP")]
    pub federation_setup: Option<String>,

    /// Folder with userinitcfg.yaml, oidcinitcfg.yaml and the like: sets up users,
    /// roles and directories at the first start
    #[arg(long, value_name = "DIR", env = "PALISADE_INIT_CONFIG")]
    pub init_config: Option<String>,

    /// How other replicas on the same database reach the federation listener of
    /// this one [default: the federation listen address, with the host's name
    /// where that is unspecified]
    #[arg(long, value_name = "HOST:PORT", env = "PALISADE_REPLICA_ADDRESS")]
    pub replica_address: Option<String>,

    /// Name of the primary in the federation [default: primary]
    #[arg(long, value_name = "NAME", env = "PALISADE_NAME")]
    pub name: Option<String>,

    /// Validity of a member's certificate, renewed at two thirds (for example
    /// 12h or 7d) [default: 7d]
    #[arg(long, value_name = "TIME", env = "PALISADE_CERTIFICATE_LIFETIME")]
    pub certificate_lifetime: Option<String>,

    /// Vulnerability database for registry scans, made by `vulndb build`
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB")]
    pub vulndb: Option<String>,

    /// Public key that must have signed the vulnerability database [default: the
    /// file with the ending .key.pub beside it]
    #[arg(long, value_name = "FILE", env = "PALISADE_VULNDB_KEY")]
    pub vulndb_key: Option<String>,

    /// Takes a vulnerability database that is older than the present one, and
    /// lets the agents take it: true or false [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true",
          env = "PALISADE_VULNDB_ALLOW_OLDER")]
    pub vulndb_allow_older: Option<String>,

    /// Keys and certificates of Sigstore's public parts (trusted_root.json), for
    /// roots of trust that are not private
    #[arg(long, value_name = "FILE", env = "PALISADE_TRUSTED_ROOT")]
    pub trusted_root: Option<String>,

    /// Images that this process scans at a time; 0 leaves all to workers, which
    /// join with a token made by `token create --scanner` [default: 2]
    #[arg(long, value_name = "N", env = "PALISADE_SCAN_SLOTS")]
    pub scan_slots: Option<String>,

    /// What may be kept of layers that were read, for other images and replicas
    /// (for example 512MiB or 4GiB) [default: 1GiB]
    #[arg(long, value_name = "SIZE", env = "PALISADE_LAYER_CACHE_SIZE")]
    pub layer_cache_size: Option<String>,

    /// Certificate chain of the REST API and the portal in PEM [default: issued
    /// by the primary's own authority]
    #[arg(long, value_name = "FILE", env = "PALISADE_TLS_CERTIFICATE")]
    pub tls_certificate: Option<String>,

    /// Private key of that certificate in PEM
    #[arg(long, value_name = "FILE", env = "PALISADE_TLS_KEY")]
    pub tls_key: Option<String>,

    /// How long changes are kept; an agent that was away for longer receives a
    /// snapshot [default: 30d]
    #[arg(long, value_name = "TIME", env = "PALISADE_CHANGE_RETENTION")]
    pub change_retention: Option<String>,

    /// How long events of members are kept [default: 90d]
    #[arg(long, value_name = "TIME", env = "PALISADE_EVENT_RETENTION")]
    pub event_retention: Option<String>,

    /// Proxy for the repository that exports go to, and for providers of single
    /// sign-on whose settings say use_proxy
    #[arg(long, value_name = "URL", env = "PALISADE_HTTPS_PROXY", hide_env_values = true)]
    pub https_proxy: Option<String>,

    /// Proxies in front of the REST API and the portal, as addresses and networks
    /// separated by commas: who calls is told by their X-Forwarded-For
    #[arg(long, value_name = "NETWORKS", env = "PALISADE_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<String>,

    /// Level of the log, or directives such as info,sqlx=warn [default: info]
    #[arg(long, value_name = "FILTER", env = "PALISADE_LOG")]
    pub log: Option<String>,
}

impl ConfigArgs {
    /// The settings by name, as given by a flag or a variable.
    pub(super) fn given(&self) -> [(&'static str, Option<&str>); 25] {
        [
            ("data-dir", self.data_dir.as_deref()),
            ("database-url", self.database_url.as_deref()),
            ("database-listen-url", self.database_listen_url.as_deref()),
            ("rest-listen", self.rest_listen.as_deref()),
            ("portal-listen", self.portal_listen.as_deref()),
            ("federation-listen", self.federation_listen.as_deref()),
            ("federation-address", self.federation_address.as_deref()),
            ("federation-setup", self.federation_setup.as_deref()),
            ("init-config", self.init_config.as_deref()),
            ("replica-address", self.replica_address.as_deref()),
            ("name", self.name.as_deref()),
            ("certificate-lifetime", self.certificate_lifetime.as_deref()),
            ("vulndb", self.vulndb.as_deref()),
            ("vulndb-key", self.vulndb_key.as_deref()),
            ("vulndb-allow-older", self.vulndb_allow_older.as_deref()),
            ("trusted-root", self.trusted_root.as_deref()),
            ("scan-slots", self.scan_slots.as_deref()),
            ("layer-cache-size", self.layer_cache_size.as_deref()),
            ("tls-certificate", self.tls_certificate.as_deref()),
            ("tls-key", self.tls_key.as_deref()),
            ("change-retention", self.change_retention.as_deref()),
            ("event-retention", self.event_retention.as_deref()),
            ("https-proxy", self.https_proxy.as_deref()),
            ("trusted-proxies", self.trusted_proxies.as_deref()),
            ("log", self.log.as_deref()),
        ]
    }
}
