//! What the operator configures: flags over environment variables over one
//! TOML file over defaults. Every setting has the same name in all of them:
//! `--rest-listen`, `PALISADE_REST_LISTEN`, `rest-listen = "…"`.

mod args;
mod role;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use palisade_api::ClusterName;
use palisade_api::rest::fed::RestInfo;
use palisade_controller::admission::Mode;
use palisade_controller::node::NodePaths;
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::client::{PrimaryAddress, ProxyAddress};
use palisade_transport::setup_file::SetupFile;
use secrecy::SecretString;

pub use args::ConfigArgs;
use palisade_process::layers::Layers;
pub use palisade_process::layers::{ConfigError, Problem, TlsFiles};
pub use role::{Role, Roles};

/// Every address of the host, of IPv6 and of IPv4.
const ANYWHERE: Ipv6Addr = Ipv6Addr::UNSPECIFIED;

/// The configuration of an agent.
#[derive(Clone, Debug)]
pub struct Config {
    /// The join token; not needed where the data folder holds an identity.
    pub token: Option<SecretString>,
    /// Where the primary is reached, where the token does not say.
    pub primary: Option<PrimaryAddress>,
    /// The proxy by which the primary is reached.
    pub proxy: Option<ProxyAddress>,
    /// What tells this cluster from others, where Kubernetes does not.
    pub cluster_uid: Option<String>,
    /// The cluster's name in the federation.
    pub name: Option<ClusterName>,
    /// The labels that the cluster joins with.
    pub labels: ClusterLabels,
    /// Identity, database, certificates, generated passwords.
    pub data_dir: PathBuf,
    /// What this agent does.
    pub roles: Roles,
    /// Where the REST API listens.
    pub rest_listen: SocketAddr,
    /// Where the admission webhook listens.
    pub webhook_listen: SocketAddr,
    /// HOST:PORT that others reach the REST API by.
    pub rest_address: Option<String>,
    /// Names in the webhook's certificate beside localhost and the host's own.
    pub webhook_names: Vec<String>,
    /// Certificate chain and key of the listeners, in PEM; without them the
    /// agent's own authority issues a certificate.
    pub tls: Option<TlsFiles>,
    /// The mode that admission control starts in.
    pub admission_mode: Mode,
    /// The operator's vulnerability database, instead of the primary's.
    pub vulndb: Option<PathBuf>,
    /// The public key that must have signed the database.
    pub vulndb_key: Option<PathBuf>,
    /// Where the files of the node are that this agent scans.
    pub node: NodePaths,
    /// Version of Kubernetes; empty where nobody has told it.
    pub kubernetes_version: String,
    /// Images that a scan worker reads at a time, 1 to 64.
    pub scan_slots: u32,
    /// What is logged: a level, or directives such as `info,sqlx=warn`.
    pub log: String,
    /// The first admin's password of the local REST API.
    pub bootstrap_password: Option<SecretString>,
}

impl Config {
    /// Reads the configuration over the TOML `file`, and reports everything that is wrong with it
    /// at once.
    pub fn read(file: Option<&Path>, args: &ConfigArgs) -> Result<Self, ConfigError> {
        let mut layers = Layers::read(file, &args.given());
        let setup = setup(&mut layers);
        let proxy = layers.optional("proxy");
        if setup.as_ref().is_some_and(|setup| setup.use_proxy) && proxy.is_none() {
            layers.problem("federation-setup", "Use_Proxy: no proxy is given by --proxy");
        }
        let token = match &setup {
            Some(setup) => Some(setup.join_token.ticket().clone()),
            None => token(&mut layers),
        };
        let managed =
            setup.as_ref().and_then(|setup| setup.managed.as_ref()).map(RestInfo::to_string);
        let config = Self {
            token,
            primary: setup.as_ref().and_then(|setup| setup.primary.to_string().parse().ok()),
            proxy,
            cluster_uid: layers.parsed("cluster-uid", |text| match text.trim() {
                "" => Err("must not be empty"),
                text if text.len() > 64 => Err("has more than 64 characters"),
                text => Ok(text.to_owned()),
            }),
            name: layers.optional("name").or(setup.and_then(|setup| setup.cluster_name)),
            labels: layers.optional("labels").unwrap_or_default(),
            data_dir: layers.or("data-dir", default_data_dir),
            roles: layers.optional("roles").unwrap_or_default(),
            rest_listen: layers.or("rest-listen", || SocketAddr::from((ANYWHERE, 10443))),
            webhook_listen: layers.or("webhook-listen", || SocketAddr::from((ANYWHERE, 20443))),
            rest_address: layers.host_port("rest-address").or(managed),
            webhook_names: names(&mut layers, "webhook-names"),
            tls: layers.tls_files(),
            admission_mode: admission_mode(&mut layers, "admission-mode"),
            vulndb: layers.optional("vulndb"),
            vulndb_key: layers.optional("vulndb-key"),
            node: NodePaths {
                root: layers.or("host-root", || PathBuf::from("/")),
                proc: layers.or("host-proc", || PathBuf::from("/proc")),
            },
            kubernetes_version: kubernetes_version(&mut layers, "kubernetes-version"),
            scan_slots: layers.optional("scan-slots").unwrap_or(2).clamp(1, 64),
            log: layers.log_filter("log", "info"),
            bootstrap_password: layers.secret("PALISADE_BOOTSTRAP_PASSWORD"),
        };
        layers.finish()?;
        Ok(config)
    }
}

