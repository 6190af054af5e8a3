//! What response rules respond to: events, the conditions on each, and the
//! names and levels that occur.

use std::collections::BTreeMap;

use palisade_api::rest::response_rule::ResponseRuleOptions;
use serde::{Deserialize, Serialize};

use super::names;

/// What a rule responds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Events of the system.
    Event,
    /// Incidents, threats and violations.
    SecurityEvent,
    /// Results of scans.
    CveReport,
    /// Results of benchmarks and checks.
    Compliance,
    /// Decisions of the admission control.
    AdmissionControl,
    /// Scans of serverless functions. Nothing raises it any more.
    Serverless,
}

/// What a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionType {
    /// The name of the event.
    Name,
    /// Its level, which must be equal.
    Level,
    /// The name of the process.
    Process,
    /// The name of a vulnerability.
    CveName,
    /// At least so many critical vulnerabilities.
    CveCritical,
    /// At least so many high vulnerabilities, the critical ones left out.
    CveHighOnly,
    /// At least so many high and critical vulnerabilities.
    CveHigh,
    /// At least so many medium vulnerabilities.
    CveMedium,
    /// As `cve-critical`, of those that have a fix.
    CveCriticalWithFix,
    /// As `cve-high-only`, of those that have a fix.
    CveHighOnlyWithFix,
    /// As `cve-high`, of those that have a fix.
    CveHighWithFix,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Event,
        Self::SecurityEvent,
        Self::CveReport,
        Self::Compliance,
        Self::AdmissionControl,
        Self::Serverless,
    ];

    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::SecurityEvent => "security-event",
            Self::CveReport => "cve-report",
            Self::Compliance => "compliance",
            Self::AdmissionControl => "admission-control",
            Self::Serverless => "serverless",
        }
    }

    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// The conditions that it can have.
    pub const fn conditions(self) -> &'static [ConditionType] {
        use ConditionType as C;
        match self {
            Self::SecurityEvent => &[C::Name, C::Level, C::Process],
            Self::CveReport => &[
                C::Name,
                C::Level,
                C::CveCritical,
                C::CveHighOnly,
                C::CveHigh,
                C::CveMedium,
                C::CveName,
                C::CveCriticalWithFix,
                C::CveHighOnlyWithFix,
                C::CveHighWithFix,
            ],
            Self::Event | Self::Compliance | Self::AdmissionControl | Self::Serverless => {
                &[C::Name, C::Level]
            }
        }
    }

    /// The levels that occur.
    pub const fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Event => &names::LEVELS,
            Self::SecurityEvent => &["Critical", "Error", "Warning", "Notice", "Info"],
            Self::CveReport => &["Critical", "Error", "Warning"],
            Self::Compliance => &["Warning"],
            Self::AdmissionControl => &["Critical", "Warning", "Info"],
            Self::Serverless => &["Warning", "Info"],
        }
    }
}

impl ConditionType {
    const ALL: [Self; 11] = [
        Self::Name,
        Self::Level,
        Self::Process,
        Self::CveName,
        Self::CveCritical,
        Self::CveHighOnly,
        Self::CveHigh,
        Self::CveMedium,
        Self::CveCriticalWithFix,
        Self::CveHighOnlyWithFix,
        Self::CveHighWithFix,
    ];

    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Level => "level",
            Self::Process => "process",
            Self::CveName => "cve-name",
            Self::CveCritical => "cve-critical",
            Self::CveHighOnly => "cve-high-only",
            Self::CveHigh => "cve-high",
            Self::CveMedium => "cve-medium",
            Self::CveCriticalWithFix => "cve-critical-with-fix",
            Self::CveHighOnlyWithFix => "cve-high-only-with-fix",
            Self::CveHighWithFix => "cve-high-with-fix",
        }
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What rules can look at, by event. `sensor_rules` are names of threats that
/// sensors raise.
pub fn options(sensor_rules: &[String]) -> BTreeMap<String, ResponseRuleOptions> {
    Event::ALL
        .into_iter()
        .map(|event| {
            let mut name: Vec<String> =
                names::of(event).map(|name| format!("name:{name}")).collect();
            if event == Event::SecurityEvent {
                name.extend(sensor_rules.iter().map(|rule| format!("name:{rule}")));
            }
            let options = ResponseRuleOptions {
                types: event.conditions().iter().map(|kind| kind.as_str().to_owned()).collect(),
                name,
                level: event.levels().iter().map(|level| format!("level:{level}")).collect(),
            };
            (event.as_str().to_owned(), options)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_are_those_of_the_payload() {
        for event in Event::ALL {
            assert_eq!(Event::parse(event.as_str()), Some(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        for kind in ConditionType::ALL {
            assert_eq!(ConditionType::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
