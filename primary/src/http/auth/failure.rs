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
    let whom = match error {
        LoginError::Refused | LoginError::PasswordExpired => Refused::Login(&name),
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
    let unproven = matches!(
        error,
        SsoError::Refused(_)
            | SsoError::Unproven(_)
            | SsoError::Saml(_)
            | SsoError::Login(LoginError::Refused)
    );
    if unproven {
        let why = format!(
            "Nobody logged in by {server} from {address}: what the provider's answer lacks, the log says."
        );
        record(app, Refused::Login(""), address, &why).await;
    }
}

async fn record(app: &App, whom: Refused<'_>, address: &str, why: &str) {
    let refusal = Refusal { whom, address, why };
    event::refused(&app.database, app.clock.now(), refusal).await;
}
