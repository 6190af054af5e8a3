//! A running `palisade-primary`.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde::Deserialize;
use tempfile::TempDir;

use crate::process::{Finished, Launch, Process};
use crate::rest::Rest;
use crate::{ADMIN_PASSWORD, Postgres, port, programs, wait};

const STOPS_WITHIN: Duration = Duration::from_mins(1);
const COMMANDS_WITHIN: Duration = Duration::from_mins(1);
const RESTORES_WITHIN: Duration = Duration::from_mins(3);

/// Where a primary listens, as it writes it to `addresses.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Addresses {
    /// The REST API.
    pub rest: SocketAddr,
    /// The portal.
    pub portal: SocketAddr,
    /// The federation.
    pub federation: SocketAddr,
}

/// What database a primary uses.
#[derive(Debug)]
enum Database {
    /// A server of the harness.
    Harness(Box<Postgres>),
    /// The primary's own, in its data folder.
    Embedded,
    /// That of the primary that this one is a replica of, or of the test.
    Shared,
}

/// Says how a primary is started.
#[derive(Debug, Default)]
pub struct PrimaryBuilder {
    embedded: bool,
    database_url: Option<String>,
    replica: Option<Replica>,
    arguments: Vec<OsString>,
    clock_offset: Option<String>,
    clock_file: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    address: Option<IpAddr>,
}

/// What replicas share.
#[derive(Debug)]
struct Replica {
    database_url: String,
    sealing_key: PathBuf,
}

impl PrimaryBuilder {
    /// Makes it another replica of `primary`, which must outlive it.
    pub fn replica_of(mut self, primary: &Primary) -> Result<Self> {
        let url = primary.database_url().context("the database is its own")?;
        self.replica = Some(Replica {
            database_url: url.to_owned(),
            sealing_key: primary.data_dir().join("sealing-key"),
        });
        Ok(self)
    }

    /// Lets the primary use a database that the test looks after.
    #[must_use]
    pub fn on(mut self, database_url: &str) -> Self {
        self.database_url = Some(database_url.to_owned());
        self
    }

    /// Lets the primary run its own Postgres.
    #[must_use]
    pub fn embedded(mut self) -> Self {
        self.embedded = true;
        self
    }

    /// Adds an argument of `serve`.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Moves its clock, by a text such as `+2h`.
    #[must_use]
    pub fn clock_off_by(mut self, offset: &str) -> Self {
        self.clock_offset = Some(offset.into());
        self
    }

    /// Lets it read its clock from a file, see [`Launch::clock_from`].
    #[must_use]
    pub fn clock_from(mut self, file: &Path) -> Self {
        self.clock_file = Some(file.to_owned());
        self
    }

    /// Lets it keep its data in a folder of the test's.
    #[must_use]
    pub fn data_dir(mut self, folder: &Path) -> Self {
        self.data_dir = Some(folder.to_owned());
        self
    }

    /// Lets it listen on another address than that of loopback.
    #[must_use]
    pub fn listen_on(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self) -> Result<Primary> {
        crate::install_tls_provider();
        let dir = tempfile::Builder::new().prefix("palisade-primary-").tempdir()?;
        make_reachable(dir.path())?;
        let data_dir = self.data_dir.unwrap_or_else(|| dir.path().join("data"));
        let mut launch = Launch::new("primary", programs::primary()?)
            .arg("serve")
            .arg("--data-dir")
            .arg(&data_dir)
            .env("PALISADE_BOOTSTRAP_PASSWORD", ADMIN_PASSWORD);
        let (database, database_url) = if let Some(replica) = self.replica {
            std::fs::create_dir_all(&data_dir)?;
            std::fs::copy(replica.sealing_key, data_dir.join("sealing-key"))?;
            (Database::Shared, Some(replica.database_url))
        } else if let Some(url) = self.database_url {
            (Database::Shared, Some(url))
        } else if self.embedded {
            (Database::Embedded, None)
        } else {
            let postgres = Postgres::start().await?;
            let url = postgres.primary_database().await?;
            (Database::Harness(Box::new(postgres)), Some(url))
        };
        if let Some(url) = &database_url {
            launch = launch.arg("--database-url").arg(url);
        }
        launch = launch.args(self.arguments);
        if let Some(offset) = &self.clock_offset {
            launch = launch.clock_off_by(offset)?;
        }
        if let Some(file) = &self.clock_file {
            launch = launch.clock_from(file)?;
        }
        let address = self.address.unwrap_or_else(|| IpAddr::from([127, 0, 0, 1]));
        let address = SocketAddr::new(address, 0).to_string();
        let listen = ["--rest-listen", "--portal-listen", "--federation-listen"]
            .into_iter()
            .flat_map(|flag| [flag, &address]);
        let process = launch.clone().args(listen).spawn(dir.path())?;
        let mut primary =
            Primary { process, launch, addresses: None, data_dir, database_url, database, dir };
        primary.ready().await?;
        Ok(primary)
    }
}

