//! The lock file of pnpm, `pnpm-lock.yaml`, of versions 5 to 9.

use std::collections::{HashMap, HashSet};

use super::package;
use crate::inspect::language::text;
use crate::inspect::language::yaml::{Line, lines};
use crate::inspect::{Entry, Facts, Problem};

/// What packages want of each other, at most.
const MOST_WISHES: usize = 1_000_000;

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut section = "";
    let mut packages: Vec<Locked<'_>> = Vec::new();
    let mut graph = Graph::default();
    for line in lines(&text) {
        match (line.indent, section) {
            (0, _) => section = line.key,
            (2, "packages") => packages.push(Locked { key: line.key, ..Locked::default() }),
            (4, "packages") => {
                if let Some(package) = packages.last_mut() {
                    package.field(&line);
                }
            }
            (_, "importers") => graph.importer(&line)?,
            (_, "snapshots") => graph.snapshot(&line)?,
            _ => {}
        }
    }
    let needed = graph.needed();
    for locked in packages.iter().filter(|locked| !locked.dev) {
        if needed.as_ref().is_none_or(|needed| needed.contains(without_peers(locked.key))) {
            let (name, version) = locked.identity();
            package(entry, facts, name, version)?;
        }
    }
    Ok(())
}

/// An entry below `packages`.
#[derive(Default)]
struct Locked<'a> {
    key: &'a str,
    /// Where the key does not tell: of what comes from no registry.
    name: &'a str,
    version: &'a str,
    /// Told before version 9.
    dev: bool,
}

impl<'a> Locked<'a> {
    fn field(&mut self, line: &Line<'a>) {
        match line.key {
            "name" => self.name = line.value,
            "version" => self.version = line.value,
            "dev" => self.dev = line.value == "true",
            _ => {}
        }
    }

    /// Name and version, from the fields or from a key: `/name/1.2.3_peers`,
    /// `registry.example/name/1.2.3`, `/name@1.2.3(peers)` or `name@1.2.3`.
    fn identity(&self) -> (&'a str, &'a str) {
        let (name, version) = split(self.key).unwrap_or((self.key, ""));
        (
            if self.name.is_empty() { name } else { self.name },
            if self.version.is_empty() { version } else { self.version },
        )
    }
}

fn split(key: &str) -> Option<(&str, &str)> {
    let key = without_peers(key);
    let key = match key.strip_prefix('/') {
        Some(key) => key,
        // The first part is the registry, where the key has the old form.
        None if key.starts_with('@') || !key.split('/').next()?.contains('.') => key,
        None if key.split('/').next()?.contains('@') => key,
        None => key.split_once('/')?.1,
    };
    // The scope ends at the first slash, the name at `@` or a slash.
    let scope = if key.starts_with('@') { key.find('/')? + 1 } else { 0 };
    let ends = key.get(scope..)?.find(['@', '/'])? + scope;
    let version = key.get(ends + 1..)?;
    // Peers of version 5 stand behind an underscore, which no version has.
    Some((key.get(..ends)?, version.split(['_', '/']).next().unwrap_or(version)))
}

fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

/// Who wants whom, since version 9, which does not tell otherwise what is
/// only for development.
#[derive(Default)]
struct Graph<'a> {
    /// What stands where `importers` says to be: a group of wishes, a name.
    group: &'a str,
    name: &'a str,
    /// Wishes of the project, by name and version.
    roots: Vec<(&'a str, &'a str)>,
    /// Where the wishes of a package start and end.
    snapshots: HashMap<&'a str, (usize, usize)>,
    current: &'a str,
    wishes: Vec<(&'a str, &'a str)>,
}

impl<'a> Graph<'a> {
    fn importer(&mut self, line: &Line<'a>) -> Result<(), Problem> {
        match line.indent {
            4 => self.group = line.key,
            6 => self.name = line.key,
            8 if line.key == "version" && is_for_use(self.group) => {
                bounded(self.roots.len())?;
                self.roots.push((self.name, line.value));
            }
            _ => {}
        }
        Ok(())
    }

