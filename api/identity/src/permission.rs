//! Permissions, with the ids that users and clients know.

use std::fmt;

/// Reading or changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Look.
    Read,
    /// Change.
    Write,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $bits:expr;)*) => {
        /// A permission. Some are sums of others: who holds all the parts
        /// holds the sum.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The id, as in `global_permissions`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The parts it consists of.
            pub(crate) const fn bits(self) -> Bits {
                match self { $(Self::$name => $bits,)* }
            }
        }
    };
}

/// A set of indivisible permissions.
pub(crate) type Bits = u32;

const CONFIG: Bits = 1;
const RT_SCAN_BASIC: Bits = 1 << 1;
const WORKLOAD_BASIC: Bits = 1 << 2;
const INFRA_BASIC: Bits = 1 << 3;
const REG_SCAN: Bits = 1 << 4;
const CI_SCAN: Bits = 1 << 5;
const GROUP_BASIC: Bits = 1 << 6;
const NW_POLICY_BASIC: Bits = 1 << 7;
const SYS_POLICY_BASIC: Bits = 1 << 8;
const ADMCTRL: Bits = 1 << 9;
const COMPLIANCE_BASIC: Bits = 1 << 10;
const AUDIT_EVENTS: Bits = 1 << 11;
const SECURITY_EVENTS_BASIC: Bits = 1 << 12;
const EVENTS: Bits = 1 << 13;
const AUTHENTICATION: Bits = 1 << 14;
const AUTHORIZATION: Bits = 1 << 15;
const VULNERABILITY: Bits = 1 << 16;
const NV_RESOURCE: Bits = 1 << 17;
const FED: Bits = 1 << 18;

permissions! {
    /// The system's configuration.
    Config = "config", CONFIG;
    /// Components: controllers, enforcers, scanners. Not given to custom roles.
    NvResource = "nv_resource", NV_RESOURCE;
    /// Scans of workloads, hosts and the platform.
    RtScan = "rt_scan", RT_SCAN_BASIC | WORKLOAD_BASIC | INFRA_BASIC;
    /// Registries and their scans.
    RegScan = "reg_scan", REG_SCAN;
    /// Scans asked for by CI.
    CiScan = "ci_scan", CI_SCAN;
    /// Network rules, response rules, profiles, sensors.
    RtPolicy = "rt_policy", GROUP_BASIC | NW_POLICY_BASIC | SYS_POLICY_BASIC | WORKLOAD_BASIC;
    /// Admission control.
    Admctrl = "admctrl", ADMCTRL;
    /// Benchmarks and compliance profiles.
    Compliance = "compliance", COMPLIANCE_BASIC | WORKLOAD_BASIC | INFRA_BASIC;
    /// Audit records.
    AuditEvents = "audit_events", AUDIT_EVENTS;
    /// Threats, violations, incidents.
    SecurityEvents = "security_events", SECURITY_EVENTS_BASIC | WORKLOAD_BASIC;
    /// Events.
    Events = "events", EVENTS;
    /// Directories and single sign-on.
    Authentication = "authentication", AUTHENTICATION;
    /// Users, roles, keys.
    Authorization = "authorization", AUTHORIZATION;
    /// Accepted vulnerabilities.
    Vulnerability = "vulnerability", VULNERABILITY;
    /// The federation; exists on a primary only.
    Fed = "fed", FED;
    /// Groups: part of `rt_policy`.
    Group = "group_basic", GROUP_BASIC;
    /// Workloads: part of several.
    Workload = "workload_basic", WORKLOAD_BASIC;
    /// Hosts and namespaces: part of several.
    Infra = "infra_basic", INFRA_BASIC;
}

/// How a permission may be given to a custom role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grantable {
    /// There is something to read.
    pub read: bool,
    /// There is something to change.
    pub write: bool,
    /// It also means something within a namespace.
    pub in_namespaces: bool,
}

