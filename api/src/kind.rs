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
    /// A federated registry without its credentials, named `fed.*`.
    Registry = 10,
    /// The verdict on one image, named by the digest of its manifest. Travels
    /// in the verdict log.
    Verdict = 100,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Group, Self::NetworkRule, Self::AdmissionRule, Self::Registry, Self::Verdict];

    /// The number on the wire and in databases.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The log that objects of this kind travel in.
    pub const fn log(self) -> LogId {
        match self {
            Self::Group | Self::NetworkRule | Self::AdmissionRule | Self::Registry => {
                LogId::Federation
            }
            Self::Verdict => LogId::Verdicts,
        }
    }

    /// The kind in words, as audit records and messages name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::NetworkRule => "network rule",
            Self::AdmissionRule => "admission rule",
            Self::Registry => "registry",
            Self::Verdict => "verdict",
        }
    }

    /// The kind of `number`; none for a kind that a newer version added.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Group),
            2 => Some(Self::NetworkRule),
            3 => Some(Self::AdmissionRule),
            10 => Some(Self::Registry),
            100 => Some(Self::Verdict),
            _ => None,
        }
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
