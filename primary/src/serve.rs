//! Starts the parts of the primary in order, and stops them in the reverse
//! order: database, migrations, shared parts, listeners.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use palisade_api::clock::SharedClock;
use serde::Serialize;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::store::{Database, Opened, migrate};
use crate::{App, http, telemetry};

/// How long the tasks may take to end.
const DRAIN: Duration = Duration::from_secs(10);

/// The addresses that are really bound, written for scripts and tests.
#[derive(Clone, Copy, Debug, Serialize)]
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
    if !reachable(&database, &shutdown).await {
        return Ok(());
    }
    migrate::run(&database).await?;
    let app = App::open(config.clone(), database, clock, shutdown.clone()).await?;

    let rest = listen("rest-listen", config.rest_listen).await?;
    let portal = listen("portal-listen", config.portal_listen).await?;
    let federation = listen("federation-listen", config.federation_listen).await?;
    let addresses = Addresses {
        rest: rest.local_addr()?,
        portal: portal.local_addr()?,
        federation: federation.local_addr()?,
    };
    for (name, listener) in [("rest", rest), ("portal", portal)] {
        let router = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let stop = shutdown.token().clone().cancelled_owned();
        shutdown.spawn(name, async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                warn!(%error, "the listener ended");
            }
        });
    }
    addresses.write(&config.data_dir)?;
    info!(
        rest = %addresses.rest,
        portal = %addresses.portal,
        federation = %addresses.federation,
        "ready"
    );
    shutdown.token().cancelled().await;
    Ok(())
}

/// Waits for the database; false when the shutdown came first.
async fn reachable(database: &Database, shutdown: &Shutdown) -> bool {
    let mut pause = Duration::from_millis(200);
    loop {
        match database.ping().await {
            Ok(()) => return true,
            Err(error) => warn!(%error, "waiting for the database"),
        }
        tokio::select! {
            () = shutdown.token().cancelled() => return false,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({setting})"))
}
