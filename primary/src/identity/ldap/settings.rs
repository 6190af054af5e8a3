//! What is configured of a directory.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use crate::identity::directory::{
    SettingsError, check_certificates, check_optional_text, check_text,
};

/// An LDAP directory, without the password of the bind name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LdapSettings {
    /// Its kind.
    pub directory: Flavor,
    /// Host name or IP address.
    pub hostname: String,
    /// Port; 389, or 636 with `ssl`, where it is 0.
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
    /// The attribute of a group that names its members.
    pub group_member_attr: String,
    /// The attribute of a user that is its name.
    pub username_attr: String,
    /// Further condition for users, an LDAP filter; may be empty.
    pub user_filter: String,
    /// Further condition for groups, an LDAP filter; may be empty.
    pub group_filter: String,
    /// Whether members of a group are members of the groups it is in.
    pub nested_groups: bool,
}

/// The kinds of directories, whose usual attributes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flavor {
    /// OpenLDAP and its like.
    #[default]
    OpenLDAP,
    /// Active Directory.
    MicrosoftAD,
}

impl Flavor {
    /// The word that clients use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenLDAP => "OpenLDAP",
            Self::MicrosoftAD => "MicrosoftAD",
        }
    }

    /// The flavor of a word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OpenLDAP, Self::MicrosoftAD].into_iter().find(|flavor| flavor.as_str() == text)
    }
}

impl LdapSettings {
    /// These settings with the usual values where nothing is given.
    #[must_use]
    pub fn completed(mut self) -> Self {
        let (username, member) = match self.directory {
            Flavor::OpenLDAP => ("cn", "memberUid"),
            Flavor::MicrosoftAD => ("sAMAccountName", "member"),
        };
        if self.username_attr.is_empty() {
            username.clone_into(&mut self.username_attr);
        }
        if self.group_member_attr.is_empty() {
            member.clone_into(&mut self.group_member_attr);
        }
        if self.port == 0 {
            self.port = if self.ssl { 636 } else { 389 };
        }
        self
    }

    /// Whether it is the same directory, reached as safely.
    pub fn asks_same_server(&self, other: &Self) -> bool {
        let way = |one: &Self| (one.hostname.clone(), one.port, one.ssl, one.start_tls);
        way(self) == way(other)
    }

    /// Whether the settings make a directory.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_text("hostname", &self.hostname)?;
        check_text("base_dn", &self.base_dn)?;
        check_text("username_attr", &self.username_attr)?;
        check_text("group_member_attr", &self.group_member_attr)?;
        for (name, text) in [
            ("group_dn", &self.group_dn),
            ("bind_dn", &self.bind_dn),
            ("user_filter", &self.user_filter),
            ("group_filter", &self.group_filter),
        ] {
            check_optional_text(name, text)?;
        }
        let invalid = |text: &str| Err(SettingsError::Invalid(text.to_owned()));
        let is_name = self
            .hostname
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if !is_name && self.hostname.parse::<Ipv6Addr>().is_err() {
            return invalid("hostname is a host name or an IP address");
        }
        let is_attribute = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !is_attribute(&self.username_attr) || !is_attribute(&self.group_member_attr) {
            return invalid("username_attr and group_member_attr are names of attributes");
        }
        if self.ssl && self.start_tls {
            return invalid("ssl and start_tls exclude each other");
        }
        for (name, filter) in
            [("user_filter", &self.user_filter), ("group_filter", &self.group_filter)]
        {
            if !filter.is_empty() && ldap3::parse_filter(filter).is_err() {
                return invalid(&format!("{name} is no LDAP filter"));
            }
        }
        check_certificates(&self.ca_cert)
    }
}
