//! Severity follows the scores, and where there are none the rating.

use palisade_api::scan as proto;
use serde::{Deserialize, Serialize};

/// How bad a vulnerability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Score from 1.
    Low,
    /// Score from 4.
    Medium,
    /// Score from 7.
    High,
    /// Score from 9.
    Critical,
}

/// A version of the Common Vulnerability Scoring System.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CvssVersion {
    /// 2.0.
    #[serde(rename = "2")]
    V2,
    /// 3.0 and 3.1.
    #[serde(rename = "3")]
    V3,
    /// 4.0.
    #[serde(rename = "4")]
    V4,
}

/// A score that somebody gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cvss {
    /// The version of the system.
    pub version: CvssVersion,
    /// Who gave it, such as `nvd`; empty when the database does not tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The vector; empty where only the number is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vector: String,
    /// The base score.
    pub score: f32,
}

/// A rating in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    /// Who gave it.
    pub(super) source: &'a str,
    /// For example `important`.
    pub(super) word: &'a str,
}

/// Severity and scores, with the reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rated {
    /// None when nobody rated it.
    pub severity: Option<Severity>,
    /// Score of version 2 as clients see it: estimated where there is none.
    pub score_v2: f32,
    /// Score of version 3 as clients see it: estimated where there is none.
    pub score_v3: f32,
    /// All the scores that are known, the deciding one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cvss: Vec<Cvss>,
    /// What decided.
    pub decided_by: DecidedBy,
}

/// What a severity follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// Nobody rated it.
    #[default]
    Nobody,
    /// The first of the scores.
    Score,
    /// A rating in words, since there is no score.
    Word {
        /// Who gave it.
        source: String,
        /// The word.
        word: String,
    },
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The text that clients know.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// Reads the text that clients know.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.text() == text)
    }

    /// The form of verdicts.
    pub(super) const fn proto(self) -> proto::Severity {
        match self {
            Self::Low => proto::Severity::Low,
            Self::Medium => proto::Severity::Medium,
            Self::High => proto::Severity::High,
            Self::Critical => proto::Severity::Critical,
        }
    }

    fn of_score(score: f32) -> Option<Self> {
        match score {
            score if score >= 9.0 => Some(Self::Critical),
            score if score >= 7.0 => Some(Self::High),
            score if score >= 4.0 => Some(Self::Medium),
            score if score >= 1.0 => Some(Self::Low),
            _ => None,
        }
    }

    /// Reads the words of the feeds.
    fn of_word(word: &str) -> Option<Self> {
        let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        if is(&["critical"]) {
            Some(Self::Critical)
        } else if is(&["high", "important"]) {
            Some(Self::High)
        } else if is(&["medium", "moderate"]) {
            Some(Self::Medium)
        } else if is(&["low"]) {
            Some(Self::Low)
        } else {
            None
        }
    }

    /// The score that stands in for a missing one.
    const fn estimate(self) -> f32 {
        match self {
            Self::Low => 1.0,
            Self::Medium => 4.0,
            Self::High => 7.0,
            Self::Critical => 9.0,
        }
    }
}

impl CvssVersion {
    /// The version with its revision, as the vector tells it.
    pub fn text(self, vector: &str) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V3 if vector.starts_with("CVSS:3.0") => "3.0",
            Self::V3 => "3.1",
            Self::V4 => "4.0",
        }
    }
}

/// Whether a feed's rating says that there is nothing to worry about.
pub(super) fn is_negligible(rating: &str) -> bool {
    ["unimportant", "negligible", "none"].iter().any(|word| rating.eq_ignore_ascii_case(word))
}

/// Rates by the highest score of versions 2 and 3, else of version 4, else by
/// the words in turn.
pub(super) fn rate<'a>(mut cvss: Vec<Cvss>, words: impl IntoIterator<Item = Word<'a>>) -> Rated {
    // Version 4 decides only alone: clients and their thresholds know 2 and 3.
    let rank = |cvss: &Cvss| (cvss.score > 0.0, cvss.version != CvssVersion::V4);
    cvss.sort_by(|left, right| {
        rank(right)
            .cmp(&rank(left))
            .then_with(|| right.score.total_cmp(&left.score))
            .then_with(|| right.version.cmp(&left.version))
    });
    let of_score = cvss.first().and_then(|cvss| Severity::of_score(cvss.score));
    let (severity, decided_by) = match of_score {
        Some(severity) => (Some(severity), DecidedBy::Score),
        None => words
            .into_iter()
            .find_map(|Word { source, word }| {
                let by = DecidedBy::Word { source: source.to_owned(), word: word.to_owned() };
                Severity::of_word(word).map(|severity| (Some(severity), by))
            })
            .unwrap_or_default(),
    };
    let known = |version| {
        let scores = cvss.iter().filter(|cvss| cvss.version == version).map(|cvss| cvss.score);
        scores.fold(0.0, f32::max)
    };
    let estimate = severity.map_or(0.0, Severity::estimate);
    let filled = |score: f32| if score > 0.0 { score } else { estimate };
    Rated {
        severity,
        score_v2: filled(known(CvssVersion::V2)),
        score_v3: filled(known(CvssVersion::V3)),
        cvss,
        decided_by,
    }
}

