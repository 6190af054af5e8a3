//! API keys: for programs that call in the name of nobody.

use chrono::{DateTime, Months, TimeDelta, Utc};
use palisade_identity::{Access, ApiKeyHash, Caller, Proof, Rights, Roles, api_key as secrets};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use thiserror::Error;

use super::Identity;
use super::session::AuthenticateError;
use super::standing::{self, CallerGone};
use super::user::{actor, may_manage};
use super::user_role::{self, UnknownRole};
use crate::store::api_key::{self, ApiKeyRow, DUPLICATE_API_KEY};
use crate::store::{StoreError, user_role as roles_store};

/// Longest name, in characters.
const MAX_NAME: usize = 32;
/// Longest description, in bytes.
const MAX_DESCRIPTION: usize = 1_024;
/// Longest chosen life, in hours: a year.
const MAX_HOURS: u32 = 8_760;
/// Keys at once, those that expired among them: lists show all of them.
const MOST: i64 = 2_000;
/// How many of them one may have created: nobody uses them up for all.
const MOST_OF_ONE: i64 = 500;
/// A key's last use is written down at most this often.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

/// How long a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    /// For ever.
    Never,
    /// One hour.
    OneHour,
    /// One day.
    OneDay,
    /// One month.
    OneMonth,
    /// One year.
    OneYear,
    /// So many hours.
    Hours(u32),
}

impl Expiration {
    /// Reads it as clients write it.
    pub fn parse(kind: &str, hours: u32) -> Option<Self> {
        Some(match kind {
            "never" => Self::Never,
            "onehour" => Self::OneHour,
            "oneday" => Self::OneDay,
            "onemonth" => Self::OneMonth,
            "oneyear" => Self::OneYear,
            "hours" if (1..=MAX_HOURS).contains(&hours) => Self::Hours(hours),
            _ => return None,
        })
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::OneHour => "onehour",
            Self::OneDay => "oneday",
            Self::OneMonth => "onemonth",
            Self::OneYear => "oneyear",
            Self::Hours(_) => "hours",
        }
    }

    fn from(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Never => None,
            Self::OneHour => Some(now + TimeDelta::hours(1)),
            Self::OneDay => Some(now + TimeDelta::days(1)),
            Self::OneMonth => now.checked_add_months(Months::new(1)),
            Self::OneYear => now.checked_add_months(Months::new(12)),
            Self::Hours(hours) => Some(now + TimeDelta::hours(hours.into())),
        }
    }
}

/// A key to be created.
#[derive(Debug)]
pub struct CreateApiKey {
    /// Its name.
    pub name: String,
    /// For the administrators.
    pub description: String,
    /// Its roles.
    pub roles: Roles,
    /// How long it lives.
    pub expiration: Expiration,
}

/// A key that was not created or removed.
#[derive(Debug, Error)]
pub enum ApiKeyError {
    /// The name cannot be one.
    #[error("the name of an API key has 1 to {MAX_NAME} letters, digits, '_' or '-'")]
    InvalidName,
    /// The description is too long.
    #[error("a description has at most {MAX_DESCRIPTION} bytes")]
    Description,
    /// A role that does not exist.
    #[error(transparent)]
    UnknownRole(#[from] UnknownRole),
    /// The name is taken.
    #[error("an API key of this name exists")]
    Duplicate,
    /// There are as many as there may be.
    #[error("there are {MOST} API keys already; remove one first, as those that expired")]
    TooMany,
    /// The caller created as many as one may.
    #[error("{MOST_OF_ONE} API keys are yours already; remove one first, as those that expired")]
    TooManyOfOne,
    /// No such key.
    #[error("there is no such API key")]
    Missing,
    /// The caller has less than the key would.
    #[error("nobody gives, changes or removes more than they have")]
    MoreThanCaller,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] palisade_identity::secret::NoRandomness),
    /// The caller was removed meanwhile.
    #[error(transparent)]
    CallerGone(#[from] CallerGone),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Serialize)]
struct Audited<'a> {
    role: &'a str,
    role_domains: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_scope: Option<&'a palisade_identity::AccessScope>,
    expires_at: Option<DateTime<Utc>>,
}

fn audited(key: &ApiKeyRow) -> Audited<'_> {
    Audited {
        role: key.roles.global().as_str(),
        role_domains: key.roles.domains_as_text(),
        access_scope: key.roles.scope(),
        expires_at: key.expires_at,
    }
}

impl Identity {
    /// The keys that the caller may see.
    pub async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKeyRow>, StoreError> {
        let mut conn = self.database.acquire().await?;
        let mut keys = api_key::list(&mut conn).await?;
        let held = roles_store::held(&mut conn).await?;
        keys.retain(|key| {
            let rights = Rights::of(&key.roles, &held);
            may_manage(caller, Access::Read, &key.roles, &rights)
        });
        Ok(keys)
    }

    /// The key `name`, if the caller may see it.
    pub async fn api_key(&self, caller: &Caller, name: &str) -> Result<ApiKeyRow, ApiKeyError> {
        let mut conn = self.database.acquire().await?;
        let key = api_key::get(&mut conn, name).await?.ok_or(ApiKeyError::Missing)?;
        let own = caller.proof == Proof::ApiKey && caller.fullname == name;
        let rights = roles_store::readable_rights(&mut conn, &key.roles).await?;
        if own || may_manage(caller, Access::Read, &key.roles, &rights) {
            Ok(key)
        } else {
            Err(ApiKeyError::MoreThanCaller)
        }
    }

