//! Platforms: which image of an index is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An operating system on an architecture, as indexes and configurations
/// name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v8`; empty where the architecture has no variants or none
    /// is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// A text that names no platform.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no platform: expected OS/ARCHITECTURE[/VARIANT], as in linux/arm64/v8")]
pub struct NoPlatform(String);

impl Platform {
    /// Linux on the architecture that this program runs on.
    pub fn here() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            "powerpc64" => "ppc64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self::linux(architecture)
    }

    /// Linux on `architecture`.
    pub fn linux(architecture: &str) -> Self {
        Self {
            os: "linux".to_owned(),
            architecture: architecture.to_owned(),
            variant: String::new(),
        }
    }

    /// The other names of the same thing brought into one form.
    fn normal(mut self) -> Self {
        self.os = self.os.to_ascii_lowercase();
        self.architecture = self.architecture.to_ascii_lowercase();
        self.variant = self.variant.to_ascii_lowercase();
        let (architecture, variant) = match self.architecture.as_str() {
            "x86_64" | "x86-64" => ("amd64", ""),
            "aarch64" => ("arm64", ""),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            "i386" | "i686" | "x86" => ("386", ""),
            _ => ("", ""),
        };
        if !architecture.is_empty() {
            architecture.clone_into(&mut self.architecture);
            if self.variant.is_empty() {
                variant.clone_into(&mut self.variant);
            }
        }
        // These variants are what their architecture means without one.
        if matches!(
            (self.architecture.as_str(), self.variant.as_str()),
            ("arm64", "8" | "v8") | ("amd64", "v1")
        ) {
            self.variant.clear();
        }
        if self.architecture == "arm" && matches!(self.variant.as_str(), "5" | "6" | "7" | "8") {
            self.variant.insert(0, 'v');
        }
        self
    }

    /// How well an image for `offered` fits who asks for this platform: 0 is
    /// exactly it, higher is worse; none when it does not run here. Without a
    /// variant every variant fits, the one that the architecture means best.
    pub fn fit(&self, offered: &Self) -> Option<u8> {
        let (wanted, offered) = (self.clone().normal(), offered.clone().normal());
        if wanted.os != offered.os || wanted.architecture != offered.architecture {
            return None;
        }
        if wanted.variant == offered.variant {
            return Some(0);
        }
        if wanted.variant.is_empty() {
            // Newer variants of arm run most programs fastest.
            return Some(match offered.variant.as_str() {
                "v7" => 1,
                "v6" => 2,
                _ => 3,
            });
        }
        None
    }

    /// Whether it names no platform that programs run on: attestations stand
    /// in an index under `unknown/unknown`.
    pub(super) fn is_unknown(&self) -> bool {
        self.os == "unknown" || self.architecture == "unknown"
    }
}

impl FromStr for Platform {
    type Err = NoPlatform;

    fn from_str(text: &str) -> Result<Self, NoPlatform> {
        let mut parts = text.split('/');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let platform = Self { os: part(), architecture: part(), variant: part() };
        let named = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let good = parts.next().is_none()
            && named(&platform.os)
            && named(&platform.architecture)
            && (named(&platform.variant) || text.split('/').count() == 2);
        if good { Ok(platform) } else { Err(NoPlatform(text.chars().take(100).collect())) }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(wanted: &str, offered: &str) -> Option<u8> {
        wanted.parse::<Platform>().unwrap().fit(&offered.parse().unwrap())
    }

    #[test]
    fn names_of_the_same_platform() {
        assert_eq!(fit("linux/arm64", "linux/arm64/v8"), Some(0));
        assert_eq!(fit("linux/aarch64", "linux/arm64"), Some(0));
        assert_eq!(fit("linux/x86_64", "linux/amd64"), Some(0));
        assert_eq!(fit("linux/arm/7", "linux/arm/v7"), Some(0));
        assert_eq!(fit("linux/armhf", "linux/arm/v7"), Some(0));
    }

    #[test]
    fn variants() {
        assert_eq!(fit("linux/arm/v6", "linux/arm/v7"), None);
        assert!(fit("linux/arm", "linux/arm/v7") < fit("linux/arm", "linux/arm/v6"));
        assert_eq!(fit("linux/arm64", "linux/amd64"), None);
        assert_eq!(fit("windows/amd64", "linux/amd64"), None);
    }

    #[test]
    fn forms_of_the_text() {
        for text in ["linux/amd64", "linux/arm/v7"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
        for text in ["", "linux", "linux/", "/amd64", "linux/arm/", "a/b/c/d", "linux/am d64"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
