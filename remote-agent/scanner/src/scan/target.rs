//! What a person names to be scanned on its own.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;

use super::{Inventory, LayerCache, inventory};
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::Source;
use crate::source::archive::Archive;
use crate::source::folder::Folder;
use crate::source::layout::Layout;
use crate::source::reference::ImageReference;
use crate::source::registry::{Credentials, RegistryAccess, RegistryClient, RegistryError};

/// An image or a folder.
#[derive(Clone, Debug)]
pub enum Target {
    /// A folder that is a root or an OCI image layout.
    Folder(PathBuf),
    /// A packed image.
    Archive(PathBuf),
    /// An image of a registry.
    Image {
        /// Its name.
        reference: ImageReference,
        /// `http` or `https` where the name says so.
        scheme: Option<&'static str>,
        /// How the registry is reached.
        options: TargetOptions,
    },
}

/// How the registry of a target is reached.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// Who asks; none for what everybody may read.
    pub credentials: Option<Credentials>,
    /// Authorities to trust besides the system's, DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether to connect without the proxy that the environment names.
    pub ignore_proxy: bool,
}

impl Target {
    /// Reads a path that exists, or the name of an image, with or without
    /// `http://` or `https://` before it.
    pub fn parse(text: &str, options: TargetOptions) -> Result<Self, ScanError> {
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if path.is_file() {
            return Ok(Self::Archive(path.to_owned()));
        }
        let (scheme, name) = match text.split_once("://") {
            Some(("http", name)) => (Some("http"), name),
            Some(("https", name)) => (Some("https"), name),
            Some(_) => {
                return Err(ScanError::InvalidTarget(format!("{text:?} is no image name")));
            }
            None => (None, text),
        };
        if scheme.is_none() && text.starts_with(['/', '.']) {
            return Err(ScanError::InvalidTarget(format!("{text} does not exist")));
        }
        let reference = ImageReference::parse(name)
            .map_err(|error| ScanError::InvalidTarget(error.to_string()))?;
        Ok(Self::Image { reference, scheme, options })
    }

    /// What the target holds.
    pub async fn inventory(&self, limits: &Limits) -> Result<Inventory, ScanError> {
        let cache = LayerCache::new(0);
        match self {
            Self::Folder(path) => {
                let source = match Layout::at(path) {
                    Some(layout) => Source::Layout(layout),
                    None => Source::Folder(Folder::at(path)),
                };
                inventory(&source, limits, &cache).await
            }
            Self::Archive(path) => {
                inventory(&Source::Archive(Archive::at(path)), limits, &cache).await
            }
            Self::Image { reference, scheme, options } => {
                let client = connect(reference, *scheme, options).await?;
                let image = client.image(&reference.repository, &reference.reference)?;
                inventory(&Source::Registry(image), limits, &cache).await
            }
        }
    }
}

/// A client that reaches the registry. One on this machine that does not
/// speak TLS is spoken to plainly.
async fn connect(
    reference: &ImageReference,
    scheme: Option<&str>,
    options: &TargetOptions,
) -> Result<RegistryClient, ScanError> {
    let client = |scheme: &str| {
        let mut access = RegistryAccess::new(&format!("{scheme}://{}/", reference.host))?;
        access.credentials.clone_from(&options.credentials);
        access.extra_roots.clone_from(&options.extra_roots);
        access.ignore_proxy = options.ignore_proxy;
        RegistryClient::new(access)
    };
    let chosen = client(scheme.unwrap_or("https"))?;
    if scheme.is_none()
        && reference.is_loopback()
        && matches!(chosen.ping().await, Err(RegistryError::Connect { .. }))
    {
        return Ok(client("http")?);
    }
    Ok(chosen)
}
