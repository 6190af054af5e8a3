//! Bodies of webhooks, as products send them, down to the tags that changed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_scanner::source::reference::{is_repository, is_tag};
use palisade_scanner::source::registry::ArtifactoryMode;
use serde::Deserialize;
use thiserror::Error;

/// Events of one body that are read.
const MOST_EVENTS: usize = 1_000;

/// A body that tells of no push in any form that is known.
#[derive(Debug, Error)]
#[error(
    "The body is no event of a registry that is known here: Docker distribution, Harbor, Docker \
     Hub, GitHub packages, Quay, Artifactory, Nexus, Azure, Amazon or Google."
)]
pub struct BadEvent;

/// What a body tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Tags that changed, each once. None where it tells of something that
    /// leaves tags alone.
    Tags(Vec<(String, String)>),
    /// That somebody subscribed this address to events: Azure sends none
    /// before it has this code back.
    Subscribed(String),
}

/// What the body tells. By the mode Artifactory's images are named as they are listed.
pub(super) fn read(body: &[u8], mode: ArtifactoryMode) -> Result<Told, BadEvent> {
    let body: Body = serde_json::from_slice(body).map_err(|_| BadEvent)?;
    if let Some(code) = body.subscription() {
        return Ok(Told::Subscribed(code.to_owned()));
    }
    let tags: BTreeSet<(String, String)> = body
        .changes(mode)
        .into_iter()
        .take(MOST_EVENTS)
        .filter(|(repository, tag)| is_repository(repository) && is_tag(tag))
        .collect();
    Ok(Told::Tags(tags.into_iter().collect()))
}

/// The forms, told apart by what only they have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    /// Docker distribution, and GitLab, whose registry it is.
    Distribution { events: Vec<Event> },
    /// Azure's own webhook: one event of Docker distribution.
    Azure(Event),
    /// Azure Event Grid.
    EventGrid(Vec<GridEvent>),
    /// Harbor.
    Harbor {
        #[serde(rename = "type")]
        kind: String,
        event_data: HarborData,
    },
    /// Harbor, as CloudEvents.
    HarborCloud {
        #[serde(rename = "type")]
        kind: String,
        data: HarborData,
    },
    /// Docker Hub.
    DockerHub { push_data: HubPush, repository: HubRepository },
    /// Quay.
    Quay { repository: String, updated_tags: Vec<String> },
    /// GitHub packages.
    GitHub {
        action: String,
        #[serde(alias = "registry_package")]
        package: GitHubPackage,
    },
    /// Amazon, by EventBridge.
    Amazon { source: String, detail: EcrDetail },
    /// JFrog Artifactory.
    Artifactory { domain: String, event_type: String, data: ArtifactoryImage },
    /// Sonatype Nexus.
    Nexus { action: String, component: NexusComponent },
    /// Google, by Pub/Sub.
    Google { message: GoogleMessage },
}

#[derive(Deserialize)]
struct Event {
    action: String,
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    repository: String,
    #[serde(default)]
    tag: String,
}

#[derive(Deserialize)]
struct GridEvent {
    #[serde(rename = "eventType", alias = "type")]
    kind: String,
    data: GridData,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum GridData {
    Registry(Event),
    #[serde(rename_all = "camelCase")]
    Subscription {
        validation_code: String,
    },
}

#[derive(Deserialize)]
struct HarborData {
    resources: Vec<HarborResource>,
    repository: HarborRepository,
}

#[derive(Deserialize)]
struct HarborResource {
    #[serde(default)]
    tag: String,
}

#[derive(Deserialize)]
struct HarborRepository {
    repo_full_name: String,
}

#[derive(Deserialize)]
struct HubPush {
    tag: String,
}

#[derive(Deserialize)]
struct HubRepository {
    repo_name: String,
}

#[derive(Deserialize)]
struct GitHubPackage {
    name: String,
    namespace: String,
    package_type: String,
    package_version: Option<GitHubVersion>,
}

#[derive(Deserialize)]
struct GitHubVersion {
    container_metadata: Option<GitHubContainer>,
}

#[derive(Deserialize)]
struct GitHubContainer {
    tag: Option<GitHubTag>,
}

#[derive(Deserialize)]
struct GitHubTag {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct EcrDetail {
    #[serde(default)]
    action_type: String,
    #[serde(default)]
    result: String,
    repository_name: String,
    #[serde(default)]
    image_tag: String,
}

/// What is of another domain has no image.
#[derive(Deserialize)]
struct ArtifactoryImage {
    repo_key: String,
    #[serde(default)]
    image_name: String,
    #[serde(default)]
    tag: String,
}

#[derive(Deserialize)]
struct NexusComponent {
    format: String,
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct GoogleMessage {
    /// [`GoogleChange`] as base64.
    data: String,
}

#[derive(Deserialize)]
struct GoogleChange {
    action: String,
    /// `us-docker.pkg.dev/shop/images/orders:v1`; none where a manifest without one changed.
    #[serde(default)]
    tag: String,
}

impl Body {
    /// The code that wants to be sent back.
    fn subscription(&self) -> Option<&str> {
        let Self::EventGrid(events) = self else { return None };
        events.iter().find_map(|event| match &event.data {
            GridData::Subscription { validation_code }
                if event.kind == "Microsoft.EventGrid.SubscriptionValidationEvent" =>
            {
                Some(validation_code.as_str())
            }
            _ => None,
        })
    }

