//! What a change left behind, told apart from whatever else may stand there: of what no history
//! tells, this is how a change is taken back without what somebody else did since.

use palisade_api::Digest;
use serde::Serialize;
use thiserror::Error;

use crate::store::StoreError;

/// One state of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version of what is in this state.
    pub fn of(state: &impl Serialize) -> Result<Self, StoreError> {
        let json = serde_json::to_vec(state);
        let json = json.map_err(|error| StoreError::inconsistent("version", error))?;
        Ok(Self(format!("\"{}\"", Digest::of(&json))))
    }

    /// As an entity tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which versions a change is meant for; by default any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected(Option<Vec<String>>);

/// Another version is there than the change was meant for.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("somebody else changed it since; nothing was changed now")]
pub struct ChangedSince;

impl From<Version> for Expected {
    fn from(version: Version) -> Self {
        Self(Some(vec![version.0]))
    }
}

impl Expected {
    /// Reads lists of entity tags; `*` alone is any, and no list expects nothing. A weak tag stands
    /// for no version.
    pub fn read<'a>(lists: impl IntoIterator<Item = &'a str>) -> Self {
        let tags: Vec<&str> =
            lists.into_iter().flat_map(|list| list.split(',')).map(str::trim).collect();
        if tags.is_empty() || tags == ["*"] {
            return Self::default();
        }
        Self(Some(tags.into_iter().map(str::to_owned).collect()))
    }

    /// Refuses what is in another state than expected.
    pub fn check<E>(&self, state: &impl Serialize) -> Result<(), E>
    where
        E: From<ChangedSince> + From<StoreError>,
    {
        let Some(tags) = &self.0 else { return Ok(()) };
        let version = Version::of(state)?;
        if tags.iter().any(|tag| tag == version.as_str()) {
            Ok(())
        } else {
            Err(ChangedSince.into())
        }
    }

    /// What a change fails with that another one overtook: who named versions is told that none
    /// of these is there.
    pub fn overtaken<E: From<ChangedSince>>(&self, otherwise: E) -> E {
        if self.0.is_some() { ChangedSince.into() } else { otherwise }
    }

    /// Refuses what is not there, where anything is expected.
    pub fn check_gone(&self) -> Result<(), ChangedSince> {
        if self.0.is_none() { Ok(()) } else { Err(ChangedSince) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Refused;

    impl From<ChangedSince> for Refused {
        fn from(_: ChangedSince) -> Self {
            Self
        }
    }

    impl From<StoreError> for Refused {
        fn from(error: StoreError) -> Self {
            panic!("{error}")
        }
    }

    #[test]
    fn a_change_is_for_the_versions_that_it_names() {
        let (this, other) = (Version::of(&"this").unwrap(), Version::of(&"other").unwrap());
        let (this, other) = (this.as_str().to_owned(), other.as_str().to_owned());
        assert_ne!(this, other);
        let weak = format!("W/{this}");
        let list = format!("{other} , {this}");
        for (named, fits) in [
            (None, true),
            (Some("*"), true),
            (Some(this.as_str()), true),
            (Some(list.as_str()), true),
            (Some(other.as_str()), false),
            (Some(weak.as_str()), false),
            (Some(""), false),
            // One tag, though it looks like more, and a list that is none.
            (Some("\"other,*,other\""), false),
            (Some("\"other\", *"), false),
        ] {
            let expected = Expected::read(named);
            assert_eq!(expected.check::<Refused>(&"this").is_ok(), fits, "{named:?}");
        }
    }
}
