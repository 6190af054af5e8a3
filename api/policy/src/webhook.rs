//! Webhooks, which response rules call.

use palisade_api::rest::webhook as rest;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::object::federated;
use crate::{CfgType, PolicyError, name};

const MAX_URL_BYTES: usize = 2_048;

/// The form of the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WebhookType {
    /// Plain text.
    #[default]
    #[serde(rename = "")]
    Text,
    /// As Slack reads it.
    Slack,
    /// As Microsoft Teams reads it.
    Teams,
    /// JSON.
    #[serde(rename = "JSON")]
    Json,
}

impl WebhookType {
    const ALL: [Self; 4] = [Self::Text, Self::Slack, Self::Teams, Self::Json];

    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Slack => "Slack",
            Self::Teams => "Teams",
            Self::Json => "JSON",
        }
    }
}

/// A webhook. Its JSON form is its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where it is called; HTTP or HTTPS.
    pub url: String,
    /// Whether it is called.
    #[serde(default)]
    pub enable: bool,
    /// Whether it is called through the cluster's proxy.
    #[serde(default)]
    pub use_proxy: bool,
    /// The form of the calls.
    #[serde(default, rename = "type")]
    pub kind: WebhookType,
    /// Who owns it.
    pub cfg_type: CfgType,
}

impl Webhook {
    /// A webhook as a client describes it, whole.
    pub fn create(config: rest::Webhook, cfg_type: CfgType) -> Result<Self, PolicyError> {
        name::check(&config.name, cfg_type)?;
        let address = (config.url.len() <= MAX_URL_BYTES)
            .then(|| Url::parse(&config.url).ok())
            .flatten()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if address.is_none() {
            return Err(PolicyError::field("url", "it is an address of HTTP or HTTPS"));
        }
        let kind = WebhookType::ALL.into_iter().find(|kind| kind.as_str() == config.kind);
        let kind = kind.ok_or_else(|| PolicyError::field("type", "empty, Slack, Teams or JSON"))?;
        Ok(Self {
            name: config.name,
            url: config.url,
            enable: config.enable,
            use_proxy: config.use_proxy,
            kind,
            cfg_type,
        })
    }

    /// The webhook as clients know it.
    pub fn to_rest(&self) -> rest::Webhook {
        rest::Webhook {
            name: self.name.clone(),
            url: self.url.clone(),
            enable: self.enable,
            use_proxy: self.use_proxy,
            kind: self.kind.as_str().to_owned(),
            cfg_type: self.cfg_type.as_str().to_owned(),
            cluster_selector: None,
        }
    }
}

federated!(Webhook, Webhook, name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_checked() {
        for (name, url, kind, fits) in [
            ("fed.pager", "https://pager.example/hook?key=1", "", true),
            ("fed.pager", "http://10.0.0.1:8080/", "Slack", true),
            ("fed.pager", "https://pager.example/", "slack", false),
            ("fed.", "https://pager.example/", "", false),
            ("pager", "https://pager.example/", "", false),
            ("fed.a b", "https://pager.example/", "", false),
            ("fed.pager", "ftp://pager.example/", "", false),
            ("fed.pager", "pager.example", "", false),
            ("fed.pager", "file:///etc/passwd", "", false),
            ("fed.pager", "", "", false),
        ] {
            let config = rest::Webhook {
                name: name.to_owned(),
                url: url.to_owned(),
                kind: kind.to_owned(),
                ..rest::Webhook::default()
            };
            let made = Webhook::create(config, CfgType::Federal);
            assert_eq!(made.is_ok(), fits, "{name} {url} {kind}: {made:?}");
        }
    }
}
