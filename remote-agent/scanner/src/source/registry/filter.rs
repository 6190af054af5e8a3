//! Filters of images: `[org/]repository[:tag]`.
//!
//! The part before the first `/` is literal. In the rest a `*` that follows
//! no `.`, `]` or `)` stands for anything; all else is a regular expression
//! that must fit the whole.

use regex::Regex;
use thiserror::Error;

/// The longest filter, in bytes.
const LONGEST: usize = 512;

/// A filter that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("The filter {filter:?} cannot be used: {reason}.")]
pub struct BadFilter {
    filter: String,
    reason: String,
}

/// A filter of images.
#[derive(Clone, Debug)]
pub struct Filter {
    org: Option<String>,
    repository: Regex,
    tag: Regex,
    /// The repository as written, where it is one name and no pattern.
    plain: Option<String>,
}

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, BadFilter> {
        let bad = |reason: &str| BadFilter {
            filter: text.chars().take(LONGEST).collect(),
            reason: reason.to_owned(),
        };
        if text.is_empty() || text.len() > LONGEST {
            return Err(bad("it is empty or too long"));
        }
        if text.ends_with('/') {
            return Err(bad("it ends with a slash"));
        }
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (text, "*"),
        };
        if path.is_empty() || tag.is_empty() {
            return Err(bad("repository and tag must not be empty"));
        }
        let (org, repository) = match path.split_once('/') {
            Some((org, repository)) => (Some(org), repository),
            None => (None, path),
        };
        if let Some(org) = org
            && !org.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            return Err(bad("the part before the first slash is no plain name"));
        }
        let regex = |pattern: &str| {
            regex::RegexBuilder::new(&expand(pattern))
                .size_limit(1 << 20)
                .build()
                .map_err(|_| bad("it is no regular expression"))
        };
        let plain = repository
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-/".contains(&b))
            .then(|| repository.to_owned());
        Ok(Self {
            org: org.filter(|org| !org.is_empty()).map(str::to_owned),
            repository: regex(repository)?,
            tag: regex(tag)?,
            plain,
        })
    }

    /// The first part of the repositories that may pass, where it is given.
    pub fn org(&self) -> Option<&str> {
        self.org.as_deref()
    }

    /// The one repository that may pass, where the filter is no pattern: it
    /// need not be looked for.
    pub fn repository(&self) -> Option<String> {
        let plain = self.plain.as_deref()?;
        Some(match &self.org {
            Some(org) => format!("{org}/{plain}"),
            None => plain.to_owned(),
        })
    }

    /// Whether images of `repository` may pass.
    pub fn admits_repository(&self, repository: &str) -> bool {
        match &self.org {
            Some(org) => repository
                .strip_prefix(org.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| self.repository.is_match(rest)),
            None => self.repository.is_match(repository),
        }
    }

    /// Whether `tag` passes.
    pub fn admits_tag(&self, tag: &str) -> bool {
        self.tag.is_match(tag)
    }
}

/// The regular expression of a pattern with wildcards.
fn expand(pattern: &str) -> String {
    let mut expression = String::from("^(?:");
    let mut before = None;
    for c in pattern.chars() {
        if c == '*' && !matches!(before, Some('.' | ']' | ')')) {
            expression.push('.');
        }
        expression.push(c);
        before = Some(c);
    }
    expression.push_str(")$");
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(filter: &str, repository: &str, tag: &str) -> bool {
        let filter = Filter::parse(filter).unwrap();
        filter.admits_repository(repository) && filter.admits_tag(tag)
    }

    #[test]
    fn wildcards_and_expressions() {
        assert!(admits("*", "shop/orders", "v1"));
        assert!(admits("shop/*", "shop/orders", "v1"));
        assert!(admits("shop/*", "shop/eu/orders", "v1"));
        assert!(!admits("shop/*", "shopping/orders", "v1"));
        assert!(admits("shop/ord*:v*", "shop/orders", "v1"));
        assert!(!admits("shop/ord*:v*", "shop/orders", "latest"));
        assert!(admits("alpine:3.[8|9].*", "alpine", "3.9.1"));
        assert!(!admits("alpine:3.[8|9].*", "alpine", "3.10"));
        assert!(admits("alpine:(3|4)*", "alpine", "33"));
        assert!(!admits("alpine", "alpine-extra", "1"));
        assert!(!admits("sh.p/*", "shop/orders", "v1"));
    }

    #[test]
    fn names_that_need_no_looking_for() {
        let repository = |filter: &str| Filter::parse(filter).unwrap().repository();
        assert_eq!(repository("shop/orders:v*"), Some("shop/orders".to_owned()));
        assert_eq!(repository("alpine"), Some("alpine".to_owned()));
        assert_eq!(repository("shop/ord*"), None);
        assert_eq!(repository("shop/o.d"), None);
    }

    #[test]
    fn what_is_no_filter() {
        for filter in ["", "shop/", "s*p/orders", "orders:", ":v1", "orders[", "("] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
    }
}
