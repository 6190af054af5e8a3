//! LDAP and Active Directory: looking a user up, trying its password, and its
//! groups.
//!
//! [`lookup`] is the whole of it, step by step; [`connection`] bounds what a
//! directory can cost, [`page`] reads what is much, [`filter`] is the one place
//! where text from outside gets into a filter.

mod connection;
mod filter;
mod login;
mod lookup;
mod page;
mod primary_group;
mod refusal;
mod settings;

use std::fmt;

use thiserror::Error;

pub(super) use connection::Connections;
pub use login::{Trial, TrialError};
pub use refusal::Refusal;
pub use settings::{Flavor, LdapSettings};

/// A step of a lookup, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reaching the directory, TLS included.
    Connect,
    /// Binding as the configured name.
    Bind,
    /// Finding the user.
    FindUser,
    /// Binding as the user, with the password.
    Password,
    /// Finding the user's groups.
    FindGroups,
}

impl Step {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Bind => "bind",
            Self::FindUser => "find_user",
            Self::Password => "password",
            Self::FindGroups => "find_groups",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to the directory",
            Self::Bind => "binding as bind_dn",
            Self::FindUser => "finding the user below base_dn",
            Self::Password => "binding as the user",
            Self::FindGroups => "finding the user's groups",
        })
    }
}

/// A lookup that failed.
#[derive(Debug, Error)]
pub enum LdapError {
    /// A step failed.
    #[error("{step} failed: {reason}")]
    Failed {
        /// Which.
        step: Step,
        /// Why.
        reason: String,
    },
    /// There is no such user, or more than one.
    #[error("finding the user below base_dn failed: {0} entries match, and one must")]
    NotOne(usize),
    /// The directory refuses the user, mostly for another password.
    #[error("binding as the user failed: the directory {0}")]
    Refused(Refusal),
    /// Too many lookups at once.
    #[error("too many logins at once; try again in a moment")]
    Busy,
    /// Others that came with it failed too often meanwhile.
    #[error("too many failed logins")]
    Damped,
}

impl LdapError {
    fn at(step: Step, reason: impl fmt::Display) -> Self {
        Self::Failed { step, reason: reason.to_string() }
    }

    /// The step that failed.
    pub const fn step(&self) -> Option<Step> {
        match self {
            Self::Failed { step, .. } => Some(*step),
            Self::NotOne(_) => Some(Step::FindUser),
            Self::Refused(_) => Some(Step::Password),
            Self::Busy | Self::Damped => None,
        }
    }
}
