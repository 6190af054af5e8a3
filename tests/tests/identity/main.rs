//! Users, keys, sessions and directories of a running primary, from outside.

mod api_key;
mod cookie;
mod flood;
mod ldap;
mod oidc;
mod password;
mod role;
mod saml;
mod user;
