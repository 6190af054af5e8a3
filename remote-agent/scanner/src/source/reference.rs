//! Names of images, as people write them.

use palisade_api::Digest;
use thiserror::Error;
use url::Url;

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// Host and port of the registry.
    pub host: String,
    /// The repository.
    pub repository: String,
    /// The tag, or a digest with its algorithm.
    pub reference: String,
}

/// Docker's registry, as its interface is called.
const DOCKER_HUB: &str = "registry-1.docker.io";
/// What people and programs call it.
const DOCKER_HUB_NAMES: [&str; 3] = ["docker.io", "index.docker.io", "registry.hub.docker.com"];

/// A text that names no image.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no image name: expected [HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]")]
pub struct NoImageReference(pub String);

impl ImageReference {
    /// Reads a name; Docker's registry, `library/` and `latest` are implied.
    pub fn parse(text: &str) -> Result<Self, NoImageReference> {
        let bad = || NoImageReference(shown(text));
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest = Digest::from_oci(digest).map_err(|_| bad())?;
                (name, Some(digest.to_oci()))
            }
            None => (text, None),
        };
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if DOCKER_HUB_NAMES.contains(&host) => (DOCKER_HUB.to_owned(), path),
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (host.to_owned(), path)
            }
            _ => (DOCKER_HUB.to_owned(), name),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        let repository = if host == DOCKER_HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        let reference = digest.unwrap_or_else(|| tag.unwrap_or("latest").to_owned());
        if !is_repository(&repository)
            || !(is_tag(&reference) || Digest::from_oci(&reference).is_ok())
            || !host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            || Url::parse(&format!("https://{host}/")).is_err()
        {
            return Err(bad());
        }
        Ok(Self { host, repository, reference })
    }

    /// Whether the registry is Docker's.
    pub fn is_docker_hub(&self) -> bool {
        self.host == DOCKER_HUB
    }

    /// The host, and what else people and programs call it.
    pub fn host_names(&self) -> impl Iterator<Item = &str> {
        let others = DOCKER_HUB_NAMES.into_iter().filter(|_| self.is_docker_hub());
        std::iter::once(self.host.as_str()).chain(others)
    }

    /// Whether the registry runs on this machine, where plain HTTP is usual.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&format!("http://{}/", self.host)).is_ok_and(|url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        })
    }
}

/// The text for an error, without what may be a user and a password before the
/// host.
fn shown(text: &str) -> String {
    let plain = match text.split_once('@') {
        Some((_, host)) if !host.starts_with("sha256:") && !host.starts_with("sha512:") => {
            format!("…@{host}")
        }
        _ => text.to_owned(),
    };
    plain.chars().take(200).collect()
}

/// Whether `name` may stand in a request's path as a repository.
pub fn is_repository(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name.split('/').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && !part.contains("..")
        })
}

/// Whether `name` may stand in a request's path as a tag.
pub fn is_tag(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let image = ImageReference::parse(text).unwrap();
        (image.host, image.repository, image.reference)
    }

    #[test]
    fn forms_of_a_name() {
        let docker = "registry-1.docker.io".to_owned();
        assert_eq!(parts("alpine"), (docker.clone(), "library/alpine".into(), "latest".into()));
        assert_eq!(parts("shop/orders:v1"), (docker.clone(), "shop/orders".into(), "v1".into()));
        for name in ["docker.io/alpine:3", "index.docker.io/library/alpine:3"] {
            assert_eq!(parts(name), (docker.clone(), "library/alpine".into(), "3".into()));
        }
        assert_eq!(
            parts("127.0.0.1:5000/shop/orders:v1"),
            ("127.0.0.1:5000".into(), "shop/orders".into(), "v1".into())
        );
        for digest in [format!("sha256:{}", "a".repeat(64)), format!("sha512:{}", "a".repeat(128))]
        {
            assert_eq!(
                parts(&format!("registry.shop/orders:v1@{digest}")),
                ("registry.shop".into(), "orders".into(), digest)
            );
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        for (text, shown) in [
            ("me:secret@registry.shop/orders:v1", "…@registry.shop/orders:v1"),
            ("me:secret@registry.shop/orders@sha256:00", "…@registry.shop/orders@sha256:00"),
            ("orders@sha256:00", "orders@sha256:00"),
            ("orders@sha512:00", "orders@sha512:00"),
        ] {
            let error = ImageReference::parse(text).unwrap_err();
            assert_eq!(error, NoImageReference(shown.to_owned()));
        }
    }

    #[test]
    fn paths_are_no_names() {
        for text in ["", "../etc", "a/../b", "a b", "a:", "a@sha256:00", "localhost:1/..", "a?x=1"]
        {
            assert!(ImageReference::parse(text).is_err(), "{text}");
        }
    }
}
