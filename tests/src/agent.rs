//! A running `palisade-agent`.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Finished, Launch, Process};
use crate::rest::Rest;
use crate::{ADMIN_PASSWORD, port, programs, wait};

const STOPS_WITHIN: Duration = Duration::from_mins(1);

/// Where an agent listens, as it writes it to `addresses.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Addresses {
    /// Its REST API.
    pub rest: SocketAddr,
    /// The admission webhook; none where it only scans.
    pub webhook: Option<SocketAddr>,
}

/// Says how an agent is started.
#[derive(Debug)]
pub struct AgentBuilder {
    name: String,
    token: Option<String>,
    data: Option<PathBuf>,
    arguments: Vec<OsString>,
    clock_offset: Option<String>,
    clock_file: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    namespace: Option<(String, IpAddr)>,
}

impl AgentBuilder {
    /// Adds an argument of `run`.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments of `run`.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Moves its clock, by a text such as `+2h`.
    #[must_use]
    pub fn clock_off_by(mut self, offset: &str) -> Self {
        self.clock_offset = Some(offset.into());
        self
    }

    /// Begins with a copy of a data folder, as it is at the start.
    #[must_use]
    pub fn with_data_of(mut self, data_dir: &Path) -> Self {
        self.data = Some(data_dir.to_owned());
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

    /// Runs it in a network namespace, where it listens on `address`.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str, address: IpAddr) -> Self {
        self.namespace = Some((namespace.to_owned(), address));
        self
    }

    fn launch(self) -> Result<Agent> {
        crate::install_tls_provider();
        let dir = tempfile::Builder::new().prefix("palisade-agent-").tempdir()?;
        let data_dir = self.data_dir.unwrap_or_else(|| dir.path().join("data"));
        if let Some(from) = &self.data {
            copy(from, &data_dir)?;
            // Where the other one listens is not where this one will.
            let addresses = data_dir.join("addresses.json");
            if addresses.exists() {
                std::fs::remove_file(addresses)?;
            }
        }
        let mut launch = Launch::new(&self.name, programs::agent()?)
            .args(["run", "--name", &self.name, "--data-dir"])
            .arg(&data_dir)
            .args(self.token.iter().flat_map(|token| ["--token", token]))
            .args(self.arguments)
            .env("PALISADE_BOOTSTRAP_PASSWORD", ADMIN_PASSWORD);
        if let Some(offset) = &self.clock_offset {
            launch = launch.clock_off_by(offset)?;
        }
        if let Some(file) = &self.clock_file {
            launch = launch.clock_from(file)?;
        }
        let mut listens = IpAddr::from([127, 0, 0, 1]);
        if let Some((namespace, address)) = &self.namespace {
            launch = launch.in_namespace(namespace)?;
            listens = *address;
        }
        let listens = SocketAddr::new(listens, 0).to_string();
        let process = launch
            .clone()
            .args(["--rest-listen", &listens, "--webhook-listen", &listens])
            .spawn(dir.path())?;
        Ok(Agent { process, launch, addresses: None, data_dir, dir })
    }

    /// Starts it and waits until it listens.
    pub async fn start(self) -> Result<Agent> {
        let mut agent = self.launch()?;
        agent.ready().await?;
        Ok(agent)
    }

    /// Starts one that must refuse to join, and gives what it says.
    pub async fn refused(self) -> Result<String> {
        let mut agent = self.launch()?;
        let status = agent.process.ended(STOPS_WITHIN).await?;
        ensure!(!status.success(), "joined although it must not: {}", agent.process.log());
        Ok(agent.process.log())
    }
}

/// A running agent, killed when dropped.
#[derive(Debug)]
pub struct Agent {
    process: Process,
    launch: Launch,
    addresses: Option<Addresses>,
    data_dir: PathBuf,
    dir: TempDir,
}

impl Agent {
    /// Says how the agent of the cluster `name` is started.
    pub fn builder(name: &str, token: &str) -> AgentBuilder {
        AgentBuilder { token: Some(token.into()), ..Self::without_token(name) }
    }

    /// The same without a token: a standalone cluster, or one that has its
    /// identity already.
    pub fn without_token(name: &str) -> AgentBuilder {
        AgentBuilder {
            name: name.into(),
            token: None,
            data: None,
            arguments: Vec::new(),
            clock_offset: None,
            clock_file: None,
            data_dir: None,
            namespace: None,
        }
    }

    /// Joins a cluster and waits until its agent listens.
    pub async fn join(name: &str, token: &str) -> Result<Self> {
        Self::builder(name, token).start().await
    }

    /// Where it listens.
    pub fn addresses(&self) -> Result<Addresses> {
        self.addresses.context("the agent has never been ready")
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The running program.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A client of its REST API, logged in as its local `admin`.
    pub async fn admin(&self) -> Result<Rest> {
        let mut rest = Rest::new(&format!("https://{}", self.addresses()?.rest))?;
        rest.login("admin", ADMIN_PASSWORD).await?;
        Ok(rest)
    }

    /// Sends an AdmissionReview to its webhook and gives the answer.
    pub async fn review(&self, review: &Value) -> Result<Value> {
        let authority = std::fs::read(self.data_dir.join("webhook-ca.pem"))?;
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&authority)?])
            .build()?;
        let webhook = self.addresses()?.webhook.context("the agent only scans")?;
        let url = format!("https://{webhook}/v1/validate");
        let answer = http.post(url).json(review).send().await?;
        ensure!(answer.status().is_success(), "the webhook answered {}", answer.status());
        Ok(answer.json().await?)
    }

    /// `kill -9`.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        let status = self.process.stop(Signal::SIGTERM, STOPS_WITHIN).await?;
        ensure!(status.success(), "the agent stopped with {status}");
        Ok(())
    }

    /// Starts it again where it was, after [`Self::kill`] or [`Self::stop`].
    pub async fn restart(&mut self) -> Result<()> {
        let addresses = self.addresses()?;
        let listeners = [addresses.rest].into_iter().chain(addresses.webhook);
        let _reserved = port::Reserved::of(listeners).await?;
        self.process = self
            .launch
            .clone()
            .arg("--rest-listen")
            .arg(addresses.rest.to_string())
            .args(
                addresses
                    .webhook
                    .iter()
                    .flat_map(|at| ["--webhook-listen".to_owned(), at.to_string()]),
            )
            .spawn(self.dir.path())?;
        self.ready().await
    }

    async fn ready(&mut self) -> Result<()> {
        let file = self.data_dir.join("addresses.json");
        let process = &mut self.process;
        let addresses = wait::until("the agent listens", || {
            let running = process.check_running();
            let file = &file;
            async move {
                running?;
                let Ok(text) = std::fs::read(file) else { return Ok(None) };
                let addresses: Addresses = serde_json::from_slice(&text)?;
                let answer =
                    Rest::new(&format!("https://{}", addresses.rest))?.get("/healthz").await?;
                Ok(answer.status.is_success().then_some(addresses))
            }
        })
        .await?;
        self.addresses = Some(addresses);
        Ok(())
    }
}

/// Copies a folder that nobody writes to.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Scans an image or a folder with the stand-alone scanner.
pub async fn scan(arguments: &[&str]) -> Result<Finished> {
    Launch::new("scan", programs::agent()?)
        .arg("scan")
        .args(arguments)
        .run(Duration::from_mins(2))
        .await
}
