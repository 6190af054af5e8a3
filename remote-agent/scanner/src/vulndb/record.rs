//! What the database holds.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// What is known of a vulnerability, whatever package it is in, and what
/// every look at it needs; the rest is its [`Prose`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vulnerability {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Where to read more.
    pub link: String,
    /// Scores, at most one of each version, the highest version first.
    pub scores: Vec<Score>,
    /// Unix seconds; 0 when unknown.
    pub published: i64,
    /// Unix seconds; 0 when unknown.
    pub modified: i64,
    /// Rating in words, of the record that the rest comes from.
    pub rating: String,
    /// Kinds of weakness, `CWE-79`.
    pub cwes: Vec<String>,
    /// How likely it is to be exploited.
    pub likelihood: Option<Likelihood>,
    /// Whether it is known to be exploited.
    pub exploited: Option<Exploited>,
}

/// What is long and seldom read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prose {
    /// What goes wrong.
    pub description: String,
    /// More places to read.
    pub references: Vec<String>,
}

/// A score by one of the versions of CVSS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 2, 3 or 4.
    pub version: u8,
    /// The vector; empty where only the number is told.
    pub vector: String,
    /// The base score.
    pub score: f32,
}

/// What EPSS says: how likely it is to be exploited within 30 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    /// 0 to 1.
    pub probability: f32,
    /// The share of all that are less likely, 0 to 1.
    pub percentile: f32,
}

/// What CISA's catalogue of exploited vulnerabilities says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploited {
    /// Unix seconds.
    pub added: i64,
    /// Unix seconds; 0 when unknown.
    pub due: i64,
    /// Whether ransomware uses it.
    pub ransomware: bool,
}

/// References of one vulnerability at most.
const REFERENCES: usize = 24;

impl Vulnerability {
    /// Takes from `other` what is missing here.
    pub(super) fn fill(&mut self, other: Self) {
        text(&mut self.link, other.link);
        text(&mut self.rating, other.rating);
        for score in other.scores {
            if !self.scores.iter().any(|known| known.version == score.version) {
                self.scores.push(score);
            }
        }
        self.scores.sort_by_key(|score| std::cmp::Reverse(score.version));
        if self.published == 0 {
            self.published = other.published;
        }
        self.modified = self.modified.max(other.modified);
        self.aliases.extend(other.aliases);
        self.cwes.extend(other.cwes);
        self.likelihood = self.likelihood.or(other.likelihood);
        self.exploited = self.exploited.or(other.exploited);
    }

    /// Orders what came together of several records.
    pub(super) fn settle(&mut self) {
        self.aliases.retain(|alias| *alias != self.name);
        for list in [&mut self.aliases, &mut self.cwes] {
            list.sort();
            list.dedup();
        }
    }
}

impl Prose {
    /// Takes from `other` what is missing here.
    pub(super) fn fill(&mut self, other: Self) {
        text(&mut self.description, other.description);
        for reference in other.references {
            if self.references.len() < REFERENCES && !self.references.contains(&reference) {
                self.references.push(reference);
            }
        }
    }
}

fn text(mine: &mut String, other: String) {
    if mine.is_empty() {
        *mine = other;
    }
}

/// What a distribution or project says of a package that has a vulnerability.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Status {
    /// Affected in the ranges, repaired where they end.
    #[default]
    Affected,
    /// Affected, and will stay so.
    WillNotFix,
    /// Affected, and repaired some day.
    Deferred,
    /// Nobody knows yet.
    UnderInvestigation,
    /// Not affected in any version.
    NotAffected,
}

/// A vulnerability of a package: which versions have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// The vulnerability's name.
    pub name: String,
    /// Ranges of versions.
    pub ranges: Vec<Range>,
    /// Single versions that are in none of the ranges.
    pub versions: Vec<String>,
    /// What is said of all these.
    pub status: Status,
    /// The feed's own rating.
    pub feed_rating: String,
    /// Advisory that told of it, where that is not the name.
    pub advisory: String,
    /// The rpm module stream, `nodejs:18`, where it is about one.
    pub stream: String,
    /// The processors that it is about; none: all. `src` tells that the
    /// package is a source, whatever is built of it.
    pub arches: Vec<String>,
    /// The products that it is about; none: all.
    pub cpes: Vec<String>,
}

/// Versions from `introduced` on, up to an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// The first version; none: from the beginning.
    pub introduced: Option<String>,
    /// The last version before the first, where that is all that is told.
    pub after: Option<String>,
    /// The first version that is repaired.
    pub fixed: Option<String>,
    /// The last version that has it.
    pub last_affected: Option<String>,
}

impl Range {
    /// Whether no version is outside of it: from the beginning on, as some write it `>= 0`,
    /// without an end.
    fn is_all(&self) -> bool {
        let Self { introduced, after, fixed, last_affected } = self;
        let is_beginning = |first: &String| {
            first.strip_prefix('v').unwrap_or(first).split('.').all(|number| number == "0")
        };
        introduced.as_ref().is_none_or(is_beginning)
            && [after, fixed, last_affected].into_iter().all(Option::is_none)
    }
}

impl Affected {
    /// Whether it says that no version is affected.
    pub(super) fn is_none(&self) -> bool {
        self.status == Status::NotAffected || (self.ranges.is_empty() && self.versions.is_empty())
    }

    /// Whether every version is affected, and none repairs it.
    pub(crate) fn is_of_all_versions(&self) -> bool {
        !self.is_none() && self.ranges.iter().any(Range::is_all)
    }

    /// Whether `version` is affected by the order `compare`: none when not,
    /// else the version that repairs it, where there is one.
    pub fn check(
        &self,
        version: &str,
        compare: impl Fn(&str, &str) -> Ordering,
    ) -> Option<Option<&str>> {
        if self.is_none() {
            return None;
        }
        let range = self.ranges.iter().find(|range| {
            range.introduced.as_deref().is_none_or(|first| compare(version, first).is_ge())
                && range.after.as_deref().is_none_or(|last| compare(version, last).is_gt())
                && range.fixed.as_deref().is_none_or(|fixed| compare(version, fixed).is_lt())
                && range.last_affected.as_deref().is_none_or(|l| compare(version, l).is_le())
        });
        match range {
            Some(range) => Some(range.fixed.as_deref()),
            None => self.versions.iter().any(|one| compare(version, one).is_eq()).then_some(None),
        }
    }
}
