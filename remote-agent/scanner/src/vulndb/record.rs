//! What the database holds.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// What is known of a vulnerability, whatever package it is in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vulnerability {
    /// The CVE where there is one, else the advisory's id.
    #[serde(rename = "n")]
    pub name: String,
    /// Other names.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What goes wrong.
    #[serde(rename = "d", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where to read more.
    #[serde(rename = "l", skip_serializing_if = "String::is_empty")]
    pub link: String,
    /// CVSS v2 vector.
    #[serde(rename = "v2", skip_serializing_if = "String::is_empty")]
    pub vector_v2: String,
    /// CVSS v2 base score; 0 when unknown.
    #[serde(rename = "s2")]
    pub score_v2: f32,
    /// CVSS v3 vector.
    #[serde(rename = "v3", skip_serializing_if = "String::is_empty")]
    pub vector_v3: String,
    /// CVSS v3 base score; 0 when unknown.
    #[serde(rename = "s3")]
    pub score_v3: f32,
    /// Unix seconds; 0 when unknown.
    #[serde(rename = "p")]
    pub published: i64,
    /// Unix seconds; 0 when unknown.
    #[serde(rename = "m")]
    pub modified: i64,
    /// Rating in words, of the record that the rest comes from.
    #[serde(rename = "r", skip_serializing_if = "String::is_empty")]
    pub rating: String,
}

impl Vulnerability {
    /// Takes from `other` what is missing here.
    pub(super) fn fill(&mut self, other: Self) {
        fn text(mine: &mut String, other: String) {
            if mine.is_empty() {
                *mine = other;
            }
        }
        text(&mut self.description, other.description);
        text(&mut self.link, other.link);
        text(&mut self.rating, other.rating);
        if self.vector_v2.is_empty() {
            self.vector_v2 = other.vector_v2;
            self.score_v2 = other.score_v2;
        }
        if self.vector_v3.is_empty() {
            self.vector_v3 = other.vector_v3;
            self.score_v3 = other.score_v3;
        }
        if self.published == 0 {
            self.published = other.published;
        }
        self.modified = self.modified.max(other.modified);
        self.aliases.extend(other.aliases);
    }
}

/// A vulnerability of a package: which versions have it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Affected {
    /// The vulnerability's name.
    #[serde(rename = "n")]
    pub name: String,
    /// Ranges of versions.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// Single versions, where no range is told.
    #[serde(rename = "v", skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// The feed's own rating.
    #[serde(rename = "f", skip_serializing_if = "String::is_empty")]
    pub feed_rating: String,
    /// Advisory that told of it, where that is not the name.
    #[serde(rename = "y", skip_serializing_if = "String::is_empty")]
    pub advisory: String,
}

/// Versions from `introduced` on, up to an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    /// The first version; none: from the beginning.
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub introduced: Option<String>,
    /// The last version before the first, where that is all that is told.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The first version that is repaired.
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// The last version that has it.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
}

impl Affected {
    /// Whether `version` is affected by the order `compare`: none when not,
    /// else the version that repairs it, where there is one.
    pub fn check(
        &self,
        version: &str,
        compare: impl Fn(&str, &str) -> Ordering,
    ) -> Option<Option<&str>> {
        if self.ranges.is_empty() {
            return self.versions.iter().any(|listed| listed == version).then_some(None);
        }
        self.ranges
            .iter()
            .find(|range| {
                range.introduced.as_deref().is_none_or(|first| compare(version, first).is_ge())
                    && range.after.as_deref().is_none_or(|last| compare(version, last).is_gt())
                    && range.fixed.as_deref().is_none_or(|fixed| compare(version, fixed).is_lt())
                    && range.last_affected.as_deref().is_none_or(|l| compare(version, l).is_le())
            })
            .map(|range| range.fixed.as_deref())
    }
}
