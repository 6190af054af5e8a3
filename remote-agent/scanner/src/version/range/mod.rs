//! Ranges of versions, as ecosystems write them.
//!
//! Every syntax is read into [`Intervals`], a set of versions in the order of
//! its ecosystem. A set is decided by the order alone: where a tool hides
//! pre-releases unless asked for (npm, pip), the set has those that lie in
//! between, since a pre-release of an affected version is affected.

mod bracket;
mod composer;
mod ending;
mod gem;
mod interval;
mod lex;
mod list;
mod npm;
mod pep440;
mod vers;

pub use interval::{Interval, Intervals};

use super::Scheme;

/// Longest text of a range.
const MAX_LENGTH: usize = 64 * 1024;

/// In whose words a range is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `^1.2 || ~2.0.1 || 3.x || 4 - 5`, as package.json has it.
    Npm,
    /// `~=1.4.2, !=1.4.5`, Python's specifiers; also alternatives with `||`.
    Pep440,
    /// `~> 2.2, >= 2.2.5`, Ruby's requirements; also alternatives with `||`.
    Gem,
    /// `[1.2,2.0),(,1.0]`; a bare version means itself.
    Maven,
    /// As Maven's; a bare version is the lowest.
    NuGet,
    /// `^1.2 || ~2.3 || 3.* || 4.0 - 5.0`, as composer.json has it.
    Composer,
    /// `>=1.0, <2.0 || =3.0` in any order, as the advisory databases of
    /// GitHub and GitLab write where the ecosystem has no words of its own.
    List(Scheme),
}

/// What is wrong with a range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// There is nothing.
    #[error("the range is empty")]
    Empty,
    /// More text or parts than any range needs.
    #[error("the range is too long")]
    TooLong,
    /// No operator of the syntax.
    #[error("the range has the unknown operator \"{0}\"")]
    Operator(String),
    /// No version, or none that the operator can be used with.
    #[error("the range has \"{0}\" where a version must be")]
    Version(String),
}

impl Syntax {
    /// Reads a range.
    pub fn parse(self, text: &str) -> Result<Intervals, RangeError> {
        if text.len() > MAX_LENGTH {
            return Err(RangeError::TooLong);
        }
        match self {
            Self::Npm => npm::parse(text),
            Self::Pep440 => pep440::parse(text),
            Self::Gem => gem::parse(text),
            Self::Maven => bracket::parse(Scheme::Maven, bracket::Bare::Itself, text),
            Self::NuGet => bracket::parse(Scheme::NuGet, bracket::Bare::Lowest, text),
            Self::Composer => composer::parse(text),
            Self::List(scheme) => list::parse(scheme, text),
        }
    }

    /// Whose order the range is in.
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Npm => Scheme::SemVer,
            Self::Pep440 => Scheme::Pep440,
            Self::Gem => Scheme::Gem,
            Self::Maven => Scheme::Maven,
            Self::NuGet => Scheme::NuGet,
            Self::Composer => Scheme::Composer,
            Self::List(scheme) => scheme,
        }
    }
}
