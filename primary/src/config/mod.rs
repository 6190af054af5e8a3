//! What the operator configures: flags over environment variables over one
//! TOML file over defaults. Every setting has the same name in all of them:
//! `--rest-listen`, `PALISADE_REST_LISTEN`, `rest-listen = "…"`.

mod args;
pub mod duration;
pub mod size;
mod trusted_proxies;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use palisade_api::ClusterName;
use palisade_transport::setup_file::SetupFile;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::store::parse_database_url;
pub use args::ConfigArgs;
use palisade_process::layers::Layers;
pub use palisade_process::layers::{ConfigError, Problem, TlsFiles};
pub use trusted_proxies::TrustedProxies;

/// Every address of the host, of IPv6 and of IPv4.
const ANYWHERE: Ipv6Addr = Ipv6Addr::UNSPECIFIED;

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
    /// The file that sets up the federation without anybody logging in.
    pub federation_setup: Option<SetupFile>,
    /// The folder with files that set up users, roles and directories.
    pub init_config: Option<PathBuf>,
    /// HOST:PORT that other replicas reach the federation listener by.
    pub replica_address: Option<String>,
    /// The primary's own name in the federation.
    pub name: ClusterName,
    /// How long the certificate of a member is valid.
    pub certificate_lifetime: Duration,
    /// The vulnerability database that registry scans match against.
    pub vulndb: Option<PathBuf>,
    /// The public key that must have signed it; without one that beside it.
    pub vulndb_key: Option<PathBuf>,
    /// Whether a vulnerability database that is older than the present one is
    /// taken, here and by the agents.
    pub vulndb_allow_older: bool,
    /// The file with the keys of Sigstore's public parts.
    pub trusted_root: Option<PathBuf>,
    /// Images that this process scans at a time.
    pub scan_slots: u32,
    /// Bytes that may be kept of layers that were read.
    pub layer_cache_size: u64,
    /// Certificate chain and key of the REST and portal listeners, in PEM;
    /// without them the primary's own authority issues a certificate.
    pub tls: Option<TlsFiles>,
    /// How long changes of the logs are kept for agents that were away.
    pub change_retention: Duration,
    /// How long events of members are kept.
    pub event_retention: Duration,
    /// The proxy by which the repository of exports is reached, and providers of
    /// single sign-on whose settings say so.
    pub https_proxy: Option<Url>,
    /// The proxies in front of REST and portal whose word on a client's address is
    /// taken.
    pub trusted_proxies: TrustedProxies,
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