    /// Repository and tag of each change.
    fn changes(self, mode: ArtifactoryMode) -> Vec<(String, String)> {
        match self {
            Self::Distribution { events } => events.into_iter().filter_map(Event::change).collect(),
            Self::Azure(event) => event.change().into_iter().collect(),
            Self::EventGrid(events) => events
                .into_iter()
                .filter(|event| event.kind.starts_with("Microsoft.ContainerRegistry."))
                .filter_map(|event| match event.data {
                    GridData::Registry(event) => event.change(),
                    GridData::Subscription { .. } => None,
                })
                .collect(),
            Self::Harbor { kind, event_data: data } | Self::HarborCloud { kind, data } => {
                let repository = data.repository.repo_full_name;
                let changes = ["PUSH_ARTIFACT", "DELETE_ARTIFACT", "pushImage", "deleteImage"];
                let cloud = ["harbor.artifact.pushed", "harbor.artifact.deleted"];
                if !changes.contains(&kind.as_str()) && !cloud.contains(&kind.as_str()) {
                    return Vec::new();
                }
                let tag = |resource: HarborResource| (repository.clone(), resource.tag);
                data.resources.into_iter().map(tag).collect()
            }
            Self::DockerHub { push_data, repository } => {
                vec![(repository.repo_name, push_data.tag)]
            }
            Self::Quay { repository, updated_tags } => {
                updated_tags.into_iter().map(|tag| (repository.clone(), tag)).collect()
            }
            Self::GitHub { action, package } => {
                let changes = ["published", "updated"].contains(&action.as_str());
                if !changes || !package.package_type.eq_ignore_ascii_case("container") {
                    return Vec::new();
                }
                let version = package.package_version;
                let tag = version.and_then(|version| version.container_metadata?.tag);
                // A registry knows no capitals.
                let repository = format!("{}/{}", package.namespace, package.name);
                let repository = repository.to_ascii_lowercase();
                tag.into_iter().map(|tag| (repository.clone(), tag.name)).collect()
            }
            Self::Amazon { source, detail } => {
                let changes = ["PUSH", "DELETE"].contains(&detail.action_type.as_str())
                    && detail.result == "SUCCESS";
                if source != "aws.ecr" || !changes {
                    return Vec::new();
                }
                vec![(detail.repository_name, detail.image_tag)]
            }
            Self::Artifactory { domain, event_type, data } => {
                let changes = ["pushed", "deleted", "promoted"].contains(&event_type.as_str());
                if domain != "docker" || !changes {
                    return Vec::new();
                }
                let ArtifactoryImage { repo_key, image_name, tag } = data;
                // A port stands for the repository, which is not part of the names then.
                let image = match mode {
                    ArtifactoryMode::Port => image_name,
                    ArtifactoryMode::RepositoryPath | ArtifactoryMode::Subdomain => {
                        format!("{repo_key}/{image_name}")
                    }
                };
                vec![(image, tag)]
            }
            Self::Nexus { action, component } => {
                let changes = ["CREATED", "UPDATED", "DELETED"].contains(&action.as_str());
                if component.format != "docker" || !changes {
                    return Vec::new();
                }
                vec![(component.name, component.version)]
            }
            Self::Google { message } => message.change().into_iter().collect(),
        }
    }
}

impl GoogleMessage {
    fn change(&self) -> Option<(String, String)> {
        let change = STANDARD.decode(&self.data).ok()?;
        let change: GoogleChange = serde_json::from_slice(&change).ok()?;
        if !["INSERT", "DELETE"].contains(&change.action.as_str()) {
            return None;
        }
        let (_host, image) = change.tag.split_once('/')?;
        let (repository, tag) = image.rsplit_once(':')?;
        Some((repository.to_owned(), tag.to_owned()))
    }
}

impl Event {
    fn change(self) -> Option<(String, String)> {
        let changes = ["push", "delete"].contains(&self.action.as_str());
        changes.then_some((self.target.repository, self.target.tag))
    }
}

#[cfg(test)]
mod tests;
