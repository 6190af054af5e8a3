//! The lock file of yarn, the classic one and that of the later versions.

use super::{name_of_archive, package, split_at_version};
use crate::inspect::language::text;
use crate::inspect::{Entry, Facts, Problem};

/// Protocols behind which no release of a registry stands: folders of the
/// project, and patches of what has an entry of its own.
const ELSEWHERE: [&str; 6] = ["workspace:", "link:", "portal:", "file:", "patch:", "exec:"];

/// Both forms are lines: a key with what is wanted, then indented fields.
pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut name: Option<&str> = None;
    let mut version = "";
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            if let Some(name) = name.take() {
                package(entry, facts, name, version)?;
            }
            name = line.trim_end().strip_suffix(':').and_then(wanted);
            version = "";
            continue;
        }
        let Some(field) = line.strip_prefix("  ").filter(|field| !field.starts_with(' ')) else {
            continue;
        };
        if let Some(value) = value(field, "version") {
            version = value;
        } else if let Some(resolution) = value(field, "resolution") {
            // What the key's aliases lead to.
            name = split_at_version(resolution)
                .filter(|(_, how)| !is_elsewhere(how))
                .map(|(name, how)| name_of_archive(how).unwrap_or(name));
        }
    }
    if let Some(name) = name {
        package(entry, facts, name, version)?;
    }
    Ok(())
}

/// The value of the field `name`: with a colon in the later versions.
fn value<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    // Some programs write the name in quotes too.
    let quoted = || field.strip_prefix('"')?.strip_prefix(name)?.strip_prefix('"');
    let rest = field.strip_prefix(name).or_else(quoted)?;
    let value = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' '))?;
    Some(value.trim().trim_matches('"'))
}

/// The package of a key such as `"@babel/core@^7.0.0", "@babel/core@^7.1.0"`.
fn wanted(key: &str) -> Option<&str> {
    let first = key.split(", ").next()?.trim().trim_matches('"');
    let (name, how) = split_at_version(first)?;
    if is_elsewhere(how) {
        return None;
    }
    // `alias@npm:other@1.0.0` is another package, and so may be what stands at an address.
    let other = how.strip_prefix("npm:").and_then(split_at_version).map(|(other, _)| other);
    Some(other.or_else(|| name_of_archive(how)).unwrap_or(name))
}

fn is_elsewhere(how: &str) -> bool {
    ELSEWHERE.iter().any(|protocol| how.starts_with(protocol))
}

#[cfg(test)]
mod tests {
    use crate::inspect::language::node::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn classic() {
        let lock = "# yarn lockfile v1\n\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":\n  version \"7.1.0\"\n  \
                    resolved \"https://registry.example/core.tgz#1\"\n  dependencies:\n    version \"9.0.0\"\n\n\
                    lodash@^4.17.0, lodash@^4.17.4:\n  version \"4.17.4\"\n\n\"x@npm:y@^1\":\n  version \"1.2.3\"\n\n\
                    \"own@file:../own\":\n  version \"1.0.0\"\n\ngit@https://example.org/git.git:\n  version \"2.0.0\"\n\n\
                    \"tar@https://registry.example/minimist/-/minimist-1.2.0.tgz\":\n  version \"1.2.0\"\n";
        for lock in [lock.to_owned(), lock.replace('\n', "\r\n")] {
            assert_eq!(
                found(WANTED, "yarn.lock", &lock),
                pairs(&[
                    ("@babel/core", "7.1.0"),
                    ("git", "2.0.0"),
                    ("lodash", "4.17.4"),
                    ("minimist", "1.2.0"),
                    ("y", "1.2.3")
                ])
            );
        }
    }

    #[test]
    fn with_quotes_around_everything() {
        let lock = "\"jquery@^3.6.0\":\n  \"resolved\" \"https://registry.example/jquery.tgz\"\n  \
                    \"version\" \"3.6.0\"";
        assert_eq!(found(WANTED, "yarn.lock", lock), pairs(&[("jquery", "3.6.0")]));
    }

    #[test]
    fn later() {
        let lock = "__metadata:\n  version: 6\n  cacheKey: 8\n\n\"alias@npm:lodash@^4.17.0, lodash@npm:^4.17.0\":\n  version: 4.17.4\n  \
                    resolution: \"lodash@npm:4.17.4\"\n  checksum: 00\n  languageName: node\n\n\
                    \"fsevents@patch:fsevents@^2.3.2#~builtin<compat/fsevents>\":\n  version: 2.3.2\n  \
                    resolution: \"fsevents@patch:fsevents@npm%3A2.3.2#~builtin<compat/fsevents>::version=2.3.2\"\n\n\
                    \"shop@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n\n\
                    \"tar@https://registry.example/minimist/-/minimist-1.2.0.tgz\":\n  version: 1.2.0\n  \
                    resolution: \"tar@https://registry.example/minimist/-/minimist-1.2.0.tgz\"\n";
        assert_eq!(
            found(WANTED, "yarn.lock", lock),
            pairs(&[("lodash", "4.17.4"), ("minimist", "1.2.0")])
        );
    }
}