impl Rated {
    /// The score that decided; none where a word did.
    pub fn deciding(&self) -> Option<&Cvss> {
        self.cvss.first().filter(|_| self.decided_by == DecidedBy::Score)
    }

    /// The best vector of a version; empty where there is none.
    pub fn vector(&self, version: CvssVersion) -> &str {
        let mut of_version = self.cvss.iter().filter(|cvss| cvss.version == version);
        of_version.find(|cvss| !cvss.vector.is_empty()).map_or("", |cvss| &cvss.vector)
    }

    /// Why the severity is what it is, in a sentence.
    pub fn explanation(&self) -> String {
        match (&self.decided_by, self.deciding()) {
            (DecidedBy::Score, Some(cvss)) => {
                let version = cvss.version.text(&cvss.vector);
                let score = cvss.score;
                if cvss.source.is_empty() {
                    format!("CVSS {version} score {score:.1}")
                } else {
                    format!("CVSS {version} score {score:.1} by {}", cvss.source)
                }
            }
            (DecidedBy::Word { source, word }, _) if source.is_empty() => {
                format!("rated {word:?}; there is no score")
            }
            (DecidedBy::Word { source, word }, _) => {
                format!("rated {word:?} by {source}; there is no score")
            }
            _ => "nobody rated it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cvss(version: CvssVersion, source: &str, score: f32) -> Cvss {
        Cvss { version, source: source.to_owned(), vector: String::new(), score }
    }

    fn words<'a>(words: &'a [&'a str]) -> impl Iterator<Item = Word<'a>> {
        words.iter().map(|word| Word { source: "tracker", word })
    }

    /// What follows from scores and words: severity, scores 2 and 3, reason.
    fn rated(scores: &[Cvss], ratings: &[&str]) -> String {
        let rated = rate(scores.to_vec(), words(ratings));
        let Rated { severity, score_v2, score_v3, .. } = &rated;
        format!("{severity:?} {score_v2} {score_v3}: {}", rated.explanation())
    }

    #[test]
    fn scores_count_more_than_words() {
        use CvssVersion::{V2, V3, V4};
        let (good, bad) = (cvss(V3, "nvd", 5.3), cvss(V3, "nvd", 9.8));
        let table: [(&[Cvss], &[&str], &str); 9] = [
            (&[bad], &["low"], "Some(Critical) 9 9.8: CVSS 3.1 score 9.8 by nvd"),
            (&[cvss(V2, "", 9.3)], &[], "Some(Critical) 9.3 9: CVSS 2.0 score 9.3"),
            // The better of the two, whoever gave it.
            (
                &[cvss(V2, "a", 5.0), cvss(V3, "b", 7.5)],
                &[],
                "Some(High) 5 7.5: CVSS 3.1 score 7.5 by b",
            ),
            (
                &[cvss(V2, "a", 7.5), good.clone()],
                &[],
                "Some(High) 7.5 5.3: CVSS 2.0 score 7.5 by a",
            ),
            // Version 4 counts where it is alone.
            (&[cvss(V4, "a", 9.3), good], &[], "Some(Medium) 4 5.3: CVSS 3.1 score 5.3 by nvd"),
            (&[cvss(V4, "a", 9.3)], &[], "Some(Critical) 9 9: CVSS 4.0 score 9.3 by a"),
            (
                &[],
                &["", "Important"],
                "Some(High) 7 7: rated \"Important\" by tracker; there is no score",
            ),
            (
                &[cvss(V3, "nvd", 0.0)],
                &["LOW"],
                "Some(Low) 1 1: rated \"LOW\" by tracker; there is no score",
            ),
            (&[], &["not yet assigned"], "None 0 0: nobody rated it"),
        ];
        for (scores, ratings, expected) in table {
            assert_eq!(rated(scores, ratings), expected);
        }
    }
}
