//! Names of records.

/// A request was denied.
pub const ADMISSION_DENIED: &str = "Admission.Control.Denied";
/// A request would have been denied in protect mode.
pub const ADMISSION_VIOLATION: &str = "Admission.Control.Violation";
/// What was asked to be admitted, and decided about.
pub const ADMISSION_REVIEWED: &str = "Admission.Control.Reviewed";
/// Records were dropped because their store was full.
pub const EVENTS_DROPPED: &str = "Agent.Events.Dropped";
/// This cluster joined a federation.
pub const FEDERATION_JOIN: &str = "Federation.Join";
/// Somebody was not let into the federation, for a token or a name.
pub const FEDERATION_JOIN_REFUSED: &str = "Federation.Join.Refused";
/// This cluster left its federation.
pub const FEDERATION_LEAVE: &str = "Federation.Leave";
/// The primary removed this cluster.
pub const FEDERATION_KICK: &str = "Federation.Kick";
/// This cluster cannot connect to its primary until somebody does something.
pub const FEDERATION_LINK_FAILED: &str = "Federation.Link.Failed";
/// A second agent used the identity of a connected member.
pub const FEDERATION_DUPLICATE: &str = "Federation.Identity.Duplicate";
/// A member broke the protocol, or did not listen, and was disconnected.
pub const FEDERATION_MISBEHAVIOUR: &str = "Federation.Member.Misbehaviour";
/// A user called what their role may not.
pub const ACCESS_DENIED: &str = "User.Resource.Access.Denied";
/// A session began.
pub const LOGIN: &str = "User.Login";
/// A session ended, since its user wanted that.
pub const LOGOUT: &str = "User.Logout";
/// A session ended by itself: nobody used it, or it came to the end of its life.
pub const TIMEOUT: &str = "User.Timeout";
/// A user that was blocked may log in again.
pub const LOGIN_UNBLOCKED: &str = "User.Login.Unblocked";
/// Somebody else chose a password for a user.
pub const PASSWORD_RESET: &str = "User.Password.Reset";
/// Something was changed by a call of the REST API.
pub const REST_WRITE: &str = "RESTful.Write";
/// Objects were changed to what a file says.
pub const CONFIGURATION_IMPORT: &str = "Configuration.Import";
/// A file was not taken.
pub const CONFIGURATION_IMPORT_FAILED: &str = "Configuration.Import.Failed";
/// Objects were given out as a file.
pub const CONFIGURATION_EXPORT: &str = "Configuration.Export";
/// Somebody did not prove who they are.
pub const LOGIN_FAILED: &str = "User.Login.Failed";
/// Somebody did not too often: the user is blocked for a while.
pub const LOGIN_BLOCKED: &str = "User.Login.Blocked";
/// A directory or provider could not be asked who somebody is.
pub const DIRECTORY_OUTAGE: &str = "Auth.Server.Unreachable";
/// A provider did not tell the groups of somebody who logged in.
pub const GROUPS_WITHHELD: &str = "User.Login.Groups.Withheld";
/// What the cluster held of the federated state was not what it had got.
pub const FEDERATION_DRIFT: &str = "Federation.Policy.Drift";
/// The agent's data folder is older than what the primary has had from it.
pub const AGENT_DATA_OLD: &str = "Agent.Data.Old";
/// The cluster got its own configuration back from the primary.
pub const AGENT_CONFIGURATION_RESTORED: &str = "Agent.Configuration.Restored";
/// The primary does not take the cluster's own configuration, such as for its size.
pub const AGENT_CONFIGURATION_REFUSED: &str = "Agent.Configuration.Refused";
/// The cluster became the primary of a federation.
pub const FEDERATION_PROMOTE: &str = "Federation.Promote";
/// The federation was dissolved.
pub const FEDERATION_DEMOTE: &str = "Federation.Demote";
/// The authority of the federation is being replaced, or was.
pub const FEDERATION_AUTHORITY: &str = "Federation.Authority";
/// Federated objects were applied.
pub const FEDERATION_POLICY_SYNC: &str = "Federation.Policy.Sync";
/// A scanner works with another vulnerability database.
pub const SCANNER_UPDATE: &str = "Scanner.Update";
/// The vulnerability database is old.
pub const VULNDB_OUTDATED: &str = "Scanner.Database.Outdated";
/// A vulnerability database is damaged, of somebody else or a step back.
pub const VULNDB_REFUSED: &str = "Scanner.Database.Refused";
/// What the scan of a node found.
pub const HOST_SCAN_REPORT: &str = "Host.Scan.Report";
/// What the scan of a container found.
pub const CONTAINER_SCAN_REPORT: &str = "Container.Scan.Report";
/// What the scan of the platform found.
pub const PLATFORM_SCAN_REPORT: &str = "Platform.Scan.Report";
/// A scan failed.
pub const SCAN_FAILED: &str = "Scan.Failed";

/// What clients call the subject of a record of this name: the `category` of an
/// [`Event`](super::Event).
pub fn subject(name: &str) -> &'static str {
    match name.split('.').next() {
        Some("User" | "Auth") => "AUTH",
        Some("RESTful") => "RESTFUL",
        Some("Configuration") => "CONFIGURATION",
        Some("Scanner" | "Scan") => "SCANNER",
        _ if name == EVENTS_DROPPED => "CONTROLLER",
        _ => "FEDERATION",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_filed_under_what_it_is_about() {
        for (name, expected) in [
            (LOGIN_FAILED, "AUTH"),
            (DIRECTORY_OUTAGE, "AUTH"),
            (REST_WRITE, "RESTFUL"),
            (CONFIGURATION_IMPORT_FAILED, "CONFIGURATION"),
            (VULNDB_OUTDATED, "SCANNER"),
            (SCAN_FAILED, "SCANNER"),
            (EVENTS_DROPPED, "CONTROLLER"),
            (FEDERATION_JOIN, "FEDERATION"),
            (AGENT_DATA_OLD, "FEDERATION"),
        ] {
            assert_eq!(subject(name), expected, "{name}");
        }
    }
}
