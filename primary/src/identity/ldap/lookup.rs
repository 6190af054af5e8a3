//! Who somebody is, by a directory.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::connection::{Connection, Deadline, Entry};
use super::settings::Flavor;
use super::{Connections, LdapError, LdapSettings, Refusal, Step, filter, primary_group};

/// Groups of one user that are looked at. Who is in more is refused: the first mapped
/// group decides, and it could be among the rest.
const MOST_GROUPS: usize = 4_096;
/// So many groups are asked about at once.
const AT_ONCE: usize = 32;
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
        return Err(LdapError::Refused(Refusal::Password));
    }
    let deadline = Deadline::of_lookup();
    let mut service = Connection::open(settings, deadline).await?;
    let bound = service.bind(Step::Bind, &settings.bind_dn, bind_password.expose_secret()).await?;
    bound.map_err(|refusal| match refusal {
        Refusal::Password => {
            LdapError::at(Step::Bind, "the directory refuses the name or the password")
        }
        refusal => LdapError::at(Step::Bind, format_args!("the directory {refusal}")),
    })?;
    let wanted = filter::user(settings, username);
    let attributes =
        [settings.username_attr.as_str(), "mail", primary_group::SID, primary_group::GROUP];
    let mut users =
        service.search(Step::FindUser, &settings.base_dn, &wanted, &attributes, 2).await?;
    let user = match (users.pop(), users.len()) {
        (Some(user), 0) => user,
        (None, _) => {
            try_nobody(settings, deadline).await;
            return Err(LdapError::NotOne(0));
        }
        (Some(_), more) => return Err(LdapError::NotOne(more + 1)),
    };
    // A connection of its own: what the user may see is not what we may.
    let mut own = Connection::open(settings, deadline).await?;
    let bound = own.bind(Step::Password, &user.dn, password.expose_secret()).await?;
    bound.map_err(LdapError::Refused)?;
    let username = written_name(&user, settings, username);
    let groups = groups(&mut service, settings, &user, &username).await?;
    Ok(Found {
        email: user.first("mail").unwrap_or_default().to_owned(),
        dn: user.dn,
        username,
        groups: groups.into_iter().collect(),
    })
}

/// Takes as long as it does to try the password of somebody: who guesses names shall not see by the
/// time which of them there are. What was typed may be somebody's password elsewhere, and stays here.
async fn try_nobody(settings: &LdapSettings, deadline: Deadline) {
    let nobody = format!("{}={},{}", settings.username_attr, Uuid::new_v4(), settings.base_dn);
    let tried = async {
        let mut own = Connection::open(settings, deadline).await?;
        own.bind(Step::Password, &nobody, &Uuid::new_v4().to_string()).await
    };
    if let Err(error) = tried.await {
        tracing::debug!(%error, "the password of nobody could not be tried");
    }
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
    let base = base_of_groups(settings);
    let mut known = BTreeSet::new();
    let mut count = 0;
    let mut wanted = vec![filter::groups(settings, &user.dn, Some(username))];
    if settings.directory == Flavor::MicrosoftAD {
        wanted.extend(primary_groups(service, settings, user).await?);
    }
    // Active Directory follows groups in groups by itself.
    let levels = match settings.directory {
        Flavor::OpenLDAP if settings.nested_groups => MOST_LEVELS,
        Flavor::OpenLDAP | Flavor::MicrosoftAD => 1,
    };
    for _ in 0..levels {
        let mut next = Vec::new();
        for wanted in std::mem::take(&mut wanted) {
            let found =
                service.search(Step::FindGroups, base, &wanted, &["cn"], MOST_GROUPS + 1).await?;
            for group in found {
                if !known.insert(group.dn.clone()) {
                    continue;
                }
                count += 1;
                if let Some(name) = group.first("cn").filter(|name| !is_like_a_place(name)) {
                    known.insert(name.to_owned());
                }
                next.push(group.dn);
            }
            if count > MOST_GROUPS {
                return Err(LdapError::at(
                    Step::FindGroups,
                    format_args!("they are more than {MOST_GROUPS}: narrow them by group_filter"),
                ));
            }
        }
        if next.is_empty() {
            break;
        }
        wanted = next.chunks(AT_ONCE).map(|groups| filter::groups_of(settings, groups)).collect();
    }
    Ok(known)
}

/// Whether a name could be a place of another group. Who may name a group of their own as they like
/// shall not be in that one, for whose place a role is given.
fn is_like_a_place(name: &str) -> bool {
    name.contains('=') && name.contains(',')
}

/// Filters for the primary group, which Active Directory counts to no `member`, and
/// for the groups that it is in.
async fn primary_groups(
    service: &mut Connection,
    settings: &LdapSettings,
    user: &Entry,
) -> Result<Vec<String>, LdapError> {
    let Some(group) = primary_group::filter(user) else { return Ok(Vec::new()) };
    let mut filters = vec![filter::group(settings, &group)];
    if settings.nested_groups {
        // Whatever the filter admits: a group that it does not may be in one that it does.
        let base = base_of_groups(settings);
        let found = service.search(Step::FindGroups, base, &group, &["cn"], 1).await?;
        filters.extend(found.iter().map(|group| filter::groups(settings, &group.dn, None)));
    }
    Ok(filters)
}

fn base_of_groups(settings: &LdapSettings) -> &str {
    if settings.group_dn.is_empty() { &settings.base_dn } else { &settings.group_dn }
}
