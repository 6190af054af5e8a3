//! Installed R packages, and `renv.lock` of projects.

use serde::Deserialize;

use super::json::{self, Entries, Text};
use super::{Entry, Facts, Inspector, Problem, add, header, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] =
    &[Inspector { wants: is_description, read: description }];

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "renv.lock"), read: lock }];

/// `…/R/library/NAME/DESCRIPTION` and `…/R/site-library/NAME/DESCRIPTION`.
fn is_description(entry: &Entry<'_>) -> bool {
    let mut parts = entry.path.rsplit('/');
    parts.next() == Some("DESCRIPTION")
        && parts.next().is_some()
        && matches!(parts.next(), Some("library" | "site-library"))
}

fn description(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    match (header(&text, "Package"), header(&text, "Version")) {
        (Some(name), Some(version)) => add(facts, entry, Ecosystem::Cran, name, version),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lock {
    #[serde(default)]
    packages: Entries<Locked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Locked {
    #[serde(default)]
    version: Text,
}

fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for (name, locked) in &json::read::<Lock>(bytes)?.packages.0 {
        add(facts, entry, Ecosystem::Cran, name, locked.version.as_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn descriptions_in_libraries() {
        let text = "Package: jsonlite\nVersion: 1.8.0\nTitle: x\n";
        assert_eq!(
            found(INSTALLED, "usr/local/lib/R/site-library/jsonlite/DESCRIPTION", text),
            pairs(&[("jsonlite", "1.8.0")])
        );
        assert!(found(INSTALLED, "src/jsonlite/DESCRIPTION", text).is_empty());
    }

    #[test]
    fn locked_packages() {
        let lock = r#"{"R":{"Version":"4.2"},"Packages":{"jsonlite":{"Package":"jsonlite","Version":"1.8.0","Source":"Repository"}}}"#;
        assert_eq!(found(WANTED, "renv.lock", lock), pairs(&[("jsonlite", "1.8.0")]));
    }
}
