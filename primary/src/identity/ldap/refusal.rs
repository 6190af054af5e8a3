//! Why a directory refuses a name and its password.

use std::fmt;

/// What Active Directory says in the text of its answer, and others leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The password is another, or the directory keeps the reason to itself.
    Password,
    /// There is nobody of that name.
    Unknown,
    /// Not at this hour, or not from here.
    NotNow,
    /// The password is too old.
    PasswordExpired,
    /// The password must be changed first.
    PasswordMustChange,
    /// The account is switched off.
    Disabled,
    /// The account's time is over.
    Expired,
    /// The account is locked after too many wrong passwords.
    Locked,
}

impl Refusal {
    /// Reads it out of `… AcceptSecurityContext error, data 775, v1db1`.
    pub(super) fn read(text: &str) -> Self {
        let code =
            text.split_once("AcceptSecurityContext error, data ").map_or("", |(_, code)| code);
        match code.split(',').next().unwrap_or_default().trim() {
            "525" => Self::Unknown,
            "530" | "531" => Self::NotNow,
            "532" => Self::PasswordExpired,
            "533" => Self::Disabled,
            "701" => Self::Expired,
            "773" => Self::PasswordMustChange,
            "775" => Self::Locked,
            _ => Self::Password,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "refuses the password",
            Self::Unknown => "knows nobody of that name",
            Self::NotNow => "does not let the account in at this hour or from this machine",
            Self::PasswordExpired => "says that the password has expired",
            Self::PasswordMustChange => "says that the password must be changed first",
            Self::Disabled => "says that the account is disabled",
            Self::Expired => "says that the account has expired",
            Self::Locked => "says that the account is locked",
        })
    }
}
