//! Installed Node packages, and what Node projects want.

mod bun;
mod npm;
mod pnpm;
mod yarn;

use serde::Deserialize;

use super::json::{self, Text};
use super::{Entry, Facts, Inspector, Problem, add, is_lock};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_manifest, read: manifest }];

pub(super) const WANTED: &[Inspector] = &[
    Inspector {
        wants: |entry| is_lock(entry, "package-lock.json") || is_lock(entry, "npm-shrinkwrap.json"),
        read: npm::read,
    },
    Inspector { wants: |entry| is_lock(entry, "yarn.lock"), read: yarn::read },
    Inspector { wants: |entry| is_lock(entry, "pnpm-lock.yaml"), read: pnpm::read },
    Inspector { wants: |entry| is_lock(entry, "bun.lock"), read: bun::read },
];

/// The folder in which all tools put packages.
pub(super) const FOLDER: &str = "node_modules";

/// `package.json` of a program of its own, or of a package right where tools
/// put it. Deeper in a package lies what it tests itself with.
fn is_manifest(entry: &Entry<'_>) -> bool {
    if entry.base() != "package.json" {
        return false;
    }
    let mut folders = entry.folder().rsplit('/');
    if entry.folder().split('/').all(|part| part != FOLDER) {
        return true;
    }
    let package = folders.next().unwrap_or_default();
    match folders.next() {
        Some(FOLDER) => !package.starts_with(['.', '@']),
        Some(scope) if scope.starts_with('@') => folders.next() == Some(FOLDER),
        _ => false,
    }
}

/// Fields may be of any type.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
}

fn manifest(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    // Templates of projects have this name and are no JSON yet.
    let Ok(manifest) = json::read::<Manifest>(bytes) else { return Ok(()) };
    package(entry, facts, manifest.name.as_str(), manifest.version.as_str())
}

/// Adds a package, unless its name or version is none that could be published.
fn package(entry: &Entry<'_>, facts: &mut Facts, name: &str, version: &str) -> Result<(), Problem> {
    let version = version.trim().trim_start_matches(['v', '=', ' ']);
    if is_name(name.trim()) && version.starts_with(|c: char| c.is_ascii_digit()) {
        add(facts, entry, Ecosystem::Npm, name, version)?;
    }
    Ok(())
}

/// `name` or `@scope/name`, of what stands unencoded in a URL. Old names may
/// have capital letters.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.~!'()*".contains(&c))
    };
    match name.strip_prefix('@') {
        Some(scoped) => {
            scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name))
        }
        None => is_part(name),
    }
}

/// Splits `name@what`, where the name may have a scope.
fn split_at_version(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The package whose archive is at an address, as registries have it: `@scope/name` of
/// `https://registry.example/@scope/name/-/name-1.0.0.tgz`. None of what comes from elsewhere.
fn name_of_archive(address: &str) -> Option<&str> {
    let address = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let (of_package, file) = address.split_once("/-/")?;
    let (_host, path) = of_package.split_once('/')?;
    let mut parts = path.rsplit('/');
    let bare = parts.next()?;
    let scope = parts.next().filter(|scope| scope.starts_with('@'));
    // Some registries tell the scope once more. GitLab has its own pages there, such as the archive
    // of a branch, by the name of the project.
    let folder = file.split(['?', '#']).next()?.rsplit_once('/').map(|(folder, _)| folder);
    if folder.is_some() && folder != scope {
        return None;
    }
    let length = bare.len() + scope.map_or(0, |scope| scope.len() + 1);
    path.get(path.len() - length..).filter(|name| is_name(name))
}

/// The version in the name of such an archive of the package `name`.
fn version_of_archive<'a>(name: &str, address: &'a str) -> Option<&'a str> {
    name_of_archive(address).filter(|of| *of == name)?;
    let file = address.split(['?', '#']).next()?.rsplit('/').next()?;
    let bare = name.rsplit('/').next().unwrap_or(name);
    file.strip_prefix(bare)?.strip_prefix('-')?.strip_suffix(".tgz")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn archives_of_registries() {
        for (address, expected) in [
            (
                "https://registry.example/lodash/-/lodash-4.17.4.tgz",
                Some(("lodash", Some("4.17.4"))),
            ),
            (
                "http://registry.example/npm/@babel/core/-/core-7.0.0-rc.1.tgz#0a1b",
                Some(("@babel/core", Some("7.0.0-rc.1"))),
            ),
            ("https://registry.example/lodash/-/other-4.17.4.tgz", Some(("lodash", None))),
            ("https://registry.example/lodash-4.17.4.tgz", None),
            ("https://codeload.example/x/y/tar.gz/0a1b", None),
            ("https://registry.example/-/lodash-4.17.4.tgz", None),
            ("https://registry.example/a/.b/-/c.tgz", None),
            (
                "https://gitlab.example/api/npm/@shop/menu/-/@shop/menu-1.0.0.tgz",
                Some(("@shop/menu", Some("1.0.0"))),
            ),
            ("https://gitlab.example/shop/lodash/-/archive/v4/lodash-v4.tgz", None),
            ("https://gitlab.example/@shop/lodash/-/archive/lodash-4.17.4.tgz?path=a", None),
            ("file:../lodash/-/lodash-4.17.4.tgz", None),
        ] {
            let name = name_of_archive(address);
            let told = name.map(|name| (name, version_of_archive(name, address)));
            assert_eq!(told, expected, "{address}");
        }
    }

    #[test]
    fn a_package_has_name_and_version() {
        let path = "app/node_modules/@babel/core/package.json";
        let expected = [("@babel/core".to_owned(), "7.1.0".to_owned())];
        assert_eq!(
            found(INSTALLED, path, r#"{"name":"@babel/core","version":"7.1.0","x":[]}"#),
            expected
        );
        for content in [
            r#"{"name":"x"}"#,
            r#"{"name":"x","version":3}"#,
            r#"{"name":["x"],"version":"1.0.0"}"#,
            r#"{"name":"{{ name }}","version":"1.0.0"}"#,
            r#"{"name":"x","version":"{{version}}"}"#,
            "{",
            "[]",
        ] {
            assert!(found(INSTALLED, path, content).is_empty(), "{content}");
        }
    }

    #[test]
    fn packages_lie_where_tools_put_them() {
        for (path, expected) in [
            ("app/package.json", true),
            ("package.json", true),
            ("usr/lib/node_modules/npm/package.json", true),
            ("app/node_modules/@babel/core/package.json", true),
            ("app/node_modules/a/node_modules/b/package.json", true),
            ("app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", true),
            ("app/node_modules/resolve/test/pathfilter/package.json", false),
            ("app/node_modules/a/dist/esm/package.json", false),
            ("app/node_modules/.cache/package.json", false),
            ("app/node_modules/@babel/package.json", false),
            ("app/node_modules/package.json", false),
            ("app/package.json.bak", false),
        ] {
            assert_eq!(is_manifest(&Entry { path, size: 1, mode: 0 }), expected, "{path}");
        }
    }
}
