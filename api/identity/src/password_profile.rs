//! The rules of passwords: what one must have, how long it lasts, what failed
//! logins lead to.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::opaque_string::opaque_string;
use crate::password::MAX_PASSWORD_BYTES;

/// The least that a profile can demand, in characters.
pub const LEAST_MIN_LEN: u32 = 6;
/// Most former passwords that are remembered.
pub const MAX_HISTORY: u32 = 32;
/// Idle times that a session can have, in seconds.
pub const IDLE_SECONDS: std::ops::RangeInclusive<u32> = 30..=3_600;
/// Longest comment, in bytes.
const MAX_COMMENT: usize = 1_024;
/// Longest time that can be configured, in days: a century.
const MAX_DAYS: u32 = 36_500;
/// Longest block.
const MAX_BLOCK_MINUTES: u32 = MAX_DAYS * 1_440;

/// The rules that hold for all local users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordProfile {
    /// For the administrators.
    pub comment: String,
    /// Characters at least.
    pub min_len: u32,
    /// Upper-case letters at least.
    pub min_uppercase_count: u32,
    /// Lower-case letters at least.
    pub min_lowercase_count: u32,
    /// Digits at least.
    pub min_digit_count: u32,
    /// Other visible characters at least.
    pub min_special_count: u32,
    /// Whether passwords expire.
    pub enable_password_expiration: bool,
    /// After so many days.
    pub password_expire_after_days: u32,
    /// Whether former passwords are refused.
    pub enable_password_history: bool,
    /// So many of them, the present one included.
    pub password_keep_history_count: u32,
    /// Whether failed logins block a user.
    pub enable_block_after_failed_login: bool,
    /// After so many.
    pub block_after_failed_login_count: u32,
    /// For so many minutes.
    pub block_minutes: u32,
    /// Idle time in seconds of users that have none of their own.
    pub session_timeout: u32,
}

impl Default for PasswordProfile {
    fn default() -> Self {
        Self {
            comment: "default".to_owned(),
            min_len: 8,
            min_uppercase_count: 0,
            min_lowercase_count: 0,
            min_digit_count: 0,
            min_special_count: 0,
            enable_password_expiration: false,
            password_expire_after_days: 0,
            enable_password_history: false,
            password_keep_history_count: 0,
            enable_block_after_failed_login: false,
            block_after_failed_login_count: 0,
            block_minutes: 0,
            session_timeout: 300,
        }
    }
}

/// A password that the profile does not accept.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum WeakPassword {
    /// Too short, or too few characters of a kind.
    #[error("the password is too weak")]
    TooWeak,
    /// It is too long to be hashed.
    #[error("a password may have at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// It is the present or a former one.
    #[error("the password has been used before")]
    UsedBefore,
}

impl WeakPassword {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooWeak => "password_too_weak",
            Self::TooLong => "password_too_long",
            Self::UsedBefore => "password_used_before",
        }
    }
}

/// A profile that makes no sense.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ProfileError {
    /// The comment is too long.
    #[error("a comment has at most {MAX_COMMENT} bytes")]
    Comment,
    /// Too short to be a password.
    #[error("min_len is {LEAST_MIN_LEN} to {MAX_PASSWORD_BYTES}")]
    MinLen,
    /// The kinds of characters need more room.
    #[error("min_len is less than the sum of the other counts")]
    Counts,
    /// Passwords would expire at once.
    #[error("password_expire_after_days is 1 to {MAX_DAYS} where passwords expire")]
    Expiration,
    /// No password would be remembered.
    #[error("password_keep_history_count is 1 at least where former passwords are refused")]
    History,
    /// Users would be blocked at once, or for no time.
    #[error(
        "block_after_failed_login_count is 1 at least, and block_minutes is 1 to \
         {MAX_BLOCK_MINUTES}, where failed logins block"
    )]
    Block,
    /// No idle time.
    #[error("session_timeout is 30 to 3,600 seconds")]
    SessionTimeout,
}

impl ProfileError {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "profile_comment",
            Self::MinLen => "profile_min_len",
            Self::Counts => "profile_counts",
            Self::Expiration => "profile_expiration",
            Self::History => "profile_history",
            Self::Block => "profile_block",
            Self::SessionTimeout => "profile_session_timeout",
        }
    }
}

impl PasswordProfile {
    /// Whether the profile makes sense. A longer history than can be kept is
    /// cut.
    pub fn checked(mut self) -> Result<Self, ProfileError> {
        self.password_keep_history_count = self.password_keep_history_count.min(MAX_HISTORY);
        if self.comment.len() > MAX_COMMENT {
            return Err(ProfileError::Comment);
        }
        let counts = [
            self.min_uppercase_count,
            self.min_lowercase_count,
            self.min_digit_count,
            self.min_special_count,
        ];
        let sum = counts.into_iter().fold(0_u32, u32::saturating_add);
        if !(LEAST_MIN_LEN..=MAX_PASSWORD_BYTES as u32).contains(&self.min_len) {
            return Err(ProfileError::MinLen);
        }
        if self.min_len < sum {
            return Err(ProfileError::Counts);
        }
        if self.enable_password_expiration
            && !(1..=MAX_DAYS).contains(&self.password_expire_after_days)
        {
            return Err(ProfileError::Expiration);
        }
        if self.enable_password_history && self.password_keep_history_count == 0 {
            return Err(ProfileError::History);
        }
        if self.enable_block_after_failed_login
            && (self.block_after_failed_login_count == 0
                || !(1..=MAX_BLOCK_MINUTES).contains(&self.block_minutes))
        {
            return Err(ProfileError::Block);
        }
        if !IDLE_SECONDS.contains(&self.session_timeout) {
            return Err(ProfileError::SessionTimeout);
        }
        Ok(self)
    }