    fn snapshot(&mut self, line: &Line<'a>) -> Result<(), Problem> {
        match line.indent {
            2 => {
                self.current = line.key;
                self.snapshots.insert(line.key, (self.wishes.len(), self.wishes.len()));
            }
            4 => self.group = line.key,
            6 if is_for_use(self.group) => {
                bounded(self.wishes.len())?;
                self.wishes.push((line.key, line.value));
                if let Some((_, end)) = self.snapshots.get_mut(self.current) {
                    *end = self.wishes.len();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The packages that the project wants for use, without peers; none where
    /// the file does not tell.
    fn needed(&self) -> Option<HashSet<&'a str>> {
        if self.snapshots.is_empty() {
            return None;
        }
        let mut needed: HashSet<&'a str> = HashSet::new();
        let mut todo = self.roots.clone();
        while let Some((name, version)) = todo.pop() {
            // The version of an alias is another package with its version.
            let known = self
                .snapshots
                .get_key_value(format!("{name}@{version}").as_str())
                .or_else(|| self.snapshots.get_key_value(version));
            if let Some((key, (start, end))) = known
                && needed.insert(key)
            {
                todo.extend(self.wishes.get(*start..*end).unwrap_or_default());
            }
        }
        Some(needed.into_iter().map(without_peers).collect())
    }
}

fn is_for_use(group: &str) -> bool {
    matches!(group, "dependencies" | "optionalDependencies")
}

fn bounded(held: usize) -> Result<(), Problem> {
    if held < MOST_WISHES {
        return Ok(());
    }
    Err(Problem::new(format!("has more than {MOST_WISHES} wishes")))
}

#[cfg(test)]
mod tests {
    use crate::inspect::language::node::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn keys_of_all_versions() {
        for (lock, expected) in [
            (
                "lockfileVersion: 5.4\n\ndependencies:\n  lodash: 4.17.4\n\npackages:\n\n  /lodash/4.17.4:\n    resolution: {integrity: x}\n    dev: false\n\n  \
                 /@x/y/1.0.0_react@17.0.0:\n    dev: false\n\n  registry.example/old/2.0.0:\n    dev: false\n\n  \
                 github.com/x/g/0ab:\n    name: g\n    version: 3.0.0\n    dev: false\n\n  /jest/1.0.0:\n    dev: true\n",
                pairs(&[("@x/y", "1.0.0"), ("g", "3.0.0"), ("lodash", "4.17.4"), ("old", "2.0.0")]),
            ),
            (
                "lockfileVersion: '6.0'\npackages:\n\n  /lodash@4.17.4:\n    dev: false\n\n  /@x/y@1.0.0(react@17.0.0):\n    dev: false\n\n  /jest@1.0.0:\n    dev: true\n",
                pairs(&[("@x/y", "1.0.0"), ("lodash", "4.17.4")]),
            ),
            (
                "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@x/y':\n        specifier: ^1.0.0\n        version: 1.0.0(react@17.0.0)\n      \
                 alias:\n        specifier: npm:lodash@^4\n        version: lodash@4.17.4\n    devDependencies:\n      jest:\n        specifier: ^1\n        version: 1.0.0\n\n\
                 packages:\n\n  '@x/y@1.0.0':\n    resolution: {integrity: x}\n\n  deep.dot@2.0.0:\n    resolution: {integrity: x}\n\n  lodash@4.17.4:\n    resolution: {integrity: x}\n\n  jest@1.0.0:\n    resolution: {integrity: x}\n\n\
                 snapshots:\n\n  '@x/y@1.0.0(react@17.0.0)':\n    dependencies:\n      deep.dot: 2.0.0\n\n  deep.dot@2.0.0: {}\n\n  lodash@4.17.4: {}\n\n  jest@1.0.0:\n    dependencies:\n      lodash: 4.17.4\n",
                pairs(&[("@x/y", "1.0.0"), ("deep.dot", "2.0.0"), ("lodash", "4.17.4")]),
            ),
        ] {
            assert_eq!(found(WANTED, "pnpm-lock.yaml", lock), expected, "{lock}");
        }
    }
}
