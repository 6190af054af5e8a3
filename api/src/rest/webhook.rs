//! Webhooks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// A webhook that response rules call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Webhook {
    /// Its name; federated ones start with `fed.`.
    pub name: String,
    /// Where it is called.
    pub url: String,
    /// Whether it is called.
    pub enable: bool,
    /// Whether it is called through the cluster's proxy.
    pub use_proxy: bool,
    /// Form of the calls: empty for plain text, `Slack`, `Teams`, `JSON`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `user_created` or `federal`.
    pub cfg_type: String,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `POST /v1/system/config/webhook` and `PATCH …/{name}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct WebhookConfigData {
    /// The webhook.
    pub config: Webhook,
}
