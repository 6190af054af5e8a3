//! Packages of languages: one file a language.
//!
//! What is *installed* counts wherever it lies. What a project *wants*, in
//! lock files and the like, counts where the same is not installed, and not
//! in folders where tools put packages: what lies in there came with a
//! package and says nothing of this image. What is only for development is
//! left out where a file tells. Names are kept as the ecosystem spells them.

mod bitnami;
mod conan;
mod conda;
mod dart;
mod dotnet;
mod erlang;
mod go;
mod haskell;
mod java;
pub(super) mod json;
mod julia;
mod lua;
mod node;
mod perl;
mod php;
mod python;
mod r;
mod ruby;
mod rust;
mod swift;
mod tables;
pub(crate) mod xml;
mod yaml;

use std::borrow::Cow;

use super::{Entry, Facts, Inspector, MOST_PACKAGES, Problem, encoding, too_many};
use crate::package::{Ecosystem, Package};

pub(super) use dotnet::deps as libraries_of_dotnet;
pub(super) use python::metadata as python_metadata;

/// The kinds of files that tell what is installed.
pub(super) const INSTALLED: &[&[Inspector]] = &[
    bitnami::INSTALLED,
    conda::INSTALLED,
    dotnet::INSTALLED,
    erlang::INSTALLED,
    java::INSTALLED,
    lua::INSTALLED,
    node::INSTALLED,
    perl::INSTALLED,
    php::INSTALLED,
    python::INSTALLED,
    r::INSTALLED,
    ruby::INSTALLED,
];

/// The kinds of files that tell what projects want.
pub(super) const WANTED: &[&[Inspector]] = &[
    conan::WANTED,
    conda::WANTED,
    dart::WANTED,
    dotnet::WANTED,
    erlang::WANTED,
    go::WANTED,
    haskell::WANTED,
    java::WANTED,
    julia::WANTED,
    node::WANTED,
    perl::WANTED,
    php::WANTED,
    python::WANTED,
    r::WANTED,
    ruby::WANTED,
    rust::WANTED,
    swift::WANTED,
];

/// Bytes of a name or a version; longer ones are none.
const LONGEST: usize = 512;

/// Whether the file at `path` only tells what a project wants.
pub(crate) fn is_wanted(path: &str) -> bool {
    let entry = Entry { path, size: 1, mode: 0 };
    WANTED.iter().copied().flatten().any(|inspector| (inspector.wants)(&entry))
}

/// The folder beside a lock file where its tool puts what the file lists.
/// Where something is in there, that tells what is installed.
pub(crate) fn installed_beside(path: &str) -> Option<String> {
    let (folder, base) = path.rsplit_once('/').unwrap_or(("", path));
    let beside = match base {
        "package-lock.json"
        | "npm-shrinkwrap.json"
        | "yarn.lock"
        | "pnpm-lock.yaml"
        | "bun.lock" => node::FOLDER,
        "composer.lock" => "vendor/composer",
        _ => return None,
    };
    Some(if folder.is_empty() { format!("{beside}/") } else { format!("{folder}/{beside}/") })
}

/// Whether the file lies where tools put packages, so that it came with one.
fn is_leftover(path: &str) -> bool {
    const FOLDERS: [&str; 17] = [
        "node_modules",
        "bower_components",
        ".npm",
        ".yarn",
        ".pnpm-store",
        "site-packages",
        "dist-packages",
        "gems",
        "vendor",
        ".cargo",
        ".bundle",
        ".m2",
        ".nuget",
        ".pub-cache",
        ".julia",
        "Pods",
        "testdata",
    ];
    path.split('/').any(|part| FOLDERS.contains(&part))
        || path.contains("go/pkg/mod/")
        || path.contains(".build/checkouts/")
}

/// Whether the file is the lock file `name` of a project.
fn is_lock(entry: &Entry<'_>, name: &str) -> bool {
    entry.base() == name && !is_leftover(entry.path)
}

/// Text, where what is no character is replaced.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match encoding::narrow(bytes) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
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
    let fits = |text: &str| {
        !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
    };
    if !fits(name) || !fits(version) {
        return Ok(());
    }
    if facts.packages.len() >= MOST_PACKAGES {
        return Err(too_many());
    }
    facts.packages.push(Package::new(ecosystem, name, version, entry.path));
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

/// What `inspectors` find in a file at `path`, each package once: for tests.
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
    found.dedup();
    found
}

#[cfg(test)]
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
}

#[cfg(test)]
mod tests;
