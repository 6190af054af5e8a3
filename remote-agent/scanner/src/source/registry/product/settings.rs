//! The kinds of registries, and what is needed to reach one.

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use super::artifactory::Artifactory;
use super::aws::Aws;
use super::azure::Azure;
use super::docker_hub::DockerHub;
use super::github::Github;
use super::gitlab::Gitlab;
use super::google::Google;
use super::harbor::Harbor;
use super::ibm::Ibm;
use super::openshift::Openshift;
use super::quay::Quay;
use super::{Plain, Product};
use crate::source::registry::access::{Credentials, RegistryAccess};
use crate::source::registry::error::RegistryError;

/// A kind of registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistryKind {
    /// Any that speaks the distribution API; Docker Hub and Quay are known by
    /// their addresses.
    #[default]
    Docker,
    /// Docker Hub.
    DockerHub,
    /// Quay.
    Quay,
    /// Amazon's.
    Aws,
    /// Azure's.
    Azure,
    /// Google's, old and new.
    Google,
    /// JFrog Artifactory.
    Artifactory,
    /// That of an OpenShift cluster.
    Openshift,
    /// Red Hat's public one.
    RedHat,
    /// Sonatype Nexus.
    Nexus,
    /// GitLab.
    Gitlab,
    /// IBM's.
    Ibm,
    /// Harbor.
    Harbor,
    /// GitHub's.
    Github,
}

/// A kind of registry that nobody knows.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("The registry type is not known.")]
pub struct UnknownKind;

impl RegistryKind {
    /// All kinds with the names that clients use.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Docker, "Docker Registry"),
        (Self::DockerHub, "Docker Hub"),
        (Self::Quay, "Quay"),
        (Self::Aws, "Amazon ECR Registry"),
        (Self::Azure, "Azure Container Registry"),
        (Self::Google, "Google Container Registry"),
        (Self::Artifactory, "JFrog Artifactory"),
        (Self::Openshift, "OpenShift Registry"),
        (Self::RedHat, "Red Hat Public Registry"),
        (Self::Nexus, "Sonatype Nexus"),
        (Self::Gitlab, "Gitlab"),
        (Self::Ibm, "IBM Cloud Container Registry"),
        (Self::Harbor, "Harbor Registry"),
        (Self::Github, "GitHub Container Registry"),
    ];

    /// The name that clients use.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Whether its filters must name the organisation.
    pub fn needs_org(self) -> bool {
        matches!(self, Self::Openshift | Self::Github)
    }

    /// The kind that a plain registry turns out to be by its address.
    fn at(self, url: &Url) -> Self {
        match (self, url.host_str()) {
            (Self::Docker, Some(host)) if super::docker_hub::HOSTS.contains(&host) => {
                Self::DockerHub
            }
            (Self::Docker, Some("quay.io")) => Self::Quay,
            _ => self,
        }
    }
}

impl FromStr for RegistryKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(kind, _)| *kind).ok_or(UnknownKind)
    }
}

impl fmt::Display for RegistryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Access to Amazon's registry.
#[derive(Clone, Debug, Default)]
pub struct AwsAccess {
    /// The account that holds the registry; that of the key when empty.
    pub account: String,
    /// The region; read from the registry's address when empty.
    pub region: String,
    /// The key's id; without one the role of this machine is used.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Option<SecretString>,
    /// Where this machine learns its role; the address that all clouds of
    /// Amazon have when empty.
    pub metadata: Option<Url>,
}

/// How Artifactory's repositories appear as registries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArtifactoryMode {
    /// The first part of an image's name is the repository.
    #[default]
    RepositoryPath,
    /// The first label of the host is the repository.
    Subdomain,
    /// The port stands for the repository.
    Port,
}

impl FromStr for ArtifactoryMode {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text {
            "" | "Repository Path" => Ok(Self::RepositoryPath),
            "Subdomain" => Ok(Self::Subdomain),
            "Port" => Ok(Self::Port),
            _ => Err(UnknownKind),
        }
    }
}

