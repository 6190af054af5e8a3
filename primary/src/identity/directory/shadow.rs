//! Users for whom a directory vouches: they get their roles with each login.

use chrono::{DateTime, Utc};

use super::{DirectoryRow, GroupCase};
use crate::identity::login::{LoggedIn, LoginError};
use crate::identity::user::check_text;
use crate::identity::{DEFAULT_LOCALE, Identity};
use crate::store::session::{self, ProviderSession};
use crate::store::user::{self, NewUser, UserChange, UserRow};
use crate::store::{StoreError, auth_server, shadow_user};

/// Longest name of a directory's user, in bytes.
pub(in crate::identity) const MAX_USERNAME: usize = 256;

/// What a directory said of somebody.
#[derive(Debug)]
pub(in crate::identity) struct Vouched {
    /// The directory.
    pub(in crate::identity) server: String,
    /// The name.
    pub(in crate::identity) username: String,
    /// Who it is, whatever the name; none where the directory has no such word.
    pub(in crate::identity) subject: Option<String>,
    /// Mail address, may be empty.
    pub(in crate::identity) email: String,
    /// The groups.
    pub(in crate::identity) groups: Vec<String>,
    /// How the groups are compared.
    pub(in crate::identity) case: GroupCase,
    /// The login that it was asked by, where it has sessions of its own.
    pub(in crate::identity) login: Option<ProviderLogin>,
}

/// A login at a provider of single sign-on, which may end it there while it comes back.
#[derive(Debug)]
pub(in crate::identity) struct ProviderLogin {
    /// When it began.
    pub(in crate::identity) began_at: DateTime<Utc>,
    /// Until when the provider vouches; none where it sets no end.
    pub(in crate::identity) until: Option<DateTime<Utc>>,
    /// Whom the provider means, hashed.
    pub(in crate::identity) subject_hash: Vec<u8>,
    /// What it calls the session.
    pub(in crate::identity) session: ProviderSession,
}

/// Whether somebody can be called so: not by nothing, and not so that the name looks like
/// another one by marks that are not seen or turn letters around, or by blanks of which a page
/// shows one or none.
fn is_usable(name: &str) -> bool {
    // What Unicode calls default-ignorable, but for the joiners that words of some languages
    // need; and the blank of Braille.
    let unseen = |c: char| {
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
    };
    let blanks_show =
        name.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    blanks_show
        && name.len() <= MAX_USERNAME
        && !name.chars().any(|c| c.is_control() || c == '/' || unseen(c))
}

impl Identity {
    /// Begins a session of somebody for whom a directory vouched, which was `row` when it was
    /// asked. Who gets no role is refused.
    pub(in crate::identity) async fn log_in_vouched(
        &self,
        row: &DirectoryRow,
        vouched: Vouched,
        address: &str,
    ) -> Result<LoggedIn, LoginError> {
        if !is_usable(&vouched.username) {
            tracing::warn!(server = vouched.server, "the directory gives no usable user name");
            return Err(LoginError::Refused);
        }
        let user = self.remember_vouched(row, &vouched).await?;
        if user.roles.is_nothing() {
            tracing::warn!(user = user.fullname, "the directory's user has no role");
            return Err(LoginError::NoRole);
        }
        self.begin_session(&user, address, vouched.login.as_ref()).await
    }

    /// The user as of now. Other groups may mean other roles, which end the
    /// sessions that began with the former ones.
    async fn remember_vouched(
        &self,
        row: &DirectoryRow,
        vouched: &Vouched,
    ) -> Result<UserRow, LoginError> {
        let roles = &row.settings.mapping.roles(&vouched.groups, vouched.case);
        let fullname = format!("{}:{}", vouched.server, vouched.username);
        let profile = self.password_profile().await?;
        // One that cannot be a mail address keeps nobody out.
        let email = Some(vouched.email.as_str()).filter(|email| check_text(email).is_ok());
        let email = email.unwrap_or_default();
        let mut transaction = self.database.begin().await?;
        // To be asked takes a while: a directory that was removed or switched off meanwhile
        // vouches for nobody, and leaves no user behind.
        let held: Option<DirectoryRow> = auth_server::hold(&mut transaction, &row.name).await?;
        if held.as_ref() != Some(row) {
            return Err(LoginError::DirectoryChanged);
        }
        let known = user::lock(&mut transaction, &fullname).await?;
        let mut ended = false;
        match known {
            // Of those who get nothing here, nothing is kept.
            None if roles.is_nothing() => return Err(LoginError::NoRole),
            None => {
                let new = NewUser {
                    fullname: &fullname,
                    username: &vouched.username,
                    server: &vouched.server,
                    password_hash: None,
                    default_password: false,
                    email,
                    roles,
                    timeout: profile.session_timeout as i32,
                    locale: DEFAULT_LOCALE,
                    at: self.clock.now(),
                };
                user::create(&mut transaction, &new).await?;
            }
            Some(user) => {
                let known = shadow_user::subject(&mut transaction, &fullname).await?;
                if known.is_some() && known != vouched.subject {
                    // Somebody else took the name over there. Who comes without a word for
                    // whom it is could be anybody: at many a provider of SAML, whoever logs
                    // in may ask for a transient NameID.
                    tracing::warn!(user = fullname, "the directory means another person now");
                    return Err(LoginError::Refused);
                }
                let other = !user.roles_chosen && user.roles != *roles;
                let change = UserChange {
                    email: Some(email).filter(|email| !email.is_empty()),
                    roles: other.then_some(roles),
                    ..UserChange::default()
                };
                user::update(&mut transaction, &fullname, change).await?;
                if other {
                    session::delete_of_user(&mut transaction, &fullname).await?;
                    ended = true;
                }
            }
        }
        if let Some(subject) = &vouched.subject {
            shadow_user::set_subject(&mut transaction, &fullname, subject).await?;
        }
        let user = user::get(&mut transaction, &fullname).await?.ok_or(LoginError::Refused)?;
        transaction.commit().await.map_err(StoreError::from)?;
        if ended {
            self.recent.forget_user(&fullname);
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_seen_as_it_is() {
        for name in ["mary", "Mary Ann", "m@example.org", "José", "علی\u{200c}رضا", "김"] {
            assert!(is_usable(name), "{name}");
        }
        let marks =
            ['\u{200b}', '\u{202e}', '\u{34f}', '\u{2800}', '\u{3164}', '\u{fe0f}', '\u{e0041}'];
        for mark in marks.into_iter().chain(['\n', '/', '\0']) {
            assert!(!is_usable(&format!("mary{mark}")), "{mark:?}");
        }
        for name in
            ["", " ", "\u{a0}", "mary ", " mary", "Mary  Ann", "Mary\u{a0}Ann", "Mary\u{3000}Ann"]
        {
            assert!(!is_usable(name), "{name:?}");
        }
    }
}
