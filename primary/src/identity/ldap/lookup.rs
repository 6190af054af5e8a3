//! Who somebody is, by a directory.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};

use super::connection::{Connection, Deadline, Entry};
use super::settings::Flavor;
use super::{Connections, LdapError, LdapSettings, Step, filter};

/// Groups of one user that are looked at.
const MOST_GROUPS: usize = 1_000;
/// Groups in groups are followed so far.
const MOST_LEVELS: usize = 8;

/// What a directory says of a user whose password it took.
#[derive(Debug)]
pub(in crate::identity) struct Found {
    /// Where the user is.
    pub(in crate::identity) dn: String,
    /// The user's name as the directory writes it.
    pub(in crate::identity) username: String,
    /// Mail address, may be empty.
    pub(in crate::identity) email: String,
    /// Groups by their names and by their places.
    pub(in crate::identity) groups: Vec<String>,
}

impl Connections {
    /// Looks up `username`, tries `password`, and tells the groups; when it is
    /// its turn, and `still_may` then.
    pub(in crate::identity) async fn authenticate(
        &self,
        settings: &LdapSettings,
        bind_password: &SecretString,
        (username, password): (&str, &SecretString),
        still_may: impl FnOnce() -> bool,
    ) -> Result<Found, LdapError> {
        self.in_turn(async {
            if still_may() {
                authenticate(settings, bind_password, username, password).await
            } else {
                Err(LdapError::Damped)
            }
        })
        .await
    }
}

async fn authenticate(
    settings: &LdapSettings,
    bind_password: &SecretString,
    username: &str,
    password: &SecretString,
) -> Result<Found, LdapError> {
    // Directories take an empty password for an anonymous bind, and say yes.
    if username.is_empty() || password.expose_secret().is_empty() {
        return Err(LdapError::WrongPassword);
    }
    let deadline = Deadline::of_lookup();
    let mut service = Connection::open(settings, deadline).await?;
    if !service.bind(Step::Bind, &settings.bind_dn, bind_password.expose_secret()).await? {
        return Err(LdapError::at(Step::Bind, "the directory refuses the name or the password"));
    }
    let wanted = filter::user(settings, username);
    let attributes = [settings.username_attr.as_str(), "mail"];
    let mut users =
        service.search(Step::FindUser, &settings.base_dn, &wanted, &attributes, 2).await?;
    let user = match (users.pop(), users.len()) {
        (Some(user), 0) => user,
        (found, more) => return Err(LdapError::NotOne(more + usize::from(found.is_some()))),
    };
    // A connection of its own: what the user may see is not what we may.
    let mut own = Connection::open(settings, deadline).await?;
    if !own.bind(Step::Password, &user.dn, password.expose_secret()).await? {
        return Err(LdapError::WrongPassword);
    }
    let username = written_name(&user, settings, username);
    let groups = groups(&mut service, settings, &user, &username).await?;
    Ok(Found {
        email: user.first("mail").unwrap_or_default().to_owned(),
        dn: user.dn,
        username,
        groups: groups.into_iter().collect(),
    })
}

/// One name for one person, however it was typed: to a directory `Mary ` and
/// `mary` are the same, and so are the several names that an entry may have. To
/// us two names are two users, with roles, locks and sessions of their own.
fn written_name(user: &Entry, settings: &LdapSettings, typed: &str) -> String {
    let written = user.all(&settings.username_attr).iter().min();
    written.cloned().unwrap_or_else(|| typed.trim().to_lowercase())
}

async fn groups(
    service: &mut Connection,
    settings: &LdapSettings,
    user: &Entry,
    username: &str,
) -> Result<BTreeSet<String>, LdapError> {
    let base = if settings.group_dn.is_empty() { &settings.base_dn } else { &settings.group_dn };
    let mut known = BTreeSet::new();
    let mut wanted = vec![filter::groups(settings, &user.dn, Some(username))];
    // Active Directory follows groups in groups by itself.
    let levels = match settings.directory {
        Flavor::OpenLDAP if settings.nested_groups => MOST_LEVELS,
        Flavor::OpenLDAP | Flavor::MicrosoftAD => 1,
    };
    for _ in 0..levels {
        let mut next = Vec::new();
        for wanted in std::mem::take(&mut wanted) {
            let found =
                service.search(Step::FindGroups, base, &wanted, &["cn"], MOST_GROUPS).await?;
            for group in found {
                if known.len() >= MOST_GROUPS || !known.insert(group.dn.clone()) {
                    continue;
                }
                if let Some(name) = group.first("cn") {
                    known.insert(name.to_owned());
                }
                next.push(filter::groups(settings, &group.dn, None));
            }
        }
        if next.is_empty() {
            break;
        }
        wanted = next;
    }
    Ok(known)
}
