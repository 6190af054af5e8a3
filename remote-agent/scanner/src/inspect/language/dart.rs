//! What Dart projects want: `pubspec.lock`.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "pubspec.lock"), read }];

/// The tool writes the file in one way: names at two spaces, fields at four.
fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let (mut inside, mut name, mut hosted) = (false, None, false);
    for line in text.lines() {
        let spaces = line.len() - line.trim_start().len();
        let field = line.trim();
        match spaces {
            0 if !field.is_empty() => inside = field == "packages:",
            2 => (name, hosted) = (field.strip_suffix(':'), false),
            4 if field == "source: hosted" => hosted = true,
            4 => {
                let version = field.strip_prefix("version:").map(|v| v.trim().trim_matches('"'));
                if let (Some(name), Some(version)) = (name, version)
                    && inside
                    && hosted
                {
                    add(facts, entry, Ecosystem::Pub, name, version)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn hosted_packages() {
        let lock = "packages:\n  http:\n    dependency: \"direct main\"\n    description:\n      name: http\n    \
                    source: hosted\n    version: \"0.13.4\"\n  flutter:\n    source: sdk\n    version: \"0.0.0\"\nsdks:\n  dart: \">=2\"\n";
        assert_eq!(found(INSPECTORS, "pubspec.lock", lock), [("http".into(), "0.13.4".into())]);
    }
}
