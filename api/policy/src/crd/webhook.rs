//! Federated webhooks as a resource.

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::webhook as rest;
use serde::{Deserialize, Serialize};

use super::Resource;
use crate::cluster::Targets;
use crate::webhook::Webhook;

/// The kind of the resource.
pub const KIND: &str = "NvConfigSecurityRule";

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSpec {
    /// Its name.
    pub name: String,
    url: String,
    #[serde(default)]
    enable: bool,
    #[serde(default)]
    use_proxy: bool,
    #[serde(default, rename = "type")]
    kind: String,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

impl WebhookSpec {
    /// The webhook as a client would describe it.
    pub fn into_rest(self) -> rest::Webhook {
        rest::Webhook {
            name: self.name,
            url: self.url,
            enable: self.enable,
            use_proxy: self.use_proxy,
            kind: self.kind,
            cfg_type: String::new(),
            cluster_selector: None,
        }
    }
}

/// The federated part of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigSpec {
    name: String,
    /// The webhooks.
    pub webhooks: Vec<WebhookSpec>,
}

/// What a resource says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// It.
    pub fed_config: ConfigSpec,
}

/// All webhooks as one resource.
pub fn export(webhooks: &[Webhook], targets: &Targets) -> Resource<Spec> {
    let webhooks = webhooks.iter().map(|webhook| WebhookSpec {
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        enable: webhook.enable,
        use_proxy: webhook.use_proxy,
        kind: webhook.kind.as_str().to_owned(),
        cluster_selector: targets.of(webhook),
    });
    let fed_config = ConfigSpec { name: "fed".to_owned(), webhooks: webhooks.collect() };
    Resource::new(KIND, "fed", Spec { fed_config })
}
