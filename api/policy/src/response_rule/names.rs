//! The names of what is logged, by the event of response rules that it raises.

use super::Event;

/// Levels from the highest to the lowest.
pub(super) const LEVELS: [&str; 8] =
    ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Info", "Debug"];

/// The names that raise an event.
pub(super) fn of(event: Event) -> impl Iterator<Item = &'static str> {
    let lists: &[&[&str]] = match event {
        Event::Event => &[EVENTS],
        Event::SecurityEvent => &[&["Network.Violation"], INCIDENTS, THREATS],
        Event::CveReport => &[SCAN_REPORTS],
        Event::Compliance => &[COMPLIANCE],
        Event::AdmissionControl => &[ADMISSION],
        Event::Serverless => &[&["AwsLambda.Scan"]],
    };
    lists.iter().copied().flatten().copied()
}

const EVENTS: &[&str] = &[
    "Container.Start",
    "Container.Stop",
    "Container.Remove",
    "Container.Secured",
    "Container.Unsecured",
    "Container.Quarantined",
    "Container.Unquarantined",
    "Enforcer.Start",
    "Enforcer.Join",
    "Enforcer.Stop",
    "Enforcer.Disconnect",
    "Enforcer.Connect",
    "Enforcer.Kicked",
    "Controller.Start",
    "Controller.Join",
    "Controller.Leave",
    "Controller.Stop",
    "Controller.Disconnect",
    "Controller.Connect",
    "Controller.Lead.Lost",
    "Controller.Lead.Elected",
    "User.Login",
    "User.Logout",
    "User.Timeout",
    "User.Login.Failed",
    "User.Login.Blocked",
    "User.Login.Unblocked",
    "User.Password.Reset",
    "User.Password.Alert",
    "User.Resource.Access.Denied",
    "RESTful.Write",
    "RESTful.Read",
    "Scanner.Join",
    "Scanner.Update",
    "Scanner.Leave",
    "Scan.Succeeded",
    "Scan.Failed",
    "Scan.Data.Restore",
    "Docker.CIS.Benchmark.Failed",
    "Kubenetes.CIS.Benchmark.Failed",
    "License.Update",
    "License.Expire",
    "License.Remove",
    "License.EnforcerLimitReached",
    "Admission.Control.Configured",
    "Admission.Control.ConfigFailed",
    "Kubenetes.Admission.Webhook.Change",
    "Kubenetes.NeuVector.RBAC",
    "ConfigMap.Load",
    "ConfigMap.Failed",
    "Crd.Import",
    "Crd.Remove",
    "Crd.Error",
    "Crd.Skipped",
    "Federation.Promote",
    "Federation.Demote",
    "Federation.Join",
    "Federation.Leave",
    "Federation.Kick",
    "Federation.Policy.Sync",
    "Configuration.Import",
    "Configuration.Export",
    "Configuration.Import.Failed",
    "Configuration.Export.Failed",
    "Configuration.Restore",
    "Configuration.ScannerAutoScale.Disabled",
    "Cloud.Scan.Normal",
    "Cloud.Scan.Alert",
    "Cloud.Scan.Fail",
    "Group.Auto.Remove",
    "Group.Auto.Promote",
    "Group.Metric.Violation",
    "Agent.Memory.Pressure",
    "Controller.Memory.Pressure",
    "Security.DEK.Encrypt",
    "Security.DEK.Seed.Unavailable",
    "Security.DEK.Seed.Mismatch",
    "Security.Encryption.Secret.Set",
];

const INCIDENTS: &[&str] = &[
    "Container.FileAccess.Violation",
    "Container.Package.Updated",
    "Container.Privilege.Escalation",
    "Container.Suspicious.Process",
    "Container.Tunnel.Detected",
    "Host.FileAccess.Violation",
    "Host.Package.Updated",
    "Host.Privilege.Escalation",
    "Host.Process.Violation",
    "Host.Suspicious.Process",
    "Host.Tunnel.Detected",
    "Process.Profile.Violation",
];

const THREATS: &[&str] = &[
    "Apache.Struts.Remote.Code.Execution",
    "DNS.Loop.Pointer",
    "DNS.Stack.Overflow",
    "DNS.Tunneling",
    "DNS.Type.Null",
    "DNS.Zone.Transfer",
    "HTTP.Negative.Body.Length",
    "HTTP.Request.Slowloris",
    "HTTP.Request.Smuggling",
    "ICMP.Flood",
    "ICMP.Tunneling",
    "IP.Fragment.Teardrop",
    "Invalid.Packet.Format",
    "K8S.externalIPs.MitM",
    "MySQL.Access.Deny",
    "Ping.Death",
    "SQL.Injection",
    "SSH.Version.1",
    "SSL.Cipher.Overflow",
    "SSL.Heartbleed",
    "SSL.TLS1.0",
    "SSL.TLS1.1",
    "SSL.Version.2or3",
    "Source.IP.Session.Limit",
    "TCP.No.Client.Data",
    "TCP.SACK.DDoS.With.Small.MSS",
    "TCP.SYN.Flood",
    "TCP.SYN.With.Data",
    "TCP.Small.Window",
    "TCP.Split.Handshake",
];

const SCAN_REPORTS: &[&str] =
    &["Container.Scan.Report", "Host.Scan.Report", "Registry.Scan.Report", "Platform.Scan.Report"];

const COMPLIANCE: &[&str] = &[
    "Compliance.Image.Violation",
    "Compliance.ContainerFile.Violation",
    "Compliance.Container.Violation",
    "Compliance.ContainerCustomCheck.Violation",
    "Compliance.Host.Violation",
    "Compliance.HostCustomCheck.Violation",
];

const ADMISSION: &[&str] =
    &["Admission.Control.Allowed", "Admission.Control.Violation", "Admission.Control.Denied"];