impl Permission {
    /// Those that a login answer lists.
    pub fn listed() -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|one| !matches!(one, Self::Group | Self::Workload | Self::Infra))
    }

    /// The permission of an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.id() == id)
    }

    /// What users know of it: itself, or those that it is part of.
    pub fn known(self, access: Access) -> impl Iterator<Item = Self> {
        let whole = move |one: &Self| match access {
            Access::Read => true,
            Access::Write => one.grantable().is_none_or(|grantable| grantable.write),
        };
        Self::listed()
            .filter(move |one| one.bits() & self.bits() == self.bits())
            .filter(move |one| *one == self || whole(one))
    }

    /// How the permission may be given to a custom role; none where only
    /// reserved roles hold it.
    pub const fn grantable(self) -> Option<Grantable> {
        let (read, write, in_namespaces) = match self {
            Self::Config
            | Self::RtScan
            | Self::RegScan
            | Self::RtPolicy
            | Self::Compliance
            | Self::Authorization => (true, true, true),
            Self::Admctrl | Self::Authentication | Self::Vulnerability => (true, true, false),
            Self::CiScan => (false, true, false),
            Self::AuditEvents | Self::SecurityEvents | Self::Events => (true, false, true),
            Self::NvResource | Self::Fed | Self::Group | Self::Workload | Self::Infra => {
                return None;
            }
        };
        Some(Grantable { read, write, in_namespaces })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

pub(crate) const LOCAL_READ: Bits = CONFIG
    | NV_RESOURCE
    | RT_SCAN_BASIC
    | WORKLOAD_BASIC
    | INFRA_BASIC
    | REG_SCAN
    | GROUP_BASIC
    | NW_POLICY_BASIC
    | SYS_POLICY_BASIC
    | ADMCTRL
    | COMPLIANCE_BASIC
    | AUDIT_EVENTS
    | SECURITY_EVENTS_BASIC
    | EVENTS
    | AUTHENTICATION
    | AUTHORIZATION
    | VULNERABILITY;
/// Logs are only read; `ci_scan` is only written.
pub(crate) const LOCAL_WRITE: Bits =
    (LOCAL_READ | CI_SCAN) & !(AUDIT_EVENTS | SECURITY_EVENTS_BASIC | EVENTS);
pub(crate) const FED_ONLY: Bits = FED;
pub(crate) const CI_ONLY: Bits = CI_SCAN;
/// What means something within a namespace.
pub(crate) const NAMESPACE_READ: Bits = CONFIG
    | RT_SCAN_BASIC
    | WORKLOAD_BASIC
    | INFRA_BASIC
    | REG_SCAN
    | GROUP_BASIC
    | NW_POLICY_BASIC
    | SYS_POLICY_BASIC
    | COMPLIANCE_BASIC
    | AUDIT_EVENTS
    | SECURITY_EVENTS_BASIC
    | EVENTS
    | AUTHORIZATION;
/// The configuration is nobody's namespace's.
pub(crate) const NAMESPACE_WRITE: Bits =
    NAMESPACE_READ & !(CONFIG | AUDIT_EVENTS | SECURITY_EVENTS_BASIC | EVENTS);
/// What means something within some clusters: not what is the primary's alone.
pub(crate) const SCOPE_READ: Bits = CONFIG
    | RT_SCAN_BASIC
    | WORKLOAD_BASIC
    | INFRA_BASIC
    | GROUP_BASIC
    | NW_POLICY_BASIC
    | SYS_POLICY_BASIC
    | ADMCTRL
    | COMPLIANCE_BASIC
    | SECURITY_EVENTS_BASIC
    | EVENTS
    | REG_SCAN
    | VULNERABILITY
    | FED;
/// What is scanned, and what does not count, is so for all clusters.
pub(crate) const SCOPE_WRITE: Bits =
    SCOPE_READ & !(SECURITY_EVENTS_BASIC | EVENTS | REG_SCAN | VULNERABILITY);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_what_it_is_part_of() {
        for (permission, access, known) in [
            (Permission::Admctrl, Access::Write, vec!["admctrl"]),
            (Permission::Events, Access::Read, vec!["events"]),
            (Permission::Group, Access::Write, vec!["rt_policy"]),
            (
                Permission::Workload,
                Access::Read,
                vec!["rt_scan", "rt_policy", "compliance", "security_events"],
            ),
            (Permission::Workload, Access::Write, vec!["rt_scan", "rt_policy", "compliance"]),
        ] {
            let ids: Vec<&str> = permission.known(access).map(Permission::id).collect();
            assert_eq!(ids, known, "{permission} {access:?}");
        }
    }
}
