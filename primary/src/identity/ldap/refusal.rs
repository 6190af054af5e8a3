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
    /// The account is not let in: it is locked, switched off, or has no password.
    Unwilling,
}

/// Results of a bind that are about the account, not about the directory.
mod result {
    /// Too many wrong passwords, as 389 Directory Server counts them.
    pub(super) const CONSTRAINT_VIOLATION: u32 = 19;
    /// There is no password to compare with.
    pub(super) const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
    /// The name or the password is another.
    pub(super) const INVALID_CREDENTIALS: u32 = 49;
    /// The account may not bind.
    pub(super) const INSUFFICIENT_ACCESS: u32 = 50;
    /// The account is locked or switched off.
    pub(super) const UNWILLING: u32 = 53;
}

impl Refusal {
    /// What the result of a bind says of the account; none where it says nothing,
    /// but that the directory cannot do its work.
    pub(super) fn of(result: u32, text: &str) -> Option<Self> {
        match result {
            result::INVALID_CREDENTIALS => Some(Self::read(text)),
            result::CONSTRAINT_VIOLATION => Some(Self::Locked),
            result::INAPPROPRIATE_AUTHENTICATION
            | result::INSUFFICIENT_ACCESS
            | result::UNWILLING => Some(Self::Unwilling),
            _ => None,
        }
    }

    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Unknown => "account_unknown",
            Self::NotNow => "account_not_now",
            Self::PasswordExpired => "account_password_expired",
            Self::PasswordMustChange => "account_password_must_change",
            Self::Disabled => "account_disabled",
            Self::Expired => "account_expired",
            Self::Locked => "account_locked",
            Self::Unwilling => "account_not_let_in",
        }
    }

    /// Reads it out of `… AcceptSecurityContext error, data 775, v1db1`.
    fn read(text: &str) -> Self {
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
            Self::Unwilling => "does not let the account in: it may be locked or disabled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_account_is_no_outage() {
        let active_directory = "80090308: LdapErr: DSID-0C09041C, comment: \
                                AcceptSecurityContext error, data 775, v4563";
        for (result, text, expected) in [
            (49, "", Some(Refusal::Password)),
            (49, active_directory, Some(Refusal::Locked)),
            (19, "Exceed password retry limit.", Some(Refusal::Locked)),
            (53, "Account inactivated.", Some(Refusal::Unwilling)),
            (48, "", Some(Refusal::Unwilling)),
            // Busy, unavailable, another error, TLS wanted.
            (51, "", None),
            (52, "", None),
            (80, "", None),
            (13, "", None),
        ] {
            assert_eq!(Refusal::of(result, text), expected, "{result} {text}");
        }
    }
}
