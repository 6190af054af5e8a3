//! Conda: what environments hold, and what projects want of them.

use serde::Deserialize;

use super::json::{self, Text};
use super::python::requirements;
use super::yaml::lines;
use super::{Entry, Facts, Inspector, Problem, add, is_leftover, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_record, read: record }];

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: is_environment, read: environment },
    Inspector { wants: is_lock, read: lock },
];

/// `conda-meta/NAME-VERSION-BUILD.json`.
fn is_record(entry: &Entry<'_>) -> bool {
    entry.has_extension("json") && entry.folder().rsplit('/').next() == Some("conda-meta")
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
}

fn record(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let record: Record = json::read(bytes)?;
    add(facts, entry, Ecosystem::Conda, record.name.as_str(), record.version.as_str())
}

fn is_environment(entry: &Entry<'_>) -> bool {
    matches!(entry.base(), "environment.yml" | "environment.yaml") && !is_leftover(entry.path)
}

/// Below `dependencies`: `- channel::name=1.2.3=build`, and below its item
/// `pip` what pip is to install.
fn environment(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let (mut inside, mut pip) = (false, None);
    for line in lines(&text) {
        if line.indent == 0 && !line.item {
            inside = line.key == "dependencies";
        }
        if !inside || !line.item {
            continue;
        }
        if line.key == "pip" {
            pip = Some(line.indent);
            continue;
        }
        if pip.is_some_and(|pip| line.indent > pip) {
            if let Some((name, version)) = requirements::pinned(line.value) {
                add(facts, entry, Ecosystem::Python, name, version)?;
            }
            continue;
        }
        pip = None;
        let wish = line.value.rsplit("::").next().unwrap_or(line.value);
        let mut parts = wish.split('=').map(str::trim).filter(|part| !part.is_empty());
        if let (Some(name), Some(version)) = (parts.next(), parts.next())
            && !wish.contains(['<', '>', '!', '~', '*', ',', '|'])
        {
            add(facts, entry, Ecosystem::Conda, name, version)?;
        }
    }
    Ok(())
}

/// `conda-lock.yml` or `NAME.conda-lock.yml`.
fn is_lock(entry: &Entry<'_>) -> bool {
    entry.base().ends_with("conda-lock.yml") && !is_leftover(entry.path)
}

/// What a package says of itself for one platform, line by line.
#[derive(Default)]
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    manager: &'a str,
    platform: &'a str,
    category: &'a str,
}

impl Locked<'_> {
    /// Adds it, where it is for containers, and not for development alone.
    fn tell(&self, entry: &Entry<'_>, facts: &mut Facts) -> Result<(), Problem> {
        let is_elsewhere = self.platform.starts_with("osx-") || self.platform.starts_with("win-");
        if is_elsewhere || self.category == "dev" {
            return Ok(());
        }
        let by_pip = self.manager == "pip";
        let ecosystem = if by_pip { Ecosystem::Python } else { Ecosystem::Conda };
        add(facts, entry, ecosystem, self.name, self.version)
    }
}

/// Below `package`: an item for each package and platform, with its fields in any order.
fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let (mut inside, mut column) = (false, None);
    let mut locked = Locked::default();
    for line in lines(&text) {
        if line.indent == 0 && !line.item {
            inside = line.key == "package";
            continue;
        }
        // What stands deeper is told of a field.
        let at = if line.item { line.indent + 2 } else { line.indent };
        if !inside || *column.get_or_insert(at) != at {
            continue;
        }
        if line.item {
            std::mem::take(&mut locked).tell(entry, facts)?;
        }
        let field = match line.key {
            "name" => &mut locked.name,
            "version" => &mut locked.version,
            "manager" => &mut locked.manager,
            "platform" => &mut locked.platform,
            "category" => &mut locked.category,
            _ => continue,
        };
        *field = line.value;
    }
    locked.tell(entry, facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};
    use crate::package::Package;

    #[test]
    fn records_of_environments() {
        let content = r#"{"name":"numpy","version":"1.21.0","build":"py39","files":["x"]}"#;
        let path = "opt/conda/conda-meta/numpy-1.21.0-py39.json";
        assert_eq!(found(INSTALLED, path, content), pairs(&[("numpy", "1.21.0")]));
        assert!(found(INSTALLED, "opt/conda/pkgs/numpy/info/index.json", content).is_empty());
    }

    #[test]
    fn wishes() {
        let text = "name: shop\nchannels:\n  - conda-forge\ndependencies:\n  - numpy=1.21.0=py39_0\n  - conda-forge::openssl==1.1.1k\n  \
                    - scipy>=1\n  - python=3.9.*\n  - pip\n  - pip:\n    - flask==1.0\n    - six\nprefix: /opt\n";
        assert_eq!(
            found(WANTED, "app/environment.yml", text),
            pairs(&[("flask", "1.0"), ("numpy", "1.21.0"), ("openssl", "1.1.1k")])
        );
    }

    #[test]
    fn what_an_environment_is_locked_to() {
        let item = |manager: &str, name: &str, version: &str, more: &str| {
            format!(
                "- name: {name}\n  version: {version}\n  manager: {manager}\n{more}  dependencies:\n    \
                 name: '>=1'\n  url: https://example.com/{name}\n  hash:\n    md5: a\n  optional: false\n"
            )
        };
        let text = [
            "# made\nversion: 1\nmetadata:\n  channels:\n  - url: conda-forge\n  sources:\n  \
             - name: x\n    version: 1\npackage:\n",
            &item("conda", "openssl", "3.5.0", "  platform: linux-64\n  category: main\n"),
            &item("conda", "openssl", "3.5.0", "  platform: linux-aarch64\n"),
            &item("conda", "openssl", "3.4.9", "  platform: osx-arm64\n"),
            &item("conda", "ncurses", "'6.5'", ""),
            &item("conda", "pytest", "8.0", "  category: dev\n"),
            &item("pip", "flask", "2.2.5", "  platform: linux-64\n"),
            // As older ones are written.
            "- category: main\n  manager: pip\n  name: six\n  platform: linux-64\n  version: 1.16.0\n",
        ]
        .concat();
        let mut facts = Facts::default();
        let entry = Entry { path: "app/conda-lock.yml", size: 1, mode: 0o644 };
        lock(&entry, text.as_bytes(), &mut facts).unwrap();
        let is_pip = |package: &&Package| package.ecosystem == Ecosystem::Python;
        let pip: Vec<_> = facts.packages.iter().filter(is_pip).map(|one| &*one.name).collect();
        assert_eq!(pip, ["flask", "six"]);
        let all = pairs(&[
            ("flask", "2.2.5"),
            ("ncurses", "6.5"),
            ("openssl", "3.5.0"),
            ("six", "1.16.0"),
        ]);
        assert_eq!(found(WANTED, "app/gpu.conda-lock.yml", &text), all);
        // Lists may be indented.
        let (head, items) = text.split_once("package:\n").unwrap();
        let items: Vec<_> = items.lines().map(|line| format!("  {line}\n")).collect();
        let indented = format!("{head}package:\n{}", items.concat());
        assert_eq!(found(WANTED, "conda-lock.yml", &indented), all);
        // Each once, whatever number of platforms has it.
        let told = crate::inspect::facts(entry.path, text.as_bytes(), &crate::Limits::default());
        assert_eq!(told.unwrap().unwrap().packages.len(), all.len());
    }
}
