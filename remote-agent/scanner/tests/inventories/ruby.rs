//! Gems, made here and installed by `gem`.

use std::fs;
use std::path::Path;
use std::process::Command;

use palisade_scanner::Ecosystem;

use crate::independent;
use crate::tool::{Set, assert_same, found, inventory, output};

/// Those of `gem list`: `name (2.0, 1.0 x86_64-linux, default: 0.1)`.
fn listed(text: &str) -> Set {
    let mut set = Set::new();
    for line in text.lines() {
        let Some((name, versions)) = line.trim_end_matches(')').split_once(" (") else { continue };
        for version in versions.split(", ") {
            let version = version.trim_start_matches("default: ").split(' ').next().unwrap();
            set.insert((name.to_owned(), version.to_owned()));
        }
    }
    set
}

fn gem(folder: &Path, arguments: &[&str]) -> Option<String> {
    output(Command::new("gem").args(arguments).current_dir(folder))
}

#[tokio::test]
async fn gem_lists_the_same() {
    let root = tempfile::tempdir().unwrap();
    let work = tempfile::tempdir().unwrap();
    let home = root.path().join("var/lib/gems/3.1.0");
    let home = home.to_str().unwrap();
    for (name, version, platform) in [
        ("alpha", "1.0.0", "ruby"),
        ("alpha", "2.0.0.pre1", "ruby"),
        ("two-parts", "0.1", "ruby"),
        ("native", "1.13.0", "x86_64-linux"),
    ] {
        let specification = format!(
            "Gem::Specification.new do |s|\n  s.name = '{name}'\n  s.version = '{version}'\n  \
             s.platform = '{platform}'\n  s.summary = 'x'\n  s.authors = ['x']\n  s.files = ['a.rb', 'inner.gemspec']\nend\n"
        );
        fs::write(work.path().join("a.rb"), "").unwrap();
        fs::write(work.path().join("inner.gemspec"), &specification).unwrap();
        let built = ["build", "--quiet", "--output", "x.gem", "inner.gemspec"];
        if gem(work.path(), &built).is_none() {
            return;
        }
        let install = ["install", "--local", "--force", "--no-document", "--install-dir", home];
        if gem(work.path(), &[&install[..], &["x.gem"]].concat()).is_none() {
            return;
        }
    }
    // Those that come with Ruby have a folder of their own.
    let Some(default) = output(
        Command::new("ruby")
            .args(["-e", "print Gem.default_dir; print ' ', Gem.default_specifications_dir"]),
    ) else {
        return;
    };
    let default = default.split(' ').nth(1).unwrap();
    let copy = root.path().join("usr/lib/ruby/gems/3.1.0/specifications/default");
    fs::create_dir_all(&copy).unwrap();
    for file in fs::read_dir(default).into_iter().flatten() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }

    let found = found(&inventory(root.path()).await, Ecosystem::Gem);
    let mut list = Command::new("gem");
    list.args(["list", "--local", "--all"]).env("GEM_HOME", home).env("GEM_PATH", home);
    let Some(text) = output(&mut list) else { return };
    assert!(text.contains("alpha (2.0.0.pre1, 1.0.0)"), "{text}");
    assert_same(&found, &listed(&text));
    if let Some(listed) = independent::listed(root.path(), "gem") {
        assert_same(&found, &listed);
    }
}
