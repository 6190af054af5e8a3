//! Packages of languages: what is installed, and what projects want beside it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::ops::Bound::{Included, Unbounded};

use crate::inspect::{Facts, installed_beside, is_wanted};
use crate::package::{Ecosystem, Package};
use crate::vulndb::ecosystem::package_name;

/// A file that tells something: the position of its layer, its path, what it
/// tells.
pub(super) type Told<'a> = (usize, &'a str, &'a Facts);

/// A package: the position of its layer, the path of the file that tells of it.
pub(super) type Found<'a> = (usize, &'a str, &'a Package);

/// The packages that files tell of. A lock file adds nothing where its tool has
/// put packages beside it: those tell what became of it. Elsewhere it adds what
/// is not installed in the same version.
pub(super) fn packages<'a>(files: impl Iterator<Item = Told<'a>>) -> Vec<Found<'a>> {
    let (wanted, installed): (Vec<_>, Vec<_>) = files.partition(|(_, path, _)| is_wanted(path));
    let paths: BTreeSet<&str> = installed.iter().map(|(_, path, _)| *path).collect();
    let told = |(layer, path, facts): &Told<'a>| {
        let (layer, path, facts) = (*layer, *path, *facts);
        let packages = facts.packages.iter().filter(|package| !package.ecosystem.is_os());
        packages.map(move |package| (layer, path, package))
    };
    let mut packages: Vec<Found<'a>> = installed.iter().flat_map(told).collect();
    let known: HashSet<_> = packages.iter().map(|(_, _, package)| identity(package)).collect();
    for file in &wanted {
        let beside = installed_beside(file.1).filter(|folder| {
            let first = paths.range::<str, _>((Included(folder.as_str()), Unbounded)).next();
            first.is_some_and(|path| path.starts_with(folder))
        });
        if beside.is_none() {
            let found = told(file).filter(|(_, _, package)| !known.contains(&identity(package)));
            packages.extend(found);
        }
    }
    packages
}

/// What makes two packages the same, wherever they lie.
fn identity(package: &Package) -> (Ecosystem, Cow<'_, str>, &str) {
    (package.ecosystem, package_name(package.ecosystem.osv(), &package.name), &package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_give_way_to_what_is_installed() {
        let facts = |ecosystem, path: &str, all: &[(&str, &str)]| Facts {
            packages: all.iter().map(|(n, v)| Package::new(ecosystem, *n, *v, path)).collect(),
            ..Facts::default()
        };
        let files = [
            ("app/node_modules/a/package.json", Ecosystem::Npm, &[("a", "1.0.0")][..]),
            // The tool of this one has run.
            ("app/package-lock.json", Ecosystem::Npm, &[("a", "1.0.0"), ("b", "1.0.0")]),
            ("other/package-lock.json", Ecosystem::Npm, &[("a", "1.0.0"), ("c", "1.0.0")]),
            (
                "usr/lib/python3/site-packages/Flask_Login-1.0.dist-info/METADATA",
                Ecosystem::Python,
                &[("Flask_Login", "1.0")],
            ),
            (
                "app/requirements.txt",
                Ecosystem::Python,
                &[("flask-login", "1.0"), ("jinja2", "2.10")],
            ),
        ]
        .map(|(path, ecosystem, packages)| (path, facts(ecosystem, path, packages)));
        let told = files.iter().enumerate().map(|(at, (path, facts))| (at, *path, facts));
        let found: Vec<_> =
            packages(told).into_iter().map(|(layer, _, package)| (layer, &*package.name)).collect();
        assert_eq!(found, [(0, "a"), (3, "Flask_Login"), (2, "c"), (4, "jinja2")]);
    }
}
