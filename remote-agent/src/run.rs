//! Starts the parts of the agent in order and stops them together: listeners
//! are bound first, then the cluster joins, then what was applied is put in
//! force, then the webhook answers and the link is opened.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use palisade_api::ClusterName;
use palisade_api::clock::SharedClock;
use palisade_api::rest::event::name;
use palisade_api::rest::fed::RestInfo;
use palisade_controller::scan::scanner::ScanSetup;
use palisade_controller::store::SpoolLimits;
use palisade_controller::{Controller, ControllerConfig, admission, rest, scan};
use palisade_process::host;
use palisade_scanner::inspect::secret;
use palisade_transport::client::PrimaryAddress;
use palisade_transport::identity::MemberIdentity;
use palisade_transport::server::{self, Limits, public_config, serve};
use secrecy::SecretString;
use serde::Serialize;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::cluster_uid;
use crate::config::{Config, Role};
use crate::enrol::{self, Credential, RestAddress};
use crate::link::{self, LinkConfig, LinkHandle, OwnPart};
use crate::node_scan::NodeScanner;
use crate::shutdown::Shutdown;
use crate::tls::{ListenerTls, TlsError};
use crate::vulndb::{self, Vulndb};
use crate::worker::{self, WorkerConfig};
use crate::{health, spent_token, telemetry};

/// How long the tasks may take to end.
const DRAIN: Duration = Duration::from_secs(10);

/// The addresses that are really bound, written for scripts and tests.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Addresses {
    /// The REST API.
    pub rest: SocketAddr,
    /// The admission webhook; none where the agent only scans.
    pub webhook: Option<SocketAddr>,
}

impl Addresses {
    /// The file in the data folder that they are written to.
    pub const FILE: &str = "addresses.json";

