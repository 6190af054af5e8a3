//! What somebody asks to be scanned.

use palisade_api::Digest;
use palisade_policy::admission::image_name::{DOCKER_HUB, registry_key};
use palisade_scanner::source::reference::{is_repository, is_tag};
use palisade_scanner::source::registry::{RegistryAccess, RegistryError};
use palisade_transport::seal::{SealError, Sealer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Bytes of one text at most.
const MAX_TEXT: usize = 4_096;
/// Bytes of a registry's address at most: it is part of a key.
pub(super) const MAX_REGISTRY: usize = 1_024;

/// A request that makes no sense.
#[derive(Debug, Error)]
pub enum BadRequest {
    /// Images of the machine's own container engine are not read.
    #[error(
        "the registry is missing: images are read from registries, such as \
         https://registry.example:5000; scan others where they are, with palisade-agent scan"
    )]
    NoRegistry,
    /// The registry's address is none.
    #[error("the registry is no address: {0}")]
    Registry(#[source] RegistryError),
    /// No repository, or none that can be.
    #[error("no repository name provided, or one that cannot be")]
    Repository,
    /// A tag that cannot be.
    #[error("the tag is neither a tag nor a digest")]
    Tag,
    /// A text beyond its limit.
    #[error("the registry is longer than {MAX_REGISTRY} bytes, or another text than {MAX_TEXT}")]
    TooLong,
}

/// What is to be scanned, and how.
#[derive(Clone, Debug)]
pub struct RepositoryRequest {
    /// URL of the registry with a trailing slash.
    pub registry: String,
    /// User to log in as; empty for nobody.
    pub username: String,
    /// Password of the user.
    pub password: SecretString,
    /// The repository.
    pub repository: String,
    /// A tag, or a digest.
    pub tag: String,
    /// Whether the report tells vulnerabilities by layer.
    pub scan_layers: bool,
    /// The image that this one is built on; empty for none.
    pub base_image: String,
    /// Whether to connect without the proxy.
    pub ignore_proxy: bool,
    /// What tells one request from another beside that.
    pub note: String,
}

/// The form that is sealed.
#[derive(Serialize, Deserialize)]
struct Stored {
    registry: String,
    username: String,
    password: String,
    repository: String,
    tag: String,
    scan_layers: bool,
    base_image: String,
    ignore_proxy: bool,
}

impl RepositoryRequest {
    /// The request as it is done: with what clients may leave out.
    pub fn checked(mut self) -> Result<Self, BadRequest> {
        let texts = [&self.username, &self.base_image, &self.note];
        if texts.into_iter().any(|text| text.len() > MAX_TEXT)
            || self.registry.len() > MAX_REGISTRY
            || self.password.expose_secret().len() > 4 * MAX_TEXT
        {
            return Err(BadRequest::TooLong);
        }
        if self.registry.trim().is_empty() {
            return Err(BadRequest::NoRegistry);
        }
        let access = RegistryAccess::new(self.registry.trim()).map_err(BadRequest::Registry)?;
        self.registry = access.url.to_string();
        if registry_key(&self.registry) == DOCKER_HUB
            && !self.repository.is_empty()
            && !self.repository.contains('/')
        {
            self.repository = format!("library/{}", self.repository);
        }
        if !is_repository(&self.repository) {
            return Err(BadRequest::Repository);
        }
        if self.tag.is_empty() {
            "latest".clone_into(&mut self.tag);
        }
        if !is_tag(&self.tag) && Digest::from_oci(&self.tag).is_err() {
            return Err(BadRequest::Tag);
        }
        Ok(self)
    }

    /// How the registry is reached.
    pub(super) fn access(&self) -> Result<RegistryAccess, RegistryError> {
        let mut access = RegistryAccess::new(&self.registry)?;
        access.ignore_proxy = self.ignore_proxy;
        Ok(access.with_credentials(&self.username, self.password.clone()))
    }

    /// Stands for who asks for what. Not for the password: a digest of it
    /// would let whoever reads the database guess.
    pub(super) fn digest(&self, asker: &str) -> Digest {
        let flags = format!("{}{}", self.scan_layers, self.ignore_proxy);
        let parts = [
            asker,
            &self.registry,
            &self.username,
            &self.repository,
            &self.tag,
            &self.base_image,
            &self.note,
            &flags,
        ];
        Digest::of(parts.join("\0").as_bytes())
    }

