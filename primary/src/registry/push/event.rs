//! Bodies of webhooks, as products send them, down to the tags that changed.

use std::collections::BTreeSet;

use palisade_scanner::source::reference::{is_repository, is_tag};
use serde::Deserialize;
use thiserror::Error;

/// Events of one body that are read.
const MOST_EVENTS: usize = 1_000;

/// A body that tells of no push in any form that is known.
#[derive(Debug, Error)]
#[error(
    "The body is no event of a registry that is known here: Docker distribution, Harbor, Docker \
     Hub, GitHub packages, Quay, Azure or Amazon."
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

/// What the body tells.
pub(super) fn read(body: &[u8]) -> Result<Told, BadEvent> {
    let body: Body = serde_json::from_slice(body).map_err(|_| BadEvent)?;
    if let Some(code) = body.subscription() {
        return Ok(Told::Subscribed(code.to_owned()));
    }
    let tags: BTreeSet<(String, String)> = body
        .changes()
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
    fn changes(self) -> Vec<(String, String)> {
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
        }
    }
}

impl Event {
    fn change(self) -> Option<(String, String)> {
        let changes = ["push", "delete"].contains(&self.action.as_str());
        changes.then_some((self.target.repository, self.target.tag))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tags(body: &Value) -> Vec<String> {
        let Told::Tags(tags) = read(body.to_string().as_bytes()).unwrap() else {
            panic!("{body} tells of a subscription");
        };
        tags.iter().map(|(repository, tag)| format!("{repository}:{tag}")).collect()
    }

    #[test]
    fn the_bodies_of_products() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let harbor = json!({"resources": [{"digest": digest, "tag": "v1",
            "resource_url": "harbor.example/shop/orders:v1"}],
            "repository": {"name": "orders", "namespace": "shop", "repo_full_name": "shop/orders",
                "repo_type": "private"}});
        let github = json!({"name": "Orders", "namespace": "Shop", "package_type": "CONTAINER",
            "package_version": {"container_metadata": {"tag": {"name": "v1", "digest": digest}}}});
        let azure = json!({"id": "1", "timestamp": "2026-01-01T00:00:00Z", "action": "push",
            "target": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "size": 524, "digest": digest, "length": 524, "repository": "shop/orders",
                "tag": "v1"},
            "request": {"id": "2", "host": "shop.azurecr.io", "method": "PUT"}});
        for (product, body) in [
            (
                "distribution",
                json!({"events": [
                {"id": "1", "action": "push", "target": {"repository": "shop/orders", "tag": "v1",
                    "digest": digest, "mediaType": "application/vnd.oci.image.manifest.v1+json"}},
                {"action": "pull", "target": {"repository": "shop/menu", "tag": "v1"}},
                {"action": "push", "target": {"repository": "shop/blob", "digest": digest}}]}),
            ),
            (
                "Harbor",
                json!({"type": "PUSH_ARTIFACT", "occur_at": 1, "operator": "admin",
                "event_data": harbor}),
            ),
            (
                "Harbor as CloudEvents",
                json!({"specversion": "1.0", "id": "1",
                "source": "/projects/1/webhook/policies/1", "type": "harbor.artifact.pushed",
                "data": harbor}),
            ),
            (
                "Docker Hub",
                json!({"push_data": {"pushed_at": 1, "pusher": "shop", "tag": "v1"},
                "callback_url": "https://hub.example/", "repository": {"name": "orders",
                "namespace": "shop", "repo_name": "shop/orders", "status": "Active"}}),
            ),
            (
                "Quay",
                json!({"name": "orders", "repository": "shop/orders", "namespace": "shop",
                "docker_url": "quay.example/shop/orders", "updated_tags": ["v1"]}),
            ),
            ("GitHub", json!({"action": "published", "package": github, "repository": {"id": 1}})),
            (
                "GitHub, registry package",
                json!({"action": "published",
                "registry_package": github}),
            ),
            ("Azure", azure.clone()),
            (
                "Azure Event Grid",
                json!([{"eventType": "Microsoft.ContainerRegistry.ImagePushed",
                "subject": "shop/orders:v1", "data": azure}]),
            ),
            (
                "Amazon",
                json!({"version": "0", "detail-type": "ECR Image Action",
                "source": "aws.ecr", "detail": {"action-type": "PUSH", "result": "SUCCESS",
                "repository-name": "shop/orders", "image-tag": "v1", "image-digest": digest}}),
            ),
        ] {
            assert_eq!(tags(&body), ["shop/orders:v1"], "{product}");
        }
    }

    #[test]
    fn a_subscription_brings_the_code_that_goes_back() {
        let body = json!([{"id": "1", "topic": "/subscriptions/1", "subject": "",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "dataVersion": "1",
            "data": {"validationCode": "512d38b6", "validationUrl": "https://azure.example/1"}}]);
        let told = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(told, Told::Subscribed("512d38b6".to_owned()));
    }

    #[test]
    fn what_leaves_tags_alone_is_no_change() {
        for body in [
            json!({"events": []}),
            json!({"type": "SCANNING_COMPLETED", "event_data": {"resources": [{"tag": "v1"}],
                "repository": {"repo_full_name": "shop/orders"}}}),
            json!({"action": "published", "package": {"name": "orders", "namespace": "shop",
                "package_type": "npm"}}),
            json!({"source": "aws.ecr", "detail": {"action-type": "PUSH", "result": "FAILURE",
                "repository-name": "shop/orders", "image-tag": "v1"}}),
            json!({"repository": "../../etc", "updated_tags": ["v1"]}),
            json!({"repository": "shop/orders", "updated_tags": ["../v1"]}),
        ] {
            assert_eq!(tags(&body), [""; 0], "{body}");
        }
    }

    #[test]
    fn other_bodies_are_refused() {
        for body in ["", "{}", "[1]", "null", "{\"events\":3}", "{\"events\":[{}]}"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_tag_that_is_named_again_and_again_is_looked_at_once() {
        let event = json!({"action": "push", "target": {"repository": "shop/orders", "tag": "v1"}});
        assert_eq!(tags(&json!({"events": vec![event; 100]})), ["shop/orders:v1"]);
    }
}
