//! Users.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access_scope::AccessScope;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// `username`, or `server:username` for a directory's user.
    pub fullname: String,
    /// The directory; empty for local users.
    pub server: String,
    /// Name without the server.
    pub username: String,
    /// Always empty.
    pub password: String,
    /// Mail address, may be empty.
    pub email: String,
    /// Global role: `admin`, `reader`, `ciops`, `fedAdmin`, `fedReader` or empty.
    pub role: String,
    /// Idle time in seconds after which a session ends.
    pub timeout: u32,
    /// Language of the portal.
    pub locale: String,
    /// Whether the first administrator's password still stands.
    pub default_password: bool,
    /// Whether the password must be changed.
    pub modify_password: bool,
    /// Roles in single namespaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_domains: BTreeMap<String, Vec<String>>,
    /// What the global role is limited to; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_scope: Option<AccessScope>,
    /// Last login in seconds since 1970; 0: never.
    pub last_login_timestamp: i64,
    /// Last login as `YYYY-MM-DDTHH:MM:SSZ`; empty: never.
    pub last_login_at: String,
    /// Logins so far.
    pub login_count: u32,
    /// Whether logins are blocked after too many failures.
    pub blocked_for_failed_login: bool,
    /// Whether logins are blocked because the password expired.
    pub blocked_for_password_expired: bool,
    /// Whether the caller may reset this user's password.
    pub password_resettable: bool,
}

/// Answer of `GET /v1/user`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UsersData {
    /// The users that the caller may see.
    pub users: Vec<User>,
    /// Roles that can be given everywhere.
    pub global_roles: Vec<String>,
    /// Roles that can be given in single namespaces.
    pub domain_roles: Vec<String>,
    /// Roles that cannot be given in single namespaces.
    pub roles_not_for_domain: Vec<String>,
}

/// Answer of `GET /v1/user/{fullname}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserData {
    /// The user.
    pub user: User,
}

/// Body of `POST /v1/user`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserCreation {
    /// The user to create.
    pub user: NewUser,
}

/// A user to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewUser {
    /// Full name; the same as `username` for local users.
    #[serde(default)]
    pub fullname: String,
    /// Name.
    #[serde(default)]
    pub username: String,
    /// Password.
    #[serde(default)]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// Mail address.
    #[serde(default)]
    pub email: String,
    /// Global role.
    #[serde(default)]
    pub role: String,
    /// Idle time in seconds, 30 to 3,600; 0: the usual one.
    #[serde(default)]
    pub timeout: u32,
    /// Language of the portal.
    #[serde(default)]
    pub locale: String,
    /// Roles in single namespaces.
    #[serde(default)]
    pub role_domains: BTreeMap<String, Vec<String>>,
    /// What the global role is limited to.
    #[serde(default)]
    pub access_scope: Option<AccessScope>,
}

/// Body of `PATCH /v1/user/{fullname}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserConfigData {
    /// What to change; absent keys keep their value.
    pub config: UserConfig,
}

/// What to change of a user.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserConfig {
    /// Full name; that of the path.
    pub fullname: Option<String>,
    /// The present password; needed to change one's own.
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// A new password.
    #[schema(value_type = Option<String>, format = Password)]
    pub new_password: Option<SecretString>,
    /// Mail address.
    pub email: Option<String>,
    /// Global role.
    pub role: Option<String>,
    /// Roles in single namespaces; what is absent, or in none, is taken away.
    pub role_domains: Option<BTreeMap<String, Vec<String>>>,
    /// What the global role is limited to; empty takes the limit away.
    pub access_scope: Option<AccessScope>,
    /// Idle time in seconds, 30 to 3,600; 0: the usual one.
    pub timeout: Option<u32>,
    /// Language of the portal.
    pub locale: Option<String>,
}

/// Body of `PATCH /v1/user/{fullname}/role/{role}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserRoleDomainsConfigData {
    /// Where the user has the role.
    pub config: UserRoleDomainsConfig,
}

/// Where a user has a role.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserRoleDomainsConfig {
    /// Full name; that of the path.
    #[serde(default)]
    pub fullname: String,
    /// Role; that of the path.
    #[serde(default)]
    pub role: String,
    /// The namespaces, and no others.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// Body of `POST /v1/user/{fullname}/password`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserPwdConfigData {
    /// What to do.
    pub config: UserPwdConfig,
}

/// What to do to a user's password.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserPwdConfig {
    /// Full name; that of the path.
    #[serde(default)]
    pub fullname: String,
    /// Unblock the user after failed logins.
    #[serde(default)]
    pub clear_failed_login: bool,
    /// A new password.
    #[schema(value_type = Option<String>, format = Password)]
    pub new_password: Option<SecretString>,
    /// Also where the present password is not expired.
    #[serde(default)]
    pub force_reset_password: bool,
    /// The next login must bring yet another password.
    #[serde(default)]
    pub reset_password_in_next_login: bool,
}

/// Answer of `GET /v1/user/{fullname}/session`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserSessionsData {
    /// The live sessions, the newest first.
    pub sessions: Vec<UserSession>,
}

/// A session of a user.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserSession {
    /// Its id.
    pub id: String,
    /// Address that the login came from.
    pub address: String,
    /// When it began, in seconds since 1970.
    pub created_timestamp: i64,
    /// Its last call, in seconds since 1970.
    pub last_seen_timestamp: i64,
    /// When it ends at the latest, in seconds since 1970.
    pub ends_timestamp: i64,
    /// Whether it is the caller's own.
    pub current: bool,
}
