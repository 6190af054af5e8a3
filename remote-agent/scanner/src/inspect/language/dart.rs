//! What Dart projects want: `pubspec.lock`.

use super::yaml::lines;
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "pubspec.lock"), read }];

/// What a package says of itself, line by line.
#[derive(Default)]
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    hosted: bool,
    dev: bool,
}

/// Below `packages`: names at two spaces, fields at four. What the SDK brings
/// and folders of the project are not hosted.
fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut inside = false;
    let mut locked: Vec<Locked<'_>> = Vec::new();
    for line in lines(&text) {
        match (line.indent, line.key) {
            (0, section) => inside = section == "packages",
            (2, name) if inside => locked.push(Locked { name, ..Locked::default() }),
            (4, key) if inside => {
                let Some(package) = locked.last_mut() else { continue };
                match key {
                    "version" => package.version = line.value,
                    "source" => package.hosted = line.value == "hosted",
                    "dependency" => package.dev = line.value == "direct dev",
                    _ => {}
                }
            }
            _ => {}
        }
    }
    for package in locked.iter().filter(|package| package.hosted && !package.dev) {
        add(facts, entry, Ecosystem::Pub, package.name, package.version)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn hosted_packages() {
        let lock = "packages:\n  http:\n    dependency: \"direct main\"\n    description:\n      name: http\n      version: \"9\"\n    \
                    source: hosted\n    version: \"0.13.4\"\n  flutter:\n    source: sdk\n    version: \"0.0.0\"\n  lints:\n    dependency: \"direct dev\"\n    \
                    source: hosted\n    version: \"1.0.0\"\nsdks:\n  dart: \">=2\"\n";
        assert_eq!(found(WANTED, "pubspec.lock", lock), pairs(&[("http", "0.13.4")]));
    }
}
