//! Severity follows the scores, and where there are none the rating.

use palisade_api::scan as proto;

/// How bad a vulnerability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Severity and scores, with missing scores filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rated {
    pub(super) severity: Option<Severity>,
    pub(super) score_v2: f32,
    pub(super) score_v3: f32,
}

impl Severity {
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
        [Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|severity| severity.text() == text)
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
    fn of_rating(rating: &str) -> Option<Self> {
        match rating.to_ascii_lowercase().as_str() {
            "critical" => Some(Self::Critical),
            "high" | "important" => Some(Self::High),
            "medium" | "moderate" => Some(Self::Medium),
            "low" => Some(Self::Low),
            _ => None,
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

/// Whether a feed's rating says that there is nothing to worry about.
pub(super) fn is_negligible(rating: &str) -> bool {
    matches!(rating.to_ascii_lowercase().as_str(), "unimportant" | "negligible")
}

/// Rates by the better of the two scores, else by the ratings in turn.
pub(super) fn rate(score_v2: f32, score_v3: f32, ratings: [&str; 2]) -> Rated {
    let severity = Severity::of_score(score_v2.max(score_v3))
        .or_else(|| ratings.into_iter().find_map(Severity::of_rating));
    let estimate = severity.map_or(0.0, Severity::estimate);
    let filled = |score: f32| if score > 0.0 { score } else { estimate };
    Rated { severity, score_v2: filled(score_v2), score_v3: filled(score_v3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_count_more_than_words() {
        let rated = rate(0.0, 9.8, ["low", ""]);
        assert_eq!((rated.severity, rated.score_v2), (Some(Severity::Critical), 9.0));
        let rated = rate(0.0, 0.0, ["", "Important"]);
        assert_eq!((rated.severity, rated.score_v3), (Some(Severity::High), 7.0));
        let rated = rate(0.0, 0.0, ["not yet assigned", ""]);
        assert_eq!((rated.severity, rated.score_v3), (None, 0.0));
    }
}