impl Config {
    /// Reads the configuration over the TOML `file`, and reports everything that is wrong with it
    /// at once.
    pub fn read(file: Option<&Path>, args: &ConfigArgs) -> Result<Self, ConfigError> {
        let mut layers = Layers::read(file, &args.given());
        let name = layers.or("name", ClusterName::primary);
        let config = Self {
            data_dir: layers.or("data-dir", || PathBuf::from("/var/lib/palisade")),
            database_url: database_url(&mut layers, "database-url"),
            database_listen_url: database_url(&mut layers, "database-listen-url"),
            rest_listen: layers.or("rest-listen", || SocketAddr::from((ANYWHERE, 10443))),
            portal_listen: layers.or("portal-listen", || SocketAddr::from((ANYWHERE, 8443))),
            federation_listen: layers
                .or("federation-listen", || SocketAddr::from((ANYWHERE, 11443))),
            federation_address: layers.host_port("federation-address"),
            federation_setup: federation_setup(&mut layers),
            init_config: layers.optional("init-config"),
            replica_address: layers.host_port("replica-address"),
            certificate_lifetime: time(
                &mut layers,
                "certificate-lifetime",
                Duration::from_hours(24 * 7),
            ),
            vulndb: layers.optional("vulndb"),
            vulndb_key: layers.optional("vulndb-key"),
            vulndb_allow_older: layers.optional("vulndb-allow-older").unwrap_or(false),
            trusted_root: layers.optional("trusted-root"),
            scan_slots: layers.or("scan-slots", || 2),
            layer_cache_size: layers
                .parsed("layer-cache-size", |text| size::parse(text).map_err(|e| e.to_string()))
                .unwrap_or(1 << 30),
            tls: layers.tls_files(),
            change_retention: time(&mut layers, "change-retention", Duration::from_hours(24 * 30)),
            event_retention: time(&mut layers, "event-retention", Duration::from_hours(24 * 90)),
            https_proxy: layers.parsed("https-proxy", |text| {
                text.parse::<Url>()
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                    .ok_or("not the address of a proxy (http://HOST:PORT)")
            }),
            trusted_proxies: layers.optional("trusted-proxies").unwrap_or_default(),
            log: layers.log_filter("log", "info"),
            bootstrap_password: layers.secret("PALISADE_BOOTSTRAP_PASSWORD"),
            sealing_key: layers.secret("PALISADE_SEALING_KEY"),
            postgres_fsync: postgres_fsync(&mut layers),
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
        let parse = |url: &SecretString| parse_database_url(url.expose_secret()).ok();
        let connect = parse(self.database_url.as_ref()?)?;
        let direct = self.database_listen_url.as_ref().and_then(parse);
        Some(crate::store::DatabaseConfig { connect, direct })
    }
}

/// The setup file of a primary.
fn federation_setup(layers: &mut Layers) -> Option<SetupFile> {
    layers.parsed("federation-setup", |path| {
        let file = SetupFile::read(Path::new(path)).map_err(|error| error.to_string())?;
        match file.managed {
            None => Ok(file),
            Some(_) => Err("Managed_Rest_Info: it makes a remote, and this is a primary: give \
                            the file to the agent"
                .to_owned()),
        }
    })
}

fn time(layers: &mut Layers, name: &str, default: Duration) -> Duration {
    let positive = |text: &str| match duration::parse(text) {
        Ok(Duration::ZERO) => Err("must be longer than nothing".to_owned()),
        other => other.map_err(|e| e.to_string()),
    };
    layers.parsed(name, positive).unwrap_or(default)
}

fn database_url(layers: &mut Layers, name: &str) -> Option<SecretString> {
    layers.parsed(name, |text| {
        parse_database_url(text)
            .map(|_| SecretString::from(text))
            .map_err(|error| error.to_string())
    })
}

fn postgres_fsync(layers: &mut Layers) -> bool {
    let variable = "PALISADE_POSTGRES_FSYNC";
    match std::env::var(variable).as_deref() {
        Err(_) | Ok("on") => true,
        Ok("off") => false,
        Ok(_) => {
            layers.problem(variable, "must be on or off");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::TempPath {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file.into_temp_path()
    }

    #[test]
    fn defaults_stand_where_nothing_is_given() {
        let config = Config::read(None, &ConfigArgs::default()).unwrap();
        assert_eq!(config.rest_listen.to_string(), "[::]:10443");
        assert_eq!(config.portal_listen.to_string(), "[::]:8443");
        assert_eq!(config.federation_listen.to_string(), "[::]:11443");
        assert_eq!(config.certificate_lifetime, Duration::from_hours(168));
        assert_eq!(config.name.as_str(), "primary");
        assert!(config.database().is_none());
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file = file("name = \"from-file\"\nrest-listen = \"127.0.0.1:1\"\n");
        let args =
            ConfigArgs { rest_listen: Some("127.0.0.1:2".to_owned()), ..ConfigArgs::default() };
        let config = Config::read(Some(&file), &args).unwrap();
        assert_eq!(config.name.as_str(), "from-file");
        assert_eq!(config.rest_listen.to_string(), "127.0.0.1:2");
    }

    #[test]
    fn numbers_and_truths_of_the_file_need_no_quotation_marks() {
        for (slots, older) in [("4", "true"), ("\"4\"", "\"true\"")] {
            let file = file(&format!("scan-slots = {slots}\nvulndb-allow-older = {older}\n"));
            let config = Config::read(Some(&file), &ConfigArgs::default()).unwrap();
            assert_eq!((config.scan_slots, config.vulndb_allow_older), (4, true));
        }
        for text in ["scan-slots = 4.5", "scan-slots = -1", "log = [\"info\"]"] {
            let file = file(text);
            let error = Config::read(Some(&file), &ConfigArgs::default()).unwrap_err();
            assert_eq!(error.problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_sources() {
        let file = file("rest-listen = \"nowhere\"\nport = \"1\"\nname = [7]\n");
        let args = ConfigArgs {
            database_url: Some("postgres://palisade:hunter2@:x/".to_owned()),
            certificate_lifetime: Some("0s".to_owned()),
            federation_address: Some("example.com".to_owned()),
            tls_key: Some("key.pem".to_owned()),
            log: Some("palisade=loud".to_owned()),
            ..ConfigArgs::default()
        };
        let error = Config::read(Some(&file), &args).unwrap_err();
        let path = file.display();
        let mut sources: Vec<_> = error.problems.iter().map(|p| p.source.clone()).collect();
        sources.sort();
        let mut expected = vec![
            format!("{path}, rest-listen"),
            format!("{path}, port"),
            format!("{path}, name"),
            "--database-url".to_owned(),
            "--certificate-lifetime".to_owned(),
            "--federation-address".to_owned(),
            "tls-certificate and tls-key".to_owned(),
            "--log".to_owned(),
        ];
        expected.sort();
        assert_eq!(sources, expected, "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_missing_or_broken_file_is_named() {
        for (path, text) in [("/nonexistent/palisade.toml", None), ("", Some("name = "))] {
            let broken = text.map(file);
            let path = broken.as_deref().unwrap_or_else(|| Path::new(path));
            let error = Config::read(Some(path), &ConfigArgs::default()).unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
    }
}