    pub(super) fn seal(&self, sealer: &Sealer, id: Uuid) -> Result<Vec<u8>, SealOrJson> {
        let stored = Stored {
            registry: self.registry.clone(),
            username: self.username.clone(),
            password: self.password.expose_secret().to_owned(),
            repository: self.repository.clone(),
            tag: self.tag.clone(),
            scan_layers: self.scan_layers,
            base_image: self.base_image.clone(),
            ignore_proxy: self.ignore_proxy,
        };
        let json = secrecy::SecretSlice::from(serde_json::to_vec(&stored)?);
        Ok(sealer.seal(&purpose(id), json.expose_secret())?)
    }

    pub(super) fn open(kept: &[u8], sealer: &Sealer, id: Uuid) -> Result<Self, SealOrJson> {
        let json = sealer.open(&purpose(id), kept)?;
        let stored: Stored = serde_json::from_slice(json.expose_secret())?;
        Ok(Self {
            registry: stored.registry,
            username: stored.username,
            password: stored.password.into(),
            repository: stored.repository,
            tag: stored.tag,
            scan_layers: stored.scan_layers,
            base_image: stored.base_image,
            ignore_proxy: stored.ignore_proxy,
            note: String::new(),
        })
    }
}

/// A request that cannot be sealed or opened.
#[derive(Debug, Error)]
pub(super) enum SealOrJson {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl From<SealOrJson> for super::RegistryFailure {
    fn from(error: SealOrJson) -> Self {
        match error {
            SealOrJson::Seal(error) => error.into(),
            SealOrJson::Json(error) => error.into(),
        }
    }
}

fn purpose(id: Uuid) -> String {
    format!("request of repository scan {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(registry: &str, repository: &str, tag: &str) -> RepositoryRequest {
        RepositoryRequest {
            registry: registry.to_owned(),
            username: String::new(),
            password: String::new().into(),
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            scan_layers: false,
            base_image: String::new(),
            ignore_proxy: false,
            note: String::new(),
        }
    }

    #[test]
    fn what_clients_leave_out_is_filled_in() {
        for (given, expected) in [
            (("registry:5000", "shop/a", ""), ("https://registry:5000/", "shop/a", "latest")),
            (
                ("https://index.docker.io", "nginx", "1"),
                ("https://index.docker.io/", "library/nginx", "1"),
            ),
            (("http://127.0.0.1:5000/", "a", "v1"), ("http://127.0.0.1:5000/", "a", "v1")),
        ] {
            let done = request(given.0, given.1, given.2).checked().unwrap();
            assert_eq!((&*done.registry, &*done.repository, &*done.tag), expected);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (registry, repository, tag) in [
            ("", "a", "v1"),
            ("ftp://registry", "a", "v1"),
            ("https://u:p@registry", "a", "v1"),
            ("https://registry", "", "v1"),
            ("https://registry", "../v2", "v1"),
            ("https://registry", "a", "v 1"),
        ] {
            assert!(
                request(registry, repository, tag).checked().is_err(),
                "{registry} {repository}"
            );
        }
    }

    #[test]
    fn the_same_request_is_the_same_for_the_same_asker_only() {
        let one = request("https://registry", "a", "v1").checked().unwrap();
        let layers = RepositoryRequest { scan_layers: true, ..one.clone() };
        assert_eq!(one.digest("mary"), one.clone().digest("mary"));
        assert_ne!(one.digest("mary"), one.digest("john"));
        assert_ne!(one.digest("mary"), layers.digest("mary"));
    }

    #[test]
    fn a_request_is_sealed_with_its_password() {
        let sealer = Sealer::from_text(&"07".repeat(32).into()).unwrap();
        let id = Uuid::new_v4();
        let mut one = request("https://registry", "a", "v1");
        one.password = "coffee".to_owned().into();
        let stored = one.seal(&sealer, id).unwrap();
        assert!(!stored.windows(6).any(|part| part == b"coffee"));
        let opened = RepositoryRequest::open(&stored, &sealer, id).unwrap();
        assert_eq!(opened.password.expose_secret(), "coffee");
        assert!(RepositoryRequest::open(&stored, &sealer, Uuid::new_v4()).is_err());
    }
}
