//! Sources of an update, as they are named on a command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;
use url::Url;

use super::super::feed::FeedKind;

/// A source: `KIND=https://…` or `KIND=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateSource {
    /// What kind of feed it is.
    pub kind: FeedKind,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a source comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A server.
    Url(Url),
    /// A file or folder of this machine.
    Path(PathBuf),
}

/// A text that is no source.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NoOrigin {
    /// It names no kind.
    #[error(transparent)]
    Kind(#[from] super::super::feed::NoSource),
    /// Its URL is none.
    #[error("the URL of the source {kind} is malformed: {reason}")]
    Url {
        /// The kind.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl FromStr for UpdateSource {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let spec: super::super::feed::SourceSpec = text.parse()?;
        let (_, place) = text.split_once('=').unwrap_or_default();
        let origin = if place.starts_with("https://") || place.starts_with("http://") {
            let malformed = |reason: String| NoOrigin::Url { kind: spec.kind.name(), reason };
            let url = Url::parse(place).map_err(|error| malformed(error.to_string()))?;
            if !url.username().is_empty() || url.password().is_some() {
                return Err(malformed("it holds a user name or a password".to_owned()));
            }
            Origin::Url(url)
        } else {
            Origin::Path(spec.path)
        };
        Ok(Self { kind: spec.kind, origin })
    }
}

impl fmt::Display for UpdateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.kind.name())?;
        match &self.origin {
            Origin::Path(path) => write!(f, "{}", path.display()),
            Origin::Url(url) => {
                // What follows the path may be a token.
                let mut shown = url.clone();
                shown.set_query(None);
                shown.set_fragment(None);
                write!(f, "{shown}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let read = |text: &str| text.parse::<UpdateSource>();
        let url = read("osv=https://example.org/all.zip?token=secret").unwrap();
        assert!(matches!(url.origin, Origin::Url(_)));
        assert_eq!(url.to_string(), "osv=https://example.org/all.zip");
        let path = read("alpine=/a/secdb").unwrap();
        assert_eq!(path.origin, Origin::Path("/a/secdb".into()));
        assert_eq!(path.to_string(), "alpine=/a/secdb");
        let error = read("osv=https://user:secret@example.org/").unwrap_err().to_string();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
        assert!(read("osv=https://[").is_err());
        assert!(read("nonesuch=https://example.org/").is_err());
    }
}