/// All that is needed to reach a registry.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// Its kind.
    pub kind: RegistryKind,
    /// Its address and who asks.
    pub access: RegistryAccess,
    /// A token in place of the password, where the kind knows one.
    pub token: Option<SecretString>,
    /// Amazon's.
    pub aws: AwsAccess,
    /// Google's: the key of a service account, JSON.
    pub google_key: Option<SecretString>,
    /// Artifactory's.
    pub artifactory_mode: ArtifactoryMode,
    /// Whether Artifactory is asked in its query language.
    pub artifactory_query: bool,
    /// GitLab's address, where the registry's is another.
    pub gitlab_url: Option<Url>,
    /// GitLab's token for its API.
    pub gitlab_token: Option<SecretString>,
    /// Where IBM gives tokens.
    pub ibm_token_url: Option<Url>,
    /// IBM's account.
    pub ibm_account: String,
    /// Where the product's own API is, if not at its well-known address.
    pub api: Option<Url>,
}

impl RegistrySettings {
    /// A registry of a kind with nothing but its address.
    pub fn new(kind: RegistryKind, access: RegistryAccess) -> Self {
        Self {
            kind,
            access,
            token: None,
            aws: AwsAccess::default(),
            google_key: None,
            artifactory_mode: ArtifactoryMode::default(),
            artifactory_query: false,
            gitlab_url: None,
            gitlab_token: None,
            ibm_token_url: None,
            ibm_account: String::new(),
            api: None,
        }
    }

    /// The credentials, with the token as the password where there is one.
    pub(super) fn credentials(&self, token_user: &str) -> Option<Credentials> {
        let Some(token) = &self.token else { return self.access.credentials.clone() };
        let username = self.access.credentials.as_ref().map(|known| known.username.clone());
        let username = username.unwrap_or_else(|| token_user.to_owned());
        Some(Credentials { username, password: token.clone() })
    }

    /// The product's API, by default the well-known one or the registry's.
    pub(super) fn api_or(&self, hosts: &[&str], well_known: &str) -> Result<Url, RegistryError> {
        match &self.api {
            Some(api) => Ok(api.clone()),
            None => super::api(&self.access.url, hosts, well_known),
        }
    }
}

/// The product that the settings are about. The address may change to where
/// the product really is.
pub(in crate::source::registry) fn product(
    settings: &mut RegistrySettings,
) -> Result<Box<dyn Product>, RegistryError> {
    let settings_kind = settings.kind.at(&settings.access.url);
    Ok(match settings_kind {
        RegistryKind::Docker | RegistryKind::Nexus | RegistryKind::RedHat => {
            Box::new(Plain(settings.credentials("token")))
        }
        RegistryKind::DockerHub => Box::new(DockerHub::new(settings)?),
        RegistryKind::Quay => Box::new(Quay::new(settings)?),
        RegistryKind::Aws => Box::new(Aws::new(settings)?),
        RegistryKind::Azure => Box::new(Azure::new(settings)),
        RegistryKind::Google => Box::new(Google::new(settings)?),
        RegistryKind::Artifactory => Box::new(Artifactory::new(settings)),
        RegistryKind::Openshift => Box::new(Openshift::new(settings)?),
        RegistryKind::Gitlab => Box::new(Gitlab::new(settings)?),
        RegistryKind::Ibm => Box::new(Ibm::new(settings)?),
        RegistryKind::Harbor => Box::new(Harbor::new(settings)),
        RegistryKind::Github => Box::new(Github::new(settings)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name() {
        for (kind, name) in RegistryKind::ALL {
            assert_eq!(name.parse(), Ok(kind));
            assert_eq!(kind.to_string(), name);
        }
        assert_eq!("docker registry".parse::<RegistryKind>(), Err(UnknownKind));
    }

    #[test]
    fn hub_and_quay_are_known_by_their_addresses() {
        let kind = |url: &str| RegistryKind::Docker.at(&Url::parse(url).unwrap());
        assert_eq!(kind("https://docker.io/"), RegistryKind::DockerHub);
        assert_eq!(kind("https://registry-1.docker.io/"), RegistryKind::DockerHub);
        assert_eq!(kind("https://quay.io/"), RegistryKind::Quay);
        assert_eq!(kind("https://registry.shop/"), RegistryKind::Docker);
    }
}
