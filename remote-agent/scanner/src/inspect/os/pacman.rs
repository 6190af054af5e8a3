//! The database of pacman: a folder a package, with its fields in `desc` and
//! its files in `files`.

use crate::inspect::{Entry, Problem};
use crate::package::{Ecosystem, Package};

pub(super) const FOLDER: &str = "var/lib/pacman/local";

pub(super) fn is_description(entry: &Entry<'_>) -> bool {
    is_of_package(entry.path, "/desc")
}

pub(super) fn is_files(entry: &Entry<'_>) -> bool {
    is_of_package(entry.path, "/files")
}

/// Whether the file has this name in a package's folder.
fn is_of_package(path: &str, name: &str) -> bool {
    path.strip_prefix(FOLDER)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_suffix(name))
        .is_some_and(|package| !package.is_empty() && !package.contains('/'))
}

/// The values of each field: a name between percent signs on a line of its
/// own, then one a line until an empty one.
fn values<'a>(text: &'a str, field: &str) -> impl Iterator<Item = &'a str> {
    text.lines().skip_while(move |line| *line != field).skip(1).take_while(|line| !line.is_empty())
}

/// The package that `desc` tells of.
pub(super) fn package(path: &str, text: &str) -> Result<Package, Problem> {
    let value = |field| values(text, field).next();
    let must = |field, what: &str| {
        value(field).ok_or_else(|| Problem::new(format!("tells of a package without a {what}")))
    };
    let name = must("%NAME%", "name")?;
    Ok(Package {
        source: value("%BASE%").unwrap_or(name).to_owned(),
        arch: value("%ARCH%").unwrap_or_default().to_owned(),
        ..Package::new(Ecosystem::Pacman, name, must("%VERSION%", "version")?, path)
    })
}

/// The paths in `files`.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    values(text, "%FILES%").filter(|path| !path.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_and_its_files() {
        let text = "%NAME%\nlibarchive\n\n%VERSION%\n3.7.2-1\n\n%BASE%\nlibarchive\n\n%ARCH%\nx86_64\n\n%DEPENDS%\nacl\n";
        let found = package("f", text).unwrap();
        assert_eq!(
            [&*found.name, &*found.source, &*found.version, &*found.arch],
            ["libarchive", "libarchive", "3.7.2-1", "x86_64"]
        );
        package("f", "%NAME%\n\n%VERSION%\n1\n").unwrap_err();
        let files = "%FILES%\nusr/\nusr/bin/\nusr/bin/bsdtar\n\n%BACKUP%\netc/a\n";
        assert_eq!(listed(files).collect::<Vec<_>>(), ["usr/bin/bsdtar"]);
    }

    #[test]
    fn where_they_lie() {
        for (path, expected) in [
            ("var/lib/pacman/local/bash-5.2-1/desc", true),
            ("var/lib/pacman/local/desc", false),
            ("var/lib/pacman/local/a/b/desc", false),
            ("var/lib/pacman/sync/core/bash-5.2-1/desc", false),
        ] {
            assert_eq!(is_of_package(path, "/desc"), expected, "{path}");
        }
    }
}
