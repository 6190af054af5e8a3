//! Who somebody is, by a directory.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};

use super::connection::{Connection, Entry};
use super::settings::Flavor;
use super::{Connections, LdapError, LdapSettings, Step, filter};

/// Groups of one user that are looked at.
const MOST_GROUPS: i32 = 1_000;
/// Groups in groups are followed so far.
const MOST_LEVELS: usize = 8;

/// What a directory says of a user whose password it took.
#[derive(Debug)]
pub(in crate::identity) struct Found {
    /// Where the user is.
    pub(in crate::identity) dn: String,
    /// Mail address, may be empty.
    pub(in crate::identity) email: String,
    /// Groups by their names and by their places.
    pub(in crate::identity) groups: Vec<String>,
}

impl Connections {
    /// Looks up `username`, tries `password`, and tells the groups.
    pub(in crate::identity) async fn authenticate(
        &self,
        settings: &LdapSettings,
        bind_password: &SecretString,
        username: &str,
        password: &SecretString,
    ) -> Result<Found, LdapError> {
        self.in_turn(authenticate(settings, bind_password, username, password)).await
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
    let mut service = Connection::open(settings).await?;
    if !service.bind(Step::Bind, &settings.bind_dn, bind_password.expose_secret()).await? {
        return Err(LdapError::at(Step::Bind, "the directory refuses the name or the password"));
    }
    let wanted = filter::user(settings, username);
    let mut users =
        service.search(Step::FindUser, &settings.base_dn, &wanted, &["mail"], 2).await?;
    let user = match (users.pop(), users.len()) {
        (Some(user), 0) => user,
        (found, more) => return Err(LdapError::NotOne(more + usize::from(found.is_some()))),
    };
    // A connection of its own: what the user may see is not what we may.
    let mut own = Connection::open(settings).await?;
    if !own.bind(Step::Password, &user.dn, password.expose_secret()).await? {
        return Err(LdapError::WrongPassword);
    }
    let groups = groups(&mut service, settings, &user, username).await?;
    Ok(Found {
        email: user.first("mail").unwrap_or_default().to_owned(),
        dn: user.dn,
        groups: groups.into_iter().collect(),
    })
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
                if known.len() >= MOST_GROUPS as usize || !known.insert(group.dn.clone()) {
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
