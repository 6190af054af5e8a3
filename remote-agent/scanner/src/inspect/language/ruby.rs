//! Ruby: installed gems, and what projects want.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] =
    &[Inspector { wants: is_specification, read: specification }];

pub(super) const WANTED: &[Inspector] = &[Inspector {
    wants: |entry| is_lock(entry, "Gemfile.lock") || is_lock(entry, "gems.locked"),
    read: lock,
}];

/// What `gem` writes of each installed gem. The gems themselves hold files of
/// the same kind, which their makers wrote.
fn is_specification(entry: &Entry<'_>) -> bool {
    entry.base().ends_with(".gemspec")
        && entry.folder().split('/').any(|part| part == "specifications")
}

fn specification(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let stub = text.lines().take(8).find_map(stub);
    match stub.or_else(|| field(&text, "name").zip(field(&text, "version"))) {
        Some((name, version)) => add(facts, entry, Ecosystem::Gem, name, version),
        None => Ok(()),
    }
}

/// What stands on top for those who do not want to run Ruby:
/// `# stub: nokogiri 1.13.0 x86_64-linux lib`.
fn stub(line: &str) -> Option<(&str, &str)> {
    let mut words = line.strip_prefix("# stub: ")?.split_whitespace();
    words.next().zip(words.next())
}

/// What is assigned to a field, `s.name = "rack".freeze`; in old files
/// `s.name = %q{rack}`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (target, value) = line.split_once('=')?;
        let (_, target) = target.trim().rsplit_once('.')?;
        if target != name {
            return None;
        }
        match value.trim().strip_prefix("%q{") {
            Some(value) => value.split('}').next(),
            None => value.split(['"', '\'']).nth(1),
        }
    })
}

/// `    name (version)` in the parts for packages of registries and of
/// repositories: four spaces, while wishes of packages have six.
fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let mut inside = false;
    for line in text(bytes).lines() {
        if !line.starts_with(' ') {
            inside = matches!(line.trim_end(), "GEM" | "GIT");
            continue;
        }
        let Some(line) = line.strip_prefix("    ").filter(|line| inside && !line.starts_with(' '))
        else {
            continue;
        };
        if let Some((name, version)) =
            line.trim_end().strip_suffix(')').and_then(|line| line.split_once(" ("))
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
    use crate::inspect::language::{found, pairs};

    #[test]
    fn installed_gems() {
        let fields = "# -*- encoding: utf-8 -*-\n\nGem::Specification.new do |s|\n  s.name = \"nokogiri\".freeze\n  \
                      s.version = \"1.13.0\"\n  s.platform = \"x86_64-linux\".freeze\n  s.required_ruby_version = Gem::Requirement.new(\">= 2\")\n";
        let old =
            "Gem::Specification.new do |s|\n  s.name = %q{nokogiri}\n  s.version = \"1.13.0\"\n";
        let older = "Gem::Specification.new do |s|\n  s.name = 'nokogiri'\n  s.version = Gem::Version.new('1.13.0')\n";
        let stub = "# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.13.0 x86_64-linux lib\n# stub: ext\n\nGem::Specification.new do |s|\n";
        for text in [fields, old, older, stub] {
            for path in [
                "var/lib/gems/3.1.0/specifications/nokogiri-1.13.0-x86_64-linux.gemspec",
                "usr/lib/ruby/gems/3.1.0/specifications/default/nokogiri-1.13.0.gemspec",
            ] {
                assert_eq!(
                    found(INSTALLED, path, text),
                    pairs(&[("nokogiri", "1.13.0")]),
                    "{text}"
                );
            }
        }
        assert!(found(INSTALLED, "gems/nokogiri-1.13.0/nokogiri.gemspec", fields).is_empty());
    }

    #[test]
    fn wanted_gems() {
        let lock = "GIT\n  remote: https://example.org/own\n  revision: ab\n  specs:\n    forked (1.0)\n\nPATH\n  remote: .\n  specs:\n    own (0.1)\n\n\
                    GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (2.2.3)\n    rails (6.0.0.rc1)\n      rack (~> 2.0)\n    nokogiri (1.13.0-x86_64-linux)\n    nokogiri (1.13.0)\n\n\
                    PLATFORMS\n  ruby\n\nDEPENDENCIES\n  own!\n";
        assert_eq!(
            found(WANTED, "app/Gemfile.lock", lock),
            pairs(&[
                ("forked", "1.0"),
                ("nokogiri", "1.13.0"),
                ("rack", "2.2.3"),
                ("rails", "6.0.0.rc1")
            ])
        );
        assert!(found(WANTED, "usr/lib/ruby/gems/3.1.0/gems/x/Gemfile.lock", lock).is_empty());
    }
}
