//! Packages of languages: one file a language.
//!
//! Installed packages count wherever they lie. Lock files tell what a project
//! wants: they count outside of the folders where package managers put
//! installed packages, for what lies in there came with a package and says
//! nothing of this image. Names are kept as the ecosystem spells them.

mod dart;
mod dotnet;
mod erlang;
mod go_mod;
mod java;
mod node;
mod node_lock;
mod php;
mod python;
mod python_lock;
mod r;
mod ruby;
mod rust;
mod swift;
mod vendor;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::{Entry, Facts, Inspector, Problem};
use crate::package::{Ecosystem, Package};

/// The kinds of files that tell of packages of languages.
pub(super) const INSPECTORS: &[&[Inspector]] = &[
    dart::INSPECTORS,
    dotnet::INSPECTORS,
    erlang::INSPECTORS,
    go_mod::INSPECTORS,
    java::INSPECTORS,
    node::INSPECTORS,
    node_lock::INSPECTORS,
    php::INSPECTORS,
    python::INSPECTORS,
    python_lock::INSPECTORS,
    r::INSPECTORS,
    ruby::INSPECTORS,
    rust::INSPECTORS,
    swift::INSPECTORS,
    vendor::INSPECTORS,
];

/// Packages that one file may tell of.
const MOST_PACKAGES: usize = 100_000;
/// Bytes of a name or a version; longer ones are none.
const LONGEST: usize = 512;

/// Whether the file lies where a package manager installs packages.
fn is_installed(path: &str) -> bool {
    const FOLDERS: [&str; 7] = [
        "node_modules",
        "site-packages",
        "dist-packages",
        "gems",
        "bower_components",
        ".cargo",
        ".npm",
    ];
    path.split('/').any(|part| FOLDERS.contains(&part)) || path.contains("pkg/mod/")
}

/// Whether the file is the lock file `name` of a project.
fn is_lock(entry: &Entry<'_>, name: &str) -> bool {
    entry.base() == name && !is_installed(entry.path)
}

/// Text, where what is no UTF-8 is replaced.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| Problem::new(format!("is no such JSON: {error}")))
}

fn toml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    toml::from_str(&text(bytes))
        .map_err(|error| Problem::new(format!("is no such TOML: {}", error.message())))
}

/// Adds a package, unless name or version cannot be one.
fn add(
    facts: &mut Facts,
    entry: &Entry<'_>,
    ecosystem: Ecosystem,
    name: &str,
    version: &str,
) -> Result<(), Problem> {
    let (name, version) = (name.trim(), version.trim());
    let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST && !text.contains('\0');
    if !fits(name) || !fits(version) {
        return Ok(());
    }
    if facts.packages.len() >= MOST_PACKAGES {
        return Err(Problem::new(format!("tells of more than {MOST_PACKAGES} packages")));
    }
    let package = Package::new(ecosystem, name, version, entry.path);
    if !facts.packages.contains(&package) || facts.packages.len() > 5_000 {
        facts.packages.push(package);
    }
    Ok(())
}

/// The value of `field` in lines of the form `Field: value`, up to the first
/// empty line.
fn header<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    text.lines().take_while(|line| !line.trim_end().is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(field).then(|| value.trim())
    })
}

/// What one inspector of `inspectors` finds in a file at `path`: for tests.
#[cfg(test)]
fn found(inspectors: &[Inspector], path: &str, content: &str) -> Vec<(String, String)> {
    let entry = Entry { path, size: content.len() as u64, mode: 0o644 };
    let mut facts = Facts::default();
    for inspector in inspectors.iter().filter(|inspector| (inspector.wants)(&entry)) {
        (inspector.read)(&entry, content.as_bytes(), &mut facts)
            .unwrap_or_else(|problem| panic!("{path}: {problem:?}"));
    }
    let mut found: Vec<_> =
        facts.packages.into_iter().map(|package| (package.name, package.version)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that a file can hold makes an inspector panic, and what is not
    /// understood gives at most a problem.
    #[test]
    fn hostile_files() {
        let deep = "[".repeat(100_000);
        let nested = "{\"dependencies\":".repeat(50_000);
        let contents: [&[u8]; 8] = [
            b"",
            b"\0\0\0",
            b"\xff\xfe\xfd",
            deep.as_bytes(),
            nested.as_bytes(),
            b"{\"packages\":{\"\":1}}",
            b"name==\n==1\n\"\": {:hex,\n  spec.name = \"",
            b"packages:\n  :\n  /@:\n  /a@:\n",
        ];
        let names = [
            "a.dist-info/METADATA",
            "a.egg-info",
            "requirements.txt",
            "Pipfile.lock",
            "poetry.lock",
            "uv.lock",
            "package.json",
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "go.mod",
            "Cargo.lock",
            "specifications/a.gemspec",
            "Gemfile.lock",
            "composer.lock",
            "vendor/composer/installed.json",
            "a.deps.json",
            "packages.lock.json",
            "packages.config",
            "usr/lib/R/library/a/DESCRIPTION",
            "pubspec.lock",
            "mix.lock",
            "rebar.lock",
            "conda-meta/a.json",
            "Package.resolved",
            ".spdx-a.spdx",
            ".bitnami_components.json",
            "wp-includes/version.php",
            "gradle.lockfile",
        ];
        for path in names {
            let entry = Entry { path, size: 1, mode: 0o644 };
            let wanting: Vec<_> = INSPECTORS
                .iter()
                .copied()
                .flatten()
                .filter(|inspector| (inspector.wants)(&entry))
                .collect();
            assert!(!wanting.is_empty(), "nobody wants {path}");
            for content in contents {
                for inspector in &wanting {
                    let mut facts = Facts::default();
                    drop((inspector.read)(&entry, content, &mut facts));
                    assert!(facts.packages.is_empty(), "{path}: {:?}", facts.packages);
                }
            }
        }
    }

    #[test]
    fn lock_files_of_installed_packages_do_not_count() {
        let lock = |path| is_lock(&Entry { path, size: 1, mode: 0 }, "yarn.lock");
        assert!(lock("app/yarn.lock"));
        assert!(!lock("app/node_modules/left-pad/yarn.lock"));
        assert!(!lock("usr/lib/python3/dist-packages/x/yarn.lock"));
    }
}
