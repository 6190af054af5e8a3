//! Users, keys, sessions and directories of a running primary, from outside.

mod active_directory;
mod api_key;
mod at_once;
mod bounds;
mod client_address;
mod cookie;
mod endless_directory;
mod flood;
mod ldap;
mod ldap_certificate;
mod ldap_group;
mod ldap_unknown;
mod oidc;
mod oidc_logout;
mod oidc_provider;
mod oidc_pushed;
mod password;
mod role;
mod saml;
mod trail;
mod user;
mod version;
