//! Ruby: installed gems, and what projects want.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector {
        wants: |entry| {
            entry.base().ends_with(".gemspec")
                && entry.folder().split('/').any(|part| part == "specifications")
        },
        read: specification,
    },
    Inspector { wants: |entry| is_lock(entry, "Gemfile.lock"), read: lock },
];

/// What `gem` writes is Ruby in one form: `s.name = "rack".freeze`.
fn specification(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (target, value) = line.trim().split_once('=')?;
            let (_, target) = target.trim().rsplit_once('.')?;
            (target == name).then(|| value.split(['"', '\'']).nth(1)).flatten()
        })
    };
    match (field("name"), field("version")) {
        (Some(name), Some(version)) => add(facts, entry, Ecosystem::Gem, name, version),
        _ => Ok(()),
    }
}

/// `    name (version)`: four spaces, while wishes of packages have six.
fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let mut inside = false;
    for line in text(bytes).lines() {
        if !line.starts_with(' ') {
            inside = line == "GEM";
            continue;
        }
        let Some(line) = line.strip_prefix("    ").filter(|line| inside && !line.starts_with(' '))
        else {
            continue;
        };
        if let Some((name, version)) =
            line.trim_end().strip_suffix(')').and_then(|l| l.split_once(" ("))
        {
            // The platform stands behind: `1.13.0-x86_64-linux`.
            let version = version.split('-').next().unwrap_or_default();
            add(facts, entry, Ecosystem::Gem, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn installed_gems() {
        let text = "# -*- encoding: utf-8 -*-\nGem::Specification.new do |s|\n  s.name = \"nokogiri\".freeze\n  s.version = \"1.13.0\"\n  s.platform = \"x86_64-linux\".freeze\n";
        let expected = [("nokogiri".to_owned(), "1.13.0".to_owned())];
        for path in [
            "var/lib/gems/3.1.0/specifications/nokogiri-1.13.0-x86_64-linux.gemspec",
            "usr/lib/ruby/gems/3.1.0/specifications/default/nokogiri-1.13.0.gemspec",
        ] {
            assert_eq!(found(INSPECTORS, path, text), expected);
        }
        assert!(found(INSPECTORS, "src/nokogiri.gemspec", text).is_empty());
    }

    #[test]
    fn wanted_gems() {
        let lock = "GIT\n  remote: x\n  specs:\n    own (1.0)\n\nGEM\n  remote: https://rubygems.org/\n  specs:\n    rack (2.2.3)\n    rails (6.0.0)\n      rack (~> 2.0)\n    nokogiri (1.13.0-x86_64-linux)\n\nPLATFORMS\n  ruby\n";
        let expected = [
            ("nokogiri".to_owned(), "1.13.0".to_owned()),
            ("rack".to_owned(), "2.2.3".to_owned()),
            ("rails".to_owned(), "6.0.0".to_owned()),
        ];
        assert_eq!(found(INSPECTORS, "app/Gemfile.lock", lock), expected);
    }
}
