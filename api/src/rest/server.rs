//! Directories and providers of single sign-on that vouch for users.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access_scope::AccessScope;

/// Answer of `GET /v1/server`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ServersData {
    /// The directories.
    pub servers: Vec<Server>,
    /// Roles that a directory's groups can be mapped to.
    pub mappable_roles: MappableRoles,
}

/// Answer of `GET /v1/server/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerData {
    /// The directory.
    pub server: Server,
}

/// A directory, without its secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Server {
    /// Its name.
    pub server_name: String,
    /// `ldap`, `saml` or `oidc`.
    pub server_type: String,
    /// Present for LDAP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldap: Option<ServerLdap>,
    /// Present for SAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<ServerSaml>,
    /// Present for OpenID Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<ServerOidc>,
}

/// An LDAP directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ServerLdap {
    /// `OpenLDAP` or `MicrosoftAD`.
    pub directory: String,
    /// Host name or IP address.
    pub hostname: String,
    /// Port.
    pub port: u16,
    /// Whether the connection begins with TLS.
    pub ssl: bool,
    /// Whether the connection goes over to TLS before anything else.
    pub start_tls: bool,
    /// Certificates in PEM that vouch for the directory beside the public ones.
    pub ca_cert: String,
    /// Below it are the users.
    pub base_dn: String,
    /// Below it are the groups; empty: `base_dn`.
    pub group_dn: String,
    /// The name that looks users up; empty: anonymous.
    pub bind_dn: String,
    /// Always empty.
    pub bind_password: String,
    /// The attribute of a group that names its members.
    pub group_member_attr: String,
    /// The attribute of a user that is its name.
    pub username_attr: String,
    /// Further condition for users, an LDAP filter.
    pub user_filter: String,
    /// Further condition for groups, an LDAP filter.
    pub group_filter: String,
    /// Whether members of a group are members of the groups it is in.
    pub nested_groups: bool,
    /// Whether it vouches for users.
    pub enable: bool,
    /// Role of users in none of the mapped groups.
    pub default_role: String,
    /// Groups by their global role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_groups: BTreeMap<String, Vec<String>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Vec<GroupRoleMapping>,
}

/// A provider of OpenID Connect.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ServerOidc {
    /// The issuer.
    pub issuer: String,
    /// Empty: discovered when it is needed.
    pub authorization_endpoint: String,
    /// Empty: discovered when it is needed.
    pub token_endpoint: String,
    /// Empty: discovered when it is needed.
    pub user_info_endpoint: String,
    /// The client.
    pub client_id: String,
    /// Always empty.
    pub client_secret: String,
    /// The claim with the groups, dots for a claim within a claim; empty:
    /// `NVRoleGroup`, else `groups`.
    pub group_claim: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// Whether it vouches for users.
    pub enable: bool,
    /// Role of users in none of the mapped groups.
    pub default_role: String,
    /// Groups by their global role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_groups: BTreeMap<String, Vec<String>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Vec<GroupRoleMapping>,
    /// Whether the provider is reached by the primary's proxy.
    pub use_proxy: bool,
    /// Certificates in PEM that vouch for the provider beside the public ones.
    pub ca_cert: String,
}

/// A provider of SAML.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ServerSaml {
    /// Where the browser goes to log in.
    pub sso_url: String,
    /// Who the provider is.
    pub issuer: String,
    /// What the provider signs with, in PEM.
    pub x509_cert: String,
    /// The attribute with the groups; empty: `NVRoleGroup`, else the groups of
    /// Microsoft.
    pub group_claim: String,
    /// All certificates that count, and what they say of themselves.
    pub x509_certs: Vec<X509CertInfo>,
    /// Whether it vouches for users.
    pub enable: bool,
    /// Role of users in none of the mapped groups.
    pub default_role: String,
    /// Groups by their global role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_groups: BTreeMap<String, Vec<String>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Vec<GroupRoleMapping>,
    /// Whether our requests for a login are signed.
    pub authn_signing_enabled: bool,
    /// Our own certificate in PEM.
    pub signing_cert: String,
    /// Whether who logs out here logs out there, and the other way.
    pub slo_enabled: bool,
    /// Where the browser goes to log out.
    pub slo_url: String,
    /// How the browser brings our requests to `sso_url`: `redirect` or `post`.
    #[serde(default)]
    pub sso_binding: String,
    /// The same for `slo_url`.
    #[serde(default)]
    pub slo_binding: String,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct X509CertInfo {
    /// The certificate in PEM.
    pub x509_cert: String,
    /// The common name of who vouches for it.
    pub issuer_cn: String,
    /// Its own common name.
    pub subject_cn: String,
    /// When it ends, in seconds since 1970.
    pub subject_notafter: i64,
}