    /// Creates a key and gives its secret, this once.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        new: CreateApiKey,
    ) -> Result<SecretString, ApiKeyError> {
        if !is_name(&new.name) {
            return Err(ApiKeyError::InvalidName);
        }
        if new.description.len() > MAX_DESCRIPTION {
            return Err(ApiKeyError::Description);
        }
        let secret = secrets::generate()?;
        let now = self.clock.now();
        let key = ApiKeyRow {
            name: new.name,
            description: new.description,
            roles: new.roles,
            secret_hash: ApiKeyHash::of(&secret),
            expiration_type: new.expiration.kind().to_owned(),
            expiration_hours: match new.expiration {
                Expiration::Hours(hours) => i32::try_from(hours).unwrap_or(i32::MAX),
                _ => 0,
            },
            expires_at: new.expiration.from(now),
            created_at: now,
            created_by: caller.recorded().into_owned(),
            last_used_at: None,
        };
        let mut transaction = self.database.begin().await?;
        standing::hold::<ApiKeyError>(&mut transaction, caller).await?;
        user_role::check_exist::<ApiKeyError>(&mut transaction, &key.roles).await?;
        let rights = roles_store::rights(&mut transaction, &key.roles).await?;
        if !may_manage(caller, Access::Write, &key.roles, &rights) {
            return Err(ApiKeyError::MoreThanCaller);
        }
        let counts = api_key::count(&mut transaction, &key.created_by).await?;
        if counts.of_one >= MOST_OF_ONE {
            return Err(ApiKeyError::TooManyOfOne);
        }
        if counts.in_all >= MOST {
            return Err(ApiKeyError::TooMany);
        }
        api_key::create(&mut transaction, &key).await.map_err(|error| {
            if error.constraint() == Some(DUPLICATE_API_KEY) {
                ApiKeyError::Duplicate
            } else {
                error.into()
            }
        })?;
        let what = ("create", "api_key", key.name.as_str());
        let after = audited(&key);
        super::audit(&mut transaction, &actor(caller), what, None, Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(secret)
    }

    /// Removes a key.
    pub async fn delete_api_key(&self, caller: &Caller, name: &str) -> Result<(), ApiKeyError> {
        let mut transaction = self.database.begin().await?;
        standing::hold::<ApiKeyError>(&mut transaction, caller).await?;
        let key = api_key::get(&mut transaction, name).await?.ok_or(ApiKeyError::Missing)?;
        let rights = roles_store::rights(&mut transaction, &key.roles).await?;
        if !may_manage(caller, Access::Write, &key.roles, &rights) {
            return Err(ApiKeyError::MoreThanCaller);
        }
        if !api_key::delete(&mut transaction, name).await? {
            return Err(ApiKeyError::Missing);
        }
        let what = ("delete", "api_key", name);
        let before = audited(&key);
        super::audit(&mut transaction, &actor(caller), what, Some(&before), None).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// The caller behind a key, written `name:secret`.
    pub async fn authenticate_api_key(
        &self,
        text: &SecretString,
        address: &str,
    ) -> Result<Caller, AuthenticateError> {
        let text = text.expose_secret();
        let unauthorized = AuthenticateError::Unauthorized;
        let (name, secret) = text.split_once(':').ok_or(unauthorized)?;
        if !is_name(name) || secret.contains(':') {
            return Err(AuthenticateError::Unauthorized);
        }
        let now = self.clock.now();
        let mut conn = self.database.acquire().await?;
        let key = api_key::get(&mut conn, name)
            .await?
            .filter(|key| key.secret_hash.is_of(&secret.into()))
            .filter(|key| key.expires_at.is_none_or(|end| now < end))
            .ok_or(AuthenticateError::Unauthorized)?;
        if key.last_used_at.is_none_or(|at| now - at >= TOUCH) {
            api_key::used(&mut conn, name, now).await?;
        }
        Ok(Caller {
            rights: roles_store::readable_rights(&mut conn, &key.roles).await?,
            role: key.roles.global().clone(),
            username: key.name.clone(),
            fullname: key.name,
            server: String::new(),
            proof: Proof::ApiKey,
            address: address.to_owned(),
        })
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_as_clients_write_them() {
        let noon = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (kind, hours, life) in [
            ("never", 0, None),
            ("onehour", 9, Some(TimeDelta::hours(1))),
            ("oneday", 0, Some(TimeDelta::days(1))),
            ("onemonth", 0, Some(TimeDelta::days(31))),
            ("oneyear", 0, Some(TimeDelta::days(365))),
            ("hours", 5, Some(TimeDelta::hours(5))),
            ("hours", 8_760, Some(TimeDelta::hours(8_760))),
        ] {
            let expiration = Expiration::parse(kind, hours).unwrap();
            assert_eq!(expiration.from(noon), life.map(|life| noon + life), "{kind}");
            assert_eq!(expiration.kind(), kind);
        }
        for (kind, hours) in [("", 0), ("hours", 0), ("hours", 8_761), ("Never", 0)] {
            assert_eq!(Expiration::parse(kind, hours), None, "{kind}");
        }
    }
}
