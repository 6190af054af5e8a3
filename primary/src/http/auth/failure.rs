//! What is recorded of logins that failed.

use crate::App;
use crate::federation::event::{self, Refusal, Refused};
use crate::identity::{LoginError, SsoError};

/// Longest name that is recorded, in characters.
const MAX_NAME: usize = 64;

/// Records that a login with name and password failed, if that is what
/// happened. Attempts that had to wait are not: a flood shall cost nothing.
pub(in crate::http) async fn password(app: &App, name: &str, address: &str, error: &LoginError) {
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if let LoginError::Outage(outage) = error {
        for (directory, what_failed) in &outage.directories {
            self::outage(app, directory, what_failed).await;
        }
    }
    let whom = match error {
        LoginError::Refused | LoginError::PasswordExpired => Refused::Login(&name),
        LoginError::Outage(outage) if outage.refused_here => Refused::Login(&name),
        LoginError::Blocked => Refused::Blocked(&name),
        _ => return,
    };
    let why = format!("{name} did not log in from {address}: {error}.");
    record(app, whom, address, &why).await;
}

/// The same of a login at a provider. Who it was, nobody knows.
pub(in crate::http) async fn single_sign_on(
    app: &App,
    server: &str,
    address: &str,
    error: &SsoError,
) {
    provider(app, server, error).await;
    if let SsoError::GroupsWithheld = error {
        groups_withheld(app, server, None, address).await;
    }
    let unproven = matches!(
        error,
        SsoError::Refused(_)
            | SsoError::Unproven(_)
            | SsoError::Saml(_)
            | SsoError::Login(LoginError::Refused | LoginError::NoRole)
    );
    if unproven {
        let why = format!(
            "Nobody logged in by {server} from {address}: what the provider's answer lacks, the log says."
        );
        record(app, Refused::Login(""), address, &why).await;
    }
}

/// Records that a provider did not tell a user's groups; without a user, that one
/// was refused therefore.
pub(super) async fn groups_withheld(app: &App, server: &str, user: Option<&str>, address: &str) {
    let what = match user {
        Some(user) => format!("{user} logged in without groups, with the default role"),
        None => "A user was refused".to_owned(),
    };
    let why = format!(
        "{what}: {server} withholds groups that are too many for its token, and its user info has \
         none. Let it send only the groups that are assigned to the application, or app roles."
    );
    record(app, Refused::Groups(user.unwrap_or_default()), address, &why).await;
}

/// Records that a provider could not be asked, if that is what happened.
pub(super) async fn provider(app: &App, server: &str, error: &SsoError) {
    if let SsoError::Provider(_) = error {
        outage(app, server, "the log says why").await;
    }
}

/// Records that a directory or provider could not be asked, which is nobody's failure.
async fn outage(app: &App, server: &str, what_failed: &str) {
    let why = format!("{server} could not be asked who logs in: {what_failed}.");
    record(app, Refused::Directory, "", &why).await;
}

async fn record(app: &App, whom: Refused<'_>, address: &str, why: &str) {
    let refusal = Refusal { whom, address, why };
    event::refused(&app.database, app.clock.now(), refusal).await;
}
