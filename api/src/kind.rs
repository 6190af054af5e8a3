//! The kinds of objects in a log.

/// A kind of federated object. The numbers are on the wire and in databases:
/// never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum ObjectKind {
    /// A group of workloads, named `fed.*`.
    Group = 1,
    /// A network rule, named by its id in decimal.
    NetworkRule = 2,
    /// An admission rule, allow or deny, named by its id in decimal.
    AdmissionRule = 3,
    /// A response rule, named by its id in decimal.
    ResponseRule = 4,
    /// The processes that a group may run, named by the group.
    ProcessProfile = 5,
    /// The files of a group that are watched, named by the group.
    FileMonitor = 6,
    /// A sensor for data that leaves, named `fed.*`.
    DlpSensor = 7,
    /// The sensors for data that leaves a group, named by the group.
    DlpGroup = 8,
    /// A sensor for attacks over the web, named `fed.*`.
    WafSensor = 9,
    /// A federated registry without its credentials, named `fed.*`.
    Registry = 10,
    /// The sensors for attacks on a group, named by the group.
    WafGroup = 11,
    /// A webhook that response rules call, named `fed.*`.
    Webhook = 12,
    /// The verdict on one image, named by the digest of its manifest. Travels
    /// in the verdict log.
    Verdict = 100,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Group,
        Self::NetworkRule,
        Self::AdmissionRule,
        Self::ResponseRule,
        Self::ProcessProfile,
        Self::FileMonitor,
        Self::DlpSensor,
        Self::DlpGroup,
        Self::WafSensor,
        Self::Registry,
        Self::WafGroup,
        Self::Webhook,
        Self::Verdict,
    ];

    /// The number on the wire and in databases.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The log that objects of this kind travel in.
    pub const fn log(self) -> LogId {
        match self {
            Self::Verdict => LogId::Verdicts,
            _ => LogId::Federation,
        }
    }

    /// The kind in words, as audit records and messages name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::NetworkRule => "network rule",
            Self::AdmissionRule => "admission rule",
            Self::ResponseRule => "response rule",
            Self::ProcessProfile => "process profile",
            Self::FileMonitor => "file monitor",
            Self::DlpSensor => "DLP sensor",
            Self::DlpGroup => "DLP group",
            Self::WafSensor => "WAF sensor",
            Self::Registry => "registry",
            Self::WafGroup => "WAF group",
            Self::Webhook => "webhook",
            Self::Verdict => "verdict",
        }
    }

    /// The kind of `number`; none for a kind that a newer version added.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// A log of changes that the delta stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LogId {
    /// Federated rules and registries.
    Federation = 1,
    /// Verdicts of federated registries.
    Verdicts = 2,
}

impl LogId {
    /// Every log.
    pub const ALL: [Self; 2] = [Self::Federation, Self::Verdicts];

    /// The number on the wire and in databases.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The log of `number`.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Federation),
            2 => Some(Self::Verdicts),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_back_to_its_kind() {
        for kind in ObjectKind::ALL {
            assert_eq!(ObjectKind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(ObjectKind::from_number(13), None);
    }
}
