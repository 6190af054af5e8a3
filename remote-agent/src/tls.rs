//! The certificates of the agent's own listeners: from an authority of the
//! agent's own, renewed while they run, or from the operator's files, which are
//! read again while they run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use palisade_api::clock::SharedClock;
use palisade_process::layers::TlsFiles;
use palisade_transport::authority::{Authority, AuthorityError, ServerCertificate};
use palisade_transport::certificate::to_pem;
use palisade_transport::seal::{SealError, Sealer, write_private};
use palisade_transport::server::{ListenerCertificate, ServerTlsError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Holds the authority's certificate for the API server's `caBundle`.
pub const CA_FILE: &str = "webhook-ca.pem";
const CERTIFICATE_FILE: &str = "listener-authority.der";
const KEY_FILE: &str = "listener-authority.key";
const SEALING_FILE: &str = "sealing.key";
/// Kubernetes trusts the authority, so certificates themselves may be short.
const LIFETIME: TimeDelta = TimeDelta::days(30);
/// A renewal that failed is tried again after this.
const AGAIN: Duration = Duration::from_mins(5);
/// How often the operator's files are read: Kubernetes takes about as long to
/// renew those of a secret.
const READ_PERIOD: Duration = Duration::from_mins(1);

/// Why the listeners have no certificate.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// The authority failed.
    #[error("the listeners' authority: {0}")]
    Authority(#[from] AuthorityError),
    /// The key that seals the authority's key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// TLS refuses the certificate.
    #[error(transparent)]
    Server(#[from] ServerTlsError),
}

/// The certificate that the agent's listeners share, and where it comes from.
#[derive(Debug)]
pub struct ListenerTls {
    source: Source,
    certificate: ListenerCertificate,
}

#[derive(Debug)]
enum Source {
    Own(Box<Issuer>),
    Files(TlsFiles),
}

/// The authority of the agent's listeners and what it issued last.
#[derive(Debug)]
struct Issuer {
    authority: Authority,
    names: Vec<String>,
    clock: SharedClock,
    current: ServerCertificate,
}

impl ListenerTls {
    /// Takes the operator's `files`; where there are none, takes up the authority
    /// in the data folder or makes one, and issues a certificate for `names`.
    pub fn open(
        files: Option<&TlsFiles>,
        data_dir: &Path,
        names: Vec<String>,
        clock: SharedClock,
    ) -> Result<Self, TlsError> {
        if let Some(files) = files {
            let certificate = ListenerCertificate::from_files(&files.certificate, &files.key)?;
            return Ok(Self { source: Source::Files(files.clone()), certificate });
        }
        let authority = authority(data_dir, &clock)?;
        let pem = to_pem(authority.certificate());
        let path = data_dir.join(CA_FILE);
        std::fs::write(&path, pem).map_err(|source| TlsError::File { path, source })?;
        let current = authority.issue_server(&names, clock.now(), LIFETIME)?;
        let certificate = ListenerCertificate::issued(&current)?;
        let issuer = Issuer { authority, names, clock, current };
        Ok(Self { source: Source::Own(Box::new(issuer)), certificate })
    }

    /// What the listeners serve.
    pub fn certificate(&self) -> ListenerCertificate {
        self.certificate.clone()
    }

    /// Renews the certificate at two thirds of its life, or reads the files
    /// again, until `stop`.
    pub async fn keep_fresh(self, stop: CancellationToken) {
        let Self { source, certificate } = self;
        let upkeep = async {
            match source {
                Source::Own(issuer) => issuer.keep_fresh(&certificate).await,
                Source::Files(files) => follow(&files, &certificate).await,
            }
        };
        stop.run_until_cancelled(upkeep).await;
    }
}

impl Issuer {
    async fn keep_fresh(mut self, certificate: &ListenerCertificate) {
        loop {
            let due = self.current.issued.validity.renewal_at() - self.clock.now();
            let pause = due.to_std().unwrap_or_default();
            // Woken each hour, so that a clock that was set counts.
            tokio::time::sleep(pause.min(Duration::from_hours(1))).await;
            if !self.current.issued.validity.renewal_due(self.clock.now()) {
                continue;
            }
            match self.renew(certificate) {
                Ok(()) => info!("the listeners' certificate is renewed"),
                Err(error) => {
                    error!(%error, "the listeners' certificate could not be renewed");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    fn renew(&mut self, certificate: &ListenerCertificate) -> Result<(), TlsError> {
        let fresh = self.authority.issue_server(&self.names, self.clock.now(), LIFETIME)?;
        certificate.replace(fresh.issued.chain.clone(), &fresh.key)?;
        self.current = fresh;
        Ok(())
    }
}

/// Serves what the files hold, while the last that could be read goes on.
async fn follow(files: &TlsFiles, certificate: &ListenerCertificate) {
    loop {
        tokio::time::sleep(READ_PERIOD).await;
        if let Err(error) = certificate.reload(&files.certificate, &files.key) {
            error!(%error, "the listeners' certificate could not be read again");
        }
    }
}

fn authority(data_dir: &Path, clock: &SharedClock) -> Result<Authority, TlsError> {
    let sealer = Sealer::from_key_file(&data_dir.join(SEALING_FILE))?;
    let certificate_path = data_dir.join(CERTIFICATE_FILE);
    let key_path = data_dir.join(KEY_FILE);
    if certificate_path.exists() && key_path.exists() {
        let certificate = read(&certificate_path)?;
        return Ok(Authority::open(certificate.into(), &read(&key_path)?, &sealer)?);
    }
    let authority = Authority::create(clock.now())?;
    // The certificate last: together they are complete.
    for (path, bytes) in [
        (key_path, authority.sealed_key(&sealer)?),
        (certificate_path, authority.certificate().to_vec()),
    ] {
        write_private(&path, &bytes).map_err(|source| TlsError::File { path, source })?;
    }
    Ok(authority)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use palisade_api::clock::SystemClock;

    use super::*;

    #[test]
    fn the_authority_stays_the_same_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let names = || vec!["localhost".to_owned()];
        let open = || {
            let tls = ListenerTls::open(None, folder.path(), names(), SystemClock::shared());
            match tls.unwrap().source {
                Source::Own(issuer) => issuer.authority.fingerprint(),
                Source::Files(_) => panic!("no files were given"),
            }
        };
        let first = open();
        let pem = std::fs::read_to_string(folder.path().join(CA_FILE)).unwrap();
        assert_eq!(first, open());
        assert_eq!(std::fs::read_to_string(folder.path().join(CA_FILE)).unwrap(), pem);
        assert!(pem.lines().all(|line| line.len() <= 64));
    }
}
