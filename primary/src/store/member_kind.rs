//! What a member of the federation is.

use serde::{Deserialize, Serialize};

/// What a member is. Its join token decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum MemberKind {
    /// A remote cluster.
    Remote,
    /// The primary's own cluster.
    Home,
    /// A scan worker: it takes jobs of the registries and is no cluster.
    Scanner,
}

impl MemberKind {
    /// The name in the database and in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Home => "home",
            Self::Scanner => "scanner",
        }
    }
}