/// The roles of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupRoleMapping {
    /// The group's name.
    pub group: String,
    /// Role everywhere.
    #[serde(default)]
    pub global_role: String,
    /// Roles in single namespaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_domains: BTreeMap<String, Vec<String>>,
    /// What the global role is limited to; absent: nothing, or in a
    /// change that which it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_scope: Option<AccessScope>,
}

/// Roles that a directory's groups can be mapped to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct MappableRoles {
    /// For users without a mapped group.
    pub default_roles: Vec<String>,
    /// For groups, everywhere.
    pub group_roles: Vec<String>,
    /// For groups, in single namespaces.
    pub group_domain_roles: Vec<String>,
}

/// Body of `POST /v1/server` and `PATCH /v1/server/{name}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerConfigData {
    /// The directory.
    pub config: ServerConfig,
}

/// A directory to create or change: exactly one kind.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ServerConfig {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// For LDAP.
    pub ldap: Option<ServerLdapConfig>,
    /// For OpenID Connect.
    pub oidc: Option<ServerOidcConfig>,
    /// For SAML.
    pub saml: Option<ServerSamlConfig>,
}

/// What to set of an LDAP directory; absent keys keep their value.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ServerLdapConfig {
    /// `OpenLDAP` or `MicrosoftAD`.
    pub directory: Option<String>,
    /// Host name or IP address.
    pub hostname: Option<String>,
    /// Port; 0: the usual one.
    pub port: Option<u16>,
    /// Whether the connection begins with TLS.
    pub ssl: Option<bool>,
    /// Whether the connection goes over to TLS before anything else.
    pub start_tls: Option<bool>,
    /// Certificates in PEM that vouch for the directory beside the public ones.
    pub ca_cert: Option<String>,
    /// Below it are the users.
    pub base_dn: Option<String>,
    /// Below it are the groups; empty: `base_dn`.
    pub group_dn: Option<String>,
    /// The name that looks users up; empty: anonymous.
    pub bind_dn: Option<String>,
    /// Its password; to be given anew with another host.
    #[schema(value_type = Option<String>, format = Password)]
    pub bind_password: Option<SecretString>,
    /// The attribute of a group that names its members; empty: the usual one.
    pub group_member_attr: Option<String>,
    /// The attribute of a user that is its name; empty: the usual one.
    pub username_attr: Option<String>,
    /// Further condition for users, an LDAP filter.
    pub user_filter: Option<String>,
    /// Further condition for groups, an LDAP filter.
    pub group_filter: Option<String>,
    /// Whether members of a group are members of the groups it is in.
    pub nested_groups: Option<bool>,
    /// Whether it vouches for users.
    pub enable: Option<bool>,
    /// Role of users in none of the mapped groups.
    pub default_role: Option<String>,
    /// Groups by their global role; where `group_mapped_roles` is absent.
    pub role_groups: Option<BTreeMap<String, Vec<String>>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Option<Vec<GroupRoleMapping>>,
}

