//! What needs an administrator's attention.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Digest;

/// Answer of `GET /v1/system/alerts`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemAlerts {
    /// Versions to upgrade to; nobody is asked for them.
    #[schema(value_type = Option<Object>)]
    pub neuvector_upgrade_info: Option<serde_json::Value>,
    /// What needs attention.
    pub acceptable_alerts: AcceptableAlerts,
}

/// What needs attention, by what it is about.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AcceptableAlerts {
    /// Certificates that come to their end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_alerts: Option<AlertGroup>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_alerts: Option<AlertGroup>,
}

/// Alerts of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertGroup {
    /// `TLS_CERTIFICATE` or `Others`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The alerts.
    pub data: Vec<Alert>,
}

/// Something that needs attention.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// That of its text.
    pub id: String,
    /// What it is, for people.
    pub message: String,
}

impl AlertGroup {
    /// The alerts of one type; none where there are none.
    pub fn of(kind: &str, messages: Vec<String>) -> Option<Self> {
        let data = messages
            .into_iter()
            .map(|message| Alert { id: Digest::of(message.as_bytes()).to_string(), message });
        (data.len() > 0).then(|| Self { kind: kind.to_owned(), data: data.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_known_by_its_text_and_no_alerts_are_no_group() {
        assert_eq!(AlertGroup::of("Others", Vec::new()), None);
        let group = |text: &str| AlertGroup::of("Others", vec![text.to_owned()]).unwrap();
        assert_eq!(group("a"), group("a"));
        assert_ne!(group("a").data[0].id, group("b").data[0].id);
    }
}
