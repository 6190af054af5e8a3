//! PHP: what Composer has installed or wants, and Wordpress.

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, json, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector {
        wants: |entry| {
            entry.ends_with("composer/installed.json")
                || entry.base() == "composer.lock" && !entry.path.contains("vendor/")
        },
        read: composer,
    },
    Inspector { wants: |entry| entry.ends_with("wp-includes/version.php"), read: wordpress },
];

#[derive(Deserialize)]
#[serde(untagged)]
enum Installed {
    /// Version 2 and the lock file.
    Named { packages: Vec<Locked> },
    /// Version 1.
    Listed(Vec<Locked>),
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

fn composer(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let (Installed::Named { packages } | Installed::Listed(packages)) = json(bytes)?;
    for package in &packages {
        add(facts, entry, Ecosystem::Composer, &package.name, &package.version)?;
    }
    Ok(())
}

fn wordpress(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let version = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("$wp_version")?.trim().strip_prefix('=')?;
        value.trim().trim_end_matches(';').trim().split(['\'', '"']).nth(1)
    });
    match version {
        Some(version) => add(facts, entry, Ecosystem::Wordpress, "wordpress", version),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn installed_and_wanted() {
        let package = r#"{"name":"symfony/http-kernel","version":"v4.4.0","x":1}"#;
        let expected = [("symfony/http-kernel".to_owned(), "v4.4.0".to_owned())];
        for (path, content) in [
            ("app/vendor/composer/installed.json", format!("[{package}]")),
            (
                "app/vendor/composer/installed.json",
                format!("{{\"packages\":[{package}],\"dev\":true}}"),
            ),
            (
                "app/composer.lock",
                format!(
                    "{{\"packages\":[{package}],\"packages-dev\":[{{\"name\":\"a/b\",\"version\":\"1\"}}]}}"
                ),
            ),
        ] {
            assert_eq!(found(INSPECTORS, path, &content), expected, "{content}");
        }
        assert!(found(INSPECTORS, "app/vendor/a/b/composer.lock", "{}").is_empty());
    }

    #[test]
    fn wordpress_tells_its_version() {
        let text = "<?php\n/** text */\n$wp_version = '5.1.1';\n$wp_db_version = 44719;\n";
        let expected = [("wordpress".to_owned(), "5.1.1".to_owned())];
        assert_eq!(found(INSPECTORS, "var/www/wp-includes/version.php", text), expected);
    }
}
