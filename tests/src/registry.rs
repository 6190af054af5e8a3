//! A real OCI registry.

use std::net::SocketAddr;

use anyhow::Result;
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::port::FreeAddress;
use crate::process::{Launch, Process};
use crate::{programs, wait};

/// A running `docker-registry`, killed when dropped.
#[derive(Debug)]
pub struct Registry {
    _process: Process,
    address: FreeAddress,
    scheme: &'static str,
    _dir: TempDir,
}

impl Registry {
    /// Starts an empty registry without credentials.
    pub async fn start() -> Result<Self> {
        Self::launch("http", "").await
    }

    /// Starts an empty registry that speaks TLS.
    pub async fn start_with(certificates: &Certificates) -> Result<Self> {
        let Certificates { certificate, key, .. } = certificates;
        let (certificate, key) = (certificate.display(), key.display());
        let tls = format!("  tls:\n    certificate: {certificate}\n    key: {key}\n");
        Self::launch("https", &tls).await
    }

    async fn launch(scheme: &'static str, tls: &str) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("palisade-registry-").tempdir()?;
        // It cannot say which port it took, so one is chosen for it.
        let free = FreeAddress::take()?;
        let address = free.get();
        let config = format!(
            "version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: {address}\n  secret: palisade-tests\n{tls}",
            dir.path().join("blobs").display()
        );
        let config_file = dir.path().join("config.yml");
        std::fs::write(&config_file, config)?;
        let mut process = Launch::new("registry", programs::system("docker-registry", &[])?)
            .arg("serve")
            .arg(&config_file)
            .spawn(dir.path())?;
        let url = format!("{scheme}://{address}/v2/");
        crate::install_tls_provider();
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
        wait::until("the registry answers", || {
            let running = process.check_running();
            let asked = client.get(&url).send();
            async move {
                running?;
                Ok(wait::when(asked.await?.status().is_success()))
            }
        })
        .await?;
        Ok(Self { _process: process, address: free, scheme, _dir: dir })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address.get()
    }

    /// Its URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }
}
