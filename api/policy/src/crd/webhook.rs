//! Federated webhooks as a resource.

use serde::Serialize;

use super::Resource;
use crate::webhook::Webhook;

const KIND: &str = "NvConfigSecurityRule";

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebhookSpec {
    name: String,
    url: String,
    enable: bool,
    use_proxy: bool,
    #[serde(rename = "type")]
    kind: String,
}

/// The federated part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigSpec {
    name: &'static str,
    webhooks: Vec<WebhookSpec>,
}

/// What a resource says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    fed_config: ConfigSpec,
}

/// All webhooks as one resource.
pub fn export(webhooks: &[Webhook]) -> Resource<Spec> {
    let webhooks = webhooks.iter().map(|webhook| WebhookSpec {
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        enable: webhook.enable,
        use_proxy: webhook.use_proxy,
        kind: webhook.kind.as_str().to_owned(),
    });
    let fed_config = ConfigSpec { name: "fed", webhooks: webhooks.collect() };
    Resource::new(KIND, "fed", Spec { fed_config })
}
