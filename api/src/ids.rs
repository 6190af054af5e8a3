//! Identities of clusters, and of the replicas of a primary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The id of a cluster of the federation, the primary included: 32 lower-case
/// hex digits in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterId(Uuid);

/// A text that is not a cluster id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a cluster id (32 hex digits expected)")]
pub struct NotAClusterId;

impl ClusterId {
    /// Wraps a UUID, for example one read from the database.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id as the database stores it.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// The id in 16 bytes; none where there are not as many.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterId({self})")
    }
}

impl FromStr for ClusterId {
    type Err = NotAClusterId;

    fn from_str(text: &str) -> Result<Self, NotAClusterId> {
        if text.len() != 32 {
            return Err(NotAClusterId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| NotAClusterId)
    }
}

impl TryFrom<String> for ClusterId {
    type Error = NotAClusterId;

    fn try_from(text: String) -> Result<Self, NotAClusterId> {
        text.parse()
    }
}

impl From<ClusterId> for String {
    fn from(id: ClusterId) -> Self {
        id.to_string()
    }
}

/// Bytes of a cluster's name at most: what clouds call one is long.
const MOST_NAME_BYTES: usize = 255;

/// The name of a cluster, unique in the federation: it begins with a letter or digit
/// of any script, then has letters, digits, blanks and `._-:/@+()`, such as
/// `arn:aws:eks:eu-central-1:123456789012:cluster/shop`. A comma would part it where
/// several are named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterName(String);

/// A text that cannot be the name of a cluster.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "not a cluster name: letters, digits, blanks and ._-:/@+(), beginning with a letter or digit, {MOST_NAME_BYTES} bytes at most"
)]
pub struct NotAClusterName;

impl ClusterName {
    /// The name of a primary that was given none.
    pub fn primary() -> Self {
        Self("primary".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterName {
    type Err = NotAClusterName;

    fn from_str(text: &str) -> Result<Self, NotAClusterName> {
        let mut chars = text.chars();
        let head = chars.next().is_some_and(char::is_alphanumeric);
        let tail = chars.all(|c| c.is_alphanumeric() || " ._-:/@+()".contains(c));
        if head && tail && text.len() <= MOST_NAME_BYTES && !text.ends_with(' ') {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAClusterName)
        }
    }
}

impl TryFrom<String> for ClusterName {
    type Error = NotAClusterName;

    fn try_from(text: String) -> Result<Self, NotAClusterName> {
        text.parse()
    }
}

impl From<ClusterName> for String {
    fn from(name: ClusterName) -> Self {
        name.0
    }
}

/// One running replica of a primary: new at each start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaId(Uuid);

impl ReplicaId {
    /// Wraps a UUID, for example one read from the database.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id as the database stores it.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A text that is not the id of a replica.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not the id of a replica")]
pub struct NotAReplicaId;

impl FromStr for ReplicaId {
    type Err = NotAReplicaId;

    fn from_str(text: &str) -> Result<Self, NotAReplicaId> {
        Uuid::try_parse(text).map(Self).map_err(|_| NotAReplicaId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_have_the_names_that_people_and_clouds_give_them() {
        let longest = "x".repeat(MOST_NAME_BYTES);
        let longer = format!("{longest}x");
        for (name, fits) in [
            ("staging", true),
            ("EU West (2)", true),
            ("arn:aws:eks:eu-central-1:123456789012:cluster/shop", true),
            ("user@shop.example", true),
            ("生产", true),
            (longest.as_str(), true),
            ("", false),
            (" staging", false),
            ("staging ", false),
            ("/staging", false),
            ("one,two", false),
            ("a\nb", false),
            ("a\0b", false),
            ("<b>", false),
            (longer.as_str(), false),
        ] {
            assert_eq!(name.parse::<ClusterName>().is_ok(), fits, "{name:?}");
        }
    }
}
