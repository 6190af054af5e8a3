//! Which versions of the federation's protocol the two sides of a link speak.
//!
//! What is added to the protocol without changing what was there needs no new
//! version: unknown fields and messages are passed over.

use std::fmt;

use crate::federation::ProtocolRange;

/// The versions that this program speaks.
pub const SPOKEN: Protocols = Protocols { oldest: 1, newest: 1 };

/// A range of versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// The oldest.
    pub oldest: u32,
    /// The newest.
    pub newest: u32,
}

/// Two sides that have no version in common, as the one sees the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The other side has to be upgraded.
    OtherTooOld,
    /// This side has to be upgraded.
    OtherTooNew,
}

impl Protocols {
    /// What the other side says; who says nothing speaks the first version.
    pub fn from_wire(range: Option<&ProtocolRange>) -> Self {
        match range {
            Some(range) => Self { oldest: range.oldest, newest: range.newest },
            None => Self { oldest: 1, newest: 1 },
        }
    }

    /// The message that names the range.
    pub const fn to_wire(self) -> ProtocolRange {
        ProtocolRange { oldest: self.oldest, newest: self.newest }
    }

    /// The newest version that both sides speak.
    pub fn common(self, other: Self) -> Result<u32, Mismatch> {
        if other.newest < self.oldest {
            Err(Mismatch::OtherTooOld)
        } else if other.oldest > self.newest {
            Err(Mismatch::OtherTooNew)
        } else {
            Ok(self.newest.min(other.newest))
        }
    }
}

impl fmt::Display for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.oldest, self.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn speaks(oldest: u32, newest: u32) -> Protocols {
        Protocols { oldest, newest }
    }

    #[test]
    fn two_sides_meet_in_the_newest_version_that_both_speak() {
        for (own, other, expected) in [
            (speaks(1, 1), speaks(1, 1), Ok(1)),
            (speaks(1, 2), speaks(2, 3), Ok(2)),
            (speaks(2, 3), speaks(1, 2), Ok(2)),
            (speaks(2, 3), speaks(1, 1), Err(Mismatch::OtherTooOld)),
            (speaks(1, 1), speaks(2, 3), Err(Mismatch::OtherTooNew)),
        ] {
            assert_eq!(own.common(other), expected, "{own} and {other}");
        }
    }

    #[test]
    fn who_says_nothing_speaks_the_first_version() {
        assert_eq!(Protocols::from_wire(None), speaks(1, 1));
        assert_eq!(Protocols::from_wire(Some(&speaks(2, 5).to_wire())), speaks(2, 5));
    }
}
