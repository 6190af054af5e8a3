//! Login and sessions.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::User;

/// Body of `POST /v1/auth`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AuthData {
    /// Address of the user's machine, as a portal in between saw it.
    #[serde(default)]
    pub client_ip: String,
    /// The password login; the only kind for local users.
    pub password: Option<AuthPassword>,
    /// What a provider of single sign-on answered, for `POST
    /// /v1/auth/{server}`.
    #[serde(rename = "Token", alias = "token")]
    pub token: Option<AuthToken>,
}

/// What a provider of single sign-on answered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AuthToken {
    /// The code; of SAML also the form that the provider had posted, with
    /// `SAMLResponse`, as it came.
    #[serde(default)]
    #[schema(value_type = String, format = Password)]
    pub token: SecretString,
    /// The state that came with it.
    #[serde(default)]
    pub state: String,
    /// The address that the provider redirected to, as it was when the login
    /// began.
    #[serde(default)]
    pub redirect_endpoint: String,
    /// The issuer that came with the code (RFC 9207), if one did.
    pub iss: Option<String>,
}

/// Name and password of a user.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AuthPassword {
    /// The user's name.
    #[serde(default)]
    pub username: String,
    /// The user's password.
    #[serde(default = "no_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The password that shall follow, where one must be chosen.
    #[schema(value_type = Option<String>, format = Password)]
    pub new_password: Option<SecretString>,
}

fn no_secret() -> SecretString {
    SecretString::default()
}

/// A permission with what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolePermission {
    /// The permission's id.
    pub id: String,
    /// Whether it allows reading; false where a client leaves it out.
    #[serde(default)]
    #[schema(required = true)]
    pub read: bool,
    /// Whether it allows changing; false where a client leaves it out.
    #[serde(default)]
    #[schema(required = true)]
    pub write: bool,
}

/// The token of a session and the user behind it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// The token, to be sent as `X-Auth-Token`; empty where the login asked for
    /// a cookie.
    pub token: String,
    /// What the user may do everywhere.
    pub global_permissions: Vec<RolePermission>,
    /// What the user may do in single namespaces.
    pub domain_permissions: BTreeMap<String, Vec<RolePermission>>,
    /// The user.
    #[serde(flatten)]
    pub user: User,
}

/// Answer of `POST /v1/auth`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenData {
    /// The token; null when the password must be changed first.
    pub token: Option<Token>,
    /// Days until the password expires; -1: never.
    pub password_days_until_expire: i64,
    /// Hours until the password expires, beyond the days.
    pub password_hours_until_expire: i64,
    /// Whether the password must be changed before a login.
    pub need_to_reset_password: bool,
}

/// Answer of `GET /v1/selfuser`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SelfUserData {
    /// The caller.
    pub user: User,
    /// Days until the password expires; -1: never.
    pub password_days_until_expire: i64,
    /// Hours until the password expires, beyond the days.
    pub password_hours_until_expire: i64,
    /// What the caller may do everywhere.
    pub global_permissions: Vec<RolePermission>,
    /// What the caller may do in single namespaces.
    pub domain_permissions: BTreeMap<String, Vec<RolePermission>>,
}

/// Answer of `GET /v1/token_auth_server`: providers of single sign-on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct TokenAuthServersData {
    /// The enabled providers.
    pub servers: Vec<TokenAuthServer>,
}

/// A provider of single sign-on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenAuthServer {
    /// Its name.
    pub server_name: String,
    /// `saml` or `oidc`.
    pub server_type: String,
}
