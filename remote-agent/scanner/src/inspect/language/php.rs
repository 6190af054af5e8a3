//! PHP: what Composer has installed or wants, and Wordpress.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use super::json::{self, Items, Text};
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[
    Inspector { wants: |entry| entry.ends_with("composer/installed.json"), read: installed },
    Inspector { wants: |entry| entry.ends_with("wp-includes/version.php"), read: wordpress },
];

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "composer.lock"), read: lock }];

/// What is only for development stands apart and is not read. What is
/// installed counts, whatever for.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Items<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
}

fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    packages(entry, facts, &json::read::<Lock>(bytes)?.packages)
}

/// Version 1 is the list alone.
fn installed(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    packages(entry, facts, &json::read::<Installed>(bytes)?.0)
}

struct Installed(Items<Locked>);

impl<'de> Deserialize<'de> for Installed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('[') {
            serde_json::from_str(raw).map(Self)
        } else {
            serde_json::from_str::<Lock>(raw).map(|lock| Self(lock.packages))
        }
        .map_err(D::Error::custom)
    }
}

fn packages(entry: &Entry<'_>, facts: &mut Facts, packages: &Items<Locked>) -> Result<(), Problem> {
    for package in &packages.0 {
        let (name, version) = (package.name.as_str(), package.version.as_str());
        add(facts, entry, Ecosystem::Composer, name, version)?;
    }
    Ok(())
}

fn wordpress(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let version = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("$wp_version")?.trim().strip_prefix('=')?;
        value.split(['\'', '"']).nth(1)
    });
    match version {
        Some(version) => add(facts, entry, Ecosystem::Wordpress, "wordpress", version),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn installed_and_wanted() {
        let package = r#"{"name":"symfony/http-kernel","version":"v4.4.0","x":[1]}"#;
        let expected = pairs(&[("symfony/http-kernel", "v4.4.0")]);
        for content in [
            format!("[{package}]"),
            format!("{{\"packages\":[{package}],\"dev\":true,\"dev-package-names\":[]}}"),
        ] {
            let path = "app/vendor/composer/installed.json";
            assert_eq!(found(INSTALLED, path, &content), expected, "{content}");
        }
        let lock = format!(
            "{{\"packages\":[{package}],\"packages-dev\":[{{\"name\":\"a/b\",\"version\":\"1\"}}]}}"
        );
        assert_eq!(found(WANTED, "app/composer.lock", &lock), expected);
        assert!(found(WANTED, "app/vendor/a/b/composer.lock", &lock).is_empty());
    }

    #[test]
    fn wordpress_tells_its_version() {
        let text = "<?php\n/** text */\n$wp_version = '5.1.1';\n$wp_db_version = 44719;\n";
        let path = "var/www/wp-includes/version.php";
        assert_eq!(found(INSTALLED, path, text), pairs(&[("wordpress", "5.1.1")]));
    }
}