/// What to set of a provider of OpenID Connect; absent keys keep their value.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ServerOidcConfig {
    /// The issuer.
    pub issuer: Option<String>,
    /// The client.
    pub client_id: Option<String>,
    /// Its secret; to be given anew with another issuer.
    #[schema(value_type = Option<String>, format = Password)]
    pub client_secret: Option<SecretString>,
    /// The claim with the groups, dots for a claim within a claim; empty:
    /// `NVRoleGroup`, else `groups`.
    pub group_claim: Option<String>,
    /// The scopes that are asked for.
    pub scopes: Option<Vec<String>>,
    /// Whether it vouches for users.
    pub enable: Option<bool>,
    /// Role of users in none of the mapped groups.
    pub default_role: Option<String>,
    /// Groups by their global role; where `group_mapped_roles` is absent.
    pub role_groups: Option<BTreeMap<String, Vec<String>>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Option<Vec<GroupRoleMapping>>,
    /// Whether the provider is reached by the primary's proxy.
    pub use_proxy: Option<bool>,
    /// Certificates in PEM that vouch for the provider beside the public ones.
    pub ca_cert: Option<String>,
}

/// What to set of a provider of SAML; absent keys keep their value.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ServerSamlConfig {
    /// The metadata that the provider publishes, as XML: it sets `issuer`,
    /// `sso_url`, `slo_url`, how they are reached, and the certificates, where they are absent here.
    pub idp_metadata: Option<String>,
    /// Where the browser goes to log in.
    pub sso_url: Option<String>,
    /// Who the provider is.
    pub issuer: Option<String>,
    /// What the provider signs with, in PEM.
    pub x509_cert: Option<String>,
    /// Further certificates that count as well.
    pub x509_cert_extra: Option<Vec<String>>,
    /// The attribute with the groups; empty: `NVRoleGroup`, else the groups of
    /// Microsoft.
    pub group_claim: Option<String>,
    /// Whether it vouches for users.
    pub enable: Option<bool>,
    /// Role of users in none of the mapped groups.
    pub default_role: Option<String>,
    /// Groups by their global role; where `group_mapped_roles` is absent.
    pub role_groups: Option<BTreeMap<String, Vec<String>>>,
    /// The mapped groups; the first that a user is in decides.
    pub group_mapped_roles: Option<Vec<GroupRoleMapping>>,
    /// Whether our requests for a login are signed.
    pub authn_signing_enabled: Option<bool>,
    /// Our own certificate in PEM: for our signatures, and for what is
    /// encrypted for us.
    pub signing_cert: Option<String>,
    /// Its RSA key in PEM.
    #[schema(value_type = Option<String>, format = Password)]
    pub signing_key: Option<SecretString>,
    /// Whether who logs out here logs out there, and the other way.
    pub slo_enabled: Option<bool>,
    /// Where the browser goes to log out.
    pub slo_url: Option<String>,
    /// How the browser brings our requests to `sso_url`: `redirect`, by its
    /// address, or `post`, by a form.
    pub sso_binding: Option<String>,
    /// The same for `slo_url`.
    pub slo_binding: Option<String>,
}

/// Body of `PATCH /v1/server/{name}/group/{group}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerGroupConfigData {
    /// The group's roles.
    pub config: ServerGroupConfig,
}

/// The roles of a group of a directory.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerGroupConfig {
    /// The directory.
    #[serde(default)]
    pub name: String,
    /// The roles; absent: the group is mapped no more.
    pub mapped_roles: Option<GroupRoleMapping>,
}

/// Body of `PATCH /v1/server/{name}/groups`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerGroupsOrderConfigData {
    /// The order.
    pub config: ServerGroupsOrderConfig,
}

/// The order of the mapped groups of a directory.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerGroupsOrderConfig {
    /// The directory.
    #[serde(default)]
    pub name: String,
    /// The mapped groups, the most important first.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Answer of calls that change the mapping.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerGroupsData {
    /// The mapped groups in order.
    pub groups: Vec<String>,
}

/// Body of `PATCH /v1/server/{name}/role/{role}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerRoleGroupsConfigData {
    /// The groups.
    pub config: ServerRoleGroupsConfig,
}

/// The groups that have a role everywhere.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ServerRoleGroupsConfig {
    /// The directory.
    #[serde(default)]
    pub name: String,
    /// The role.
    #[serde(default)]
    pub role: String,
    /// The groups, and no others.
    #[serde(default)]
    pub groups: Vec<String>,
}
