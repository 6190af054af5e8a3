//! What a person names to be scanned on its own.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;

use super::{Inventory, LayerCache, inventory_of};
use crate::error::ScanError;
use crate::limits::Limits;
use crate::scope::Scope;
use crate::source::Source;
use crate::source::folder::Folder;
use crate::source::packed::Packed;
use crate::source::platform::Platform;
use crate::source::reference::ImageReference;
use crate::source::registry::{Credentials, RegistryAccess, RegistryClient, RegistryError};

/// An image or a folder.
#[derive(Clone, Debug)]
pub enum Target {
    /// A root folder, an OCI layout, or a packed image.
    Path {
        /// Where it is.
        path: PathBuf,
        /// Which of several images is meant, by its name.
        name: Option<String>,
        /// Which of several images is meant.
        platform: Option<Platform>,
    },
    /// The root of a process, by its number.
    Process(u32),
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

/// How a target is reached, and which image of it is meant.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// Who asks; none for what everybody may read.
    pub credentials: Option<Credentials>,
    /// Authorities to trust besides the system's, DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether to connect without the proxy that the environment names.
    pub ignore_proxy: bool,
    /// Whether layers that the registry does not hold are fetched from where
    /// their manifest says.
    pub foreign_layers: bool,
    /// Which image of several is meant; by default the one for this machine.
    pub platform: Option<Platform>,
}

impl Target {
    /// Reads a path that exists, with the name of an image in it behind a
    /// colon, `pid:` and the number of a process, or the name of an image,
    /// with or without `http://` or `https://` before it.
    pub fn parse(text: &str, options: TargetOptions) -> Result<Self, ScanError> {
        if let Some((path, name)) = at_path(text) {
            let name = name.map(str::to_owned);
            return Ok(Self::Path { path: path.to_owned(), name, platform: options.platform });
        }
        if let Some(pid) = text.strip_prefix("pid:") {
            return match pid.parse() {
                Ok(pid) => Ok(Self::Process(pid)),
                Err(_) => Err(ScanError::InvalidTarget(format!("{pid:?} is no process number"))),
            };
        }
        let (scheme, name) = match text.split_once("://") {
            Some(("http", name)) => (Some("http"), name),
            Some(("https", name)) => (Some("https"), name),
            Some(_) => {
                return Err(ScanError::InvalidTarget(format!("{text:?} is no image name")));
            }
            None => (None, text),
        };
        let is_path = FORMS.iter().any(|form| text.starts_with(form))
            || text.starts_with(['/', '.'])
            || text.ends_with('/');
        if scheme.is_none() && is_path {
            return Err(ScanError::InvalidTarget(format!("{text} does not exist")));
        }
        let reference = ImageReference::parse(name)
            .map_err(|error| ScanError::InvalidTarget(error.to_string()))?;
        Ok(Self::Image { reference, scheme, options })
    }

    /// What the target holds.
    pub async fn inventory(&self, limits: &Limits) -> Result<Inventory, ScanError> {
        self.inventory_of(&limits.clone().into()).await
    }

    /// The same with more to look for than always.
    pub async fn inventory_of(&self, scope: &Scope) -> Result<Inventory, ScanError> {
        let cache = LayerCache::new(0);
        match self {
            Self::Path { path, name, platform } => {
                let source = Source::at(path, name.clone(), platform.clone());
                inventory_of(&source, scope, &cache).await
            }
            Self::Process(pid) => {
                inventory_of(&Source::Folder(Folder::of_process(*pid)), scope, &cache).await
            }
            Self::Image { reference, scheme, options } => {
                let client = connect(reference, *scheme, options).await?;
                let image = client
                    .image(&reference.repository, &reference.reference)?
                    .for_platform(options.platform.clone());
                inventory_of(&Source::Registry(image), scope, &cache).await
            }
        }
    }
}

/// How other programs tell the form of what lies at a path.
const FORMS: [&str; 5] = ["oci:", "oci-dir:", "oci-archive:", "docker-archive:", "dir:"];

/// The path that `text` begins with, and the image in it that is meant. As
/// other programs want it, the form may be told before.
fn at_path(text: &str) -> Option<(&Path, Option<&str>)> {
    let path = Path::new(text);
    if path.is_dir() || path.is_file() {
        return Some((path, None));
    }
    // A layout may be called `oci` itself: then what follows names an image in it.
    let told = FORMS.iter().find_map(|form| text.strip_prefix(form));
    if let Some(found) = told.and_then(at_path) {
        return Some(found);
    }
    text.match_indices([':', '@']).find_map(|(at, _)| {
        let (path, name) = text.split_at_checked(at)?;
        let name = name.get(1..).filter(|name| !name.is_empty())?;
        // `nginx:1` is an image, though a file may be called nginx.
        let is_archive = || path.contains(['.', '/']) && Path::new(path).is_file();
        let path = Path::new(path);
        (is_archive() || Packed::folder(path).is_some()).then_some((path, Some(name)))
    })
}

/// A client that reaches the registry. One on this machine that does not
/// speak TLS is spoken to plainly.
pub(super) async fn connect(
    reference: &ImageReference,
    scheme: Option<&str>,
    options: &TargetOptions,
) -> Result<RegistryClient, ScanError> {
    let client = |scheme: &str| {
        let mut access = RegistryAccess::new(&format!("{scheme}://{}/", reference.host))?;
        access.credentials.clone_from(&options.credentials);
        access.extra_roots.clone_from(&options.extra_roots);
        access.ignore_proxy = options.ignore_proxy;
        access.foreign_layers = options.foreign_layers;
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
