//! Trials of a directory or provider.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::server::{ServerLdapConfig, ServerOidcConfig, ServerSamlConfig};

/// Body of `POST /v1/debug/server/test`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerTestData {
    /// What to try.
    pub test: ServerTest,
}

/// A directory to be tried: one that exists, settings, or both.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerTest {
    /// A directory that exists; its settings count where those below say
    /// nothing.
    #[serde(default)]
    pub name: String,
    /// Settings of LDAP.
    pub ldap: Option<ServerLdapConfig>,
    /// A user of it.
    pub test_ldap: Option<ServerLdapTest>,
    /// Settings of OpenID Connect.
    pub oidc: Option<ServerOidcConfig>,
    /// Settings of SAML.
    pub saml: Option<ServerSamlConfig>,
    /// What a provider of SAML sent.
    pub test_saml: Option<ServerSamlTest>,
}

/// A response of a provider of SAML that is tried.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ServerSamlTest {
    /// `SAMLResponse` as a browser posts it.
    #[serde(default)]
    pub response: String,
    /// Where the provider sent it.
    #[serde(default)]
    pub redirect_endpoint: String,
}

/// A user of a directory that is tried.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerLdapTest {
    /// Its name.
    #[serde(default)]
    pub username: String,
    /// Its password.
    #[serde(default)]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

/// Answer of `POST /v1/debug/server/test`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerTestResultData {
    /// What came out.
    pub result: ServerTestResult,
}

/// What the trial of a directory gave.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerTestResult {
    /// The user's groups; none where no user was tried.
    pub groups: Vec<String>,
    /// What is to be known of the directory or provider before people log in there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The same for programs, in the same order: `groups_left_out`, the provider leaves the
    /// groups of whoever is in many out of the token; `may_encrypt`, it can encrypt ID tokens, which
    /// are not read then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub note_codes: Vec<String>,
}
