//! What the operator configures: flags over environment variables over one
//! TOML file over defaults. Every setting has the same name in all of them:
//! `--rest-listen`, `PALISADE_REST_LISTEN`, `rest-listen = "…"`.

mod args;
pub mod duration;
mod layers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use palisade_api::ClusterName;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;

pub use args::ConfigArgs;
use layers::Layers;
pub use layers::{ConfigError, Problem};

/// The configuration of a primary.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the primary keeps files: its own Postgres, the sealing key, the
    /// first admin's password, the addresses it listens on.
    pub data_dir: PathBuf,
    /// The operator's database; without one the primary runs its own.
    pub database_url: Option<SecretString>,
    /// The same database past a pooler in transaction mode.
    pub database_listen_url: Option<SecretString>,
    /// Where the REST API listens.
    pub rest_listen: SocketAddr,
    /// Where the portal listens.
    pub portal_listen: SocketAddr,
    /// Where agents connect.
    pub federation_listen: SocketAddr,
    /// HOST:PORT that agents outside reach the federation listener by.
    pub federation_address: Option<String>,
    /// The primary's own name in the federation.
    pub name: ClusterName,
    /// How long the certificate of a member is valid.
    pub certificate_lifetime: Duration,
    /// The vulnerability database that registry scans match against.
    pub vulndb: Option<PathBuf>,
    /// Certificate chain and key of the REST and portal listeners, in PEM;
    /// without them the primary's own authority issues a certificate.
    pub tls: Option<TlsFiles>,
    /// How long changes of the logs are kept for agents that were away.
    pub change_retention: Duration,
    /// What is logged: a level, or directives such as `info,sqlx=warn`.
    pub log: String,
    /// The first admin's password.
    pub bootstrap_password: Option<SecretString>,
    /// The key that seals secrets in the database; by default it is in a file
    /// in the data folder.
    pub sealing_key: Option<SecretString>,
    /// Whether the embedded Postgres waits for the disk. Off only in tests.
    pub postgres_fsync: bool,
}

/// A certificate chain and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The file with the certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// The file with the private key.
    pub key: PathBuf,
}

impl Config {
    /// Reads the configuration, and reports everything that is wrong with it
    /// at once.
    pub fn read(args: &ConfigArgs) -> Result<Self, ConfigError> {
        let mut layers = Layers::read(args);
        let certificate = layers.optional("tls-certificate");
        let key = layers.optional("tls-key");
        let tls = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => {
                layers.problem("tls-certificate and tls-key", "give both or neither");
                None
            }
        };
        let name = layers.or("name", ClusterName::primary);
        let config = Self {
            data_dir: layers.or("data-dir", || PathBuf::from("/var/lib/palisade")),
            database_url: layers.database_url("database-url"),
            database_listen_url: layers.database_url("database-listen-url"),
            rest_listen: layers.or("rest-listen", || SocketAddr::from(([0, 0, 0, 0], 10443))),
            portal_listen: layers.or("portal-listen", || SocketAddr::from(([0, 0, 0, 0], 8443))),
            federation_listen: layers
                .or("federation-listen", || SocketAddr::from(([0, 0, 0, 0], 11443))),
            federation_address: layers.host_port("federation-address"),
            certificate_lifetime: layers
                .duration("certificate-lifetime", Duration::from_hours(24 * 7)),
            vulndb: layers.optional("vulndb"),
            tls,
            change_retention: layers.duration("change-retention", Duration::from_hours(24 * 30)),
            log: layers.log_filter("log", "info"),
            bootstrap_password: layers.secret("PALISADE_BOOTSTRAP_PASSWORD"),
            sealing_key: layers.secret("PALISADE_SEALING_KEY"),
            postgres_fsync: layers.postgres_fsync(),
            name,
        };
        if config.database_listen_url.is_some() && config.database_url.is_none() {
            layers.problem("database-listen-url", "means nothing without database-url");
        }
        layers.finish()?;
        Ok(config)
    }

    /// How to connect to the operator's database.
    pub fn database(&self) -> Option<crate::store::DatabaseConfig> {
        let parse = |url: &SecretString| url.expose_secret().parse::<PgConnectOptions>().ok();
        let connect = parse(self.database_url.as_ref()?)?;
        let direct = self.database_listen_url.as_ref().and_then(parse);
        Some(crate::store::DatabaseConfig {
            direct: direct.unwrap_or_else(|| connect.clone()),
            connect,
        })
    }
}
