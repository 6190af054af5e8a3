//! Starts the parts of the primary in order, and stops them in the reverse
//! order: database, migrations, shared parts, listeners.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use palisade_api::clock::SharedClock;
use palisade_transport::server::{self, Limits};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::config::Config;
use crate::federation::{fanout, follow, link_upkeep, promotion, replica, rotation, unattended};
use crate::shutdown::Shutdown;
use crate::store::{Database, Opened, migrate};
use crate::{App, grpc, http, live, reconcile, telemetry};

/// How long the tasks may take to end.
const DRAIN: Duration = Duration::from_secs(10);

/// The addresses that are really bound, written for scripts and tests.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Addresses {
    /// The REST API.
    pub rest: SocketAddr,
    /// The portal.
    pub portal: SocketAddr,
    /// The federation listener.
    pub federation: SocketAddr,
}

impl Addresses {
    /// The file in the data folder that they are written to.
    pub const FILE: &str = "addresses.json";

    /// Reads what the running primary has written.
    pub fn read(data_dir: &Path) -> std::io::Result<Self> {
        let bytes = std::fs::read(data_dir.join(Self::FILE))?;
        serde_json::from_slice(&bytes).map_err(Into::into)
    }

    /// Removes what an earlier run has written, so that nobody takes the file
    /// for a sign that this one is ready.
    fn forget(data_dir: &Path) -> anyhow::Result<()> {
        let path = data_dir.join(Self::FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn write(&self, data_dir: &Path) -> anyhow::Result<()> {
        let path = data_dir.join(Self::FILE);
        let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}

/// Runs the primary until `shutdown` is requested.
pub async fn run(config: Config, clock: SharedClock, shutdown: Shutdown) -> anyhow::Result<()> {
    telemetry::metrics();
    let config = Arc::new(config);
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder
        .create(&config.data_dir)
        .with_context(|| format!("cannot create the data folder {}", config.data_dir.display()))?;
    Addresses::forget(&config.data_dir)?;
    let opened = tokio::select! {
        opened = Opened::serving(&config) => opened?,
        () = shutdown.token().cancelled() => return Ok(()),
    };
    let outcome = serve(config, opened.database.clone(), clock, shutdown.clone()).await;
    shutdown.request();
    shutdown.drained(DRAIN).await;
    opened.close().await;
    info!("stopped");
    outcome
}

async fn serve(
    config: Arc<Config>,
    database: Database,
    clock: SharedClock,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    database.follow(&shutdown);
    if !reachable(&database, &shutdown).await? {
        return Ok(());
    }
    tokio::select! {
        // What breaks off is rolled back.
        () = shutdown.token().cancelled() => return Ok(()),
        migrated = migrate::run(&database) => migrated?,
    }
    let app = App::open(config.clone(), database, clock, shutdown.clone()).await?;

    let rest = listen("rest-listen", config.rest_listen).await?;
    let portal = listen("portal-listen", config.portal_listen).await?;
    let federation = listen("federation-listen", config.federation_listen).await?;
    let addresses = Addresses {
        rest: rest.local_addr()?,
        portal: portal.local_addr()?,
        federation: federation.local_addr()?,
    };
    // Join tokens may need to know where the federation listener listens.
    addresses.write(&config.data_dir)?;
    promotion::mend(&app).await.context("the federation could not be mended")?;
    unattended::promote(&app).await?;
    let router = http::router(app.clone())?;
    http::init_config::apply(&app, &router).await?;
    let tls = server::public_config(app.trust.public_certificate.clone())?;
    for (name, listener) in [("rest", rest), ("portal", portal)] {
        let (tls, router) = (tls.clone(), router.clone());
        let stop = shutdown.token().clone();
        shutdown.spawn(name, async move {
            server::serve(listener, tls, router, Limits::PUBLIC, stop).await;
        });
    }
    fanout::run(app.links.feed(), &app.database, &shutdown);
    live::run(&app.live, &app.database, &shutdown);
    link_upkeep::run(&app.links, &app.database, &app.clock, &shutdown);
    grpc::serve(&app, federation)?;
    replica::run(&app, addresses.federation);
    follow::watch(&app);
    rotation::watch(&app);
    reconcile::start(&app);
    app.registries.start(&shutdown);
    app.trust.keep_fresh(config, app.database.clone(), app.clock.clone(), &shutdown);
    info!(
        rest = %addresses.rest,
        portal = %addresses.portal,
        federation = %addresses.federation,
        "ready"
    );
    shutdown.token().cancelled().await;
    Ok(())
}

/// Waits for the database to become available; false when the shutdown came
/// first. A database that refuses us, by its password or its name, is an error.
async fn reachable(database: &Database, shutdown: &Shutdown) -> anyhow::Result<bool> {
    let mut pause = Duration::from_millis(200);
    loop {
        match database.ping().await {
            Ok(()) => return Ok(true),
            Err(error) if error.is_unavailable() => {
                warn!(%error, "waiting for the database");
            }
            Err(error) => return Err(error).context("the database refuses the primary"),
        }
        tokio::select! {
            () = shutdown.token().cancelled() => return Ok(false),
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    server::listen(address).await.with_context(|| format!("cannot listen on {address} ({setting})"))
}