    /// Whether `password` has what one must have.
    pub fn check(&self, password: &str) -> Result<(), WeakPassword> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(WeakPassword::TooLong);
        }
        let password = opaque_string(password);
        let count = |kind: fn(char) -> bool| password.chars().filter(|c| kind(*c)).count();
        let special = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control();
        let enough = [
            (password.chars().count(), self.min_len),
            (count(char::is_uppercase), self.min_uppercase_count),
            (count(char::is_lowercase), self.min_lowercase_count),
            (count(char::is_numeric), self.min_digit_count),
            (count(special), self.min_special_count),
        ]
        .into_iter()
        .all(|(found, wanted)| found >= wanted as usize);
        if enough { Ok(()) } else { Err(WeakPassword::TooWeak) }
    }

    /// So many former passwords are kept beside the present one; none where
    /// former passwords are not refused.
    pub const fn former_passwords(&self) -> u32 {
        if self.enable_password_history {
            self.password_keep_history_count.saturating_sub(1)
        } else {
            0
        }
    }

    /// When a password that was set at `changed_at` expires, if ever.
    pub fn expires_at(&self, changed_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.enable_password_expiration
            .then(|| changed_at + TimeDelta::days(self.password_expire_after_days.into()))
    }

    /// Until when a user is blocked whose last counted failure was at
    /// `blocked_at`.
    pub fn blocked_until(&self, blocked_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.enable_block_after_failed_login
            .then(|| blocked_at + TimeDelta::minutes(self.block_minutes.into()))
    }

    /// Whether so many failures block a user.
    pub const fn blocks_after(&self, failures: u32) -> bool {
        self.enable_block_after_failed_login && failures >= self.block_after_failed_login_count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(change: fn(&mut PasswordProfile)) -> PasswordProfile {
        let mut profile = PasswordProfile::default();
        change(&mut profile);
        profile
    }

    #[test]
    fn what_a_password_must_have() {
        let strict = profile(|p| {
            p.min_len = 8;
            p.min_uppercase_count = 2;
            p.min_lowercase_count = 1;
            p.min_digit_count = 2;
            p.min_special_count = 1;
        });
        for (password, outcome) in [
            ("ABc12!xx", Ok(())),
            ("ÄÖü12§xx", Ok(())),
            ("ABc12!x", Err(WeakPassword::TooWeak)),
            ("Abc12!xx", Err(WeakPassword::TooWeak)),
            ("ABC12!XX", Err(WeakPassword::TooWeak)),
            ("ABcd1!xx", Err(WeakPassword::TooWeak)),
            ("ABc12 xx", Err(WeakPassword::TooWeak)),
            ("", Err(WeakPassword::TooWeak)),
        ] {
            assert_eq!(strict.check(password), outcome, "{password}");
        }
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        assert_eq!(PasswordProfile::default().check(&long), Err(WeakPassword::TooLong));
    }

    #[test]
    fn profiles_that_make_no_sense() {
        type Change = fn(&mut PasswordProfile);
        let wrong: &[(Change, ProfileError)] = &[
            (|p| p.comment = "x".repeat(MAX_COMMENT + 1), ProfileError::Comment),
            (|p| p.min_len = 5, ProfileError::MinLen),
            (|p| p.min_len = 5_000, ProfileError::MinLen),
            (|p| p.min_digit_count = 9, ProfileError::Counts),
            (|p| p.min_digit_count = u32::MAX, ProfileError::Counts),
            (|p| p.enable_password_expiration = true, ProfileError::Expiration),
            (|p| p.enable_password_history = true, ProfileError::History),
            (|p| p.enable_block_after_failed_login = true, ProfileError::Block),
            (|p| p.session_timeout = 29, ProfileError::SessionTimeout),
            (|p| p.session_timeout = 3_601, ProfileError::SessionTimeout),
        ];
        for (change, error) in wrong {
            assert_eq!(profile(*change).checked(), Err(*error));
        }
        let long = profile(|p| p.password_keep_history_count = 99).checked().unwrap();
        assert_eq!(long.password_keep_history_count, MAX_HISTORY);
    }

    #[test]
    fn time_runs_only_where_it_is_enabled() {
        let noon = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(PasswordProfile::default().expires_at(noon), None);
        assert_eq!(PasswordProfile::default().blocked_until(noon), None);
        assert!(!PasswordProfile::default().blocks_after(1_000));
        let on = profile(|p| {
            p.enable_password_expiration = true;
            p.password_expire_after_days = 2;
            p.enable_block_after_failed_login = true;
            p.block_after_failed_login_count = 3;
            p.block_minutes = 5;
        });
        assert_eq!(on.expires_at(noon), Some(noon + TimeDelta::days(2)));
        assert_eq!(on.blocked_until(noon), Some(noon + TimeDelta::minutes(5)));
        assert!(!on.blocks_after(2) && on.blocks_after(3));
    }
}
