//! Why a rollout is halted: for programs a code and its parameters, for people a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest error of a cluster that is told, in characters.
const MOST_TEXT: usize = 256;

/// Why a rollout is halted, as the database has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Halt {
    /// More clusters than may be cannot put it in force.
    Errors {
        /// How many.
        clusters: usize,
        /// What one of them says.
        first: String,
    },
    /// There is nobody left whose word counts.
    NoMembers,
    /// More admissions than may be were denied.
    Denials {
        /// Since the stage began.
        since: u64,
        /// In the same time before.
        before: u64,
    },
}

impl Halt {
    /// Clusters report errors, of which one says `first`.
    pub fn errors(clusters: usize, first: &str) -> Self {
        Self::Errors { clusters, first: first.chars().take(MOST_TEXT).collect() }
    }

    /// Its name for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Errors { .. } => "errors",
            Self::NoMembers => "no_members",
            Self::Denials { .. } => "denials",
        }
    }

    /// What its sentence is about, in the order in which it stands there.
    pub fn parameters(&self) -> Vec<String> {
        match self {
            Self::Errors { clusters, first } => vec![clusters.to_string(), first.clone()],
            Self::NoMembers => Vec::new(),
            Self::Denials { since, before } => vec![since.to_string(), before.to_string()],
        }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors { clusters, first } => {
                write!(f, "{clusters} clusters report errors, such as: {first}")
            }
            Self::NoMembers => {
                f.write_str("none of the clusters that it has reached is a member any more")
            }
            Self::Denials { since, before } => write!(
                f,
                "{since} admissions were denied since the stage began, {before} in the same time \
                 before it"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_told_as_both() -> serde_json::Result<()> {
        for (halt, stored, text, parameters) in [
            (
                Halt::errors(3, "regex: unclosed group"),
                json!({ "code": "errors", "clusters": 3, "first": "regex: unclosed group" }),
                "3 clusters report errors, such as: regex: unclosed group",
                &["3", "regex: unclosed group"][..],
            ),
            (
                Halt::NoMembers,
                json!({ "code": "no_members" }),
                "none of the clusters that it has reached is a member any more",
                &[],
            ),
            (
                Halt::Denials { since: 9, before: 2 },
                json!({ "code": "denials", "since": 9, "before": 2 }),
                "9 admissions were denied since the stage began, 2 in the same time before it",
                &["9", "2"],
            ),
        ] {
            assert_eq!(serde_json::to_value(&halt)?, stored);
            assert_eq!(halt.as_str(), stored["code"]);
            assert_eq!(halt.parameters(), parameters);
            assert_eq!(halt.to_string(), text);
            assert_eq!(serde_json::from_value::<Halt>(stored)?, halt);
        }
        Ok(())
    }
}
