//! Installed R packages, and `renv.lock` of projects.

use serde::Deserialize;

use super::json::{self, Entries, Text};
use super::{Entry, Facts, Inspector, Problem, add, header, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] =
    &[Inspector { wants: is_description, read: description }];

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "renv.lock"), read: lock }];

/// `…/NAME/DESCRIPTION`: libraries of users and of projects may lie anywhere.
fn is_description(entry: &Entry<'_>) -> bool {
    entry.base() == "DESCRIPTION" && !entry.folder().is_empty()
}

/// Whether the folder that has the package is a library by its name:
/// `R/library/NAME` or `R/site-library/NAME`.
fn is_in_library(entry: &Entry<'_>) -> bool {
    matches!(entry.folder().rsplit('/').nth(1), Some("library" | "site-library"))
}

/// The field `Built` is what the installation adds to that of the sources.
fn description(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    if !is_in_library(entry) && header(&text, "Built").is_none() {
        return Ok(());
    }
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
        // In those of users and projects.
        let built = format!("{text}Built: R 4.2.2; x86_64-pc-linux-gnu; 2023-01-20; unix\n");
        for library in [
            "root/R/x86_64-pc-linux-gnu-library/4.2",
            "app/renv/library/R-4.2/x86_64-pc-linux-gnu",
            "root/.cache/R/renv/cache/v5/R-4.2/x86_64-pc-linux-gnu/jsonlite/1.8.0/0ab",
            "app/packrat/lib/x86_64-pc-linux-gnu/4.2.2",
        ] {
            let path = format!("{library}/jsonlite/DESCRIPTION");
            assert_eq!(found(INSTALLED, &path, &built), pairs(&[("jsonlite", "1.8.0")]), "{path}");
        }
    }

    #[test]
    fn locked_packages() {
        let lock = r#"{"R":{"Version":"4.2"},"Packages":{"jsonlite":{"Package":"jsonlite","Version":"1.8.0","Source":"Repository"}}}"#;
        assert_eq!(found(WANTED, "renv.lock", lock), pairs(&[("jsonlite", "1.8.0")]));
    }
}