/// A running primary, killed when dropped. The order of the fields is the
/// order of their end.
#[derive(Debug)]
pub struct Primary {
    process: Process,
    launch: Launch,
    addresses: Option<Addresses>,
    data_dir: PathBuf,
    database_url: Option<String>,
    database: Database,
    dir: TempDir,
}

impl Primary {
    /// A primary on a database of its own.
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// Says how it is started.
    pub fn builder() -> PrimaryBuilder {
        PrimaryBuilder::default()
    }

    /// Where it listens.
    pub fn addresses(&self) -> Result<Addresses> {
        self.addresses.context("the primary has never been ready")
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The running program.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The harness's database server; none where the primary runs its own.
    pub fn postgres(&mut self) -> Option<&mut Postgres> {
        match &mut self.database {
            Database::Harness(postgres) => Some(postgres),
            Database::Embedded | Database::Shared => None,
        }
    }

    /// The address of its database, where it is not its own.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// A client of its REST API that has not logged in.
    pub fn rest(&self) -> Result<Rest> {
        Rest::new(&format!("https://{}", self.addresses()?.rest))
    }

    /// A client of its REST API, logged in as `admin`.
    pub async fn admin(&self) -> Result<Rest> {
        let mut rest = self.rest()?;
        rest.login("admin", ADMIN_PASSWORD).await?;
        Ok(rest)
    }

    /// Runs a command of the program beside the running one.
    pub async fn command(&self, arguments: &[&str]) -> Result<Finished> {
        let mut launch = Launch::new("command", programs::primary()?)
            .args(arguments)
            .env("PALISADE_DATA_DIR", &self.data_dir);
        if let Some(url) = &self.database_url {
            launch = launch.env("PALISADE_DATABASE_URL", url);
        }
        launch.run(COMMANDS_WITHIN).await
    }

    /// Creates a join token with `token create`.
    pub async fn token(&self, arguments: &[&str]) -> Result<String> {
        let arguments = [&["token", "create"], arguments].concat();
        let printed = self.command(&arguments).await?.ok()?;
        let token = printed.lines().last().context("token create printed nothing")?;
        Ok(token.trim().to_owned())
    }

    /// `kill -9`.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        let status = self.process.stop(Signal::SIGTERM, STOPS_WITHIN).await?;
        anyhow::ensure!(status.success(), "the primary stopped with {status}");
        Ok(())
    }

    /// Moves its clock from the next start on, by a text such as `+2h`.
    pub fn move_clock(&mut self, offset: &str) -> Result<()> {
        self.launch = self.launch.clone().clock_off_by(offset)?;
        Ok(())
    }

    /// Starts it again where it was, after [`Self::kill`] or [`Self::stop`].
    pub async fn restart(&mut self) -> Result<()> {
        let addresses = self.addresses()?;
        let listeners = [addresses.rest, addresses.portal, addresses.federation];
        let _reserved = port::Reserved::of(listeners).await?;
        let launch = self
            .launch
            .clone()
            .arg("--rest-listen")
            .arg(addresses.rest.to_string())
            .arg("--portal-listen")
            .arg(addresses.portal.to_string())
            .arg("--federation-listen")
            .arg(addresses.federation.to_string());
        self.process = launch.spawn(self.dir.path())?;
        self.ready().await
    }

    /// Loses the data folder of a stopped primary that runs its own Postgres:
    /// restores a backup into a new one, with the sealing key alone, and starts
    /// it where it was.
    pub async fn restore_into_new_folder(&mut self, backup: &Path) -> Result<()> {
        let lost = self.data_dir.with_extension("lost");
        std::fs::rename(&self.data_dir, &lost)?;
        std::fs::create_dir(&self.data_dir)?;
        std::fs::copy(lost.join("sealing-key"), self.data_dir.join("sealing-key"))?;
        std::fs::remove_dir_all(lost)?;
        Launch::new("restore", programs::primary()?)
            .args(["restore", "--in"])
            .arg(backup)
            .env("PALISADE_DATA_DIR", &self.data_dir)
            .run(RESTORES_WITHIN)
            .await?
            .ok()?;
        self.restart().await
    }

    async fn ready(&mut self) -> Result<()> {
        let file = self.data_dir.join("addresses.json");
        let process = &mut self.process;
        let addresses = wait::until("the primary is ready", || {
            let running = process.check_running();
            let file = &file;
            async move {
                running?;
                let Ok(text) = std::fs::read(file) else { return Ok(None) };
                let addresses: Addresses = serde_json::from_slice(&text)?;
                let answer =
                    Rest::new(&format!("https://{}", addresses.rest))?.get("/readyz").await?;
                Ok((answer.status.is_success()).then_some(addresses))
            }
        })
        .await?;
        self.addresses = Some(addresses);
        Ok(())
    }
}

/// Lets an unprivileged Postgres below `dir` reach its own folder.
fn make_reachable(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}
