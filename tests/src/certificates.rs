//! A private authority, for servers of others on loopback.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority with one certificate, in files.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority's certificate in PEM.
    pub authority: String,
    /// The file of the authority's certificate.
    pub authority_file: PathBuf,
    /// The file of the server's certificate.
    pub certificate: PathBuf,
    /// The file of the server's key.
    pub key: PathBuf,
}

impl Certificates {
    /// Makes them in `dir`.
    pub fn make(dir: &Path) -> Result<Self> {
        Self::make_for(dir, "127.0.0.1")
    }

    /// Makes one in `dir` that is the authority and the server's, as who signs their own often
    /// has it.
    pub fn make_one(dir: &Path) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key)?.pem();
        let files = Self {
            authority_file: dir.join("server.pem"),
            certificate: dir.join("server.pem"),
            key: dir.join("server-key.pem"),
            authority,
        };
        std::fs::write(&files.certificate, &files.authority)?;
        std::fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }

    /// Makes them in `dir`, for that host and `localhost`.
    pub fn make_for(dir: &Path, host: &str) -> Result<Self> {
        let authority_key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key)?.pem();
        let issuer = Issuer::from_params(&params, &authority_key);
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(vec![host.to_owned(), "localhost".to_owned()])?;
        let certificate = server.signed_by(&key, &issuer)?.pem();
        let files = Self {
            authority_file: dir.join("authority.pem"),
            certificate: dir.join("server.pem"),
            key: dir.join("server-key.pem"),
            authority,
        };
        std::fs::write(&files.authority_file, &files.authority)?;
        std::fs::write(&files.certificate, certificate)?;
        std::fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }
}
