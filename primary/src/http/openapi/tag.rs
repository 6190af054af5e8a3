//! What the endpoints of each tag are about.

use utoipa::openapi::Tag;
use utoipa::openapi::tag::TagBuilder;

/// By their names.
const TAGS: [(&str, &str); 26] = [
    ("admission", "Rules of admission control, its state and what they would decide."),
    ("api_key", "API keys: who calls without a login."),
    ("auth", "Logins by a password or a provider, and sessions."),
    ("dlp", "Sensors for data that leaves, and the groups that they watch."),
    ("eula", "The license agreement that clients ask about."),
    (
        "federation",
        "The federation: its members, questions about all of them, rollouts and history.",
    ),
    ("file", "Policy and settings as files: export, import, and repositories of Git."),
    ("file_monitor", "Which files are watched in the containers of a group."),
    ("group", "Groups of workloads, which rules are about."),
    ("harbor", "Scans that Harbor asks for, in the form of its scanners."),
    ("host", "Nodes of a cluster."),
    ("log", "What happened: events, audits, threats, incidents and violations."),
    ("password_profile", "What passwords have to be like, and how long they last."),
    ("policy", "Network rules."),
    ("process_profile", "Which processes may run in the containers of a group."),
    ("registry", "Registries, their images and the reports of these."),
    ("response", "Rules for what is done when something happens."),
    ("scan", "Scans of workloads, nodes and images, and the scanners."),
    ("server", "Directories and providers of single sign-on."),
    ("sigstore", "Roots of trust and verifiers of signatures."),
    ("system", "Settings, and what the system consists of."),
    ("user", "Users."),
    ("user_role", "Roles, and the permissions that they consist of."),
    ("vulnerability", "Vulnerabilities that are accepted or do no harm, and queries about all."),
    ("waf", "Sensors for attacks on web applications, and the groups that they guard."),
    ("workload", "Containers that run in a cluster."),
];

/// The tags with what they mean.
pub(super) fn all() -> impl Iterator<Item = Tag> {
    TAGS.into_iter()
        .map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())
}