fn admission_mode(layers: &mut Layers, name: &str) -> Mode {
    layers
        .parsed(name, |text| Mode::parse(text).ok_or("must be monitor or protect"))
        .unwrap_or_default()
}

/// The setup file of a remote.
fn setup(layers: &mut Layers) -> Option<SetupFile> {
    if layers.is_given("federation-setup")
        && (layers.is_given("token") || layers.is_given("token-file"))
    {
        layers.problem("federation-setup and token", "give one of them");
        return None;
    }
    layers.parsed("federation-setup", |path| {
        let file = SetupFile::read(Path::new(path)).map_err(|error| error.to_string())?;
        match file.managed {
            Some(_) => Ok(file),
            None => {
                Err("Managed_Rest_Info: it is missing; the file is that of a primary".to_owned())
            }
        }
    })
}

/// The join token itself or from its file.
fn token(layers: &mut Layers) -> Option<SecretString> {
    if layers.is_given("token") && layers.is_given("token-file") {
        layers.problem("token and token-file", "give one of them");
        return None;
    }
    let given = layers.parsed("token", |text| Ok::<_, String>(text.trim().into()));
    given.or_else(|| {
        layers.parsed("token-file", |path| {
            std::fs::read_to_string(path)
                .map(|text| text.trim().into())
                .map_err(|error| format!("cannot read {path}: {error}"))
        })
    })
}

fn names(layers: &mut Layers, name: &str) -> Vec<String> {
    let parse = |text: &str| {
        let names: Vec<_> = text.split(',').map(|one| one.trim().to_owned()).collect();
        if names.iter().any(|one| one.is_empty() || one.contains(char::is_whitespace)) {
            return Err("must be names with commas between");
        }
        Ok(names)
    };
    layers.parsed(name, parse).unwrap_or_default()
}

/// A version with or without the `v` in front.
fn kubernetes_version(layers: &mut Layers, name: &str) -> String {
    let parse = |text: &str| {
        let number = text.strip_prefix('v').unwrap_or(text);
        let is_version = number.split('.').count() >= 2
            && number.starts_with(|c: char| c.is_ascii_digit())
            && number.len() <= 64;
        if is_version { Ok(text.to_owned()) } else { Err("must be a version such as v1.30.2") }
    };
    layers.parsed(name, parse).unwrap_or_default()
}

fn default_data_dir() -> PathBuf {
    PathBuf::from("/var/lib/palisade-agent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        std::fs::write(
            &file,
            "name = \"staging\"\nroles = \"controller\"\nadmission-mode = \"protect\"\n",
        )
        .unwrap();
        let given = ConfigArgs { name: Some("production".to_owned()), ..ConfigArgs::default() };
        let config = Config::read(Some(&file), &given).unwrap();
        assert_eq!(config.name.unwrap().as_str(), "production");
        assert!(config.roles.has(Role::Controller) && !config.roles.has(Role::Scanner));
        assert_eq!(config.admission_mode, Mode::Protect);
        assert_eq!(config.webhook_listen.port(), 20443);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        std::fs::write(&file, "nme = \"x\"\nroles = \"controler\"\n").unwrap();
        let given = ConfigArgs {
            rest_listen: Some("nowhere".to_owned()),
            token_file: Some(folder.path().join("missing").display().to_string()),
            ..ConfigArgs::default()
        };
        let text = Config::read(Some(&file), &given).unwrap_err().to_string();
        for part in ["nme: there is no such setting", "controler", "--rest-listen", "missing"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn a_token_file_is_read_without_its_line_end() {
        use secrecy::ExposeSecret;
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "abc\n").unwrap();
        let given =
            ConfigArgs { token_file: Some(token.display().to_string()), ..ConfigArgs::default() };
        assert_eq!(Config::read(None, &given).unwrap().token.unwrap().expose_secret(), "abc");
    }
}
