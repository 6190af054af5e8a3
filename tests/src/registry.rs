//! A real OCI registry.

use std::net::SocketAddr;

use anyhow::Result;
use tempfile::TempDir;

use crate::process::{Launch, Process};
use crate::{programs, wait};

/// A running `docker-registry`, killed when dropped.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    _process: Process,
    _dir: TempDir,
}

impl Registry {
    /// Starts an empty registry without credentials.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("palisade-registry-").tempdir()?;
        // It cannot say which port it took, so one is chosen for it.
        let address = free_address().await?;
        let config = format!(
            "version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: {address}\n  secret: palisade-tests\n",
            dir.path().join("blobs").display()
        );
        let config_file = dir.path().join("config.yml");
        std::fs::write(&config_file, config)?;
        let mut process = Launch::new("registry", programs::system("docker-registry", &[])?)
            .arg("serve")
            .arg(&config_file)
            .spawn(dir.path())?;
        let url = format!("http://{address}/v2/");
        crate::install_tls_provider();
        wait::until("the registry answers", || {
            let running = process.check_running();
            let url = &url;
            async move {
                running?;
                Ok(wait::when(reqwest::get(url).await?.status().is_success()))
            }
        })
        .await?;
        Ok(Self { address, _process: process, _dir: dir })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A loopback address that was free a moment ago.
pub async fn free_address() -> Result<SocketAddr> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}