    fn write(&self, data_dir: &Path) -> anyhow::Result<()> {
        let path = data_dir.join(Self::FILE);
        let aside = data_dir.join(".addresses.json.new");
        std::fs::write(&aside, serde_json::to_vec(self)?)
            .and_then(|()| std::fs::rename(&aside, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Runs the agent until `shutdown` is requested.
pub async fn run(config: Config, clock: SharedClock, shutdown: Shutdown) -> anyhow::Result<()> {
    telemetry::metrics();
    palisade_transport::install_crypto_provider();
    let outcome = start(&config, &clock, &shutdown).await;
    if outcome.is_ok() {
        shutdown.token().cancelled().await;
    }
    shutdown.request();
    shutdown.drained(DRAIN).await;
    match outcome {
        Ok(Some(controller)) => controller.store().close().await,
        Ok(None) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn start(
    config: &Config,
    clock: &SharedClock,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Controller>> {
    // Keys and password hashes are in it.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data_dir)
        .with_context(|| format!("cannot create the data folder {}", config.data_dir.display()))?;
    if config.roles.only(Role::Scanner) {
        return scan_only(config, clock, shutdown).await.map(|()| None);
    }
    let rest_listener = listen("rest-listen", config.rest_listen).await?;
    let webhook_listener = listen("webhook-listen", config.webhook_listen).await?;
    let webhook_address = webhook_listener.local_addr()?;
    let addresses = Addresses { rest: rest_listener.local_addr()?, webhook: Some(webhook_address) };
    let rest_address = rest_address(config, addresses.rest);
    let own = own_part(config, clock).await?;
    let joining = tokio::select! {
        joining = membership(config, &own, &rest_address) => joining?,
        () = shutdown.token().cancelled() => return Ok(None),
    };
    let Membership { identity, cluster_name, joined } = joining;
    announce_roles(config);

    let tls = listener_tls(config, &rest_address, clock)?;
    let server = public_config(tls.certificate())?;
    let webhook = RestInfo {
        server: config.webhook_names.first().unwrap_or(&rest_address.server).clone(),
        port: webhook_address.port().into(),
    };
    let handle = Arc::new(LinkHandle::new(own, rest_address, identity));
    let vulndb = if config.roles.has(Role::Scanner) {
        let (own, key) = (config.vulndb.clone(), config.vulndb_key.clone());
        Some(Vulndb::open(&config.data_dir, own, key)?)
    } else {
        None
    };
    let controller = Controller::open(
        ControllerConfig {
            data_dir: config.data_dir.clone(),
            cluster_name,
            host_name: host::name(),
            admission_mode: config.admission_mode,
            webhook,
            bootstrap_password: config.bootstrap_password.clone(),
            spool: SpoolLimits::default(),
            scan: vulndb.as_ref().map(|vulndb| ScanSetup {
                scanner: Arc::new(NodeScanner::new(Arc::clone(vulndb))),
                node: config.node.clone(),
                kube_version: config.kubernetes_version.clone(),
            }),
            is_secret: secret::is_in_variable,
        },
        Arc::clone(&handle) as _,
        clock.clone(),
        shutdown.tasks(),
        shutdown.token(),
    )
    .await?;
    if let Some(text) = joined {
        controller.note_federation(name::FEDERATION_JOIN, text).await;
    }

    let router = rest::router(controller.clone(), health::router(controller.clone()));
    for (name, listener, router) in [
        ("rest", rest_listener, rest::listening(router.clone())),
        ("webhook", webhook_listener, admission::router(controller.clone())),
    ] {
        let stop = shutdown.token().clone();
        shutdown.spawn(name, serve(listener, server.clone(), router, Limits::PUBLIC, stop));
    }
    shutdown.spawn("certificate", tls.keep_fresh(shutdown.token().clone()));
    if let Some(vulndb) = &vulndb {
        start_scans(vulndb, &handle, &controller, clock, shutdown);
    }
    shutdown.spawn(
        "link",
        link::run(
            LinkConfig {
                data_dir: config.data_dir.clone(),
                roles: config.roles.names(),
                router,
                vulndb: vulndb.map(|vulndb| vulndb.watch()),
            },
            handle,
            controller.clone(),
            clock.clone(),
            shutdown.token().clone(),
        ),
    );
    addresses.write(&config.data_dir)?;
    info!(rest = %addresses.rest, webhook = %webhook_address, "ready");
    Ok(Some(controller))
}

/// Joins as a scan worker and works. REST is only what orchestrators ask.
async fn scan_only(
    config: &Config,
    clock: &SharedClock,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let rest_listener = listen("rest-listen", config.rest_listen).await?;
    let addresses = Addresses { rest: rest_listener.local_addr()?, webhook: None };
    let rest_address = rest_address(config, addresses.rest);
    let own = own_part(config, clock).await?;
    let proxy = own.proxy.clone();
    let joining = tokio::select! {
        joining = membership(config, &own, &rest_address) => joining?,
        () = shutdown.token().cancelled() => return Ok(()),
    };
    let Some(identity) = joining.identity else {
        bail!("this scan worker was removed: give a new token made with `token create --scanner`");
    };
    let tls = listener_tls(config, &rest_address, clock)?;
    let server = public_config(tls.certificate())?;
    let stop = shutdown.token().clone();
    shutdown.spawn(
        "rest",
        serve(rest_listener, server, health::worker_router(), Limits::PUBLIC, stop.clone()),
    );
    shutdown.spawn("certificate", tls.keep_fresh(stop.clone()));
    let worker =
        WorkerConfig { data_dir: config.data_dir.clone(), slots: config.scan_slots, proxy };
    shutdown.spawn("worker", worker::run(worker, identity, clock.clone(), stop));
    addresses.write(&config.data_dir)?;
    info!(rest = %addresses.rest, "ready");
    Ok(())
}

/// What this agent is to its primary.
async fn own_part(config: &Config, clock: &SharedClock) -> anyhow::Result<OwnPart> {
    let cluster_uid = cluster_uid::find(config.cluster_uid.as_deref(), &config.data_dir)
        .await
        .context("the uid of this cluster cannot be kept")?;
    Ok(OwnPart {
        data_dir: config.data_dir.clone(),
        roles: config.roles.names(),
        labels: config.labels.clone(),
        cluster_uid,
        proxy: config.proxy.clone(),
        clock: clock.clone(),
    })
}

/// Whose member this cluster is, or will be.
struct Membership {
    identity: Option<MemberIdentity>,
    cluster_name: String,
    /// How it joined just now, for the records.
    joined: Option<&'static str>,
}

/// The stored identity, or a new one by the token. A join that fails leaves
/// nothing behind.
async fn membership(
    config: &Config,
    own: &OwnPart,
    rest: &RestAddress,
) -> anyhow::Result<Membership> {
    if let Some(identity) = MemberIdentity::load(&config.data_dir)? {
        let cluster_name = identity.membership().name.clone();
        if config.name.as_ref().is_some_and(|name| name.as_str() != cluster_name) {
            warn!(cluster_name, "--name is ignored: this cluster has joined under another name");
        }
        if let Some(again) = join_after_expiry(config, own, rest, &identity).await {
            return Ok(again);
        }
        return Ok(Membership { identity: Some(identity), cluster_name, joined: None });
    }
    let standalone = || {
        let name = config.name.as_ref().map_or("standalone", ClusterName::as_str);
        let cluster_name = name.to_owned();
        Ok(Membership { identity: None, cluster_name, joined: None })
    };
    let Some(token) = &config.token else {
        info!(
            "this cluster is in no federation: it runs standalone. Join one by --token (the \
             primary makes one with `palisade-primary token create`) or by POST /v1/fed/join"
        );
        return standalone();
    };
    if spent_token::is_spent(&config.data_dir, token) {
        warn!(
            "this cluster has joined by this token before, and left or was removed since: it runs \
             standalone. To join again give another token, or use POST /v1/fed/join"
        );
        return standalone();
    }
    let Some(name) = &config.name else {
        bail!("joining needs the cluster's name: give --name");
    };
    join(config, own, rest, token, name.clone()).await
}

/// Joins by a new token where the certificate of the present membership is over: who was
/// off for that long cannot renew it any more. One that cannot join goes on with what it
/// holds.
async fn join_after_expiry(
    config: &Config,
    own: &OwnPart,
    rest: &RestAddress,
    present: &MemberIdentity,
) -> Option<Membership> {
    if own.clock.now() < present.validity().not_after {
        return None;
    }
    let token = config.token.as_ref()?;
    if spent_token::is_spent(&config.data_dir, token) {
        return None;
    }
    let joined = async {
        let name = present.membership().name.parse::<ClusterName>()?;
        join(config, own, rest, token, name).await
    };
    match joined.await {
        Ok(joined) => Some(joined),
        Err(error) => {
            let error = format!("{error:#}");
            warn!(error, "the certificate of this cluster is over, and its new token is of no use");
            None
        }
    }
}

async fn join(
    config: &Config,
    own: &OwnPart,
    rest: &RestAddress,
    token: &SecretString,
    name: ClusterName,
) -> anyhow::Result<Membership> {
    let cluster_name = name.to_string();
    let credential = Credential::read(token, config.primary.clone())?;
    let applicant = own.applicant(name, rest.clone());
    let joined = enrol::join(&credential, &applicant, &own.clock)
        .await
        .context("this cluster could not join")?;
    joined.identity.store(&config.data_dir)?;
    // The former certificate, if there was one, is revoked: there is no way back to it.
    if let Err(error) = spent_token::remember(&config.data_dir, token) {
        warn!(%error, "the token cannot be remembered as used: look at the data folder's disk");
    }
    let member = joined.identity.membership();
    info!(
        primary = member.primary_name,
        cluster_id = %member.cluster_id,
        home = member.home,
        rejoined = joined.rejoined,
        "joined the federation"
    );
    let text = if joined.rejoined {
        "This cluster joined again, and has its former entry in the federation."
    } else {
        "This cluster joined."
    };
    Ok(Membership { identity: Some(joined.identity), cluster_name, joined: Some(text) })
}

fn announce_roles(config: &Config) {
    if config.roles.has(Role::Enforcer) {
        warn!("the role enforcer has no engine yet: nothing is enforced on this node");
    }
}

/// Starts this cluster's own scans, which are held against `vulndb`.
fn start_scans(
    vulndb: &Arc<Vulndb>,
    link: &Arc<LinkHandle>,
    controller: &Controller,
    clock: &SharedClock,
    shutdown: &Shutdown,
) {
    let keeping = vulndb::run(
        Arc::clone(vulndb),
        Arc::clone(link),
        controller.clone(),
        clock.clone(),
        shutdown.token().clone(),
    );
    shutdown.spawn("vulndb", keeping);
    shutdown.spawn("scan", scan::run(controller.clone(), shutdown.token().clone()));
}

/// How others reach the REST API: as told, or as bound.
fn rest_address(config: &Config, bound: SocketAddr) -> RestAddress {
    let told = config.rest_address.as_deref().and_then(|text| text.parse().ok());
    if let Some(PrimaryAddress { host: server, port }) = told {
        return RestAddress { server, port };
    }
    let server = match bound.ip() {
        ip if ip.is_unspecified() => host::name(),
        ip => ip.to_string(),
    };
    RestAddress { server, port: bound.port() }
}

fn listener_tls(
    config: &Config,
    rest: &RestAddress,
    clock: &SharedClock,
) -> Result<ListenerTls, TlsError> {
    let names = listener_names(config, rest);
    ListenerTls::open(config.tls.as_ref(), &config.data_dir, names, clock.clone())
}

fn listener_names(config: &Config, rest: &RestAddress) -> Vec<String> {
    let mut names = vec![
        "localhost".to_owned(),
        IpAddr::from([127, 0, 0, 1]).to_string(),
        "::1".to_owned(),
        host::name(),
        rest.server.clone(),
    ];
    names.extend(config.webhook_names.iter().cloned());
    names.sort();
    names.dedup();
    names
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    server::listen(address).await.with_context(|| format!("cannot listen on {address} ({setting})"))
}
