//! Names of images as pods write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of Docker Hub, whose registry has many names.
pub const DOCKER_HUB: &str = "docker.io";

const DOCKER_HUB_ALIASES: [&str; 4] =
    ["docker.io", "index.docker.io", "registry.hub.docker.com", "registry-1.docker.io"];

/// Images of service meshes, which are put into pods by others and are not
/// judged: registry and repository.
const SIDECARS: [(&str, &str); 3] = [
    ("gcr.io", "istio-release/proxyv2"),
    ("gcr.io", "linkerd-io/proxy"),
    ("docker.io", "istio/proxyv2"),
];

/// The name of an image, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageName {
    /// Host and port, lower case; [`DOCKER_HUB`] where the name has none.
    pub registry: String,
    /// The repository; single names on Docker Hub get `library/`.
    pub repository: String,
    /// The tag; `latest` where the name has neither tag nor digest.
    pub tag: String,
    /// Its algorithm and hex digits.
    pub digest: Option<String>,
}

impl ImageName {
    /// Takes a name apart. Every text is a name: what cannot be one names
    /// nothing that was ever scanned.
    pub fn parse(text: &str) -> Self {
        let text = strip_scheme(text.trim());
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text, None),
        };
        let (registry, path) = split_registry(name);
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (path, if digest.is_some() { "" } else { "latest" }),
        };
        let registry = registry.map_or_else(|| DOCKER_HUB.to_owned(), registry_key);
        let repository = if registry == DOCKER_HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        Self { registry, repository, tag: tag.to_owned(), digest }
    }

    /// Whether a service mesh puts it into pods: it is not judged.
    pub fn is_sidecar(&self) -> bool {
        SIDECARS.contains(&(self.registry.as_str(), self.repository.as_str()))
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if !self.tag.is_empty() {
            write!(f, ":{}", self.tag)?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// The part of a name that is a registry, if it has one, and the rest. A first
/// part is a registry when it holds a dot or a colon, or is `localhost`.
pub(crate) fn split_registry(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first.eq_ignore_ascii_case("localhost") =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

/// What tells registries apart: host and port of a URL, lower case.
pub fn registry_key(url: &str) -> String {
    let host = strip_scheme(url.trim()).split('/').next().unwrap_or_default().to_ascii_lowercase();
    if DOCKER_HUB_ALIASES.contains(&host.as_str()) || host == "dockerhub" {
        DOCKER_HUB.to_owned()
    } else {
        host
    }
}

pub(crate) fn strip_scheme(text: &str) -> &str {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (text, registry, repository, tag, digest) in [
            ("nginx", "docker.io", "library/nginx", "latest", None),
            ("nginx:1.25", "docker.io", "library/nginx", "1.25", None),
            ("shop/orders:v1", "docker.io", "shop/orders", "v1", None),
            ("index.docker.io/shop/orders", "docker.io", "shop/orders", "latest", None),
            ("127.0.0.1:5000/orders:v1", "127.0.0.1:5000", "orders", "v1", None),
            ("localhost/orders", "localhost", "orders", "latest", None),
            ("GHCR.io/a/b@sha256:ab", "ghcr.io", "a/b", "", Some("sha256:ab")),
            ("ghcr.io/a/b:c@sha256:ab", "ghcr.io", "a/b", "c", Some("sha256:ab")),
            ("", "docker.io", "library/", "latest", None),
        ] {
            let name = ImageName::parse(text);
            assert_eq!(
                (
                    name.registry.as_str(),
                    name.repository.as_str(),
                    name.tag.as_str(),
                    name.digest.as_deref()
                ),
                (registry, repository, tag, digest),
                "{text}"
            );
        }
    }

    #[test]
    fn registries_are_told_apart_by_host_and_port() {
        assert_eq!(registry_key("https://registry.hub.docker.com/"), "docker.io");
        assert_eq!(registry_key("http://127.0.0.1:5000/"), "127.0.0.1:5000");
        assert_eq!(registry_key("Registry.Example"), "registry.example");
    }
}
