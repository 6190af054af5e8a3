//! A finding: one vulnerability of one package, with all that is known of it.

use palisade_api::Digest;
use palisade_api::rest::is_zero;
use serde::{Deserialize, Serialize};

use super::severity::{Rated, Severity};

/// A vulnerability of a package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    /// The CVE where there is one, else the advisory's id.
    pub name: String,
    /// All other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The package, as its place in the report's packages.
    pub package: u32,
    /// Severity, scores and why it is these.
    #[serde(flatten)]
    pub rating: Rated,
    /// The rating in the words of the feed that told of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub feed_rating: String,
    /// Versions that repair it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// What the distribution or advisory says of it.
    pub status: Status,
    /// The advisories that told of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<AdvisorySource>,
    /// The layer that brought the package; none where there are no layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<Digest>,
    /// Whether the package came with the base image.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_base_image: bool,
    /// What goes wrong. Empty until [`super::Report::describe`] asks for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where to read more, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Kinds of weakness, `CWE-79`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<String>,
    /// Unix seconds; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub published: i64,
    /// Unix seconds; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub modified: i64,
    /// How likely it is to be used within 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
    /// What the catalogue of exploited vulnerabilities says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    /// What a VEX document says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vex: Option<VexNote>,
    /// The entry of the vulnerability profile that accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// Who told that a package has a vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct AdvisorySource {
    /// The advisory's id, such as `DSA-5532-1`; the vulnerability's name where
    /// there is no other.
    pub id: String,
    /// The ecosystem or distribution whose data it is, such as `Debian:12`.
    pub ecosystem: String,
}

/// What the distribution or advisory says.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The version is affected, and a version that is not exists.
    #[default]
    FixExists,
    /// The version is affected and nothing repairs it.
    Unpatched,
    /// The version is affected and will stay so.
    WillNotFix,
    /// Nobody knows yet.
    UnderInvestigation,
    /// Somebody looked, and it is not affected.
    NotAffected,
}

impl Status {
    /// The text of a module's list that clients know.
    pub const fn module_text(self) -> &'static str {
        match self {
            Self::FixExists => "fix exists",
            Self::Unpatched | Self::UnderInvestigation => "unpatched",
            Self::WillNotFix => "will not fix",
            Self::NotAffected => "unaffected",
        }
    }

    /// The text for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::FixExists => "fixed",
            Self::Unpatched => "affected",
            Self::WillNotFix => "will not fix",
            Self::UnderInvestigation => "under investigation",
            Self::NotAffected => "not affected",
        }
    }
}

/// A forecast of the Exploit Prediction Scoring System.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epss {
    /// Probability, 0 to 1.
    pub score: f32,
    /// Part of all vulnerabilities that score as low or lower, 0 to 1.
    pub percentile: f32,
}

/// An entry in the catalogue of known exploited vulnerabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kev {
    /// Unix seconds; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub added: i64,
    /// Unix seconds by which agencies must act; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub due: i64,
    /// Whether ransomware is known to use it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ransomware: bool,
}

/// What a VEX document says of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VexNote {
    /// Its word.
    pub state: VexState,
    /// Why, in the fixed words of the format.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub justification: String,
    /// Why, in words of the author.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// The document's id, else its file name.
    pub document: String,
}

/// The word of a VEX document.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum VexState {
    /// The product has it and something should be done.
    #[default]
    Affected,
    /// The product does not suffer from it.
    NotAffected,
    /// The product had it.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl VexState {
    /// Whether a finding goes away by it.
    pub const fn suppresses(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }

    /// The word of OpenVEX.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// The text for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under investigation",
        }
    }
}

/// Somebody decided to live with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Acceptance {
    /// Number of the entry.
    pub entry: u32,
    /// Its comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// A finding that does not count, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suppressed {
    /// What would have been reported.
    pub finding: Finding,
    /// Why it is not.
    pub reason: Suppression,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// A VEX document says so: the finding has the note.
    Vex,
    /// It was named to be ignored, with the place that named it.
    Ignored(String),
    /// No version repairs it, and only those with a fix were asked for.
    Unfixed,
}

impl Default for Suppression {
    fn default() -> Self {
        Self::Ignored(String::new())
    }
}

impl Finding {
    /// Links that lead to pages: feeds also write notes, and what a viewer would run.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        let fits = |c: char| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
        };
        let links = self.links.iter().map(String::as_str);
        let leads = |link: &str| {
            let scheme = url::Url::parse(link).map(|url| url.scheme().to_owned());
            scheme.is_ok_and(|scheme| matches!(scheme.as_str(), "http" | "https" | "ftp"))
        };
        links.filter(move |link| link.chars().all(fits) && leads(link))
    }

    /// The severity; none when nobody rated it.
    pub const fn severity(&self) -> Option<Severity> {
        self.rating.severity
    }

    /// Whether a version without it exists.
    pub const fn has_fix(&self) -> bool {
        !self.fixed.is_empty()
    }

    /// The versions that repair it, as clients read them.
    pub fn fixed_version(&self) -> String {
        self.fixed.join(" OR ")
    }

    /// All names that it is known by: its own, aliases and advisories.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.aliases.iter().chain(self.advisories.iter().map(|one| &one.id));
        std::iter::once(&self.name).chain(others).map(String::as_str)
    }

    /// Whether it is known by `name`, in any spelling of case.
    pub fn is_named(&self, name: &str) -> bool {
        self.names().any(|ours| ours.eq_ignore_ascii_case(name))
    }
}
